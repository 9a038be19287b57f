"""Controls about what is released: signed, with provenance, and verifiable by others.

A report is made before it is signed, and it sees a repository, not a release. So inside a report
these questions stay open and say who answers them: `supply-chain verify`, for the artefacts that
it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.entry import control, failed, not_applicable, passed, unknown
from pipeline.controls.frameworks import (
    CIS_DOCKER,
    CIS_SSC,
    CISA_SBOM,
    CRA,
    FEDRAMP_20X,
    NIST_800_53,
    NIST_800_190,
    OSPS,
    OWASP_TOP10,
    S2C2F,
    SCORECARD,
    SCVS,
    SLSA,
    SSDF,
)
from pipeline.model import Gap, Gate, Severity
from pipeline.policy import numbered, some

if TYPE_CHECKING:
    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer

_LATER = "a report is made before anything is signed: `supply-chain verify ARTEFACT` answers this"


@control(
    "SIGN-01",
    title="Whatever is released carries a signature of the expected identity",
    rationale=(
        "Who can replace a file on a server can replace its checksum beside it. A signature that is"
        " tied to an identity shows that the project made the file, wherever it was found."
    ),
    how=(
        "`supply-chain verify` checks the signature of each artefact that it is given, against an"
        " identity and an issuer that the caller names: that some signature is there proves"
        " nothing. Inside a report this is not evaluated, as the report comes before the signing."
    ),
    fix="Sign what is released: `supply-chain sign dist/*` in the job that publishes it.",
    severity=Severity.HIGH,
    gate=Gate.BLOCK,
    checks=(),
    evidence_for={
        OSPS: ("OSPS-BR-06.01",),
        SCORECARD: ("Signed-Releases",),
        CIS_SSC: ("2.4.1", "4.1.1"),
        SSDF: ("PS.2.1",),
        CRA: ("AnnexI-PartI-(2)(f)", "AnnexI-PartII-(7)"),
        NIST_800_53: ("SI-7",),
        FEDRAMP_20X: ("KSI-SVC-VRI",),
        OWASP_TOP10: ("A08",),
    },
    related={S2C2F: ("REB-2",)},
)
def releases_are_signed(facts: Facts) -> Answer:
    """Each artefact that was given verifies."""
    release = facts.release
    if release is None:
        return unknown(Gap.INPUT_MISSING, _LATER)
    if release.refused:
        return failed(f"not signed by {release.signer}: {some(list(release.refused))}")
    if not release.artefacts:
        return unknown(Gap.INPUT_MISSING, "no artefact was given")
    count = numbered(len(release.artefacts), "artefact")
    return passed(f"{count} signed by {release.signer}", *release.artefacts)


@control(
    "SIGN-02",
    title="Provenance of what is released exists, and its builder vouches for it",
    rationale=(
        "A signature says who, provenance says from which commit and by which build. Without it a"
        " file that was built on somebody's laptop looks like one from the pipeline."
    ),
    how=(
        "`supply-chain verify` looks for SLSA provenance about each artefact, and holds its"
        " builder, repository, commit and run against the signing certificate. How well a builder"
        " isolates its builds is inherited from the builder that the caller names, never proven."
    ),
    fix="Sign in CI with the job's identity: `supply-chain sign` writes the provenance.",
    severity=Severity.HIGH,
    gate=Gate.WARN,
    checks=(),
    evidence_for={
        SLSA: (
            "build:provenance-exists",
            "build:provenance-authentic",
            "build:distribute-provenance",
            "build:hosted",
        ),
        SSDF: ("PS.3.2", "PO.3.3"),
        SCVS: ("V6.1",),
        CIS_SSC: ("3.1.3", "4.4.1"),
        NIST_800_53: ("SR-4",),
        OWASP_TOP10: ("A08",),
    },
)
def provenance_is_there(facts: Facts) -> Answer:
    """Each artefact that was given has provenance that agrees with the certificate."""
    return _each_has(facts, "provenance", facts.release.provenance if facts.release else ())


@control(
    "SIGN-03",
    title="Users are told how to verify a release",
    rationale="A signature that nobody knows how to check, or against whom, protects nobody.",
    how=(
        "The instructions would have to name the very identity that signs, which is known only"
        " once a release was verified. Nobody reads prose here: this is for people to attest."
    ),
    fix="Write the identity, the issuer and a verify command into README or SECURITY.",
    severity=Severity.LOW,
    gate=Gate.INFO,
    checks=(),
    evidence_for={OSPS: ("OSPS-DO-03.01", "OSPS-DO-03.02"), SSDF: ("PS.2.1",)},
)
def verifying_is_documented(facts: Facts) -> Answer:
    """Not seen from here."""
    del facts
    return unknown(Gap.INPUT_MISSING, "whether the instructions name the signer, no file can tell")


@control(
    "SIGN-04",
    title="A release keeps its identifier for ever, and shares it with no other",
    rationale=(
        "A tag that can be moved lets the same version mean other code tomorrow, for everybody who"
        " relies on its name."
    ),
    how=(
        "Only the platform knows whether tags are protected and releases immutable, and tells it"
        " to a token that may read the settings. No such token is used."
    ),
    fix="Protect the tags, or switch immutable releases on, and attest it.",
    severity=Severity.MEDIUM,
    gate=Gate.INFO,
    checks=(),
    evidence_for={
        OSPS: ("OSPS-BR-02.01", "OSPS-BR-02.02"),
        SLSA: ("source:access-and-history",),
        SSDF: ("PS.3.1",),
    },
)
def identifiers_stay(facts: Facts) -> Answer:
    """Not seen from here."""
    del facts
    return unknown(Gap.INPUT_MISSING, "only the platform knows whether a tag can be moved")


@control(
    "SBOM-04",
    title="A signed SBOM comes with each release",
    rationale=(
        "An SBOM that anybody could have written answers no question about an artefact. Signed and"
        " bound to its digest, it does, wherever both travel."
    ),
    how=(
        "`supply-chain verify` looks for a CycloneDX attestation about each artefact that it is"
        " given, by the expected signer. Whether the release page offers it is not seen from here."
    ),
    fix="Give the artefacts to `supply-chain sign`, and publish its attestations with them.",
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(),
    evidence_for={
        SCVS: ("V2.4", "V2.5"),
        CIS_SSC: ("2.4.6", "3.1.6"),
        OSPS: ("OSPS-BR-06.01", "OSPS-QA-02.02"),
        SSDF: ("PS.2.1", "PS.3.2"),
        CISA_SBOM: ("SBOM Author Signature", "Distribution and Delivery"),
    },
    related={S2C2F: ("REB-4",)},
)
def sboms_are_signed(facts: Facts) -> Answer:
    """Each artefact that was given has an SBOM of its own that verifies."""
    return _each_has(facts, "a signed SBOM", facts.release.sboms if facts.release else ())


@control(
    "IMG-07",
    title="Images carry signatures, and a deployment that lacks one is refused",
    rationale=(
        "A registry hands out whatever its name points to. Only a signature on the digest, checked"
        " before the image runs, ties what runs to what was built."
    ),
    how=(
        "`supply-chain verify NAME@sha256:DIGEST` checks the signatures about the digest. Whether"
        " an admission policy demands them before each deployment is for people to attest."
    ),
    fix="Sign the digest (`supply-chain sign NAME@sha256:DIGEST`) and demand it on admission.",
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(),
    evidence_for={
        CIS_DOCKER: ("4.5", "4.12"),
        CIS_SSC: ("4.1.1", "4.3.1"),
        NIST_800_190: ("4.1.5",),
        SSDF: ("PS.2.1",),
        NIST_800_53: ("SI-7",),
        FEDRAMP_20X: ("KSI-SVC-VRI",),
        OWASP_TOP10: ("A08",),
    },
)
def images_are_signed(facts: Facts) -> Answer:
    """Each image that was given verifies; what enforces that is not seen."""
    release, target = facts.release, facts.target
    if release and release.refused_images:
        return failed(f"not signed by {release.signer}: {some(list(release.refused_images))}")
    if release and release.images:
        what = f"{numbered(len(release.images), 'image')} signed by {release.signer}"
        reason = f"{what}; whether a policy demands it before a deployment, no file here shows"
        return unknown(Gap.INPUT_MISSING, reason, *release.images)
    named = (*target.dockerfiles, *target.compose, *target.kubernetes, *target.images)
    if not named and not target.unread:
        return not_applicable("no image is built, named or deployed here")
    return unknown(Gap.INPUT_MISSING, _LATER.replace("ARTEFACT", "NAME@sha256:DIGEST"))


def _each_has(facts: Facts, what: str, covered: tuple[str, ...]) -> Answer:
    """Every artefact and image that was given is among the covered ones."""
    release = facts.release
    if release is None:
        return unknown(Gap.INPUT_MISSING, _LATER)
    given = (*release.artefacts, *release.images)
    if release.refused or release.refused_images:
        return failed(f"not verified: {some([*release.refused, *release.refused_images])}")
    if not given:
        return unknown(Gap.INPUT_MISSING, "no artefact was given")
    lacking = [name for name in given if name not in covered]
    if lacking:
        return failed(f"without {what} of its own: {some(lacking)}")
    return passed(f"{numbered(len(given), 'artefact')} with {what}, by {release.signer}", *given)


CONTROLS: tuple[Entry, ...] = (
    *(releases_are_signed, provenance_is_there, verifying_is_documented, identifiers_stay),
    *(sboms_are_signed, images_are_signed),
)
