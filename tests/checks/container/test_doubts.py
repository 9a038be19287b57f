"""What a scan leaves open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.checks.container.doubts import MAX_NAMED, cover, unseen
from pipeline.checks.container.scan import Found, Scan
from pipeline.model import Coverage, Gap, Image, Layer

IMAGE = Image(
    name="app:1.0",
    transport="layout",
    platform="linux/amd64",
    config="sha256:1",
    layers=(Layer(diff_id="sha256:2"), Layer(diff_id="sha256:3")),
)
OWN = Found(name="libssl3", version="3", kind="os", purl="pkg:deb/debian/libssl3@3")
PYTHON = Found(name="jinja2", version="2", kind="python-pkg", purl="pkg:pypi/jinja2@2")
SCAN = Scan(
    config="sha256:1",
    family="debian",
    release="12.5",
    end_of_life=False,
    packages=(OWN, PYTHON),
    flaws=(),
    warnings=(),
)
SOURCES = frozenset({"debian 12", "pip::x"})
STATUS = "var/lib/dpkg/status"
RELEASE = "etc/os-release"


def covered(*names: str, sources: frozenset[str] = SOURCES, **change: Any) -> list[Coverage]:
    return list(cover(IMAGE, replace(SCAN, **change), frozenset(names), sources))


def gaps(*names: str, sources: frozenset[str] = SOURCES, **change: Any) -> list[tuple[Gap, str]]:
    return [
        (missing.gap, missing.why)
        for part in covered(*names, sources=sources, **change)
        for missing in part.missing
    ]


def test_all_is_told() -> None:
    parts = covered(STATUS, RELEASE)
    assert [(part.unit, part.expected, part.complete) for part in parts] == [
        ("images", 1, True),
        ("packages", 2, True),
    ]
    assert {part.scope for part in parts} == {"app:1.0 (linux/amd64)"}


@pytest.mark.parametrize(
    ("names", "change", "gap", "why"),
    [
        ((), {"packages": ()}, Gap.NOT_ACCOUNTED_FOR, "no package was found"),
        ((RELEASE,), {"family": "", "packages": (PYTHON,)}, Gap.UNSUPPORTED_INPUT, "not know"),
        ((STATUS,), {"family": "", "packages": (PYTHON,)}, Gap.UNSUPPORTED_INPUT, STATUS),
        ((), {"packages": (PYTHON,)}, Gap.INPUT_MISSING, "without a database"),
        ((STATUS,), {"packages": ()}, Gap.NOT_ACCOUNTED_FOR, "no package was read from it"),
        ((), {"end_of_life": True}, Gap.DATA_MISSING, "past its end of life"),
        ((), {"release": "13.1"}, Gap.DATA_MISSING, "nothing for debian 13.1 (libssl3)"),
        ((), {"packages": (replace(OWN, version=""), PYTHON)}, Gap.NO_VERSION, "libssl3"),
        ((), {"packages": (OWN, replace(OWN, is_foreign=True))}, Gap.NOT_FROM_REGISTRY, "others"),
        ((), {"packages": (replace(OWN, version="x!"),)}, Gap.UNPARSABLE_VERSION, "ordered"),
        ((), {"warnings": ("[dpkg] Parse error",)}, Gap.PARSE_ERROR, "Trivy: [dpkg]"),
    ],
)
def test_each_silence_is_a_gap(
    names: tuple[str, ...], change: dict[str, Any], gap: Gap, why: str
) -> None:
    assert any(found is gap and why in told for found, told in gaps(*names, **change))
    assert not all(part.complete for part in covered(*names, **change) if part.required)


def test_an_image_from_nothing() -> None:
    assert gaps(family="", release="", packages=(PYTHON,)) == []


def test_the_product_itself_needs_no_version() -> None:
    own = replace(PYTHON, version="", is_product=True)
    assert gaps(packages=(OWN, own)) == []


def test_a_language_that_the_database_does_not_know() -> None:
    parts = covered(sources=frozenset({"debian 12"}))
    (packages,) = (part for part in parts if part.unit == "packages")
    assert (packages.expected, packages.evaluated) == (2, 1)
    assert "nothing for python-pkg" in packages.missing[0].why


def test_archives_of_java() -> None:
    inner = Found(name="a", version="1", kind="jar", purl="", path="app/fat.jar/lib/a.jar")
    names = ("app/fat.jar", "app/odd.jar", *(f"lib/{number}.jar" for number in range(30)))
    parts = covered(*names, sources=SOURCES | {"maven::x"}, packages=(OWN, inner))
    (archives,) = (part for part in parts if part.unit == "archives of Java")
    assert (archives.expected, archives.evaluated, archives.required) == (32, 1, False)
    assert len(archives.missing) == MAX_NAMED
    assert archives.missing[0].subject == "app/odd.jar"
    assert all(part.complete for part in parts if part.required)


def test_archives_of_java_without_their_index() -> None:
    def told(*names: str) -> list[str]:
        parts = cover(IMAGE, SCAN, frozenset(names), SOURCES, no_java="offline")
        assert not any(part.unit == "archives of Java" for part in parts)
        parts = cover(IMAGE, SCAN, frozenset(names), SOURCES, no_java="offline")
        return [missing.why for part in parts for missing in part.missing]

    assert told() == []
    assert told("a.jar") == ["a.jar cannot be told apart: offline"]
    assert told("a.jar", "b.war") == [
        "a.jar and other archives of Java cannot be told apart: offline"
    ]


def test_an_image_that_was_not_looked_at() -> None:
    part = unseen(IMAGE, Gap.TOOL_FAILED, "killed")
    assert (part.expected, part.evaluated, part.complete) == (1, 0, False)
    assert part.missing[0].subject == "app:1.0 (linux/amd64)"
