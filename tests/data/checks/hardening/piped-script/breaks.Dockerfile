# expect: 4 6 9
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN apt-get update \
  && curl -fsSL https://example.org/install.sh \
  | bash
RUN ["sh", "-c", "wget -qO- https://example.org/x | sh"]
RUN <<EOF
set -e
curl https://example.org/y | sh -s -- --yes
EOF
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
