# expect: 5 6
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
ENTRYPOINT exec /bin/shop
CMD python -m shop
