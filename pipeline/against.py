"""A commit to compare with: what was in it, what its checks say, and what a change brings in.

    find       a name           ->  the commit, and why it cannot be used
    at         a commit         ->  its files in a folder of their own, discovered
    collect    the plan         ->  evidence of the commit, in `.supply-chain/base/`
    baseline   that evidence    ->  what policy holds the change against
    review     two commits      ->  what the change between them does to the locks

Whatever is missing, broken or doubtful here ends in judging everything, never in judging less.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import PipelineError
from pipeline.model import Base, Evidence, Git, Status
from pipeline.policy import NOTHING, Baseline
from pipeline.policy.baseline import USABLE
from pipeline.review import compare, moved, versions
from pipeline.review.model import Commit
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.discover.commits import History
    from pipeline.model import Target
    from pipeline.review.model import Releases, Review
    from pipeline.store import Output, Plan

COMPARED = ("dependencies", "lockfiles")
"""The checks whose evidence of a base is collected: what they look at is data, not a place."""


class Found(NamedTuple):
    """A base, and what is in it where it can be used.

    `unchanged` are the manifests and locks with the same bytes on both sides.
    """

    base: Base
    target: Target | None = None
    unchanged: tuple[str, ...] = ()


def find(name: str, tree: Tree, target: Target, *, exclude: Sequence[str]) -> Found:
    """The commit `name` as the base of what is in `target`; never raises for its faults.

    A commit that holds the scanned one already is no base: compared with it, everything would
    be old. That is what an event without a base branch, or a tag, comes to.
    """
    from pipeline.discover.commits import history  # noqa: PLC0415 - only where one is named

    try:
        with history(tree.root) as commits:
            base = commits.resolve(name)
            head = target.git.commit if target.git else None
            if head is None:
                return Found(Base(asked=name, why="no commit stands for what was scanned"))
            if commits.precedes(head, base):
                why = (
                    f"base {base[:12]} holds the scanned commit already,"
                    " so there is no change to judge"
                )
                return Found(Base(asked=name, why=why))
            with at(commits, base, exclude=exclude, name=target.name) as (there, before):
                unchanged = tuple(_unchanged(there, before, tree, target))
    except PipelineError as error:
        where = f"{error.where}: " if error.where and error.where != str(tree.root) else ""
        mend = f" (to mend it: {error.fix})" if error.fix else ""
        return Found(Base(asked=name, why=f"{where}{error.what}{mend}"))
    return Found(Base(asked=name, commit=base), before, unchanged)


@contextmanager
def at(
    commits: History, commit: str, *, exclude: Sequence[str], name: str
) -> Iterator[tuple[Tree, Target]]:
    """The tree of a commit, and what is in it; gone when the block ends.

    Raises `IncompleteError` when git cannot write it out.
    """
    from pipeline.discover import discover  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory(prefix="supply-chain-commit-") as folder:
        tree = Tree.at(Path(folder))
        left_out = commits.extract(commit, tree.root)
        target = discover(tree, exclude=exclude, name=name)
        git = Git(commit=commit, branch=None, dirty=False, remote=None, shallow=False)
        yield tree, replace(target, git=git, unread=(*target.unread, *left_out))


def _unchanged(there: Tree, before: Target, tree: Tree, now: Target) -> Iterator[str]:
    for path in sorted(_files(before) & _files(now)):
        try:
            if there.read(path) == tree.read(path):
                yield path
        except UnreadableFileError:
            continue


def _files(target: Target) -> set[str]:
    """The manifests and locks of a target."""
    return {
        *(path for lock in target.locks for path in (lock.path, *lock.files)),
        *(path for project in target.projects for path in project.locks),
        *(manifest.path for project in target.projects for manifest in project.manifests),
    }


def begin(plan: Plan, found: Found, output: Output) -> None:
    """Start the run of the base that belongs to a started plan, where there is one to run."""
    checks = tuple(name for name in plan.checks if name in COMPARED)
    if found.target is not None and checks:
        base = replace(
            plan,
            root="",
            target=found.target,
            checks=checks,
            base=None,
            unchanged=(),
            notices=(),
            started=None,
        )
        output.base.begin(base)


def collect(names: Sequence[str], plan: Plan, output: Output) -> None:
    """Run those of the checks `names` that are compared on the base of a plan, if it has one.

    What goes wrong becomes evidence that says so.
    """
    from pipeline import collect as collector  # noqa: PLC0415 - only where a base is used
    from pipeline.discover.commits import history  # noqa: PLC0415

    base = _plan(plan, output)
    wanted = [name for name in names if base and name in base.checks]
    if base is None or not wanted or plan.base is None or plan.base.commit is None:
        return
    try:
        with (
            history(Path(plan.root)) as commits,
            tempfile.TemporaryDirectory(prefix="supply-chain-commit-") as folder,
        ):
            root = Path(folder).resolve()
            commits.extract(plan.base.commit, root)
            for name in wanted:
                collector.collect(name, replace(base, root=str(root)), output.base)
    except PipelineError as error:
        for name in wanted:
            evidence = Evidence(check=name, status=Status.ERRORED, reason=error.what)
            output.base.record(base, evidence, seconds=0.0)


def baseline(plan: Plan, output: Output) -> tuple[Base | None, Baseline]:
    """The base as the report tells it, and what it held; all of it from the output folder."""
    asked = plan.base
    if asked is None or asked.commit is None:
        return asked, NOTHING
    base = _plan(plan, output)
    if base is None:
        return replace(asked, why="no planned check left evidence of it"), NOTHING
    evidence = {found.evidence.check: found.evidence for found in output.base.evidence(base)}
    usable = tuple(
        name for name in base.checks if name in evidence and evidence[name].status in USABLE
    )
    broken = [f"{name}: {_fault(evidence.get(name))}" for name in base.checks if name not in usable]
    why = "; ".join(broken)
    if not usable:
        return replace(asked, why=why), NOTHING
    made = Baseline.of(
        [evidence[name] for name in usable],
        base=base.target,
        head=plan.target,
        renamed=moved(base.target, plan.target),
        unchanged=frozenset(plan.unchanged),
    )
    return replace(asked, checks=usable, why=why), made


REVIEWED = ("dependencies",)
"""The check that says which advisories a change brings."""


def review(  # noqa: PLR0913 - two ends, and how to look at them
    plan: Plan,
    commits: History,
    base: str,
    head: str | None,
    *,
    fork: bool,
    exclude: Sequence[str],
    version: str,
) -> Review:
    """The review of the change from `base` to `head`, or to the plan's target as it lies there.

    Raises `UsageError` for names that mean no commit.
    """
    asked, start = base, commits.resolve(base)
    end = None if head is None else commits.resolve(head)
    if fork:
        start = commits.merge_base(start, end or commits.resolve("HEAD"))
    name = plan.target.name
    with ExitStack() as stack:
        enter = stack.enter_context
        there, before = enter(at(commits, start, exclude=exclude, name=name))
        here, after = Path(plan.root), plan.target
        if end is not None:
            tree, after = enter(at(commits, end, exclude=exclude, name=name))
            here = tree.root
        scratch = Path(enter(tempfile.TemporaryDirectory(prefix="supply-chain-review-")))
        sides = ((there.root, before, scratch / "base"), (here, after, scratch / "head"))
        with ThreadPoolExecutor(max_workers=len(sides)) as pool:
            old, new = pool.map(lambda side: _evidence(plan, *side), sides)
        git = after.git
        return compare(
            version=version,
            as_of=plan.as_of,
            base=Commit(asked=asked, id=start),
            head=Commit(
                asked=head or "",
                id=end or (git.commit if git else None),
                working_tree=head is None,
                changed=git.dirty if git else None,
            ),
            before=before,
            after=after,
            evidence_before=old,
            evidence_after=new,
            releases=_releases(before, after, offline=plan.offline),
        )


def _evidence(plan: Plan, root: Path, target: Target, folder: Path) -> Evidence:
    """What the dependencies check says of a target."""
    from pipeline.collect import collect  # noqa: PLC0415 - only where tools run
    from pipeline.store import Output  # noqa: PLC0415

    output = Output(folder)
    started = output.begin(replace(plan, root=str(root), target=target))
    return collect(*REVIEWED, started, output)


def _releases(before: Target, after: Target, *, offline: bool) -> Releases:
    """What the registries say of all that changed; nothing without a network."""
    if offline:
        return {}
    from pipeline.registries.ask import ask  # noqa: PLC0415 - for a network only
    from pipeline.registries.release import Pin  # noqa: PLC0415

    told = ask([Pin(*version) for version in versions(before, after)], licences=True)
    return {(*pin,): release for pin, release in told.releases.items()}


def _plan(plan: Plan, output: Output) -> Plan | None:
    """The plan of the base, if it belongs to this run."""
    try:
        base = output.base.plan()
    except PipelineError:
        return None
    return base if base.token == plan.token else None


def _fault(evidence: Evidence | None) -> str:
    if evidence is None:
        return "it left no evidence of the base"
    ended = evidence.status.value.replace("_", " ")
    return f"it {'' if ended == 'errored' else 'was '}{ended} on the base: {evidence.reason}"
