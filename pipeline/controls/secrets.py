"""Controls about secrets: none in today's files, none in the history, none lying ready."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipeline.controls.entry import (
    control,
    having,
    is_in_repository,
    not_applicable,
    passed,
    still_open,
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
    SOC2,
    SSDF,
)
from pipeline.model import Disposition, Gap, Gate, Severity
from pipeline.policy import numbered, some

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer, Coverage, Finding, Judged

CHECK = "secrets"
FILES = ("today's files", "files that rules pass over")
HISTORY = ("history",)
"""What the check calls the scopes of its coverage."""

NOT_IGNORED = f"{CHECK}/not-ignored"
BY_NAME = frozenset(
    f"{CHECK}/{name}"
    for name in ("env-file", "private-key-file", "keystore", "credential-file", "terraform-state")
) | {NOT_IGNORED}
"""Rules that go by the purpose of a file."""

_REQUIREMENTS = {
    OSPS: ("OSPS-BR-07.01",),
    CIS_SSC: ("1.5.1",),
    SSDF: ("PS.1.1",),
    PCI_DSS: ("8.6.2",),
    SOC2: ("CC6.1",),
    ISO27001: ("A.5.17", "A.8.12"),
    NIST_800_53: ("IA-5",),
    ASVS: ("V13.3.1",),
    OWASP_TOP10: ("A07",),
    FEDRAMP_20X: ("KSI-SVC-ASM",),
    CRA: ("AnnexI-PartI-(2)(e)",),
    CWE: ("CWE-798",),
}


@control(
    "SECR-01",
    title="No secret in today's files",
    rationale="Whoever can read the code, a build log or an artefact can use a secret in it.",
    how=(
        "Every file of the working tree is searched, also those that scanners usually pass over."
        " As many files must have been read as were counted before, and a planted canary must have"
        " been found. What a trusted waiver accepts by the secret's fingerprint counts as accepted."
    ),
    fix="Revoke the secret, issue a new one, and read it from the environment or a secret store.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for=_REQUIREMENTS,
)
def no_secret_in_files(facts: Facts) -> Answer:
    """No finding stands in a file of today, and all of them were read."""
    return _none(
        facts,
        lambda finding: _is_today(finding, facts) and finding.rule not in BY_NAME,
        scopes=FILES,
        nothing="there is no file to search",
        noun="secret",
    )


@control(
    "SECR-02",
    title="No secret in the git history",
    rationale="A deleted line is still in every clone: a secret that was committed is known.",
    how=(
        "Every commit that a reference, a stash or HEAD leads to is searched, after git has shown"
        " that no object is missing. A hit stays until somebody attests, in a waiver for its"
        " fingerprint, that the secret was revoked. A shallow clone answers nothing."
    ),
    fix="Revoke it, then record a waiver that says so; rewriting the history comes after that.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for=_REQUIREMENTS,
)
def no_secret_in_history(facts: Facts) -> Answer:
    """No finding stands in a commit, or each one is attested as revoked."""
    return _no_git(facts) or _none(
        facts,
        lambda finding: finding.removed or bool(finding.commits),
        scopes=HISTORY,
        nothing="there is no commit to search",
        noun="secret",
    )


@control(
    "SECR-03",
    title="No environment or key file is committed, and ignore files keep them out",
    rationale="Files that exist to hold secrets end up in commits and images by accident.",
    how=(
        "Files are recognised by name (.env, private keys, keystores, credentials of tools,"
        " Terraform's state) and looked into: placeholders and examples are none. Where such a"
        " file or its example is in use, .gitignore and, beside a Dockerfile, .dockerignore must"
        " keep it out."
    ),
    fix="Revoke what the file holds, take it out, ignore it, and commit an example instead.",
    severity=Severity.HIGH,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        OSPS: ("OSPS-BR-07.01",),
        CIS_SSC: ("1.5.1",),
        ISO27001: ("A.8.12",),
        CWE: ("CWE-312",),
    },
    related={ASVS: ("V13.4.1",)},
)
def no_credential_file(facts: Facts) -> Answer:
    """No file of today is made to hold secrets and holds one, and ignore files are in place."""
    return _no_git(facts) or _none(
        facts,
        lambda finding: _is_today(finding, facts) and finding.rule in BY_NAME,
        scopes=FILES[:1],
        nothing="there is no file to search",
        noun="such file",
        also=frozenset({NOT_IGNORED}),
    )


def _is_today(finding: Finding, facts: Facts) -> bool:
    """Whether a finding stands in a file of today; what is in an image alone is asked elsewhere."""
    return not finding.removed and is_in_repository(finding, facts.target.images)


def _no_git(facts: Facts) -> Answer | None:
    """That there is no repository, or that nobody can tell; `None` when there is one."""
    if facts.target.git is not None:
        return None
    if facts.target.unread:
        first = facts.target.unread[0]
        return unknown(first.gap, f"whether there is a history is not known: {first.why}")
    return not_applicable("the target is no git repository")


def _none(  # noqa: PLR0913 - what the three questions differ in
    facts: Facts,
    concerns: Callable[[Finding], bool],
    *,
    scopes: Sequence[str],
    nothing: str,
    noun: str,
    also: frozenset[str] = frozenset(),
) -> Answer:
    """Whether the check found none of a kind where it looked, and looked everywhere.

    `also` are rules that count although they are too mild to violate the policy.
    """
    hits = [item for item in facts.judged if item.finding.check == CHECK and concerns(item.finding)]
    found = facts.evidence.get(CHECK)
    doubt = _open(hits, also) or unheard(found, CHECK)
    if doubt:
        return doubt
    assert found is not None
    parts = [part for part in found.coverage if part.required and part.scope in scopes]
    if not parts:
        if any(_lacks(part, scopes) for part in found.coverage):
            return unknown(Gap.NOT_CONFIGURED, "the policy says not to look", CHECK)
        return not_applicable(nothing, CHECK)
    if not all(part.complete for part in parts):
        return _partly(parts)
    if accepted := having(hits, Disposition.WAIVED):
        return waived(f"accepted for now: {_told(accepted)}", CHECK)
    counts = Counter[str]()
    for part in parts:
        counts[part.unit.removesuffix("s")] += part.evaluated
    read = ", ".join(numbered(count, unit) for unit, count in counts.items())
    mild = f"; {len(hits)} too mild to violate the policy" if hits else ""
    return passed(f"no {noun} in {read}{mild}", CHECK)


def _open(hits: Sequence[Judged], also: frozenset[str]) -> Answer | None:
    """A failure for what nobody accepted, if there is any."""
    mild = having(hits, Disposition.BELOW_THRESHOLD)
    violations = having(hits, Disposition.VIOLATION)
    violations += [item for item in mild if item.finding.rule in also]
    return still_open(violations, having(hits, Disposition.EXISTING), _told, CHECK)


def _lacks(part: Coverage, scopes: Sequence[str]) -> bool:
    """Whether a scope was left out on purpose."""
    return any(one.subject in scopes and one.gap is Gap.NOT_CONFIGURED for one in part.missing)


def _partly(parts: Sequence[Coverage]) -> Answer:
    missing = [one for part in parts for one in part.missing]
    told = some([f"{one.subject} ({one.why})" for one in missing])
    gap = min((one.gap for one in missing), default=Gap.NOT_ACCOUNTED_FOR)
    return unknown(gap, f"not looked at: {told}", CHECK)


def _told(hits: Sequence[Judged]) -> str:
    return some([item.finding.title for item in hits])


CONTROLS: tuple[Entry, ...] = (no_secret_in_files, no_secret_in_history, no_credential_file)
