"""Which commit a change is judged against, for each event that can start a run.

A pull request is checked out as the merge that it would become: its first parent is the base
branch as it is now, while the event's own `base.sha` is from when the pull request was opened or
last changed. A merge queue stacks changes: the event's `base_sha` is the entry before this one,
which may fail and fall out of the queue, so the branch itself is asked first. Every other event
judges everything, and so does one whose base cannot be told: never less than that.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.discover.commits import history
from pipeline.errors import PipelineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.discover.commits import History

HEAD = "HEAD"


class Basis(NamedTuple):
    """The commit checked out, what it is compared with (`None`: nothing), and why so."""

    commit: str
    base: str | None
    why: str


def find(root: Path, event: str, payload: dict[str, Any], *, new_only: bool) -> Basis:
    """The basis for the checkout at `root`; a base that cannot be told is named, not left out.

    `stages.prepare` says what is wrong with such a name, and judges everything. Raises
    `PipelineError` when not even the checked-out commit can be told.
    """
    with history(root) as commits:
        head = commits.resolve(HEAD)
        if event not in _CANDIDATES:
            return Basis(head, None, f"everything is judged: {event or 'this event'} has no base")
        if not new_only:
            return Basis(head, None, "everything is judged: new-only is off")
        candidates = tuple(_CANDIDATES[event](commits, head, payload))
        for _, why, commit in candidates:
            if commit is not None:
                return Basis(head, commit, f"compared with {why}")
        return Basis(head, candidates[-1][0], "everything is judged: the base cannot be told")


_Candidate = tuple[str, str, str | None]
"""What was asked for, in which words, and the commit that it is, if it is one."""


def _of_pull_request(commits: History, head: str, payload: dict[str, Any]) -> Iterator[_Candidate]:
    change = _at(payload, "pull_request")
    branch, tip = _text(change, "base", "ref"), _text(change, "base", "sha")
    if _resolved(commits, f"{head}^2") == _text(change, "head", "sha") != "":
        yield f"{head}^1", "the base branch as it was merged", _resolved(commits, f"{head}^1")
    yield from _forked(commits, head, branch)
    yield tip, "where the change left its base", _merge_base(commits, head, tip)


def _of_queue(commits: History, head: str, payload: dict[str, Any]) -> Iterator[_Candidate]:
    group = _at(payload, "merge_group")
    yield from _forked(commits, head, _text(group, "base_ref").removeprefix("refs/heads/"))
    before = _text(group, "base_sha")
    yield before, "the queue's entry before it", _resolved(commits, before)


def _forked(commits: History, head: str, branch: str) -> Iterator[_Candidate]:
    if branch:
        name = f"refs/remotes/origin/{branch}"
        yield branch, "where the change left its base branch", _merge_base(commits, head, name)


_CANDIDATES = {"pull_request": _of_pull_request, "merge_group": _of_queue}


def _resolved(commits: History, name: str) -> str | None:
    with suppress(UsageError):
        return commits.resolve(name)
    return None


def _merge_base(commits: History, head: str, name: str) -> str | None:
    with suppress(UsageError):
        return commits.merge_base(head, commits.resolve(name))
    return None


def _at(payload: dict[str, Any], *keys: str) -> dict[str, Any]:
    found: Any = payload
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _text(payload: dict[str, Any], *keys: str) -> str:
    found = _at(payload, *keys[:-1]).get(keys[-1])
    return found if isinstance(found, str) else ""


def changes(root: Path, base: str, path: str) -> bool:
    """Whether the file `path` of the checkout is another one in `base`, or was not there.

    Also true when it cannot be told.
    """
    with suppress(PipelineError), history(root) as commits:
        return commits.blob(commits.resolve(base), path) != commits.blob(HEAD, path)
    return True
