"""`supply-chain init`: what a repository needs to be judged from today on.

Looks at what is there, proposes files, shows each change of an existing one as a diff, asks, and
writes all of them or none. Where nobody can be asked, what exists is left as it is, and the exit
code says that something was.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.checks import CHECKS
from pipeline.errors import ExitCode, UsageError
from pipeline.starters import pin
from pipeline.starters.change import compare, read, write
from pipeline.starters.propose import DEFAULT, STARTERS, Left, Proposal, Wish, propose
from pipeline.text import plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pipeline.starters.change import Change
    from pipeline.starters.pin import Pin


def execute(arguments: argparse.Namespace) -> int:
    """Propose, show, ask, write; 3 when an existing file was left for want of an answer."""
    names = _names(arguments)
    target = stages.look(arguments.path, None)
    root = arguments.path.resolve()
    _refuse_inside(root)
    wish = Wish(
        target=target,
        read=lambda path: _text(root, path),
        pin=_pin(arguments),
        checks=tuple(CHECKS),
        named=frozenset(_split(arguments.with_)),
        renovate=arguments.renovate,
    )
    made = propose(wish, names)
    lefts = [one for one in made if isinstance(one, Left)]
    changes = compare(root, [one for one in made if isinstance(one, Proposal)])
    if arguments.dry_run:
        for change in changes:
            _show(change)
        _tell(_summary(changes, [], lefts, done=False), quiet=arguments.quiet)
        return ExitCode.COMPLIANT
    agreed, open_ = _settle(changes, arguments)
    write(root, agreed)
    for change in open_:
        sys.stderr.write(f"{plain(change.path)} differs and was left: --yes changes it\n")
    _tell(_summary(changes, agreed, lefts, done=True), quiet=arguments.quiet)
    return ExitCode.INCOMPLETE if open_ else ExitCode.COMPLIANT


def _names(arguments: argparse.Namespace) -> frozenset[str]:
    """The starters that are wanted; raises `UsageError` for an unknown name."""
    more, less = _split(arguments.with_), _split(arguments.without)
    for name in (*more, *less):
        if name not in STARTERS:
            raise UsageError(
                f"there is no starter {name!r}", fix=f"choose among {', '.join(STARTERS)}"
            )
    return frozenset((*DEFAULT, *more)) - frozenset(less)


def _split(texts: Sequence[str]) -> list[str]:
    return [name for text in texts for name in text.split(",") if name]


def _pin(arguments: argparse.Namespace) -> Pin | None:
    """The commit to call: as named, else the one of this copy. Raises `UsageError` for half."""
    known = pin.known()
    named = (arguments.tool_repository, arguments.tool_ref, arguments.tool_version)
    if not any(named):
        return known
    options = ("--tool-repository", "--tool-ref", "--tool-version")
    for value, option in zip(named, options, strict=True):
        if not value and (known is None or option != "--tool-repository"):
            raise UsageError(
                f"a commit is named by three options, and {option} is missing",
                fix="give all of them: "
                "--tool-repository OWNER/NAME --tool-ref COMMIT --tool-version v1.2.3",
            )
    repository = arguments.tool_repository or (known.repository if known else "")
    return pin.parse(repository, arguments.tool_ref, arguments.tool_version)


def _refuse_inside(root: Path) -> None:
    """Refuse a folder inside a repository: CI reads its files from the top alone."""
    if (root / ".git").exists():
        return
    for folder in root.parents:
        if (folder / ".git").exists():
            raise UsageError(
                "this folder is a part of a repository",
                where=str(root),
                fix=f"name the repository's own folder: {folder}",
            )


def _text(root: Path, path: str) -> str | None:
    """A file as text, for starters that add to it; raises `UsageError` for what is no text."""
    content = read(root, path)
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"not UTF-8 at byte {error.start}", where=path, fix="save it as UTF-8"
        ) from error


# ------------------------------------------------------------------------------------- asking


def _settle(
    changes: Sequence[Change], arguments: argparse.Namespace
) -> tuple[list[Change], list[Change]]:
    """The changes to make, and those that nobody could be asked about."""
    agreed, open_ = [], []
    can_ask = sys.stdin.isatty() and sys.stdout.isatty()
    for change in changes:
        if not change.is_needed:
            continue
        if change.is_new or arguments.yes:
            agreed.append(change)
            continue
        if can_ask or not arguments.quiet:
            _show(change)
        if not can_ask:
            open_.append(change)
        elif _ask(change):
            agreed.append(change)
    return agreed, open_


def _ask(change: Change) -> bool:
    sys.stdout.write(f"Change {change.path} like this? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _show(change: Change) -> None:
    for line in change.diff():
        sys.stdout.write(f"{line}\n")


# ------------------------------------------------------------------------------------- telling


def _summary(
    changes: Sequence[Change], agreed: Sequence[Change], lefts: Sequence[Left], *, done: bool
) -> Iterator[str]:
    new, other = ("written", "changed") if done else ("would write", "would change")
    for change in changes:
        if not change.is_needed:
            yield _line("unchanged", change.path)
        elif done and change not in agreed:
            yield _line("left", change.path)
        else:
            yield _line(new if change.is_new else other, change.path)
    for left in lefts:
        yield _line("left", f"{left.path}: {left.why}")
    if done and any(change.is_new for change in agreed):
        yield "next: look at the files, run `nox`, commit them"


def _line(what: str, text: str) -> str:
    return f"  {what:<12} {text}"


def _tell(lines: Iterator[str], *, quiet: bool) -> None:
    for line in lines:
        if not quiet:
            sys.stdout.write(f"{plain(line)}\n")
