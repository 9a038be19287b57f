"""CI configuration, as far as controls ask: what starts it, and where it audits dependencies.

Workflows of GitHub Actions are read; other systems are recognised and reported as not read.
Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.discover.audits import Audit, audit_of_action, audit_of_command
from pipeline.discover.shell import Options, find_calls
from pipeline.errors import IncompleteError
from pipeline.model import AuditStep, CiFile, Location
from pipeline.yamltree import MAX_CHARACTERS, Items, Scalar, Table, compose

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pipeline.tree import Tree
    from pipeline.yamltree import Node

_GITHUB = "GitHub Actions"
_WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml", re.DOTALL)
_OTHER_SYSTEMS = (
    (re.compile(r"\.gitlab-ci\.ya?ml"), "GitLab CI"),
    (
        re.compile(r"(?:\.azure-pipelines/[^/]+|(?:.*/)?azure-pipelines[^/]*)\.ya?ml", re.DOTALL),
        "Azure Pipelines",
    ),
    (
        re.compile(r"(?:.*/)?(?:Jenkinsfile(?:\.[^/]*)?|[^/]+\.[Jj]enkinsfile)", re.DOTALL),
        "Jenkins",
    ),
    (re.compile(r"\.circleci/config\.ya?ml"), "CircleCI"),
    (re.compile(r"bitbucket-pipelines\.ya?ml"), "Bitbucket Pipelines"),
    (re.compile(r"\.travis\.ya?ml"), "Travis CI"),
    (re.compile(r"\.drone\.ya?ml"), "Drone"),
    (re.compile(r"\.woodpecker(?:/[^/]+)?\.ya?ml", re.DOTALL), "Woodpecker CI"),
    (re.compile(r"\.buildkite/[^/]+\.ya?ml", re.DOTALL), "Buildkite"),
    (re.compile(r"\.?appveyor\.ya?ml"), "AppVeyor"),
    (re.compile(r"\.cirrus\.(?:ya?ml|star)"), "Cirrus CI"),
    (re.compile(r"\.semaphore/[^/]+\.ya?ml", re.DOTALL), "Semaphore"),
    (re.compile(r"\.build\.yml|\.builds/[^/]+\.yml", re.DOTALL), "SourceHut builds"),
    (re.compile(r"(?:.*/)?buildspec[^/]*\.ya?ml", re.DOTALL), "CodeBuild"),
    (re.compile(r"codemagic\.yaml"), "Codemagic"),
    (re.compile(r"screwdriver\.yaml"), "Screwdriver"),
    (re.compile(r"\.teamcity/.+\.(?:kts|xml)", re.DOTALL), "TeamCity"),
    (re.compile(r"(?:.*/)?cloudbuild[^/]*\.(?:ya?ml|json)", re.DOTALL), "Cloud Build"),
    (re.compile(r"\.prow(?:/.+)?\.ya?ml", re.DOTALL), "Prow"),
    (re.compile(r"\.(?:forgejo|gitea)/workflows/[^/]+\.ya?ml", re.DOTALL), "Forgejo Actions"),
)
_AUTOMATION = re.compile(r"(?:.*/)?action\.ya?ml|\.github/dependabot\.ya?ml", re.DOTALL)
_IMPORTS_SESSIONS = re.compile(
    r"^\s*(?:from\s+pipeline\s+import\b.*\bsessions\b"
    r"|(?:from|import)\s+pipeline\.sessions\b)",
    re.MULTILINE,
)


def find_ci(tree: Tree, files: Collection[str]) -> list[CiFile]:
    """The CI configuration among `files` of `tree`, in their order."""
    found = []
    called: dict[str, list[tuple[str, AuditStep]]] = {}
    nox_audits = "noxfile.py" in files and _imports_sessions(tree)
    for path in files:
        if _WORKFLOW.fullmatch(path):
            workflow = _Workflow(path, nox_audits=nox_audits)
            found.append(workflow.read(tree))
            called[path] = workflow.called
        elif system := next((name for form, name in _OTHER_SYSTEMS if form.fullmatch(path)), None):
            found.append(CiFile(path=path, system=system, unread="this CI system is not read yet"))
    audits = {file.path: file.audits for file in found}
    return [_with_called(file, called.get(file.path, []), audits) for file in found]


def find_automation(files: Collection[str]) -> list[str]:
    """What CI runs or obeys beside its own files, among `files`: see `Target.automation`.

    Any action.yml may define an action; whether it does is for its reader to tell.
    """
    return [path for path in files if _AUTOMATION.fullmatch(path)]


def _with_called(
    file: CiFile, called: list[tuple[str, AuditStep]], audits: dict[str, tuple[AuditStep, ...]]
) -> CiFile:
    """`file` with the jobs that are a workflow of this repository in which there are audits."""
    steps = set(file.audits)
    for path, step in called:
        if audits.get(path):
            fails = any(audit.fatal for audit in audits[path])
            steps.add(replace(step, fatal=step.fatal and fails))
    return replace(
        file, audits=tuple(sorted(steps, key=lambda step: (step.location, step.command)))
    )


def _imports_sessions(tree: Tree) -> bool:
    """Whether the noxfile takes its sessions from this project: read as text, never run."""
    try:
        return bool(_IMPORTS_SESSIONS.search(tree.text("noxfile.py", limit=MAX_CHARACTERS)))
    except IncompleteError:
        return False


class _Workflow:
    """One workflow. `called` collects the jobs that are another workflow of this repository."""

    def __init__(self, path: str, *, nox_audits: bool) -> None:
        self.path = path
        self.nox_audits = nox_audits
        self.called: list[tuple[str, AuditStep]] = []

    def read(self, tree: Tree) -> CiFile:
        try:
            root = compose(tree.text(self.path, limit=MAX_CHARACTERS), self.path, aliases=True)
        except IncompleteError as error:
            return CiFile(path=self.path, system=_GITHUB, unread=error.what)
        jobs = root.get("jobs") if isinstance(root, Table) else None
        if not isinstance(root, Table) or not isinstance(jobs, Table):
            return CiFile(path=self.path, system=_GITHUB, unread="there are no jobs in it")
        audits = [
            step
            for _, job in jobs.entries.values()
            if isinstance(job, Table) and not _is_off(job)
            for step in self.job(job, _default_shell(root))
        ]
        triggers = tuple(sorted(set(_names(root.get("on")))))
        return CiFile(path=self.path, system=_GITHUB, triggers=triggers, audits=tuple(audits))

    def job(self, job: Table, shell: str) -> Iterator[AuditStep]:
        counts = _counts(job)
        uses = job.get("uses")
        if isinstance(uses, Scalar):
            yield from self.uses(uses, job, counts=counts)
        shell = _default_shell(job) or shell or ("pwsh" if _is_windows(job) else "")
        steps = job.get("steps")
        for step in steps.items if isinstance(steps, Items) else ():
            if isinstance(step, Table) and not _is_off(step):
                yield from self.step(step, shell, counts=counts and _counts(step))

    def step(self, step: Table, shell: str, *, counts: bool) -> Iterator[AuditStep]:
        uses, script = step.get("uses"), step.get("run")
        if isinstance(uses, Scalar):
            yield from self.uses(uses, step, counts=counts)
        options = _options(step.text("shell") or shell)
        if isinstance(script, Scalar) and options:
            for call in find_calls(script.text, options):
                if audit := audit_of_command(call.words, nox_audits=self.nox_audits):
                    line = script.line_of(call.line)
                    yield self.found(audit, line, fatal=counts and call.fatal)

    def uses(self, uses: Scalar, place: Table, *, counts: bool) -> Iterator[AuditStep]:
        if uses.text.startswith("./.github/workflows/"):
            step = self.found(Audit(uses.text, fails=True), uses.line, fatal=counts)
            self.called.append((uses.text[2:], step))
            return
        inputs = place.get("with")
        settings = inputs.text if isinstance(inputs, Table) else lambda _: ""
        if audit := audit_of_action(uses.text, settings):
            yield self.found(audit, uses.line, fatal=counts)

    def found(self, audit: Audit, line: int, *, fatal: bool) -> AuditStep:
        place = Location(path=self.path, line=line)
        return AuditStep(location=place, command=audit.name, fatal=fatal and audit.fails)


def _names(node: Node | None) -> Iterator[str]:
    """What `on` names: one event, a list of them, or a table by their names."""
    if isinstance(node, Scalar) and not node.is_null:
        yield node.text
    elif isinstance(node, Items):
        yield from (item.text for item in node.items if isinstance(item, Scalar))
    elif isinstance(node, Table):
        yield from node.entries


def _is_off(place: Table) -> bool:
    """Whether a job or step never runs."""
    return re.sub(r"[\s${}]", "", place.text("if")).lower() == "false"


def _counts(place: Table) -> bool:
    """Whether a failure of the job or step counts for sure; an expression may say either."""
    return place.get("continue-on-error") is None or place.text("continue-on-error") == "false"


def _default_shell(place: Table) -> str:
    defaults = place.get("defaults")
    run = defaults.get("run") if isinstance(defaults, Table) else None
    return run.text("shell") if isinstance(run, Table) else ""


def _is_windows(job: Table) -> bool:
    return any("windows" in name.lower() for name in _names(job.get("runs-on")))


def _options(shell: str) -> Options | None:
    """How GitHub starts a shell; `None` for what is no shell. PowerShell hands on the last result.

    Source: workflow syntax, `jobs.<job_id>.steps[*].shell`.
    """
    program, *arguments = shell.split() or [""]
    if program in {"", "sh", "bash"}:
        if arguments:
            flags = [argument for argument in arguments if argument.startswith("-")]
            short = (flag for flag in flags if not flag.startswith("--"))
            return Options(
                errexit=any("e" in flag for flag in short), pipefail="pipefail" in arguments
            )
        return Options(errexit=True, pipefail=program == "bash")
    if program in {"pwsh", "powershell", "cmd"}:
        return Options(errexit=False, pipefail=False)
    return None
