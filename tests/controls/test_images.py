"""What built images add to what Dockerfiles say: their base, and what is left in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.model import Coverage, Evidence, Gap, Image, Status, Waiver
from tests.controls.builders import (
    EMPTY,
    ERROR,
    FAIL,
    NOT_APPLICABLE,
    OPEN,
    PASS,
    TODAY,
    UNREAD,
    WAIVED,
    answer,
    target,
)
from tests.controls.test_container import BAD_FILES, FILES, LOST, finding, part

IDS = ("IMG-03", "IMG-04")
IMAGE = Image(
    name="app:1.0",
    transport="registry",
    config="sha256:1",
    base="debian:12",
    base_digest="sha256:" + "ab" * 32,
)
NAMED = target(images=(IMAGE,))
BUILT = target(images=(IMAGE,), dockerfiles=("Dockerfile",))


def seen(*findings: Any, parts: tuple[Coverage, ...] = (part("images"),), **more: Any) -> Evidence:
    status = Status.FOUND if findings else Status.CLEAN
    values: dict[str, Any] = {"status": status, "coverage": parts, "findings": findings}
    return Evidence(check="container", **(values | more))


@pytest.mark.parametrize("control", IDS)
def test_files_and_images_in_order(control: str) -> None:
    found = answer(control, BUILT, FILES, seen())
    assert (found.outcome, found.evidence) == (PASS, ("hardening", "container"))
    assert found.reason.endswith("1 file, 1 image")
    found = answer(control, NAMED, seen())
    assert found.outcome is PASS
    assert found.reason.endswith(": 1 image")


@pytest.mark.parametrize(
    ("control", "rule"),
    [("IMG-03", "container/foreign-registry"), ("IMG-04", "container/build-tools")],
)
def test_a_finding_in_an_image_fails_its_control(control: str, rule: str) -> None:
    bad = seen(finding(rule))
    found = answer(control, BUILT, FILES, bad)
    assert (found.outcome, found.evidence) == (FAIL, ("container",))
    assert "app:1.0" in found.reason
    assert answer(control, BUILT, FILES, bad, base=(bad,)).existing
    (other,) = {*IDS} - {control}
    assert answer(other, BUILT, FILES, bad).outcome is PASS
    waiver = Waiver(id=rule, reason="r", owner="o", expires=TODAY)
    assert answer(control, BUILT, FILES, bad, waivers=(waiver,)).outcome is WAIVED


@pytest.mark.parametrize("control", IDS)
def test_what_was_not_looked_at_leaves_it_open(control: str) -> None:
    lost = target(images=(IMAGE, LOST), dockerfiles=("Dockerfile",))
    found = answer(control, lost, FILES, seen())
    assert (found.outcome, found.gap) == (OPEN, Gap.NETWORK_OFF)
    assert "lost:1.0" in found.reason
    assert answer(control, BUILT, FILES).outcome is OPEN
    broken = Evidence(check="container", status=Status.ERRORED, reason="it broke")
    assert answer(control, BUILT, FILES, broken).outcome is ERROR
    found = answer(control, BUILT, FILES, seen(parts=(part("images", scope="other"),)))
    assert (found.outcome, found.gap) == (OPEN, Gap.NOT_ACCOUNTED_FOR)
    assert answer(control, BUILT, BAD_FILES, seen()).outcome is OPEN
    assert answer(control, BUILT, seen()).outcome is OPEN
    unread = target(images=(IMAGE,), unread=(UNREAD,))
    assert answer(control, unread, seen()).outcome is OPEN


def test_a_doubt_about_an_image_leaves_open_what_is_in_it() -> None:
    found = answer("IMG-04", BUILT, FILES, seen(parts=(part("images", missing=True),)))
    assert (found.outcome, found.gap) == (OPEN, Gap.DATA_MISSING)
    assert "nobody knows" in found.reason
    assert (
        answer("IMG-03", BUILT, FILES, seen(parts=(part("images", missing=True),))).outcome is PASS
    )


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"base": "", "base_digest": ""}, "nothing says what they were built on: app:1.0"),
        ({"base_digest": ""}, "told without a digest: app:1.0"),
        ({"base": ""}, ""),
        ({"base": "scratch", "base_digest": ""}, ""),
        ({"base_from": "Dockerfile"}, ""),
    ],
)
def test_a_base_that_is_not_fixed_or_not_told(more: dict[str, Any], reason: str) -> None:
    found = answer("IMG-03", target(images=(replace(IMAGE, **more),)), seen())
    assert found.outcome is (OPEN if reason else PASS)
    assert reason in found.reason
    assert ("1 base by what a Dockerfile claims" in found.reason) is ("base_from" in more)
    assert answer("IMG-04", target(images=(replace(IMAGE, **more),)), seen()).outcome is PASS


def test_which_registries_are_trusted_is_said() -> None:
    assert "no policy says from which" in answer("IMG-03", BUILT, FILES, seen()).reason
    found = answer("IMG-03", BUILT, FILES, seen(), image_registries=("docker.io",))
    assert "kept where the policy says" in found.reason


def test_a_system_past_its_end_is_in_use() -> None:
    found = answer("DEP-06", NAMED, seen(finding("container/end-of-life")))
    assert (found.outcome, found.evidence) == (FAIL, ("container",))
    assert answer("DEP-06", NAMED, seen()).outcome is OPEN


@pytest.mark.parametrize("control", IDS)
def test_without_images_and_files_there_is_no_question(control: str) -> None:
    assert answer(control, EMPTY, seen(status=Status.NOT_APPLICABLE)).outcome is NOT_APPLICABLE
