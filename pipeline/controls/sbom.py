"""Controls about the software bill of materials: that there is one, whole and readable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.declared import nothing_declared
from pipeline.controls.entry import (
    control,
    failed,
    not_applicable,
    passed,
    unheard,
    unknown,
    waived,
)
from pipeline.controls.frameworks import (
    ASVS,
    CIS_SSC,
    CISA_SBOM,
    CRA,
    FEDRAMP_20X,
    ISO27001,
    NIST_800_53,
    OSPS,
    OWASP_TOP10,
    PCI_DSS,
    S2C2F,
    SCORECARD,
    SCVS,
    SSDF,
)
from pipeline.model import Disposition, Gap, Gate, Severity
from pipeline.policy import numbered, some

if TYPE_CHECKING:
    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer

CHECK = "sbom"


@control(
    "SBOM-01",
    title="A schema-valid SBOM of the repository exists",
    rationale=(
        "When the next vulnerability makes the news, the SBOM answers within minutes whether the"
        " software holds the package, for its makers and for everybody who runs it."
    ),
    how=(
        "CycloneDX documents of versions 1.6 and 1.7 are made from the locks, for each project and"
        " for the whole repository, and kept only when the official schema accepts them. Images"
        " that were named stand in the repository's document, with their packages. SBOMs of build"
        " artefacts are not part of this."
    ),
    fix="Lock every project's dependencies, and let the check `sbom` run to its end.",
    severity=Severity.HIGH,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        OSPS: ("OSPS-QA-02.02",),
        SCORECARD: ("SBOM",),
        SCVS: ("V1.3", "V1.4", "V2.1", "V2.2", "V2.3", "V2.7", "V2.11"),
        S2C2F: ("INV-1",),
        CIS_SSC: ("2.4.5",),
        SSDF: ("PS.3.2",),
        PCI_DSS: ("6.3.2",),
        ISO27001: ("A.5.9",),
        CRA: ("AnnexI-PartII-(1)",),
        NIST_800_53: ("CM-8", "SR-4"),
        ASVS: ("V15.1.2",),
        FEDRAMP_20X: ("KSI-PIY-GIV",),
        OWASP_TOP10: ("A03",),
        CISA_SBOM: (
            "SBOM Data Format Name",
            "SBOM Data Format Version",
            "SBOM Version",
            "Machine-Processable Data",
        ),
    },
    related={S2C2F: ("REB-3",)},
)
def sbom_exists(facts: Facts) -> Answer:
    """Valid documents were written."""
    made = _made(facts)
    if not isinstance(made, tuple):
        return made
    return passed(f"{numbered(len(made), 'valid document')} in the output folder", *made)


@control(
    "SBOM-02",
    title="The SBOM carries the minimum elements of CISA, 2026",
    rationale=(
        "A list of names finds nothing: versions, identifiers, hashes and relationships do. What"
        " is not known has to be told apart from what is not there."
    ),
    how=(
        "Each data field of the minimum elements is counted over all components of the merged"
        " document: stated, declared unknown, or missing. A declared unknown is accepted, silence"
        " is not. The author's signature is another control's question."
    ),
    fix="State the field in the SBOM, or declare it unknown.",
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(CHECK,),
    evidence_for={
        CISA_SBOM: (
            "SBOM Author",
            "SBOM Generation Context",
            "SBOM Timestamp",
            "SBOM Tool Name",
            "SBOM Tool Version",
            "Component Producer",
            "Component Name",
            "Component Version",
            "Component Identifiers",
            "Component Hash Value",
            "Component Hash Algorithm",
            "Component License",
            "Component Dependency Relationship",
            "Explicitly Identifying Unknown Information",
        ),
        SCVS: ("V2.9", "V2.12", "V2.13", "V2.18"),
        CRA: ("AnnexI-PartII-(1)",),
    },
)
def sbom_has_its_fields(facts: Facts) -> Answer:
    """No field is passed over in silence."""
    made = _made(facts)
    if not isinstance(made, tuple):
        return made
    return _told(facts, ("sbom/field-missing",)) or passed(
        "every field is stated or declared unknown", *made
    )


@control(
    "SBOM-03",
    title="The SBOM lists every locked package, and nothing else",
    rationale=(
        "An SBOM that leaves something out is worse than none: its readers take the software for"
        " unaffected."
    ),
    how=(
        "The merged document is read back, and its package URLs are held against those of all"
        " locks, both ways. What stands in images is left out: no lock put it there."
    ),
    fix="Make the SBOM anew from the locks that are really used: `supply-chain sbom`.",
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(CHECK,),
    evidence_for={
        SCVS: ("V1.1", "V2.9"),
        CISA_SBOM: ("Coverage",),
        SSDF: ("PS.3.2",),
        NIST_800_53: ("CM-8",),
    },
)
def sbom_is_whole(facts: Facts) -> Answer:
    """The packages of the SBOM are those of the locks, and all locks were read."""
    made = _made(facts)
    if not isinstance(made, tuple):
        return made
    if wrong := _told(facts, ("sbom/package-missing", "sbom/component-surplus")):
        return wrong
    found = facts.evidence[CHECK]
    gaps = [missing for part in found.coverage if part.required for missing in part.missing]
    if gaps:
        what = some([missing.subject for missing in gaps])
        return unknown(min(missing.gap for missing in gaps), f"cannot be listed: {what}", CHECK)
    return passed(f"it lists all {numbered(found.evaluated, 'locked package')}", *made)


def _made(facts: Facts) -> tuple[str, ...] | Answer:
    """The documents that were written; why there are none."""
    if rule := nothing_declared(facts.target):
        return not_applicable(rule)
    found = facts.evidence.get(CHECK)
    if doubt := unheard(found, CHECK):
        return doubt
    assert found is not None
    paths = tuple(artefact.path for artefact in found.artefacts)
    reason = "no lock names a package that an SBOM could list"
    return paths or unknown(Gap.INPUT_MISSING, reason, CHECK)


def _told(facts: Facts, rules: tuple[str, ...]) -> Answer | None:
    """What findings of these rules say; `None` when there are none."""
    hits = [
        item for item in facts.judged if item.finding.check == CHECK and item.finding.rule in rules
    ]
    subjects = some([item.finding.subject for item in hits])
    if any(item.disposition is not Disposition.WAIVED for item in hits):
        return failed(f"not so: {subjects}", CHECK)
    return waived(f"accepted for now: {subjects}", CHECK) if hits else None


CONTROLS: tuple[Entry, ...] = (sbom_exists, sbom_has_its_fields, sbom_is_whole)
