"""Controls about how containers and infrastructure are configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls import images
from pipeline.controls.entry import (
    control,
    not_found,
    passed,
    still_open,
    told_briefly,
    unheard,
    unknown,
    unwaived,
    waived,
)
from pipeline.controls.frameworks import (
    ASVS,
    CIS_DOCKER,
    CIS_SSC,
    CRA,
    FEDRAMP_20X,
    ISO27001,
    NIST_800_53,
    NIST_800_190,
    OWASP_TOP10,
    SCORECARD,
    SSDF,
)
from pipeline.model import Disposition, Gap, Gate, Severity
from pipeline.policy import numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer, Coverage, Evidence, Judged, Target

CHECK = "hardening"
OWN, THEIRS = "configuration, by our own rules", "configuration, by Trivy"
"""What the check's evidence calls the two parties that looked."""

_RUNTIME = (
    "privileged", "host-namespace", "host-mount", "writable-root", "capabilities-kept",
    "capabilities-added", "privilege-escalation", "unconfined",
)  # fmt: skip
_HYGIENE = ("no-healthcheck", "no-dockerignore", "shell-form", "remote-add", "piped-script")


@control(
    "IMG-02",
    title="Running containers cannot be changed from inside, nor gain rights",
    rationale=(
        "A read-only filesystem and no rights to speak of leave whoever breaks into a container"
        " with nowhere to go."
    ),
    how=(
        "Every container in compose files, Kubernetes manifests and charts must have a read-only"
        " root filesystem, drop all capabilities, forbid the gain of rights, and share nothing with"
        " its host. What is set by hand where it runs cannot be seen."
    ),
    fix="Set what the finding names; `supply-chain init` writes files that have it.",
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(CHECK,),
    evidence_for={
        NIST_800_190: ("4.1.2",),
        NIST_800_53: ("CM-7", "AC-6"),
        ISO27001: ("A.8.9",),
        CRA: ("AnnexI-PartI-(2)(k)",),
        OWASP_TOP10: ("A02",),
    },
)
def containers_are_confined(facts: Facts) -> Answer:
    """No workload may do more than it needs."""
    target = facts.target
    deployed = (*target.compose, *target.kubernetes, *target.helm)
    if not deployed and target.dockerfiles and not _wrong(facts, _named(*_RUNTIME)):
        reason = "images are built here, and how they run stands nowhere in the repository"
        return unknown(Gap.INPUT_MISSING, reason)
    parties = (OWN, THEIRS) if target.helm else (OWN,)
    return _none_of(facts, _named(*_RUNTIME), parties, deployed, told="every container is confined")


@control(
    "IMG-03",
    title="What images are built on, and what is deployed, is fixed and comes from where it may",
    rationale=(
        "Whoever may move a tag decides what the next build contains, and whoever keeps the"
        " registry may move them all."
    ),
    how=(
        "Each image that a Dockerfile, compose file or manifest names must carry a digest, and so"
        " must the base of every built image, as its labels or a Dockerfile tell it. Where the"
        " policy names registries (`image-registries`), all of these and the built images must come"
        " from them; where it does not, the answer says so."
    ),
    fix=(
        "Name the digest behind the tag, and let an update bot keep both current; label what is"
        " built with `org.opencontainers.image.base.name` and `.digest`."
    ),
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(CHECK, images.CHECK),
    evidence_for={
        CIS_DOCKER: ("4.2",),
        NIST_800_190: ("4.1.5",),
        SCORECARD: ("Pinned-Dependencies",),
        CIS_SSC: ("3.1.7",),
        NIST_800_53: ("SR-3", "CM-2"),
        OWASP_TOP10: ("A03",),
    },
)
def images_are_pinned(facts: Facts) -> Answer:
    """No image can be exchanged behind its name, or comes from a registry nobody chose."""
    target = facts.target
    files = (*target.dockerfiles, *target.compose, *target.kubernetes)
    chosen = bool(facts.policy.image_registries)
    where = "kept where the policy says" if chosen else "no policy says from which registries"
    claimed = sum(bool(image.base_from) for image in target.images)
    claims = f", {numbered(claimed, 'base')} by what a Dockerfile claims" if claimed else ""
    return _none_of(
        facts,
        _named("unpinned-image", "latest-image", "foreign-registry"),
        (OWN,),
        files,
        told=f"every image is named by its digest{claims}, {where}",
        doubt=images.base_doubt,
    )


@control(
    "IMG-04",
    title="Images hold the program, and not what it was built with",
    rationale="Each tool in an image is one more for an attacker to use, and to have faults.",
    how=(
        "The stage that becomes the image must neither build nor bring compilers, and whatever is"
        " installed must come from a lock. No built image may hold compilers or build tools, from"
        " its base neither; what a base brings along is not seen without the image."
    ),
    fix="Build in a stage of its own from the lock, and copy only the result into the last one.",
    severity=Severity.LOW,
    gate=Gate.INFO,
    checks=(CHECK, images.CHECK),
    evidence_for={
        CIS_DOCKER: ("4.3",),
        NIST_800_190: ("4.1.2",),
        NIST_800_53: ("CM-7",),
        ASVS: ("V15.2.3",),
        OWASP_TOP10: ("A02",),
    },
)
def images_are_minimal(facts: Facts) -> Answer:
    """No final stage builds, nothing comes from outside the lock, and no image holds tools."""
    return _none_of(
        facts,
        _named("build-in-final-stage", "unlocked-install", "build-tools"),
        (OWN,),
        facts.target.dockerfiles,
        told="nothing that builds is left",
        doubt=images.content_doubt,
    )


@control(
    "IMG-06",
    title="Dockerfiles are written with care",
    rationale="Small lapses make images that nobody can rebuild, check or stop cleanly.",
    how=(
        "Trivy's checks of Dockerfiles and rules of ours look for missing health checks and ignore"
        " files, unchecked downloads, commands below a shell, and the like."
    ),
    fix="Mend what the findings name, one by one.",
    severity=Severity.LOW,
    gate=Gate.INFO,
    checks=(CHECK,),
    evidence_for={
        CIS_DOCKER: ("4.6", "4.7", "4.9"),
        NIST_800_190: ("4.1.2",),
        NIST_800_53: ("CM-6",),
    },
)
def dockerfiles_are_clean(facts: Facts) -> Answer:
    """Nothing in any Dockerfile asks for attention."""
    by_name, files = _named(*_HYGIENE), facts.target.dockerfiles

    def is_lapse(item: Judged) -> bool:
        return by_name(item) or (
            item.finding.rule.startswith("DS-") and item.finding.subject in files
        )

    return _none_of(facts, is_lapse, (OWN, THEIRS), files, told="nothing asks for attention")


@control(
    "IAC-01",
    title="Nothing in the configuration of containers and infrastructure is badly wrong",
    rationale="One wrong line opens a bucket, a network or a host, and no test of code sees it.",
    how=(
        "Trivy evaluates Dockerfiles, manifests, charts, Terraform and CloudFormation with the"
        " checks that it brings; rules of ours read containers' files as well. Only what the policy"
        " counts as a violation fails. Modules that stand elsewhere are not fetched."
    ),
    fix="Mend what the findings name, or record why it is acceptable, and until when.",
    severity=Severity.HIGH,
    gate=Gate.WARN,
    checks=(CHECK,),
    evidence_for={
        CIS_SSC: ("1.5.3", "5.1.5"),
        ISO27001: ("A.8.9",),
        NIST_800_53: ("CM-6",),
        FEDRAMP_20X: ("KSI-MLA-EVC", "KSI-CNA-IBP"),
        OWASP_TOP10: ("A02",),
        SSDF: ("PW.9.1",),
    },
)
def configuration_is_sound(facts: Facts) -> Answer:
    """No finding of the check violates the policy, and nothing was passed over."""
    bad = (Disposition.VIOLATION, Disposition.EXISTING, Disposition.WAIVED)
    target = facts.target
    files = _files(target)
    ours = target.dockerfiles or target.compose or target.kubernetes
    theirs = set(files) - set(target.compose)
    parties = (*((OWN,) if ours else ()), *((THEIRS,) if theirs else ()))
    return _none_of(
        facts,
        lambda item: item.finding.check == CHECK and item.disposition in bad,
        parties,
        files,
        told="nothing violates the policy",
    )


# ------------------------------------------------------------------------------------- evidence


def _files(target: Target) -> tuple[str, ...]:
    containers = (*target.dockerfiles, *target.compose, *target.kubernetes)
    return (*containers, *target.helm, *target.terraform, *target.cloudformation)


def _named(*rules: str) -> Callable[[Judged], bool]:
    names = {f"{check}/{rule}" for rule in rules for check in (CHECK, images.CHECK)}
    return lambda item: item.finding.rule in names


def _none_of(  # noqa: PLR0913 - what the questions differ in
    facts: Facts,
    speaks: Callable[[Judged], bool],
    parties: Sequence[str],
    files: Sequence[str],
    *,
    told: str,
    doubt: Callable[[Facts], Answer | None] | None = None,
) -> Answer:
    """Whether nothing was found that the control speaks of, and it could have been found.

    `parties` are those whose word is needed, `files` the inputs that the question is about.
    `doubt` says why built images leave it open, where it is about these as well.
    """
    if wrong := _wrong(facts, speaks):
        return wrong
    built = facts.target.images if doubt else ()
    if not files and not built:
        return not_found(facts.target, "there is no file of the kind that this is about", CHECK)
    if (files or facts.target.unread) and (open_ := _doubt(facts.evidence.get(CHECK), parties)):
        return open_
    if doubt and (open_ := doubt(facts)):
        return open_
    checks = (CHECK, images.CHECK) if built else (CHECK,)
    if hits := [item for item in facts.judged if speaks(item)]:
        return waived(f"accepted for now: {told_briefly(hits)}", *checks)
    what = [numbered(len(files), "file")] if files or not built else []
    what += [numbered(len(built), "image")] if built else []
    return passed(f"{told}: {', '.join(what)}", *checks)


def _wrong(facts: Facts, speaks: Callable[[Judged], bool]) -> Answer | None:
    """The failure for what is open; `None` when nothing is."""
    hits = [item for item in facts.judged if speaks(item)]
    return still_open(*unwaived(facts, hits), told_briefly)


def _doubt(found: Evidence | None, parties: Sequence[str]) -> Answer | None:
    """Why the check's silence answers nothing; `None` when it is an answer."""
    if doubt := unheard(found, CHECK):
        return doubt
    assert found is not None
    for party in parties:
        parts = [part for part in found.coverage if part.scope == party]
        if not parts or not all(part.complete and part.evaluated for part in parts):
            return unknown(*_lapse(party, parts), CHECK)
    return None


def _lapse(party: str, parts: Sequence[Coverage]) -> tuple[Gap, str]:
    gaps = [item.gap for part in parts for item in part.missing]
    evaluated, expected = (
        sum(getattr(part, count) for part in parts) for count in ("evaluated", "expected")
    )
    reason = f"{evaluated} of {expected} files were evaluated ({party})"
    return min(gaps, default=Gap.NOT_ACCOUNTED_FOR), reason


CONTROLS: tuple[Entry, ...] = (
    containers_are_confined,
    images_are_pinned,
    images_are_minimal,
    dockerfiles_are_clean,
    configuration_is_sound,
)
