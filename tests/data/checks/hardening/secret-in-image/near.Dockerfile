# nothing is wrong here
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ARG VERSION=1.0
ENV DB_PASSWORD_FILE=/run/secrets/db TOKEN_TTL=3600 API_TOKEN=""
RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN true
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
