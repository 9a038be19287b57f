# expect: 2 4 5 6 7
ARG SIGNING_KEY=q7Zr-92837465
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ARG NPM_TOKEN
ENV REGION=eu DB_PASSWORD=q7Zr-93kd82hHs
ENV API_KEY q7Zr-kd82
ENV GITHUB_TOKEN=$NPM_TOKEN
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
