# expect: 3
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
HEALTHCHECK NONE
USER 10001
CMD ["python", "-m", "shop"]
