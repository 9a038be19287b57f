"""The verdict as SLSA's verification summary v1.

PASSED stands only for a compliant report; violated and incomplete are both FAILED. No SLSA level
is claimed: what was verified is this pipeline's policy, under a name of its own.
Format: https://slsa.dev/spec/v1.2/verification_summary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.signing.statements.form import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.signing.facts import Facts

NAME = "vsa"
TYPE = "https://slsa.dev/verification_summary/v1"
LEVEL = "SUPPLY_CHAIN_POLICY"
"""What a compliant report was verified to meet; not one of SLSA's own levels."""


def build(facts: Facts) -> Iterator[Statement]:
    """The verdict, the policy it was reached by, and the evidence it rests on, by digest."""
    passed = facts.report["verdict"]["decision"] == "compliant"
    yield Statement(
        name=NAME,
        predicate_type=TYPE,
        subjects=facts.subjects,
        predicate={
            "verifier": {
                "id": facts.verifier,
                "version": {"supply-chain-pipeline": facts.report["pipeline_version"]},
            },
            "timeVerified": facts.moment,
            "resourceUri": facts.resource,
            "policy": facts.policy,
            "inputAttestations": inputs(facts),
            "verificationResult": "PASSED" if passed else "FAILED",
            "verifiedLevels": [LEVEL] if passed else ["FAILED"],
        },
    )


def inputs(facts: Facts) -> list[dict[str, object]]:
    """The evidence that the verdict rests on: the plan, and what each check left."""
    return [
        {"uri": path, "digest": {"sha256": digest}}
        for path, digest in sorted(facts.manifest.files.items())
        if path == "plan.json" or path.startswith("evidence/")
    ]
