"""Controls about what the project takes from others: locked, known, free of known harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.declared import nothing_declared
from pipeline.controls.entry import (
    control,
    failed,
    having,
    may_hide,
    not_applicable,
    passed,
    still_open,
    told,
    unheard,
    unknown,
    waived,
)
from pipeline.controls.frameworks import (
    ASVS,
    CIS_SSC,
    CRA,
    CWE,
    FEDRAMP_20X,
    ISO27001,
    NIST_800_53,
    OSPS,
    OWASP_TOP10,
    PCI_DSS,
    S2C2F,
    SCORECARD,
    SCVS,
    SOC2,
    SSDF,
)
from pipeline.discover.unlocked import is_empty, needs_nothing, unheld
from pipeline.model import Disposition, Gap, Gate, Kind, Origin, Outcome, Severity, Status
from pipeline.policy import numbered, settled, some, stale

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer, Evidence, Finding, Lock, Project, Target

CHECK = "dependencies"


# ------------------------------------------------------------------------------ what is locked


@control(
    "DEP-01",
    title="Every dependency manifest has a committed lockfile",
    rationale=(
        "Without a lock, nobody can say which versions a build takes, so neither this report nor"
        " a rebuild speaks of the same software."
    ),
    how=(
        "Each manifest that declares dependencies needs a lockfile in its folder or at the root of"
        " its workspace. A requirements file counts as one only when every line is pinned to an"
        " exact version, and none counts for a dependency that it does not hold."
    ),
    fix="Lock with the ecosystem's own tool and commit the file: `uv lock`, `pip-compile`, ...",
    severity=Severity.HIGH,
    gate=Gate.BLOCK,
    checks=(),
    evidence_for={
        OSPS: ("OSPS-QA-02.01", "OSPS-BR-05.01"),
        SCORECARD: ("Pinned-Dependencies",),
        SCVS: ("V1.1", "V1.2", "V4.19"),
        S2C2F: ("ENF-1",),
        CIS_SSC: ("2.4.2", "3.1.7"),
        PCI_DSS: ("6.3.2",),
        ISO27001: ("A.8.9",),
        NIST_800_53: ("CM-2", "CM-8"),
        FEDRAMP_20X: ("KSI-SCR-MIT",),
        OWASP_TOP10: ("A03",),
    },
    related={SSDF: ("PS.3.1",)},
)
def every_manifest_is_locked(facts: Facts) -> Answer:
    """Each project that takes something from others says exactly what."""
    target = facts.target
    if rule := nothing_declared(target):
        return not_applicable(rule)
    read = {path: lock for lock in target.locks for path in (lock.path, *lock.files)}
    states = [_locked(project, read, tuple(unheld(target, project))) for project in target.projects]
    wrong = [path for outcome, paths in states if outcome is Outcome.FAIL for path in paths]
    open_ = [
        path for outcome, paths in states if outcome is Outcome.NOT_EVALUATED for path in paths
    ]
    good = [path for outcome, paths in states if outcome is Outcome.PASS for path in paths]
    if wrong:
        return failed(f"without a lock of exact versions: {some(wrong)}", *sorted(set(wrong)))
    if open_:
        reason = f"what these declare or lock could not be told: {some(open_)}"
        return unknown(Gap.PARSE_ERROR, reason, *sorted(set(open_)))
    if hidden := may_hide(target, "a manifest"):
        return hidden
    if not good:
        return unknown(Gap.INPUT_MISSING, "there are locks, but no project that they belong to")
    note = "" if target.git else " (no git repository says whether they are committed)"
    reason = f"every manifest with dependencies is locked, by {some(good)}{note}"
    return passed(reason, *sorted(set(good)))


def _locked(
    project: Project, read: dict[str, Lock], open_: tuple[str, ...]
) -> tuple[Outcome, tuple[str, ...]]:
    """How a project is locked, and the files that say so; `open_` ask for more than is locked.

    A lock in a format that no reader knows counts by being there.
    """
    locks = {path: read.get(path) for path in project.locks}
    needing = [item for item in project.manifests if not needs_nothing(item, locks.values())]
    if not needing and (project.manifests or all(map(is_empty, locks.values()))):
        return Outcome.NOT_APPLICABLE, ()
    if open_:
        return Outcome.FAIL, open_
    good = [path for path, lock in locks.items() if lock is None or _is_exact(lock)]
    if good:
        return Outcome.PASS, tuple(good)
    files = tuple(item.path for item in needing) or project.locks
    unclear = any(lock and lock.unread and not _is_loose(lock) for lock in locks.values())
    silent = all(map(is_empty, locks.values())) and all(item.declared is None for item in needing)
    if unclear or silent:
        return Outcome.NOT_EVALUATED, files
    return Outcome.FAIL, files


def _is_exact(lock: Lock) -> bool:
    """Whether a lock was wholly read and names an exact version of all it takes."""
    return not (lock.unread or _is_loose(lock) or is_empty(lock))


def _is_loose(lock: Lock) -> bool:
    """Whether a lock leaves a version open. What comes by VCS, URL or path has its own pin."""
    registries = {Origin.REGISTRY, Origin.INDEX}
    return any(part.gap is Gap.NO_VERSION for part in lock.unread) or any(
        package.version is None and package.source.origin in registries for package in lock.packages
    )


# ------------------------------------------------------------------------ what is known of it


@control(
    "DEP-03",
    title="No unaccepted known vulnerability at or above the threshold",
    rationale=(
        "A published vulnerability comes with a recipe. Whoever ships it knowingly should have"
        " said so, with a reason and an end date."
    ),
    how=(
        "Every locked package is looked up in dated advisory data. It passes when all packages"
        " were answered for, the data are fresh, and nothing at or above the policy's threshold"
        " is open; findings accepted by a waiver in force make it waived."
    ),
    fix="Upgrade to a fixed version, or record a waiver with a reason, an owner and an end date.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        OSPS: ("OSPS-VM-05.03",),
        SCORECARD: ("Vulnerabilities",),
        SCVS: ("V5.4",),
        S2C2F: ("SCA-1",),
        CIS_SSC: ("1.5.5", "3.2.2"),
        SSDF: ("RV.1.1", "PW.4.4"),
        PCI_DSS: ("6.3.1", "6.3.3", "11.3.1"),
        SOC2: ("CC7.1",),
        ISO27001: ("A.8.8",),
        CRA: ("AnnexI-PartI-(2)(a)", "AnnexI-PartII-(2)"),
        NIST_800_53: ("RA-5", "SI-2"),
        ASVS: ("V15.2.1",),
        OWASP_TOP10: ("A03",),
        FEDRAMP_20X: ("KSI-SCR-MON", "KSI-AFR-VDR"),
        CWE: ("CWE-1395",),
    },
)
def no_known_vulnerability(facts: Facts) -> Answer:
    """The dependency audit found nothing that violates the policy, and could have."""
    return _none_of(
        facts,
        lambda finding: finding.kind is Kind.VULNERABILITY,
        noun="vulnerability at or above the threshold",
    )


@control(
    "DEP-04",
    title="No dependency with a vulnerability known to be exploited",
    rationale=(
        "What is in CISA's catalogue of known exploited vulnerabilities is being used in attacks"
        " now, whatever its severity says."
    ),
    how=(
        "The findings of the dependency audit are joined with a dated copy of the catalogue. A"
        " waiver holds at most until the day by which CISA wants it mended."
    ),
    fix="Upgrade now. Where that is impossible, remove the package or take the service down.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        SSDF: ("RV.1.1", "RV.2.1"),
        PCI_DSS: ("6.3.1", "6.3.3"),
        ISO27001: ("A.8.8",),
        NIST_800_53: ("RA-5",),
        FEDRAMP_20X: ("KSI-AFR-VDR",),
        CRA: ("AnnexI-PartI-(2)(a)",),
        OWASP_TOP10: ("A03",),
    },
    related={CRA: ("Art.14",)},
)
def no_exploited_vulnerability(facts: Facts) -> Answer:
    """No finding of the audit is in CISA's catalogue, and the catalogue was at hand."""
    return _none_of(
        facts,
        lambda finding: finding.exploited is not None,
        noun="vulnerability known to be exploited",
        data="kev",
    )


@control(
    "DEP-05",
    title="No locked package is reported as malicious",
    rationale=(
        "A malicious package has usually done its work when it was installed: this is an incident,"
        " not a backlog item."
    ),
    how=(
        "Every locked package is looked up among malware advisories, which must be part of the"
        " advisory data. No waiver can accept one."
    ),
    fix="Remove the package, and replace every secret that it could have read.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        S2C2F: ("SCA-4", "ING-3"),
        OSPS: ("OSPS-VM-05.03",),
        SOC2: ("CC6.8",),
        ISO27001: ("A.8.7",),
        NIST_800_53: ("SI-3",),
        OWASP_TOP10: ("A03", "A08"),
        CWE: ("CWE-506",),
    },
)
def no_malware(facts: Facts) -> Answer:
    """No locked package is reported as malicious, and reports were at hand."""
    return _none_of(
        facts,
        lambda finding: finding.kind is Kind.MALWARE,
        noun="package with a malware advisory",
        data="malware",
    )


def _none_of(
    facts: Facts, concerns: Callable[[Finding], bool], *, noun: str, data: str = ""
) -> Answer:
    """Whether the dependency audit found none of a kind, and could have found one.

    `data` names the data without which it could not.
    """
    hits = [item for item in facts.judged if item.finding.check == CHECK and concerns(item.finding)]
    news = having(hits, Disposition.VIOLATION)
    if wrong := still_open(news, having(hits, Disposition.EXISTING), told, CHECK):
        return wrong
    found = facts.evidence.get(CHECK)
    doubt = _doubt(facts.target, found) or _data_doubt(found, data)
    if doubt:
        return doubt
    if accepted := having(hits, Disposition.WAIVED):
        return waived(f"accepted for now: {told(accepted)}", CHECK)
    assert found is not None
    return passed(f"no {noun} in {numbered(found.evaluated, 'locked package')}", CHECK)


def _doubt(target: Target, found: Evidence | None) -> Answer | None:
    """Why the audit's silence answers nothing; `None` when it is an answer."""
    if rule := nothing_declared(target):
        return not_applicable(rule)
    if doubt := unheard(found, CHECK):
        return doubt
    assert found is not None
    if settled(found) and found.status is not Status.NOT_APPLICABLE:
        return None
    return unknown(*_lapse(found), CHECK)


def _lapse(found: Evidence) -> tuple[Gap, str]:
    """By which gap the audit fell short, and how."""
    if found.status is Status.NOT_APPLICABLE:
        reason = f"the {CHECK} check saw nothing to do, though there is something to audit"
        return Gap.INPUT_MISSING, reason
    gaps = [missing.gap for part in found.coverage for missing in part.missing]
    if not gaps and (old := stale(found)):
        names = some([record.name for record in old])
        return Gap.DATA_STALE, f"the advisory data are too old: {names}"
    reason = f"{found.evaluated} of {found.expected} inputs were evaluated"
    return min(gaps, default=Gap.NOT_ACCOUNTED_FOR), reason


def _data_doubt(found: Evidence | None, name: str) -> Answer | None:
    """Why the audit could not have found a hit for lack of the data `name`, if so."""
    if not name or found is None:
        return None
    records = [record for record in found.data if record.name == name]
    # A service that does not count its entries (`None`) has them; an empty list has none.
    if not any(record.entries != 0 for record in records):
        return unknown(Gap.DATA_MISSING, f"the run had no {name} data", CHECK)
    if not all(record.fresh for record in records):
        return unknown(Gap.DATA_STALE, f"the {name} data are too old", CHECK)
    return None


CONTROLS: tuple[Entry, ...] = (
    every_manifest_is_locked,
    no_known_vulnerability,
    no_exploited_vulnerability,
    no_malware,
)
