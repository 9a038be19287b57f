# expect: 4
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
USER 10001
USER 0:0
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
