# expect: 4 5 6
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ARG SITE=https://example.org
ADD https://example.org/tool.tar.gz /opt/
ADD ${SITE}/tool /opt/
ADD ["git@github.com:example/tool.git#main", "/src"]
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
