"""The list of denied actions: sound as data, and exact as an answer."""

from __future__ import annotations

import re
from datetime import date

import pytest

from pipeline.checks.workflows import denied
from pipeline.checks.workflows.denied import denied_action, denied_image
from pipeline.checks.workflows.pins import COMMIT

TRIVY = "sha256:27f446230c60bbf0b70e008db798bd4f33b7826f9f76f756606f5417100beef3"


def test_every_entry_has_a_date_and_a_source() -> None:
    entries = denied._entries()
    assert entries.keys() == {"action", "image"}
    for entry in (*entries["action"], *entries["image"]):
        assert isinstance(entry["date"], date)
        assert entry["source"].startswith("https://")
        assert re.fullmatch(r"(?:CVE-\d{4}-\d{4,})?", entry["advisory"])
        assert entry["what"]
    for entry in entries["action"]:
        assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", entry["name"])
        assert entry["commits"]
        assert all(COMMIT.fullmatch(commit) and commit.islower() for commit in entry["commits"])
        assert len(set(entry["commits"])) == len(entry["commits"])
    for entry in entries["image"]:
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in entry["digests"])
        assert all(name.islower() for name in entry["names"])


def test_an_action() -> None:
    commit = "0e58ed8671d6b60d0890c21b07f8835ace038e67"
    why = denied_action("tj-actions/changed-files", commit)
    assert "2025-03-14" in why
    assert "CVE-2025-30066" in why
    assert "https://" in why
    assert denied_action("TJ-Actions/Changed-Files/sub/path", commit.upper()) == why
    assert denied_action("tj-actions/changed-files", commit[:-1] + "8") == ""
    assert denied_action("somebody/changed-files", commit) == ""


@pytest.mark.parametrize(
    "image",
    [
        "aquasec/trivy:0.69.4",
        "docker.io/aquasec/trivy:v0.69.5",
        "ghcr.io/aquasecurity/trivy:0.69.6@sha256:" + "0" * 64,
        f"mirror.example.com:5000/trivy@{TRIVY}",
    ],
)
def test_an_image(image: str) -> None:
    assert "CVE-2026-33634" in denied_image(image)


@pytest.mark.parametrize(
    "image",
    ["", "aquasec/trivy", "aquasec/trivy:0.69.3", "host:0.69.4/trivy", "other/trivy:0.69.4"],
)
def test_another_image(image: str) -> None:
    assert denied_image(image) == ""


def test_an_entry_without_an_advisory_reads_well() -> None:
    why = denied_action("checkmarx/kics-github-action", "0e22ec8d1e0dda3c62bf4beffcd4a8a5db1abda1")
    assert "(2026-03-23; https://" in why
