"""What a reviewer is pointed to, as tables: two sides of a package, and what is said of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipeline.model import Origin, Source
from pipeline.review.alarms import alarms
from pipeline.review.model import Side
from tests.review.builders import TODAY, Known, package


def side(version: str = "1.0", **more: Any) -> Side:
    return Side(version=version, packages=(package(version=version, **more),))


def told(before: Side | None, after: Side | None, **more: Any) -> list[str]:
    values: dict[str, Any] = {"old": None, "new": None, "as_of": TODAY}
    found = alarms(before, after, **(values | more))
    assert all(alarm.text for alarm in found)
    return [f"{alarm.severity} {alarm.rule}" for alarm in found]


def hashes(*values: str) -> dict[str, Any]:
    return {"hashes": values}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (hashes("sha256:aa"), hashes("sha256:bb"), ["high hash-changed"]),
        (hashes("sha256:aa", "sha256:cc"), hashes("sha256:bb", "sha256:cc"), ["high hash-changed"]),
        (hashes("sha256:aa"), hashes("sha256:aa", "sha256:bb"), ["medium hash-added"]),
        (hashes("sha256:aa", "sha256:bb"), hashes("sha256:aa"), []),
        (hashes("sha1:aa"), hashes("sha512:bb"), ["medium hash-added"]),
        (hashes("sha256:aa"), hashes(), ["high hashes-dropped"]),
        (hashes(), hashes("sha256:aa"), []),
        (hashes("sha256:aa"), hashes("sha256:aa"), []),
    ],
)
def test_the_content_of_one_version(before: Any, after: Any, wanted: list[str]) -> None:
    assert told(side(**before), side(**after)) == wanted


def test_another_version_has_other_hashes() -> None:
    assert told(side(**hashes("sha256:aa")), side("1.1", **hashes("sha256:bb"))) == []
    assert told(side(**hashes("sha256:aa")), side("1.1")) == ["high hashes-dropped"]


REGISTRY = Source()
INDEX = Source(origin=Origin.INDEX, url="https://index.example.com")
VCS = Source(origin=Origin.VCS, url="https://git.example.com/a")
URL = Source(origin=Origin.URL, url="https://files.example.com/a.whl")
PATH = Source(origin=Origin.PATH, url="./a")


@pytest.mark.parametrize("source", [INDEX, VCS, URL, PATH])
def test_leaving_the_registry(source: Source) -> None:
    assert told(side(), side(source=source)) == ["high source-changed"]
    assert told(side(), side("1.1", source=source)) == ["high source-changed"]
    assert told(None, side(source=source)) == ["medium source-foreign"]
    assert told(side(source=source), side()) == ["low source-changed"]
    assert told(side(source=source), side(source=source)) == []
    assert told(None, side()) == []


def test_another_address_of_the_same_kind() -> None:
    elsewhere = Source(origin=Origin.VCS, url="https://evil.example.com/a")
    assert told(side(source=VCS), side(source=elsewhere)) == ["high source-changed"]
    mirror = Source(url="https://pypi.org/simple")
    assert told(side(), side(source=mirror)) == []


def test_install_scripts() -> None:
    script = side(install_script=True)
    assert told(None, script) == told(side(), script) == ["medium install-script"]
    assert told(script, script) == told(script, side()) == []


def test_what_is_gone_raises_no_alarm() -> None:
    assert told(side(install_script=True), None) == []


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (None, Known(published=TODAY - timedelta(days=6)), ["medium young"]),
        (None, Known(published=TODAY - timedelta(days=7)), []),
        (None, Known(published=TODAY + timedelta(days=1)), ["medium young"]),
        (None, Known(), []),
        (None, Known(yanked="broken"), ["high yanked"]),
        (None, Known(deprecated="use b"), ["medium deprecated"]),
        (Known(licence="MIT"), Known(licence="BUSL-1.1"), ["medium licence-changed"]),
        (Known(licence="MIT"), Known(), ["medium licence-changed"]),
        (Known(licence="MIT"), Known(licence="MIT"), []),
        (None, Known(licence="MIT"), []),
        (Known(licence="MIT"), None, []),
    ],
)
def test_what_a_registry_says(old: Known | None, new: Known | None, wanted: list[str]) -> None:
    assert told(side(), side("1.1"), old=old, new=new) == wanted


def test_the_lock_itself_can_say_deprecated() -> None:
    assert told(None, side(deprecated="use b")) == ["medium deprecated"]


def test_the_worst_comes_first() -> None:
    after = side(source=VCS, install_script=True, **hashes("sha256:bb"))
    assert told(side(**hashes("sha256:aa")), after) == [
        "high hash-changed",
        "high source-changed",
        "medium install-script",
    ]
