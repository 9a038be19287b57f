# expect: 3
FROM python:3.14-slim-trixie@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
COPY --chown=10001 shop /srv/shop
ADD vendor.tar.gz /srv
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
