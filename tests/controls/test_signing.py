"""Releases: open inside a report, answered by a verification, and never better than it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.controls import CONTROLS, Facts, Release
from pipeline.model import Answer, Gap, Outcome, Policy, Target
from tests.controls.builders import EMPTY, LOCKED, TODAY, UNREAD

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.NOT_EVALUATED
IDS = ("SIGN-01", "SIGN-02", "SIGN-03", "SIGN-04", "SBOM-04", "IMG-07")
WHOLE = Release(
    signer="somebody", artefacts=("a.whl", "b.whl"), provenance=("a.whl", "b.whl"), sboms=("a.whl",)
)


def answer(control: str, release: Release | None, target: Target = LOCKED) -> Answer:
    facts = Facts(
        target=target,
        evidence={},
        judged=(),
        policy=Policy(),
        planned=("dependencies",),
        as_of=TODAY,
        signed=None,
        release=release,
    )
    return CONTROLS[control].answer(facts)


@pytest.mark.parametrize("control", IDS)
def test_a_report_does_not_answer_for_what_comes_after_it(control: str) -> None:
    found = answer(control, None, replace(LOCKED, dockerfiles=("Dockerfile",)))
    assert found.outcome is OPEN
    assert found.gap is Gap.INPUT_MISSING


@pytest.mark.parametrize(
    ("release", "outcome", "words"),
    [
        (WHOLE, PASS, "2 artefacts signed by somebody"),
        (replace(WHOLE, refused=("c.whl",)), FAIL, "not signed by somebody: c.whl"),
        (Release(signer="somebody"), OPEN, "no artefact was given"),
    ],
)
def test_releases_are_signed(release: Release, outcome: Outcome, words: str) -> None:
    found = answer("SIGN-01", release)
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("control", "release", "outcome", "words"),
    [
        ("SIGN-02", WHOLE, PASS, "2 artefacts with provenance, by somebody"),
        ("SIGN-02", replace(WHOLE, provenance=("a.whl",)), FAIL, "without provenance"),
        ("SIGN-02", replace(WHOLE, refused=("c.whl",)), FAIL, "not verified: c.whl"),
        ("SIGN-02", replace(WHOLE, images=("shop",)), FAIL, "shop"),
        ("SIGN-02", Release(signer="somebody"), OPEN, "no artefact"),
        ("SBOM-04", WHOLE, FAIL, "without a signed SBOM of its own: b.whl"),
        ("SBOM-04", replace(WHOLE, sboms=("a.whl", "b.whl")), PASS, "signed SBOM"),
        ("SBOM-04", replace(WHOLE, refused_images=("shop",)), FAIL, "not verified: shop"),
    ],
)
def test_each_artefact_has_its_statement(
    control: str, release: Release, outcome: Outcome, words: str
) -> None:
    found = answer(control, release)
    assert found.outcome is outcome
    assert words in found.reason


def test_images_are_signed_but_nobody_sees_what_demands_it() -> None:
    signed = answer("IMG-07", Release(signer="somebody", images=("shop",)))
    assert signed.outcome is OPEN
    assert "1 image signed by somebody" in signed.reason
    assert answer("IMG-07", Release(signer="x", refused_images=("shop",))).outcome is FAIL
    assert answer("IMG-07", None, EMPTY).outcome is Outcome.NOT_APPLICABLE
    for target in (
        replace(EMPTY, compose=("compose.yml",)),
        replace(EMPTY, kubernetes=("a.yml",)),
        replace(EMPTY, unread=(UNREAD,)),
    ):
        assert answer("IMG-07", None, target).outcome is OPEN


def test_what_no_file_shows_stays_open() -> None:
    for control in ("SIGN-03", "SIGN-04"):
        assert answer(control, WHOLE).outcome is OPEN
