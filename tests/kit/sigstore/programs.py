"""Sigstore's own services and clients, at the versions that the tests were written against."""

from __future__ import annotations

from pathlib import Path

from tests.kit.golang import Program

_SIGSTORE = "github.com/sigstore"

FULCIO = Program("fulcio", f"{_SIGSTORE}/fulcio", "v1.8.8")
TIMESTAMPS = Program(
    "timestamp-server", f"{_SIGSTORE}/timestamp-authority/v2/cmd/timestamp-server", "v2.1.3"
)
REKOR = Program("rekor-tiles", f"{_SIGSTORE}/rekor-tiles/v2/cmd/rekor-server/posix", "v2.3.0")
COSIGN = Program("cosign", f"{_SIGSTORE}/cosign/v3/cmd/cosign", "v3.1.2")

CT_LOG = Program("ctlog", ".", "tesseract-v0.1.2", Path(__file__).parent / "ctlog")
"""TesseraCT's library below a command of ours: its own asks for modules that have no release."""

SERVICES = (FULCIO, TIMESTAMPS, REKOR, CT_LOG)
