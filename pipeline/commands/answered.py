"""Controls that only a verification can answer: the report was made before it was signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.controls import CONTROLS, Facts, Release
from pipeline.errors import PipelineError
from pipeline.model import Policy, Target
from pipeline.signing.manifest import image
from pipeline.signing.statements import cyclonedx, provenance
from pipeline.stages import today
from pipeline.store import Output

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.commands.seen import Seen
    from pipeline.signing.items import Checked

_RELEASE = ("SIGN-01", "SIGN-02", "SBOM-04", "IMG-07")


def answers(seen: Seen, signer: str) -> list[dict[str, Any]]:
    """What the verification says to controls, with the requirements that each is evidence for.

    `signer` is who was expected to have signed, in words.
    """
    made = []
    for folder, checked in seen.folders.items():
        facts = _facts(folder, checked)
        if facts is not None:
            made.append(_answer("GATE-02", facts))
    if seen.files:
        release = _release(seen, signer)
        nothing = Facts(
            target=Target(name="", git=None, files=0),
            evidence={},
            judged=(),
            policy=Policy(),
            planned=(),
            as_of=today(),
            signed=None,
            release=release,
        )
        images = bool(release.images or release.refused_images)
        made += [_answer(name, nothing) for name in _RELEASE if images or name != "IMG-07"]
    return made


def _facts(folder: Path, checked: Checked) -> Facts | None:
    """What a report rests on, from its plan and evidence; `None` where they cannot be read."""
    output = Output(folder)
    try:
        plan = output.plan()
        recorded = output.evidence(plan)
    except PipelineError:
        return None
    return Facts(
        target=plan.target,
        evidence={found.evidence.check: found.evidence for found in recorded},
        judged=(),
        policy=plan.policy,
        planned=plan.checks,
        as_of=plan.as_of,
        signed=checked.ok if checked.signed or not checked.ok else None,
    )


def _release(seen: Seen, signer: str) -> Release:
    """The artefacts and images that were named, and the statements about each."""

    def about(kind: str) -> tuple[str, ...]:
        return tuple(
            name
            for name, (_, item, found) in seen.files.items()
            if item.ok and kind in {statement.predicate_type for statement in found}
        )

    def named(*, ok: bool, images: bool) -> tuple[str, ...]:
        return tuple(
            name
            for name, (_, item, _) in seen.files.items()
            if item.ok is ok and bool(image(name)) is images
        )

    return Release(
        signer=signer,
        artefacts=named(ok=True, images=False),
        refused=named(ok=False, images=False),
        images=named(ok=True, images=True),
        refused_images=named(ok=False, images=True),
        provenance=about(provenance.TYPE),
        sboms=about(cyclonedx.TYPE),
    )


def _answer(name: str, facts: Facts) -> dict[str, Any]:
    entry = CONTROLS[name]
    found = entry.answer(facts)
    return {
        "id": name,
        "title": entry.control.title,
        "outcome": found.outcome.value,
        "reason": found.reason,
        "evidence": found.evidence,
        "requirements": [
            {"framework": item.framework, "id": item.id, "counted": item.counted}
            for item in entry.control.requirements
        ],
    }
