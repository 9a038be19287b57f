# nothing is wrong here
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
ADD --checksum=sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f https://example.org/a.tar.gz /opt/
ADD https://github.com/example/tool.git#4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f /src
ADD tool.tar.gz /opt/
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
