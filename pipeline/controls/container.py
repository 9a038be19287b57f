"""Controls about built images: who they run as, what is known against them, what they give away.

Three checks speak of these. `container` looks at images that somebody named, `secrets` for secrets
in their layers, `hardening` at the files that they are built and run from; one without the others
is a part of an answer, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.entry import (
    control,
    is_in_image,
    not_found,
    passed,
    still_open,
    told,
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
    CWE,
    ISO27001,
    NIST_800_53,
    NIST_800_190,
    OWASP_TOP10,
    PCI_DSS,
    SOC2,
    SSDF,
)
from pipeline.model import Disposition, Gap, Gate, Kind, Severity
from pipeline.policy import numbered, some, stale

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer, Coverage, Evidence, Image, Judged

CHECK, FILES, LAYERS = "container", "hardening", "secrets"
OWN = "configuration, by our own rules"
"""What the second check's evidence calls the rules that read Dockerfiles and manifests."""

_ROOT = frozenset({f"{CHECK}/runs-as-root", f"{FILES}/root-user", f"{FILES}/root-workload"})
_SECRETS = frozenset(
    {
        f"{CHECK}/secret-in-configuration",
        *(f"{FILES}/secret-in-image", f"{FILES}/plain-secret"),
    }
)


@control(
    "IMG-01",
    title="Containers do not run as root",
    rationale="Root in a container is one flaw of the kernel away from root on its host.",
    how=(
        "Every named image must have a user that is not root, the last stage of every Dockerfile"
        " must end as one, and no compose file or manifest may go back on it."
    ),
    fix="End the Dockerfile with `USER` and a number other than 0; leave it so where it runs.",
    severity=Severity.HIGH,
    gate=Gate.BLOCK,
    checks=(CHECK, FILES),
    evidence_for={
        CIS_DOCKER: ("4.1",),
        NIST_800_190: ("4.1.2",),
        NIST_800_53: ("AC-6", "CM-7"),
        ISO27001: ("A.8.9",),
        CRA: ("AnnexI-PartI-(2)(j)",),
        OWASP_TOP10: ("A02",),
    },
    related={ASVS: ("V13.2.2",), CWE: ("CWE-250",)},
)
def containers_are_not_root(facts: Facts) -> Answer:
    """No image and no workload is root, and each of them was looked at."""
    target = facts.target
    files = (*target.dockerfiles, *target.compose, *target.kubernetes)
    hits = _hits(facts, lambda item: item.finding.rule in _ROOT)
    if doubt := (
        _wrong(facts, hits)
        or (None if files or target.images else _charts(facts) or _nothing(facts))
        or _unread(target.images)
        or (unheard(facts.evidence.get(CHECK), CHECK) if target.images else None)
        or (_files_doubt(facts) if files else None)
    ):
        return doubt
    if hits:
        return waived(f"accepted for now: {told(hits)}", CHECK, FILES)
    what = [numbered(len(files), "file")] if files else []
    what += [numbered(len(target.images), "image")] if target.images else []
    return passed(f"none runs as root: {', '.join(what)}", CHECK, FILES)


@control(
    "IMG-05",
    title="No package in an image has a known vulnerability that could be mended",
    rationale="What is in the image is what runs, whatever the locks say.",
    how=(
        "Every package of every named image is compared with one dated database. Open findings"
        " that the policy counts and for which a fixed version exists fail it; those without one"
        " are listed. An image that nobody named, a system that the database does not know, or old"
        " data leave it open."
    ),
    fix="Rebuild on a newer base image, upgrade what the findings name, or record a waiver.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        CIS_DOCKER: ("4.4",),
        NIST_800_190: ("4.1.1",),
        SSDF: ("RV.1.1",),
        PCI_DSS: ("6.3.3",),
        SOC2: ("CC7.1",),
        ISO27001: ("A.8.8",),
        NIST_800_53: ("RA-5",),
        CRA: ("AnnexI-PartI-(2)(a)",),
        OWASP_TOP10: ("A03",),
    },
)
def images_have_no_open_vulnerability(facts: Facts) -> Answer:
    """Nothing fixable is open at the policy's threshold, and every package was compared."""
    if nothing := _no_image(facts):
        return nothing
    all_ = _hits(facts, _is_vulnerability)
    counted = [item for item in all_ if item.disposition is not Disposition.BELOW_THRESHOLD]
    fixable = [item for item in counted if item.finding.fixed_versions]
    if wrong := _wrong(facts, fixable):
        return wrong
    found = facts.evidence.get(CHECK)
    if doubt := unheard(found, CHECK) or _incomplete(found, ("images", "packages")):
        return doubt
    assert found is not None
    if old := stale(found):
        return unknown(Gap.DATA_STALE, f"too old: {some([record.name for record in old])}", CHECK)
    if fixable:
        return waived(f"accepted for now: {told(fixable)}", CHECK)
    number = sum(part.evaluated for part in found.coverage if part.unit == "packages")
    mild = f"; {len(all_) - len(counted)} too mild to count" if len(all_) > len(counted) else ""
    unfixed = f"; {len(counted)} without a fixed version" if counted else ""
    return passed(f"none in {numbered(number, 'package')}{mild}{unfixed}", CHECK)


@control(
    "SECR-04",
    title="No secret is baked into an image",
    rationale="Whoever can pull an image can read every layer, its environment and its history.",
    how=(
        "Every file of every layer of every named image is searched with the rules for the code"
        " itself, deleted ones too, and so are its environment and the build arguments in its"
        " history; `ARG` and `ENV` of Dockerfiles are looked at as well. As many files must have"
        " been read as were unpacked, and a planted canary must have been found. Without a built"
        " image only the Dockerfiles can be told."
    ),
    fix="Revoke it; mount secrets at build time, and let the platform hand them in at run time.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(CHECK, LAYERS, FILES),
    evidence_for={
        CIS_DOCKER: ("4.10",),
        NIST_800_190: ("4.1.4",),
        CIS_SSC: ("2.3.8", "5.1.3"),
        PCI_DSS: ("8.6.2",),
        NIST_800_53: ("IA-5",),
        CWE: ("CWE-522",),
    },
)
def no_secret_in_an_image(facts: Facts) -> Answer:
    """No secret was found in any image or its Dockerfile, and all of both were searched."""
    all_ = _hits(facts, lambda item: _is_secret(item, facts.target.images))
    hits = [item for item in all_ if item.disposition is not Disposition.BELOW_THRESHOLD]
    found = facts.evidence.get(LAYERS)
    if doubt := (
        _wrong(facts, hits)
        or _no_image(facts)
        or _unread(facts.target.images)
        or unheard(facts.evidence.get(CHECK), CHECK)
        or unheard(found, LAYERS)
        or _incomplete(found, ("layers",), LAYERS)
        or (_files_doubt(facts) if facts.target.dockerfiles else None)
    ):
        return doubt
    assert found is not None
    parts = [part for part in found.coverage if part.unit == "layers"]
    if missed := {image.title for image in facts.target.images} - {part.scope for part in parts}:
        return unknown(Gap.INPUT_MISSING, f"not searched: {some(sorted(missed))}", LAYERS)
    if hits:
        return waived(f"accepted for now: {told(hits)}", CHECK, LAYERS, FILES)
    number = sum(part.evaluated for part in parts)
    mild = f"; {len(all_)} too mild to violate the policy" if all_ else ""
    return passed(f"none in {numbered(number, 'layer')}{mild}", CHECK, LAYERS, FILES)


def _is_secret(item: Judged, images: Sequence[Image]) -> bool:
    """Whether a finding is of a secret in an image, or in what images are made from."""
    finding = item.finding
    return finding.rule in _SECRETS or (finding.check == LAYERS and is_in_image(finding, images))


# ------------------------------------------------------------------------------------- evidence


def _nothing(facts: Facts) -> Answer:
    return not_found(facts.target, "no image is built, named or deployed")


def _charts(facts: Facts) -> Answer | None:
    """That what only charts start is not known; `None` where there is none."""
    reason = "what is started, and as whom, only the values that a chart is deployed with decide"
    return unknown(Gap.INPUT_MISSING, reason, CHECK) if facts.target.helm else None


def _no_image(facts: Facts) -> Answer | None:
    """What can be said where no image was named; `None` where one was."""
    target = facts.target
    if target.images:
        return None
    if target.dockerfiles:
        reason = "no built image was named: add --image, or `images` to the settings"
        return unknown(Gap.INPUT_MISSING, reason)
    if target.compose or target.kubernetes or target.helm:
        reason = "images that are deployed were not named: add --image, or `images` to the settings"
        return unknown(Gap.INPUT_MISSING, reason)
    return _nothing(facts)


def _unread(images: Sequence[Image]) -> Answer | None:
    """Why not every image was looked at; `None` where each was found."""
    unread = [image for image in images if image.unread]
    if not unread:
        return None
    gap = min(image.unread.gap for image in unread if image.unread)
    return unknown(gap, f"not looked at: {some([image.name for image in unread])}", CHECK)


def _hits(facts: Facts, speaks: Callable[[Judged], bool]) -> list[Judged]:
    return [item for item in facts.judged if speaks(item)]


def _is_vulnerability(item: Judged) -> bool:
    return item.finding.check == CHECK and item.finding.kind is not Kind.RULE


def _wrong(facts: Facts, hits: Sequence[Judged]) -> Answer | None:
    """The failure for what nobody accepted; `None` when there is none."""
    return still_open(*unwaived(facts, hits), told)


def _files_doubt(facts: Facts) -> Answer | None:
    """Why nobody knows what the files say; `None` when our own rules read all of them."""
    found = facts.evidence.get(FILES)
    if doubt := unheard(found, FILES):
        return doubt
    assert found is not None
    parts = [part for part in found.coverage if part.scope == OWN]
    if not parts or not all(part.complete and part.evaluated for part in parts):
        return _partly(parts, FILES)
    return None


def _incomplete(
    found: Evidence | None, units: Collection[str], check: str = CHECK
) -> Answer | None:
    """Why not everything of a kind was looked at; `None` when it was."""
    assert found is not None
    parts = [part for part in found.coverage if part.required and part.unit in units]
    if not parts or not all(part.complete for part in parts):
        return _partly(parts, check)
    return None


def _partly(parts: Sequence[Coverage], check: str) -> Answer:
    missing = [one for part in parts for one in part.missing]
    told = some([f"{one.subject} ({one.why})" for one in missing]) or "nothing was looked at"
    gap = min((one.gap for one in missing), default=Gap.INPUT_MISSING)
    return unknown(gap, f"not evaluated: {told}", check)


CONTROLS: tuple[Entry, ...] = (
    containers_are_not_root,
    images_have_no_open_vulnerability,
    no_secret_in_an_image,
)
