"""Names of images: their parts, what is pinned and what moves."""

from __future__ import annotations

import pytest

from pipeline.checks.hardening.configuration.images import Reference, pin_problems, reference
from pipeline.model import Location, Severity

DIGEST = "sha256:" + "4f" * 32
PLACE = Location(path="Dockerfile", line=1)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("python", ("python", "", "")),
        ("docker.io/library/python:3.14", ("python", "3.14", "")),
        ("index.docker.io/python", ("python", "", "")),
        ("public.ecr.aws/docker/library/node:24", ("node", "24", "")),
        ("bitnami/minideb:trixie", ("bitnami/minideb", "trixie", "")),
        ("localhost:5000/team/app", ("localhost:5000/team/app", "", "")),
        ("localhost:5000/app:1@" + DIGEST, ("localhost:5000/app", "1", DIGEST)),
        ("python@" + DIGEST, ("python", "", DIGEST)),
    ],
)
def test_the_parts_of_a_name(text: str, parts: tuple[str, str, str]) -> None:
    assert reference(text) == Reference(*parts)


@pytest.mark.parametrize("text", ["", "{{ x }}", "<image>", "a b", "@" + DIGEST])
def test_what_is_no_name(text: str) -> None:
    assert reference(text) is None
    assert list(pin_problems(text, PLACE)) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("python", "latest-image"),
        ("python:latest", "latest-image"),
        ("python:3", "unpinned-image"),
        ("python@sha256:123", "unpinned-image"),
        ("python:latest@" + DIGEST, None),
        ("python@sha512:" + "4f" * 64, None),
    ],
)
def test_what_may_be_moved(text: str, rule: str | None) -> None:
    found = list(pin_problems(text, PLACE))
    assert [one.rule for one in found] == ([rule] if rule else [])
    assert all(one.severity is Severity.MEDIUM and one.place == PLACE for one in found)
