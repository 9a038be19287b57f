# expect: 2
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
