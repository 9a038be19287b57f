"""SLSA provenance v1: which workflow made the report and the artefacts, from which commit.

Everything is taken from the signer's certificate, where the certificate authority vouches for it;
a verifier compares it with the certificate again. No level is claimed: that a build service
isolates its builds is for the reader to believe of the builder named here.
Formats: https://slsa.dev/spec/v1.2/build-provenance and
https://actions.github.io/buildtypes/workflow/v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.signing.statements.form import Omitted, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.signing.facts import Facts
    from pipeline.trust.certificate import Holder

NAME = "provenance"
TYPE = "https://slsa.dev/provenance/v1"
GITHUB = "https://actions.github.io/buildtypes/workflow/v1"
OTHER = "urn:supply-chain-pipeline:ci-job:v1"
"""A job of another CI service: `source` and `config` as its identity token names them."""


def build(facts: Facts) -> Iterator[Statement | Omitted]:
    """The provenance of what is signed, where a certificate bears it out."""
    holder = facts.holder
    if holder is None:
        yield Omitted(NAME, "no certificate shows where this was made")
        return
    lacking = [
        name
        for name in ("build_signer", "repository", "commit", "run")
        if not getattr(holder, name)
    ]
    if lacking:
        yield Omitted(NAME, f"the certificate does not show {', '.join(lacking)}")
        return
    yield Statement(
        name=NAME,
        predicate_type=TYPE,
        subjects=facts.subjects,
        predicate={
            "buildDefinition": _definition(holder),
            "runDetails": {
                "builder": {"id": holder.build_signer},
                "metadata": {"invocationId": holder.run},
            },
        },
    )


def _definition(holder: Holder) -> dict[str, Any]:
    source = {
        "uri": f"git+{holder.repository}" + (f"@{holder.ref}" if holder.ref else ""),
        "digest": {"gitCommit": holder.commit},
    }
    place, _, ref = holder.build_config.partition("@")
    path = place.removeprefix(f"{holder.repository}/")
    if ref and path != place and path.startswith(".github/workflows/"):
        github = {
            "event_name": holder.trigger,
            "repository_id": holder.repository_id,
            "repository_owner_id": holder.owner_id,
            "runner_environment": holder.runner_environment,
        }
        return {
            "buildType": GITHUB,
            "externalParameters": {
                "workflow": {"ref": ref, "repository": holder.repository, "path": path}
            },
            "internalParameters": {
                "github": {name: value for name, value in github.items() if value}
            },
            "resolvedDependencies": [source],
        }
    return {
        "buildType": OTHER,
        "externalParameters": {"source": source["uri"], "config": holder.build_config},
        "resolvedDependencies": [source],
    }
