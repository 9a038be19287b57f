"""The report itself as a predicate: `report.json` word for word, for whoever reads attestations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.signing.statements.form import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.signing.facts import Facts

NAME = "report"
TYPE = "urn:supply-chain-pipeline:report:v1"


def build(facts: Facts) -> Iterator[Statement]:
    """The whole report."""
    yield Statement(name=NAME, predicate_type=TYPE, subjects=facts.subjects, predicate=facts.report)
