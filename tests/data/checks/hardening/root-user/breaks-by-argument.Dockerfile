# expect: 4
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ARG user=root
USER ${user}
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
