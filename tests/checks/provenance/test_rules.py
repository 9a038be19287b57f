"""Every rule explains itself, and a finding stands at all its places."""

from __future__ import annotations

from pipeline.checks.provenance.rules import CHECK, RULES, found
from pipeline.model import Severity
from tests.checks.provenance.released import PIN, package


def test_every_rule_explains_itself() -> None:
    for name, rule in RULES.items():
        assert name.startswith(f"{CHECK}/")
        assert all((rule.title, rule.why, rule.fix))


def test_a_finding_names_each_place_once() -> None:
    packages = [package(PIN, line=7), package(PIN, line=3), package(PIN, line=7)]
    finding = found("missing", Severity.HIGH, packages, "why", fix="do")
    assert [place.line for place in finding.locations] == [3, 7]
    assert finding.subject == "pkg:pypi/pypi-attestations@0.0.19"
    assert (finding.detail, finding.fix) == ("why", "do")
