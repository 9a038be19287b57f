# nothing is wrong here
FROM python:latest@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
USER 10001
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
