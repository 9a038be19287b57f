# expect: 2 3 4
FROM python:3.14-slim-trixie
COPY --from=redis:8.2 /usr/local/bin/redis-cli /usr/local/bin/
RUN --mount=type=bind,from=ghcr.io/example/tools:1.4,target=/t cp /t/x /x
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
