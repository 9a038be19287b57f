"""What auditors ask of built images, as tables of findings and evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.controls import container, hardening
from pipeline.model import (
    Coverage,
    DataRecord,
    Evidence,
    Finding,
    Gap,
    Image,
    Kind,
    Location,
    Missing,
    Severity,
    Status,
    Unread,
    Waiver,
)
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

IMAGE = Image(name="app:1.0", transport="layout", config="sha256:1")
LOST = Image(
    name="lost:1.0",
    transport="registry",
    unread=Unread(location=Location(path="lost:1.0"), why="no answer", gap=Gap.NETWORK_OFF),
)
NAMED = target(images=(IMAGE,))
BUILT = target(images=(IMAGE,), dockerfiles=("Dockerfile",))
ONLY_FILES = target(dockerfiles=("Dockerfile",))
IDS = ("IMG-01", "IMG-05", "SECR-04")


def part(unit: str, *, missing: bool = False, scope: str = "app:1.0") -> Coverage:
    gap = Missing(subject=scope, gap=Gap.DATA_MISSING, why="nobody knows")
    return Coverage(
        scope=scope,
        unit=unit,
        expected=2,
        evaluated=1 if missing else 2,
        missing=(gap,) if missing else (),
    )


WHOLE = (part("images"), part("packages"))
FILES = Evidence(
    check="hardening",
    status=Status.CLEAN,
    coverage=(part("files", scope=hardening.OWN),),
)
BAD_FILES = Evidence(
    check="hardening",
    status=Status.PARTIAL,
    coverage=(part("files", missing=True, scope=hardening.OWN),),
)


def finding(rule: str, severity: Severity = Severity.HIGH, **more: Any) -> Finding:
    values: dict[str, Any] = {"check": "container", "kind": Kind.RULE, "title": "t"} | more
    place = (Location(path="app:1.0"),)
    return Finding(rule=rule, severity=severity, subject="app:1.0: x", locations=place, **values)


def vulnerability(severity: Severity = Severity.HIGH, *, fixed: bool = True) -> Finding:
    return finding(
        f"CVE-2026-{severity.rank}{fixed:d}",
        severity,
        kind=Kind.VULNERABILITY,
        fixed_versions=("2",) if fixed else (),
    )


def evidence(*findings: Finding, coverage: tuple[Coverage, ...] = WHOLE, **more: Any) -> Evidence:
    status = Status.FOUND if findings else Status.CLEAN
    return Evidence(check="container", status=status, findings=findings, coverage=coverage, **more)


def layers(*findings: Finding, missing: bool = False, status: Status | None = None) -> Evidence:
    return Evidence(
        check="secrets",
        status=status or (Status.FOUND if findings else Status.CLEAN),
        findings=findings,
        coverage=(part("layers", missing=missing),),
    )


def secret(path: str = "app:1.0!/etc/app.ini", severity: Severity = Severity.HIGH) -> Finding:
    return replace(
        finding("secrets/betterleaks.github-pat", severity, check="secrets"),
        locations=(Location(path=path),),
    )


def files(*findings: Finding) -> Evidence:
    return Evidence(
        check="hardening", status=Status.FOUND, findings=findings, coverage=FILES.coverage
    )


def test_the_words_of_the_other_check_are_its_own() -> None:
    assert (container.FILES, container.OWN) == (hardening.CHECK, hardening.OWN)


@pytest.mark.parametrize("name", IDS)
def test_nothing_to_ask_about(name: str) -> None:
    assert answer(name, EMPTY).outcome is NOT_APPLICABLE
    told = answer(name, target(unread=(UNREAD,)))
    assert (told.outcome, told.gap) == (OPEN, Gap.PARSE_ERROR)


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("scanned", [NAMED, BUILT])
def test_all_is_well(name: str, scanned: Any) -> None:
    assert answer(name, scanned, evidence(), layers(), FILES).outcome is PASS


@pytest.mark.parametrize(
    ("found", "failing"),
    [
        (finding("container/runs-as-root"), "IMG-01"),
        (finding("container/secret-in-configuration"), "SECR-04"),
        (finding("container/secret-in-configuration", Severity.LOW), ""),
        (secret(), "SECR-04"),
        (secret(severity=Severity.LOW), ""),
        (secret("app:1.0/settings.py"), ""),
        (vulnerability(), "IMG-05"),
        (vulnerability(Severity.CRITICAL), "IMG-05"),
        (vulnerability(Severity.CRITICAL, fixed=False), ""),
        (vulnerability(Severity.LOW), ""),
        (finding("container/no-health-check", Severity.LOW), ""),
    ],
)
def test_each_control_sees_its_own(found: Finding, failing: str) -> None:
    images, searched = ((), (found,)) if found.check == "secrets" else ((found,), ())
    for name in IDS:
        told = answer(name, NAMED, evidence(*images), layers(*searched))
        assert told.outcome is (FAIL if name == failing else PASS), name


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("root-user", "IMG-01"),
        ("root-workload", "IMG-01"),
        ("secret-in-image", "SECR-04"),
        ("plain-secret", "SECR-04"),
    ],
)
def test_what_files_say_counts_as_well(rule: str, name: str) -> None:
    found = finding(f"hardening/{rule}", check="hardening")
    assert answer(name, BUILT, evidence(), layers(), files(found)).outcome is FAIL
    assert answer(name, ONLY_FILES, files(found)).outcome is FAIL


def test_unfixed_ones_are_listed() -> None:
    told = answer(
        "IMG-05", NAMED, evidence(vulnerability(fixed=False), vulnerability(Severity.LOW))
    )
    assert told.outcome is PASS
    assert "1 without a fixed version" in told.reason
    assert "1 too mild to count" in told.reason


HITS = {
    "IMG-01": (evidence(finding("container/runs-as-root")), layers()),
    "IMG-05": (evidence(vulnerability()), layers()),
    "SECR-04": (evidence(), layers(secret())),
}


@pytest.mark.parametrize("name", IDS)
def test_what_somebody_accepted(name: str) -> None:
    (hit,) = (one for item in HITS[name] for one in item.findings)
    waiver = Waiver(id=hit.rule, reason="known", owner="ann", expires=TODAY)
    assert answer(name, NAMED, *HITS[name], waivers=(waiver,)).outcome is WAIVED


@pytest.mark.parametrize("name", IDS)
def test_what_the_base_has_too(name: str) -> None:
    told = answer(name, NAMED, *HITS[name], base=HITS[name])
    assert (told.outcome, told.existing) == (FAIL, True)


@pytest.mark.parametrize("name", ["IMG-05", "SECR-04"])
def test_without_an_image_nobody_knows(name: str) -> None:
    told = answer(name, ONLY_FILES, FILES)
    assert (told.outcome, told.gap) == (OPEN, Gap.INPUT_MISSING)
    assert "--image" in told.reason


def test_files_alone_answer_who_runs() -> None:
    assert answer("IMG-01", ONLY_FILES, FILES).outcome is PASS
    assert answer("IMG-01", ONLY_FILES).outcome is OPEN
    assert answer("IMG-01", ONLY_FILES, BAD_FILES).outcome is OPEN


@pytest.mark.parametrize("name", IDS)
def test_silence_is_no_answer(name: str) -> None:
    assert answer(name, NAMED, layers()).outcome is OPEN
    broken = Evidence(check="container", status=Status.ERRORED, reason="killed")
    assert answer(name, NAMED, broken, layers()).outcome is ERROR
    skipped = Evidence(check="container", status=Status.SKIPPED, reason="not now")
    assert answer(name, NAMED, skipped, layers()).outcome is OPEN


def test_layers_that_nobody_searched() -> None:
    assert answer("SECR-04", NAMED, evidence()).outcome is OPEN
    assert answer("SECR-04", NAMED, evidence(), layers(status=Status.ERRORED)).outcome is ERROR
    assert answer("SECR-04", NAMED, evidence(), layers(status=Status.SKIPPED)).outcome is OPEN
    told = answer("SECR-04", NAMED, evidence(), layers(missing=True))
    assert (told.outcome, told.evidence) == (OPEN, ("secrets",))


@pytest.mark.parametrize("name", ["IMG-01", "SECR-04"])
def test_files_that_were_not_read(name: str) -> None:
    assert answer(name, BUILT, evidence(), layers(), BAD_FILES).outcome is OPEN
    assert answer(name, BUILT, evidence(), layers()).outcome is OPEN


@pytest.mark.parametrize(
    ("coverage", "name"),
    [
        ((part("images", missing=True), part("packages")), "IMG-05"),
        ((part("images"), part("packages", missing=True)), "IMG-05"),
        ((), "IMG-05"),
    ],
)
def test_what_was_only_partly_seen(coverage: tuple[Coverage, ...], name: str) -> None:
    assert answer(name, NAMED, evidence(coverage=coverage)).outcome is OPEN


def test_an_image_that_could_not_be_read() -> None:
    both = target(images=(IMAGE, LOST))
    lost = part("images", missing=True, scope="lost:1.0")
    item = evidence(coverage=(*WHOLE, lost))
    told = [answer(name, both, item, layers()).outcome for name in IDS]
    assert told == [OPEN, OPEN, OPEN]
    assert answer("IMG-01", both, item).gap is Gap.NETWORK_OFF
    assert "lost:1.0" in answer("SECR-04", both, item, layers()).reason


def test_an_image_that_nobody_searched() -> None:
    other = Image(name="other:1.0", transport="layout", config="sha256:2")
    told = answer("SECR-04", target(images=(IMAGE, other)), evidence(), layers())
    assert (told.outcome, "other:1.0" in told.reason) == (OPEN, True)


def test_old_data_is_no_answer() -> None:
    old = DataRecord(name="Trivy vulnerability database", origin="x", fresh=False)
    told = answer("IMG-05", NAMED, evidence(data=(old,)))
    assert (told.outcome, told.gap) == (OPEN, Gap.DATA_STALE)


@pytest.mark.parametrize("kind", ["compose", "kubernetes", "helm"])
@pytest.mark.parametrize("name", ["IMG-05", "SECR-04"])
def test_what_is_only_deployed_is_not_known_either(name: str, kind: str) -> None:
    kinds: dict[str, Any] = {kind: ("file.yaml",)}
    told = answer(name, target(**kinds), FILES)
    assert (told.outcome, told.gap) == (OPEN, Gap.INPUT_MISSING)
    assert "--image" in told.reason


def test_who_runs_in_a_chart_its_values_decide() -> None:
    assert answer("IMG-01", target(helm=("Chart.yaml",)), FILES).outcome is OPEN
    assert answer("IMG-01", target(), FILES).outcome is NOT_APPLICABLE
