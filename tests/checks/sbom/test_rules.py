"""The SBOM against the locks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.checks import sbom
from pipeline.checks.job import Options, Ran
from pipeline.model import (
    Location,
    Severity,
)
from pipeline.sbom import Json, document, pins, write
from tests.checks.sbom.answers import OF, merged, read, spelled
from tests.sbom.polyglot import DAY, lock, named, package, target


def test_a_component_deleted_from_the_tools_sbom_is_named() -> None:
    (finding,) = read(OF, lambda it: it["components"].pop()).findings
    assert finding.rule == "sbom/package-missing"
    assert finding.severity is Severity.HIGH
    assert finding.subject == "pkg:pypi/b@1.0"
    assert "b==1.0" in finding.title
    assert "cyclonedx-py" in finding.detail
    assert finding.locations == (Location(path="uv.lock", line=1),)


def test_a_package_added_to_the_lock_after_the_tool_ran_is_named() -> None:
    jobs = sbom.plan(OF, Options())
    assert isinstance(jobs, tuple)
    content = json.dumps(spelled(jobs[0])).encode()
    run = Ran(job=jobs[0], exit_code=0, outputs={pins.OUTPUT: content})
    (old,) = OF.locks
    grown = replace(OF, locks=(replace(old, packages=(*old.packages, package("new"))),))
    (finding,) = sbom.read(grown, Options(as_of=DAY), [run]).findings
    assert (finding.rule, finding.subject) == ("sbom/package-missing", "pkg:pypi/new@1.0")


def test_a_component_that_no_lock_has_is_named() -> None:
    extra = {"type": "library", "name": "evil", "version": "6", "purl": "pkg:pypi/evil@6"}
    reading = read(OF, lambda it: it["components"].append(extra))
    (finding,) = reading.findings
    assert (finding.rule, finding.severity) == ("sbom/component-surplus", Severity.HIGH)
    assert finding.subject == "pkg:pypi/evil@6"
    assert "evil" not in json.dumps(merged(reading))


@pytest.mark.parametrize(
    ("tamper", "rule", "subject"),
    [
        (
            lambda it: it["components"].remove(named(it, "a")),
            "sbom/package-missing",
            "pkg:pypi/a@1.0",
        ),
        (
            lambda it: it["components"].append(
                {"type": "application", "name": "x", "purl": "pkg:npm/x@1"}
            ),
            "sbom/component-surplus",
            "pkg:npm/x@1",
        ),
    ],
)
def test_a_document_tampered_with_between_writing_and_reading_is_seen(
    monkeypatch: pytest.MonkeyPatch,
    tamper: Callable[[Json], Any],
    rule: str,
    subject: str,
) -> None:
    honest = document.decode

    def decode(content: bytes) -> Json:
        read_back = honest(content)
        tamper(read_back)
        return read_back

    monkeypatch.setattr(sbom, "decode", decode)
    found = {(one.rule, one.subject) for one in read(OF).findings}
    assert (rule, subject) in found


def test_contradicting_locks_are_told() -> None:
    one = lock(package("a", hashes=("sha256:" + "1" * 64,)))
    other = lock(package("a", hashes=("sha256:" + "2" * 64,)), path="b/uv.lock")
    (finding,) = read(target(one, other)).findings
    assert (finding.rule, finding.severity) == ("sbom/hash-conflict", Severity.MEDIUM)
    assert "SHA-256" in finding.title


def test_silence_about_an_element_is_a_low_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    real = write.metadata
    monkeypatch.setattr(
        sbom, "metadata", lambda root, about: {**real(root, about), "properties": []}
    )
    (finding,) = read(OF).findings
    assert (finding.rule, finding.severity) == ("sbom/field-missing", Severity.LOW)
    assert finding.subject.endswith("#SBOM Author")


def test_every_rule_that_is_reported_is_explained() -> None:
    assert set(sbom.RULES) == {
        "sbom/package-missing",
        "sbom/component-surplus",
        "sbom/hash-conflict",
        "sbom/field-missing",
    }
