# nothing is wrong here
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
RUN npm ci && npm install --global npm@11.6.2
RUN pip install --require-hashes -r requirements.txt
RUN pip install "pip==25.3"
RUN yarn install --immutable && pnpm install --frozen-lockfile
RUN uv sync --locked --no-dev
RUN echo "npm install"
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
