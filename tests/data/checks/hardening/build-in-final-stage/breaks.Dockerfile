# expect: 4 7 8
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN apt-get update && \
    apt-get install --yes --no-install-recommends \
    build-essential \
    libpq5
RUN ["go", "build", "./..."]
RUN npm ci && npm run build:prod
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
