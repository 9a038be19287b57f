"""The verdict as in-toto's simple verification result v0.2: what holds, and nothing else.

A property is listed when a control passed; what failed or was not evaluated is absent, so an
empty list is a valid answer and says that nothing is vouched for.
Format: https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.signing.statements.form import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.signing.facts import Facts

NAME = "svr"
TYPE = "https://in-toto.io/attestation/svr/v0.2"
COMPLIANT = "supply-chain:compliant"


def build(facts: Facts) -> Iterator[Statement]:
    """The controls that passed, under the policy."""
    yield Statement(
        name=NAME,
        predicate_type=TYPE,
        subjects=facts.subjects,
        predicate={
            "verifier": {"id": facts.verifier, "policies": [facts.policy]},
            "timeCreated": facts.moment,
            "properties": properties(facts),
        },
    )


def properties(facts: Facts) -> list[str]:
    """A name for each control that passed, and one for a compliant report."""
    report = facts.report
    passed = [
        f"supply-chain:control:{item['id']}"
        for item in report["controls"]
        if item["outcome"] == "pass"
    ]
    compliant = [COMPLIANT] if report["verdict"]["decision"] == "compliant" else []
    return sorted(compliant + passed)
