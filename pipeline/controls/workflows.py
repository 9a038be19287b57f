"""Controls about CI itself: what it runs, with which rights, and what strangers can make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.entry import (
    control,
    failed,
    lapse,
    not_applicable,
    passed,
    still_open,
    told_briefly,
    unheard,
    unknown,
    waived,
)
from pipeline.controls.frameworks import (
    CIS_SSC,
    CWE,
    FEDRAMP_20X,
    ISO27001,
    NIST_800_53,
    OSPS,
    OWASP_TOP10,
    PCI_DSS,
    SCORECARD,
    SCVS,
    SLSA,
    SOC2,
    SSDF,
)
from pipeline.model import Disposition, Gap, Gate, Outcome, Severity, Status
from pipeline.policy import numbered, settled, some

if TYPE_CHECKING:
    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer, Evidence, Judged

CHECK = "workflows"

_HINTS = frozenset({Severity.LOW, Severity.NONE})
"""Severities that advise: they are in the report, and no control speaks of them."""
_GITHUB = "GitHub Actions"


@control(
    "CI-01",
    title="Everything that CI runs is pinned to a full commit or digest",
    rationale=(
        "A tag or branch can be moved to other code, and was, in actions that thousands of"
        " projects use. A commit cannot."
    ),
    how=(
        "Actions, reusable workflows, includes, libraries and container images of every CI file"
        " must name a full commit or digest, and none that is known to be malicious. Whether a"
        " commit belongs to the repository that it is named with only the platform can tell; that"
        " is not asked."
    ),
    fix="Name the full commit or digest, and let an update bot keep it current.",
    severity=Severity.HIGH,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        SCORECARD: ("Pinned-Dependencies",),
        CIS_SSC: ("2.4.2", "3.1.7"),
        SSDF: ("PO.3.2",),
        OWASP_TOP10: ("A03", "A08"),
        NIST_800_53: ("CM-2",),
    },
)
def everything_is_pinned(facts: Facts) -> Answer:
    """Nothing that CI runs can be changed from outside."""
    rules = (
        "unpinned-uses", "unpinned-images", "unpinned-include", "unpinned-tools", "denied-action",
        "ref-version-mismatch", "impostor-commit",
    )  # fmt: skip
    return _none_of(facts, *rules, told="all that CI runs is pinned")


@control(
    "CI-02",
    title="CI's tokens have the least rights that work",
    rationale="Whatever goes wrong in a job can do all that the job's token may.",
    how=(
        "Each workflow of GitHub Actions must state its permissions, and grant neither everything"
        " nor writing rights to all of its jobs. Other systems have no such setting in their files."
    ),
    fix="Set `permissions: {}` at the top of the workflow, and per job what it needs.",
    severity=Severity.HIGH,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        OSPS: ("OSPS-AC-04.01", "OSPS-AC-04.02"),
        SCORECARD: ("Token-Permissions",),
        SSDF: ("PO.5.1",),
        NIST_800_53: ("AC-6",),
        ISO27001: ("A.8.2",),
        SOC2: ("CC6.3",),
        OWASP_TOP10: ("A03",),
    },
)
def tokens_have_least_rights(facts: Facts) -> Answer:
    """No token may more than its job needs."""
    rules = ("excessive-permissions", "undocumented-permissions", "github-app")
    return _none_of(facts, *rules, told="permissions are stated and narrow", only=_GITHUB)


@control(
    "CI-03",
    title="No text from outside becomes code in CI",
    rationale=(
        "A branch's name or an issue's title, pasted into a script, is a script that a stranger"
        " wrote."
    ),
    how=(
        "Expressions that are pasted into scripts, text written to the environment of later steps"
        " and withdrawn workflow commands are looked for in each workflow and action."
    ),
    fix="Hand the text over in an environment variable and use the variable.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        OSPS: ("OSPS-BR-01.01", "OSPS-BR-01.04"),
        SCORECARD: ("Dangerous-Workflow",),
        CIS_SSC: ("1.5.2", "2.3.6"),
        NIST_800_53: ("SI-10",),
        OWASP_TOP10: ("A05",),
        CWE: ("CWE-78",),
    },
)
def no_text_becomes_code(facts: Facts) -> Answer:
    """No script is put together from what strangers control."""
    rules = ("template-injection", "github-env", "insecure-commands")
    return _none_of(facts, *rules, told="no text from outside is pasted into code", only=_GITHUB)


@control(
    "CI-04",
    title="Strangers' code never runs with the project's rights",
    rationale=(
        "A pull request may come from anybody. Where it runs with secrets, or on a machine of the"
        " project's own, anybody has them."
    ),
    how=(
        "Triggers that run with the repository's rights, checkouts of a stranger's change in such"
        " a run, self-hosted runners that pull requests reach, and conditions that trust a name"
        " are looked for. The settings of the repository are not seen."
    ),
    fix="Use `pull_request`, and move what needs rights to a job that takes only data.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(CHECK,),
    evidence_for={
        OSPS: ("OSPS-BR-01.03",),
        SCORECARD: ("Dangerous-Workflow",),
        CIS_SSC: ("2.2.1",),
        SLSA: ("build:isolated",),
        OWASP_TOP10: ("A08",),
    },
)
def strangers_have_no_rights(facts: Facts) -> Answer:
    """No privileged run takes code from outside."""
    rules = ("dangerous-triggers", "untrusted-checkout", "self-hosted-runner", "bot-conditions")
    told = "no privileged run takes code from outside"
    return _none_of(facts, *rules, told=told, only=_GITHUB)


@control(
    "CI-05",
    title="CI's secrets are scoped, and stay where they belong",
    rationale="A secret that every step can read is as safe as the worst of the steps.",
    how=(
        "Credentials left in a checkout, secrets handed on wholesale, parts of secrets that escape"
        " redaction, and secrets in plain text are looked for in every CI file."
    ),
    fix="Hand each secret by name to the one step that needs it, and replace what was written out.",
    severity=Severity.HIGH,
    gate=Gate.WARN,
    checks=(CHECK,),
    evidence_for={
        OSPS: ("OSPS-BR-01.03",),
        CIS_SSC: ("2.3.8",),
        NIST_800_53: ("IA-5",),
        ISO27001: ("A.5.17",),
        CWE: ("CWE-522",),
    },
)
def secrets_are_scoped(facts: Facts) -> Answer:
    """No secret is where more than its user can read it."""
    rules = (
        "artipacked", "secrets-inherit", "overprovisioned-secrets", "secrets-outside-env",
        "unredacted-secrets", "hardcoded-container-credentials", "plain-secret",
    )  # fmt: skip
    return _none_of(facts, *rules, told="no secret is handed on wholesale or written out")


@control(
    "CI-06",
    title="CI proves who it is with short-lived identity, not stored keys",
    rationale="A stored key works for whoever has it, from anywhere, until somebody replaces it.",
    how=(
        "Publishing with a stored credential where trusted publishing exists is looked for. That"
        " nothing else is deployed with a stored key cannot be told from CI files, so this control"
        " fails or stays open, and never passes by itself."
    ),
    fix="Publish and deploy with the identity tokens of the CI system (OIDC).",
    severity=Severity.HIGH,
    gate=Gate.WARN,
    checks=(CHECK,),
    evidence_for={
        FEDRAMP_20X: ("KSI-IAM-SNU",),
        ISO27001: ("A.5.17",),
        PCI_DSS: ("8.6.3",),
        OWASP_TOP10: ("A07",),
    },
    related={SCVS: ("V4.3",)},
)
def identity_is_short_lived(facts: Facts) -> Answer:
    """No stored credential publishes what could be published without one."""
    found = _none_of(facts, "use-trusted-publishing", told="")
    if found.outcome is not Outcome.PASS:
        return found
    reason = "no stored publishing credential was seen; what else deploys stands in no CI file"
    return unknown(Gap.NOT_CONFIGURED, reason, CHECK)


@control(
    "CI-07",
    title="Releases are built without caches",
    rationale=(
        "What any run left in a cache can end up in the release, past every review of its sources."
    ),
    how="Jobs that publish are looked through for steps that take what other runs left in a cache.",
    fix="Build releases without caches.",
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(CHECK,),
    evidence_for={
        SLSA: ("build:isolated",),
        SCVS: ("V3.4",),
        OWASP_TOP10: ("A08",),
    },
)
def releases_use_no_cache(facts: Facts) -> Answer:
    """No job that publishes takes what other runs left."""
    told = "no job that is seen to publish uses a cache"
    return _none_of(facts, "cache-poisoning", told=told, only=_GITHUB)


@control(
    "CI-08",
    title="Security gates are required before a change is merged",
    rationale="A gate that nobody has to pass is an opinion.",
    how=(
        "The rules of the branch say which checks a merge needs. They are settings of the platform"
        " and need a token to be read; none is asked for. A gate that cannot fail fails this"
        " control whatever the settings are."
    ),
    fix="Require the job with the gate in the branch's rules, for administrators too.",
    severity=Severity.HIGH,
    gate=Gate.WARN,
    checks=(CHECK,),
    evidence_for={
        OSPS: ("OSPS-QA-03.01", "OSPS-VM-05.03", "OSPS-VM-06.02"),
        SCORECARD: ("CI-Tests", "Branch-Protection"),
        CIS_SSC: ("1.1.9", "1.1.18"),
        SSDF: ("PO.4.1",),
        SOC2: ("CC8.1",),
        ISO27001: ("A.8.29",),
        FEDRAMP_20X: ("KSI-CMT-VTD",),
    },
)
def gates_are_required(facts: Facts) -> Answer:
    """What a merge needs stands in the platform's settings, which are not read."""
    found = _with(
        facts,
        ("swallowed-gate",),
        *(Disposition.VIOLATION, Disposition.EXISTING, Disposition.BELOW_THRESHOLD),
    )
    if found:
        return failed(f"a gate cannot fail: {told_briefly(found)}", CHECK)
    reason = "the branch's rules are settings of the platform, and no token is asked for"
    return unknown(Gap.NOT_CONFIGURED, reason)


# ------------------------------------------------------------------------------------- evidence


def _none_of(facts: Facts, *rules: str, told: str, only: str = "") -> Answer:
    """Whether the check found none of the rules' problems, and could have found one.

    `only` is the one CI system that the rules speak of. What the policy accepts, by a waiver or
    by its threshold, is no pass.
    """
    wrong = _violating(facts, *rules)
    if wrong:
        return wrong
    found = facts.evidence.get(CHECK)
    doubt = _doubt(facts, found, only)
    if doubt:
        return doubt
    if accepted := _with(facts, rules, Disposition.WAIVED, Disposition.BELOW_THRESHOLD):
        return waived(f"accepted by the policy: {told_briefly(accepted)}", CHECK)
    assert found is not None
    return passed(f"{told}, in {numbered(found.evaluated, 'file')}", CHECK)


def _violating(facts: Facts, *rules: str) -> Answer | None:
    """The failure for what violates the policy; `None` when nothing does."""
    news = _with(facts, rules, Disposition.VIOLATION)
    return still_open(news, _with(facts, rules, Disposition.EXISTING), told_briefly, CHECK)


def _with(facts: Facts, rules: tuple[str, ...], *dispositions: Disposition) -> list[Judged]:
    names = {f"{CHECK}/{rule}" for rule in rules}
    return [
        item
        for item in facts.judged
        if item.finding.check == CHECK
        and item.finding.rule in names
        and item.finding.severity not in _HINTS
        and item.disposition in dispositions
    ]


def _doubt(facts: Facts, found: Evidence | None, only: str) -> Answer | None:
    """Why the check's silence answers nothing; `None` when it is an answer."""
    if doubt := unheard(found, CHECK):
        return doubt
    assert found is not None
    if found.status is Status.NOT_APPLICABLE and not facts.target.ci:
        return not_applicable("there is no CI configuration")
    if not settled(found) or not found.evaluated:
        return unknown(*lapse(found, "CI files"), CHECK)
    others = sorted({file.system for file in facts.target.ci} - {only})
    if only and others:
        return unknown(Gap.UNSUPPORTED_INPUT, f"it cannot be told for {some(others)}", CHECK)
    return None


CONTROLS: tuple[Entry, ...] = (
    everything_is_pinned,
    tokens_have_least_rights,
    no_text_becomes_code,
    strangers_have_no_rights,
    secrets_are_scoped,
    identity_is_short_lived,
    releases_use_no_cache,
    gates_are_required,
)
