"""Controls about how dependencies are kept: updated, changed with a review, installed unheard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.declared import nothing_declared
from pipeline.controls.entry import (
    control,
    failed,
    may_hide,
    not_applicable,
    passed,
    unknown,
)
from pipeline.controls.frameworks import (
    CIS_SSC,
    CRA,
    CWE,
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
from pipeline.model import Gap, Gate, Severity
from pipeline.policy import some

if TYPE_CHECKING:
    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer

_WITHOUT_SCRIPTS = {"Go", "Maven"}
_INSTALLS = {"npm": "npm", "pip": "PyPI"}
"""Installers with settings in the repository -> the ecosystem that they install."""


@control(
    "DEP-09",
    title="A bot proposes updates for every ecosystem, after a cool-down",
    rationale=(
        "Updates that nobody proposes are not made; those proposed within the hour bring in what"
        " is found to be malicious the day after."
    ),
    how=(
        "The settings of Dependabot and Renovate are read: each ecosystem with dependencies must be"
        " covered, with a pause before a release is taken. A bot that is set up elsewhere is not"
        " seen."
    ),
    fix="Add `.github/dependabot.yml` with a `cooldown`, or Renovate with `minimumReleaseAge`.",
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(),
    evidence_for={
        SCORECARD: ("Dependency-Update-Tool",),
        S2C2F: ("UPD-2",),
        SCVS: ("V5.7",),
        CIS_SSC: ("3.1.8",),
        ISO27001: ("A.8.8",),
        OWASP_TOP10: ("A03",),
        CRA: ("AnnexI-PartII-(2)",),
    },
)
def updates_are_proposed(facts: Facts) -> Answer:
    """Each ecosystem is covered by a bot that waits."""
    target = facts.target
    if rule := nothing_declared(target):
        return not_applicable(rule)
    bots = target.bots
    if not bots:
        return may_hide(target, "a bot's settings") or failed(
            "no update bot is configured in the repository"
        )
    needed = {project.ecosystem for project in target.projects}
    paths = [bot.path for bot in bots]
    covered = {name for bot in bots for name in bot.ecosystems}
    if not any(bot.everything for bot in bots) and (missing := needed - covered):
        return failed(f"no bot looks after {some(sorted(missing))}", *paths)
    if hasty := [bot.path for bot in bots if not bot.cools_down]:
        return failed(f"releases are proposed at once: {some(hasty)}", *hasty)
    return passed(f"{some([bot.bot for bot in bots])} proposes updates after a cool-down", *paths)


@control(
    "DEP-10",
    title="A change of dependencies needs somebody's review",
    rationale="A new dependency is new code with all rights of the old: somebody has to want it.",
    how=(
        "Whether owners must review is a setting of the platform, which cannot be seen from the"
        " files. Told is whether CI reviews dependency changes in pull requests."
    ),
    fix="Name owners of manifests and locks, require their review, and run a dependency review.",
    severity=Severity.HIGH,
    gate=Gate.WARN,
    checks=(),
    evidence_for={
        S2C2F: ("UPD-3",),
        OSPS: ("OSPS-QA-07.01", "OSPS-VM-05.03"),
        CIS_SSC: ("1.1.3", "1.1.6", "1.1.7"),
        PCI_DSS: ("6.2.3", "6.5.1"),
        SOC2: ("CC8.1",),
        ISO27001: ("A.8.32",),
        NIST_800_53: ("CM-3",),
        SSDF: ("PS.1.1",),
    },
)
def changes_are_reviewed(facts: Facts) -> Answer:
    """Only the platform knows; what CI does is told."""
    if rule := nothing_declared(facts.target):
        return not_applicable(rule)
    reviewing = [
        file.path
        for file in facts.target.ci
        if "pull_request" in file.triggers
        and any("dependency-review" in step.command for step in file.audits)
    ]
    step = f"a dependency review runs in {some(reviewing)}" if reviewing else "CI reviews none"
    reason = f"whether owners must review is set on the platform; {step}"
    return unknown(Gap.NOT_CONFIGURED, reason, *reviewing)


@control(
    "DEP-11",
    title="Installing dependencies runs no code of theirs unasked",
    rationale=(
        "An install script runs before anybody has looked at the package, with every secret that"
        " the job can read."
    ),
    how=(
        "Settings in the repository that switch scripts off are looked for beside or above each"
        " lock: `ignore-scripts` in `.npmrc`, `only-binary = :all:` in `pip.conf`. Options of the"
        " commands in CI are not followed."
    ),
    fix="Set `ignore-scripts=true` (npm) and `only-binary = :all:` (pip), and allow exceptions.",
    severity=Severity.MEDIUM,
    gate=Gate.WARN,
    checks=(),
    evidence_for={
        SCVS: ("V4.18",),
        OWASP_TOP10: ("A03", "A08"),
        CWE: ("CWE-829",),
    },
)
def scripts_do_not_run(facts: Facts) -> Answer:
    """Scripts are switched off wherever an ecosystem has them."""
    target = facts.target
    if rule := nothing_declared(target):
        return not_applicable(rule)
    places = {(one.ecosystem, one.path.rpartition("/")[0]) for one in target.locks}
    places |= {
        (one.ecosystem, "" if one.path == "." else one.path)
        for one in target.projects
        if not one.locks
    }
    with_scripts = {(name, folder) for name, folder in places if name not in _WITHOUT_SCRIPTS}
    if not with_scripts and not target.unread:
        return not_applicable("none of the ecosystems here runs code when it installs")
    off: list[str] = []
    on: list[str] = []
    open_: list[str] = []
    for ecosystem, folder in sorted(with_scripts):
        here = [
            one
            for one in target.installers
            if _INSTALLS.get(one.installer) == ecosystem
            and one.scripts is not None
            and _holds_for(one.path.rpartition("/")[0], folder)
        ]
        nearest = max(here, key=lambda one: len(one.path), default=None)
        if nearest is None:
            open_.append(f"{ecosystem} in {folder or 'the root'}")
        else:
            (on if nearest.scripts else off).append(nearest.path)
    if on:
        return failed(f"install scripts are switched on: {some(on)}", *sorted(set(on)))
    if open_ or not off:
        reason = f"whether CI runs install scripts cannot be told: {some(open_) or 'unread files'}"
        return unknown(Gap.UNSUPPORTED_INPUT, reason)
    return passed(f"install scripts are switched off by {some(off)}", *sorted(set(off)))


def _holds_for(settings: str, folder: str) -> bool:
    """Whether settings in one folder hold in another: in it, and below it."""
    return not settings or folder == settings or folder.startswith(f"{settings}/")


CONTROLS: tuple[Entry, ...] = (updates_are_proposed, changes_are_reviewed, scripts_do_not_run)
