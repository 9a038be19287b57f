# expect: 3 6 7 8 10 11
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN npm install
RUN set -e; \
    # the newest of everything
    pip install flask && \
    python3 -m pip install --upgrade pip
RUN yarn
RUN <<EOF
uv sync
pipenv install
EOF
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
