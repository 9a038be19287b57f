"""Controls about how dependencies are taken in: proven, allowed, from the right place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.declared import nothing_declared
from pipeline.controls.entry import (
    broken,
    control,
    failed,
    having,
    lapse,
    not_applicable,
    passed,
    still_open,
    told_briefly,
    unknown,
    unwaived,
    waived,
)
from pipeline.controls.frameworks import (
    ASVS,
    CIS_SSC,
    CISA_SBOM,
    CWE,
    FEDRAMP_20X,
    ISO27001,
    NIST_800_53,
    OSPS,
    OWASP_TOP10,
    PCI_DSS,
    S2C2F,
    SCVS,
    SSDF,
)
from pipeline.model import Disposition, Gap, Gate, Severity, Status
from pipeline.policy import numbered, settled, some

if TYPE_CHECKING:
    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer, Judged

CHECK = "lockfiles"


@control(
    "DEP-02",
    title="Locks agree with their manifests and prove every file",
    rationale=(
        "A lock that is stale, or that names a file without its hash, fixes nothing: the installer"
        " decides anew, or takes what it is served."
    ),
    how=(
        "Each lock is held against its manifest, each entry against its own file name and address,"
        " and each must carry a hash that can be trusted. Package managers are not run. A lock"
        " without any hash at all is not evaluated: what it installs cannot be proven."
    ),
    fix="Lock again with a current tool and with hashes, and let CI refuse a stale lock.",
    severity=Severity.HIGH,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        SCVS: ("V3.18", "V4.13"),
        S2C2F: ("AUD-3",),
        CIS_SSC: ("2.4.3",),
        SSDF: ("PW.4.4",),
        ASVS: ("V15.2.4",),
        NIST_800_53: ("SI-7",),
        OWASP_TOP10: ("A03", "A08"),
        FEDRAMP_20X: ("KSI-SVC-VRI",),
    },
)
def locks_are_whole(facts: Facts) -> Answer:
    """No drift, no entry without proof, and every lock was read."""
    rules = ("out-of-step", "missing-hash", "weak-hash", "name-mismatch", "plain-http")
    if said := _judged(facts, *rules, "foreign-host", "registry-not-allowed"):
        return said
    bare = [item.finding.subject for item in _hits(facts, "missing-hash")]
    if bare:
        reason = f"these locks hold no hash at all, so that nothing proves a file: {some(bare)}"
        return unknown(Gap.NOT_CONFIGURED, reason, *sorted(set(bare)))
    locks = [lock.path for lock in facts.target.locks]
    return passed(f"{numbered(len(locks), 'lock')} in step, and every file is proven", *locks)


@control(
    "DEP-06",
    title="Nothing in use is past its end of life",
    rationale="What nobody maintains gets no fix, however bad the next vulnerability is.",
    how=(
        "The images that containers are built on and run from are held against a dated table of"
        " ends of life, and the system in every named image against what Trivy knows. Runtimes and"
        " engines that manifests name are not yet, so this control fails or stays open, and never"
        " passes by itself."
    ),
    fix="Move to a supported release; compare other runtimes with their makers' dates by hand.",
    severity=Severity.HIGH,
    gate=Gate.WARN,
    checks=("hardening", "container"),
    evidence_for={
        S2C2F: ("SCA-3",),
        SCVS: ("V5.7", "V5.8"),
        SSDF: ("PW.4.1",),
        ASVS: ("V15.2.1",),
        PCI_DSS: ("6.3.3", "12.3.4"),
        ISO27001: ("A.8.8",),
        NIST_800_53: ("SA-22",),
        OWASP_TOP10: ("A03",),
        CWE: ("CWE-1104",),
    },
)
def nothing_is_past_its_end(facts: Facts) -> Answer:
    """An image may be known to be past its end; that nothing else is, nobody looked at."""
    rules = {"hardening/end-of-life-image", "container/end-of-life"}
    hits = [item for item in facts.judged if item.finding.rule in rules]
    open_ = [item for item in hits if item.disposition is not Disposition.WAIVED]
    old = facts.baseline.old(item.finding for item in open_)
    if open_:
        existing = all(item.finding.fingerprint in old for item in open_)
        checks = sorted({item.finding.check for item in open_})
        return failed(f"open: {told_briefly(open_)}", *checks, existing=existing)
    reason = "only images are looked at, and not the runtimes that manifests name"
    return unknown(Gap.UNSUPPORTED_INPUT, reason)


@control(
    "DEP-07",
    title="No dependency has a licence that the policy denies",
    rationale=(
        "A licence that does not fit binds the whole product, and is found late and by the wrong"
        " people if nobody looks."
    ),
    how=(
        "The licences that registries declare for each locked release are held against the policy's"
        " list of denied ones. One that is unknown, or no SPDX expression, is not evaluated."
    ),
    fix="Name the denied licences in the policy (`licences: deny`), and replace what has them.",
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(CHECK,),
    evidence_for={
        S2C2F: ("SCA-2",),
        SCVS: ("V2.14", "V2.15", "V5.12"),
        CIS_SSC: ("1.5.6", "3.2.3"),
        ISO27001: ("A.5.32",),
        CISA_SBOM: ("Component License",),
    },
)
def licences_are_allowed(facts: Facts) -> Answer:
    """Every licence is known, and none is denied."""
    if said := _judged(facts, "licence-denied"):
        return said
    if not facts.policy.denied_licences:
        return unknown(Gap.NOT_CONFIGURED, "the policy names no licence that is denied", CHECK)
    parts = [part for part in facts.evidence[CHECK].coverage if not part.required]
    licences = [part for part in parts if part.unit == "licences"]
    gaps = [missing for part in (*licences, *parts) for missing in part.missing]
    if gaps or not licences:
        subjects = [missing.subject for missing in gaps]
        reason = f"the licences of these are not known: {some(subjects) or 'all'}"
        return unknown(gaps[0].gap if gaps else Gap.DATA_MISSING, reason, CHECK)
    number = sum(part.evaluated for part in licences)
    return passed(f"no denied licence in {numbered(number, 'release')}", CHECK)


@control(
    "DEP-08",
    title="Packages come from known places, over encrypted connections",
    rationale=(
        "Who can answer for a name, or change an answer on its way, decides what is installed:"
        " dependency confusion and poisoned locks need nothing else."
    ),
    how=(
        "Locks and the installers' settings in the repository (`.npmrc`, `pip.conf`) are read for"
        " plain HTTP, unchecked certificates, competing indexes, foreign hosts, registries that the"
        " policy does not name, and repositories without a commit."
    ),
    fix="Use one https:// index per name, fix commits, and list the hosts in the policy.",
    severity=Severity.HIGH,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        S2C2F: ("ING-1", "ENF-1", "ENF-2"),
        SCVS: ("V4.1", "V4.15", "V4.16"),
        CIS_SSC: ("3.1.5", "4.4.2"),
        ASVS: ("V15.2.4",),
        OSPS: ("OSPS-BR-05.01",),
        OWASP_TOP10: ("A03", "A08"),
        NIST_800_53: ("SR-3",),
        CWE: ("CWE-427",),
    },
    related={OSPS: ("OSPS-BR-03.02",)},
)
def sources_are_trusted(facts: Facts) -> Answer:
    """Neither a lock nor an installer's settings leave the door open."""
    risky = [one for one in facts.target.installers if one.risks]
    if risky:
        told = [f"{what} ({one.path}:{line})" for one in risky for what, line in one.risks]
        return failed(some(told), *(one.path for one in risky))
    rules = ("plain-http", "several-indexes", "foreign-host", "registry-not-allowed")
    if said := _judged(facts, *rules, "mutable-ref", "confusable-name"):
        return said
    read = [lock.path for lock in facts.target.locks]
    read += [settings.path for settings in facts.target.installers]
    return passed(f"nothing of the kind in {some(read)}", *read)


# ---------------------------------------------------------------------------------- the check


def _judged(facts: Facts, *rules: str) -> Answer | None:
    """What the check's findings by these rules mean; `None` when its silence is an answer.

    A finding of medium severity or worse fails the control, unless a waiver holds for it.
    """
    hits = [item for item in _hits(facts, *rules) if item.finding.severity is not Severity.LOW]
    if wrong := still_open(*unwaived(facts, hits), told_briefly, CHECK) or _doubt(facts):
        return wrong
    if accepted := having(hits, Disposition.WAIVED):
        return waived(f"accepted for now: {told_briefly(accepted)}", CHECK)
    return None


def _doubt(facts: Facts) -> Answer | None:
    """Why the check's silence answers nothing; `None` when it is an answer."""
    if rule := nothing_declared(facts.target):
        return not_applicable(rule)
    found = facts.evidence.get(CHECK)
    if doubt := broken(found, CHECK):
        return doubt
    assert found is not None
    if not settled(found) or found.status is Status.NOT_APPLICABLE:
        return unknown(*lapse(found, "inputs"), CHECK)
    if not facts.target.locks:
        return unknown(Gap.INPUT_MISSING, "there is no lock to look at", CHECK)
    return None


def _hits(facts: Facts, *rules: str) -> list[Judged]:
    names = {f"{CHECK}/{rule}" for rule in rules}
    return [item for item in facts.judged if item.finding.rule in names]


CONTROLS: tuple[Entry, ...] = (
    locks_are_whole,
    nothing_is_past_its_end,
    licences_are_allowed,
    sources_are_trusted,
)
