# expect: 3 4 5
ARG X=1
FROM alpine:latest AS one
FROM localhost:5000/team/base AS two
FROM debian
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
