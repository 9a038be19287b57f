"""Does CI run only what it should, with no more rights than it needs?

zizmor audits GitHub's workflows, actions and Dependabot's configuration, offline and at its
strictest; GitLab CI, Azure Pipelines and Jenkinsfiles are read by rules of ours, which also look
for what zizmor leaves to others.

No file of the repository decides how it is read: ignore comments are noted and not heeded. A
file that cannot be read in full, and a CI system without a reader, is not evaluated.
"""

# zizmor                  its runs and its answers
# github                  what it leaves to others
# gitlab, azure, jenkins  the other systems
# pins, scripts, denied   questions that all of them share
# problem, rules          problems become findings; every rule, explained

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline.checks.job import Network, Skip, Tool, Wanted
from pipeline.checks.workflows import azure, github, gitlab, jenkins, zizmor
from pipeline.checks.workflows.problem import Problem, findings
from pipeline.checks.workflows.rules import RULES
from pipeline.checks.workflows.scripts import swallowed
from pipeline.errors import IncompleteError, UnreadableOutputError
from pipeline.model import Coverage, Gap, Location, Missing, Reading, Severity, Status, Unread
from pipeline.yamltree import Table, compose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.advisories.source import Question
    from pipeline.checks.job import Job, Options, Ran
    from pipeline.model import Target

__all__ = ["NETWORK", "RULES", "TOOL", "plan", "questions", "read"]

TOOL = Tool(distribution="zizmor", program="zizmor")
NETWORK = Network.NONE

_GITHUB, _GITLAB, _AZURE, _JENKINS = "GitHub Actions", "GitLab CI", "Azure Pipelines", "Jenkins"
_DEPENDABOT = "Dependabot"


def questions(target: Target) -> tuple[Question, ...]:  # noqa: ARG001 - every check has them
    """Nothing is asked of the advisory source."""
    return ()


def plan(target: Target, options: Options) -> Sequence[Job] | Skip | Wanted:
    """One run of zizmor per file of GitHub's, and one that has to find a known fault."""
    sight = _Sight.of(target, options)
    if sight.wanted:
        return Wanted(files=tuple(sorted(sight.wanted)))
    if not sight.systems and not sight.missing:
        return Skip(status=Status.NOT_APPLICABLE, reason="there is no CI configuration")
    jobs = [
        zizmor.job(path, content)
        for path, content in sorted(sight.contents.items())
        if sight.systems[path] in {_GITHUB, _DEPENDABOT}
    ]
    return (zizmor.canary_job(), *jobs) if jobs else ()


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
    """Findings and coverage of every CI file."""
    sight = _Sight.of(target, options)
    found = list(sight.problems)
    missing = {item.subject: item for item in sight.missing}
    coverage = []
    answered = set()
    for run in runs:
        answered.add(run.job.name)
        if run.job.name == zizmor.CANARY_JOB:
            coverage.append(zizmor.audits(run))
            continue
        answer = zizmor.answer(run)
        found += (_rated(problem, sight.readers) for problem in answer.problems)
        if answer.missing:
            missing.setdefault(run.job.name, answer.missing)
    for path, system in sight.systems.items():
        if system in {_GITHUB, _DEPENDABOT} and path in sight.contents and path not in answered:
            raise UnreadableOutputError(f"zizmor was not asked about {path}")
    for file in target.ci:
        # Other systems' scripts are read here, by their own modules.
        steps = file.audits if file.system == _GITHUB else ()
        found += [swallowed(step.location, step.command) for step in steps if not step.fatal]
    beyond = tuple(sorted(sight.beyond, key=lambda item: item.subject))
    if beyond:
        coverage.append(
            Coverage(
                scope="CI configuration from elsewhere",
                unit="parts",
                expected=len(beyond),
                evaluated=0,
                missing=beyond,
                required=False,
            )
        )
    files = Coverage(
        scope="CI configuration",
        unit="files",
        expected=len(sight.systems.keys() | missing.keys()),
        evaluated=len(sight.systems.keys() - missing.keys()),
        missing=tuple(missing[subject] for subject in sorted(missing)),
    )
    return Reading(findings=findings(found), coverage=(files, *coverage))


def _rated(problem: Problem, readers: set[str]) -> Problem:
    """A problem with the severity that it has in its file.

    The way to say something about a stranger's change is a workflow that follows the run and takes
    what it left for data. That is worth a look, and no reason to fail.
    """
    if problem.rule == "dangerous-triggers" and problem.place.path in readers:
        detail = f"{problem.detail}; it fetches no code and starts no program"
        return replace(problem, severity=Severity.MEDIUM, detail=detail)
    return problem


# ------------------------------------------------------------------------------- what is there


@dataclass(slots=True)
class _Sight:
    """What can be seen of a target's CI with the files that were read so far.

    `systems` names every file that counts and the system that it belongs to; `contents` holds
    those that were read. `wanted` are files that have to be read first. `missing` could not be
    read in full; `beyond` is configuration that stands in another repository, or is not written
    out. `readers` are workflows that only read what another run has left.
    """

    systems: dict[str, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    beyond: list[Missing] = field(default_factory=list)
    readers: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, target: Target, options: Options) -> _Sight:
        """Look at every file, and at those that they include, as far as they were read."""
        sight = cls()
        for part in target.unread:
            path = part.location.path
            if path in {".", ".github", ".github/workflows"} or path.startswith(".github/"):
                why = f"CI configuration may be in what could not be read: {part.why}"
                sight._miss(path, part.gap, why)
        todo = [(file.path, file.system) for file in target.ci]
        for path in target.automation:
            is_dependabot = path.startswith(".github/dependabot.")
            todo.append((path, _DEPENDABOT if is_dependabot else _GITHUB))
        while todo:
            path, system = todo.pop()
            if path not in sight.systems:
                todo += [(name, system) for name in sight._look(path, system, options)]
        return sight

    def _look(self, path: str, system: str, options: Options) -> list[str]:
        """Take one file in; the files that it includes."""
        if system not in {_GITHUB, _GITLAB, _AZURE, _JENKINS, _DEPENDABOT}:
            self.systems[path] = system
            self._miss(path, Gap.UNSUPPORTED_INPUT, f"nobody reads {system} here yet")
            return []
        content = options.files.get(path)
        if content is None:
            self.wanted.add(path)
            return []
        self.systems[path] = system
        if isinstance(content, Unread):
            self._miss(path, content.gap, content.why)
            return []
        try:
            return self._parse(path, system, content)
        except UnicodeDecodeError as error:
            self._miss(path, Gap.PARSE_ERROR, f"not UTF-8 at byte {error.start}")
        except IncompleteError as error:
            self.contents[path] = content
            self._miss(path, Gap.PARSE_ERROR, error.what)
        return []

    def _parse(self, path: str, system: str, content: bytes) -> list[str]:
        text = content.decode("utf-8-sig")
        if system == _JENKINS:
            self.problems += jenkins.problems(text, path)
            why = "only what is written out was looked at; a program may put together more"
            self._beyond(Location(path=path), Gap.UNSUPPORTED_INPUT, why)
            return []
        tags = gitlab.TAGS if system == _GITLAB else frozenset()
        root = compose(text, path, aliases=True, tags=tags)
        keys = root.entries.keys() if isinstance(root, Table) else ()
        if system == _GITHUB and not zizmor.is_workflow(path) and "runs" not in keys:
            del self.systems[path]  # it is called action.yml, and is no action
            return []
        if not isinstance(root, Table):
            raise IncompleteError("it holds no table of keys", where=path)
        self.contents[path] = content
        if system == _GITHUB:
            self.problems += github.problems(root, text, path)
            if github.takes_only_data(root):
                self.readers.add(path)
        if system == _AZURE:
            self.problems += azure.problems(root, path)
            return azure.templates(root, path)
        if system == _GITLAB:
            self.problems += gitlab.problems(root, path)
            included = gitlab.included(root, path)
            for place in included.elsewhere:
                why = "what is included from elsewhere was not looked at"
                self._beyond(place, Gap.INPUT_MISSING, why)
            return included.local
        return []

    def _miss(self, path: str, gap: Gap, why: str) -> None:
        place = Location(path=path)
        self.missing.append(Missing(subject=path, gap=gap, why=why, location=place))

    def _beyond(self, place: Location, gap: Gap, why: str) -> None:
        subject = f"{place.path}:{place.line}" if place.line else place.path
        self.beyond.append(Missing(subject=subject, gap=gap, why=why, location=place))
