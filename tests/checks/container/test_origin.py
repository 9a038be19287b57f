"""Where an image and its base come from, under a policy that says where they may."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.checks.container.origin import judge
from pipeline.checks.container.rules import RULES
from pipeline.model import Image, Severity

TRUSTED = ("ghcr.io/acme", "docker.io/library")
PLACE = "ghcr.io/acme/app@sha256:" + "ab" * 32


def told(trusted: tuple[str, ...] = TRUSTED, **more: Any) -> list[str]:
    values: dict[str, Any] = {"name": "app:1.0", "transport": "registry", "place": PLACE}
    found = list(judge(Image(config="sha256:1", **(values | more)), trusted))
    assert all(one.rule == "container/foreign-registry" in RULES for one in found)
    assert all(one.severity is Severity.HIGH for one in found)
    return [one.title for one in found]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"base": "debian:12"},
        {"base": "docker.io/library/debian:12"},
        {"base": "scratch"},
        {"place": "/here/app", "transport": "layout"},
    ],
)
def test_what_comes_from_where_it_may(more: dict[str, Any]) -> None:
    assert told(**more) == []


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({"place": PLACE.replace("acme", "acme2")}, "app:1.0 is kept where"),
        ({"base": "quay.io/centos/centos:9"}, "built on quay.io/centos/centos:9, which"),
        ({"base": "example/debian:12", "base_from": "Dockerfile"}, "says Dockerfile, which"),
        ({"base": "./debian"}, "built on ./debian"),
        ({"base": "debian:12", "transport": "layout", "place": "/x"}, ""),
    ],
)
def test_what_does_not(more: dict[str, Any], title: str) -> None:
    found = told(**more)
    assert len(found) == bool(title)
    assert all(title in one for one in found)
    assert told((), **more) == [], "without a policy, nothing is foreign"


def test_both_are_findings_of_their_own() -> None:
    both = Image(
        name="a", transport="registry", place="x.example/a", base="y.example/b", config="sha256:1"
    )
    assert len({one.subject for one in judge(both, TRUSTED)}) == 2
