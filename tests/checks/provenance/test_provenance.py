"""The whole check: what it plans, and what it makes of what is known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.checks import provenance
from pipeline.checks.job import Network, Options, Skip
from pipeline.checks.provenance import seen
from pipeline.model import (
    ExpectedPublisher,
    Gap,
    Origin,
    ProvenanceSettings,
    Reading,
    Source,
    Status,
    ToolRecord,
)
from pipeline.registries.attested import Attested
from pipeline.registries.release import Pin
from tests.checks.provenance.released import (
    GITHUB,
    PIN,
    SIGNATURE,
    SIGNED,
    SIGNED_SHA512,
    attested,
    npm_attested,
    package,
    target,
)

BARE = Pin("PyPI", "bare", "1.0")
UNKNOWN = Pin("PyPI", "unknown", "1.0")
DAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "publishers.json"
    monkeypatch.setenv("SUPPLY_CHAIN_PUBLISHERS", str(path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return path


def read(*pins: Pin, settings: ProvenanceSettings | None = None, **options: Any) -> Reading:
    known = {
        "tool": ToolRecord(name="pypi-attestations", version="0.0.30"),
        "as_of": DAY,
        "attested": {PIN: attested(), BARE: attested("")},
        "provenance": settings or ProvenanceSettings(),
    }
    found = provenance.read(
        target(*(package(pin, line=line) for line, pin in enumerate(pins or (PIN, BARE), 1))),
        Options(**{**known, **options}),
        (),
    )
    json.dumps([row for table in found.tables for row in table.rows])
    return found


def test_who_published_is_told_and_remembered() -> None:
    found = read()
    assert found.findings == ()
    (part,) = found.coverage
    assert (part.expected, part.evaluated, part.required) == (2, 2, True)
    (table,) = found.tables
    assert table.rows == (("pkg:pypi/pypi-attestations@0.0.19", GITHUB),)
    assert table.note == "1 release without an attestation"
    (data,) = found.data
    assert data.name == "trusted root"
    assert seen.recall() == {
        "pkg:pypi/pypi-attestations": seen.Seen(publisher=GITHUB, version="0.0.19", day=DAY)
    }


def test_a_change_is_a_finding_every_time() -> None:
    """What was seen first stays, so that the second run does not forgive."""
    old = seen.Seen(publisher="https://github.com/old/home", version="0.0.1", day=DAY)
    seen.keep({"pkg:pypi/pypi-attestations": old})
    for _ in range(2):
        assert [one.rule for one in read().findings] == ["provenance/publisher-changed"]


def test_offline_it_says_what_it_does_not_know_and_needs_no_record(record: Path) -> None:
    record.write_text("broken")
    found = read(PIN, BARE, attested={}, offline=True)
    (part,) = found.coverage
    assert not part.required
    assert [(line.subject, line.gap) for line in part.missing] == [
        ("attestations of 2 releases", Gap.NETWORK_OFF)
    ]
    assert found.tables == ()


def test_what_the_policy_wants_has_to_be_known() -> None:
    found = read(settings=ProvenanceSettings(required=True), attested={}, offline=True)
    (part,) = found.coverage
    assert (part.expected, part.evaluated, part.required) == (2, 0, True)
    found = read(settings=ProvenanceSettings(required=True))
    assert [one.rule for one in found.findings] == ["provenance/missing"]


def test_a_named_publisher_has_to_be_known() -> None:
    named = ExpectedPublisher(package="pkg:pypi/pypi_attestations", repository="https://x")
    settings = ProvenanceSettings(publishers=(named,))
    assert [one.rule for one in read(settings=settings).findings] == ["provenance/wrong-publisher"]
    assert seen.recall() == {}, "the policy counts, whatever is seen"
    required, optional = read(settings=settings, attested={}, offline=True).coverage
    assert [part.required for part in (required, optional)] == [True, False]
    assert (required.expected, required.evaluated) == (1, 0)


def test_different_gaps_are_told_one_by_one() -> None:
    told = {UNKNOWN: Attested(gap=Gap.DATA_MISSING, why="silent"), PIN: attested()}
    required, optional = read(PIN, UNKNOWN, BARE, attested=told).coverage
    assert (required.expected, required.evaluated) == (1, 1)
    assert [line.subject for line in optional.missing] == ["bare==1.0", "unknown==1.0"]


def test_a_record_that_cannot_be_kept_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SUPPLY_CHAIN_PUBLISHERS", str(tmp_path / "file" / "x" / "y"))
    monkeypatch.setattr(seen, "recall", dict)
    _, part = read().coverage
    assert (part.scope, part.required, part.evaluated) == ("publishers", False, 0)


def test_npm_signatures_count_as_such() -> None:
    lock = target(package(SIGNED, f"sha512:{SIGNED_SHA512}"))
    options = Options(
        tool=ToolRecord(name="pypi-attestations", version="0"),
        attested={SIGNED: npm_attested(SIGNATURE)},
    )
    (table,) = provenance.read(lock, options, ()).tables
    assert table.note == (
        "1 release without an attestation, 1 of them with the registry's own signature"
    )


def test_it_plans_nothing_to_run() -> None:
    assert provenance.plan(target(package()), Options()) == ()
    assert provenance.questions(target(package())) == ()
    assert provenance.NETWORK is Network.ATTESTATIONS


def test_it_needs_packages_of_a_registry() -> None:
    local = replace(package(), source=Source(origin=Origin.PATH))
    go = replace(package(), ecosystem="Go")
    for one in (target(), target(local), target(go)):
        skip = provenance.plan(one, Options())
        assert isinstance(skip, Skip)
        assert skip.status is Status.NOT_APPLICABLE
