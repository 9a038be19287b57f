# nothing is wrong here
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f AS build
COPY --from=GHCR.io/acme/tools/cli:1@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f /a /a
FROM scratch
COPY --from=build /a /a
USER 10001
HEALTHCHECK CMD ["/a"]
CMD ["/a"]
