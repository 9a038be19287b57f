"""The discovered repository as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.model import CiFile, Git, Location, Lock, Project, Target

_SHOWN = 20
"""Entries of a list that are shown; the rest is counted."""


def describe(target: Target) -> str:
    """What `supply-chain discover` prints: lines that end in newlines, safe for a terminal."""
    return "".join(f"{line}\n" for line in _lines(target))


def _lines(target: Target) -> Iterator[str]:
    yield plain(target.name)
    yield f"  {_git(target.git)}"
    yield f"  {_count(target.files, 'file')}"
    locks = {lock.path: lock for lock in target.locks}
    yield from _section("Projects", [_project(project, locks) for project in target.projects])
    yield from _section("Locks", [_lock(lock) for lock in target.locks])
    for title, paths in (
        ("Dockerfiles", target.dockerfiles),
        ("Compose files", target.compose),
        ("Kubernetes objects", target.kubernetes),
        ("Terraform", target.terraform),
        ("Helm charts", target.helm),
        ("CloudFormation", target.cloudformation),
    ):
        yield from _section(title, paths)
    yield from _section("CI", [line for file in target.ci for line in _ci(file)])
    yield from _section("Left out", [f"{part.path}: {part.why}" for part in target.excluded])
    unread = [(part.location, part.why) for part in target.unread]
    unread += [(part.location, part.why) for lock in target.locks for part in lock.unread]
    yield from _section("Not read", [f"{_place(place)}: {why}" for place, why in unread])


def _section(title: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield ""
        yield title
        yield from (f"  {plain(entry, limit=500)}" for entry in entries[:_SHOWN])
    if len(entries) > _SHOWN:
        yield f"  and {len(entries) - _SHOWN} more"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _git(git: Git | None) -> str:
    if git is None:
        return "no git repository"
    state = {True: "with changes", False: "clean", None: "changes unknown"}[git.dirty]
    parts = [
        f"commit {git.commit[:12]}" if git.commit else "no known commit",
        f"branch {git.branch}" if git.branch else "no branch",
        state,
        *(["shallow"] if git.shallow else []),
        *([git.remote] if git.remote else []),
    ]
    return plain(", ".join(parts))


def _project(project: Project, locks: dict[str, Lock]) -> str:
    names = [
        manifest.path.rpartition("/")[2]
        + (" (count unknown)" if manifest.declared is None else f" ({manifest.declared})")
        for manifest in project.manifests
    ]
    known = [path if path in locks else f"{path} (no reader)" for path in project.locks]
    declared = ", ".join(names) or "no manifest"
    return f"{project.path} [{project.ecosystem}] {declared}; " + (
        f"locked by {', '.join(known)}" if known else "no lock"
    )


def _lock(lock: Lock) -> str:
    parts = [_count(len(lock.packages), "package")]
    if lock.unread:
        parts.append(f"{len(lock.unread)} not read")
    return f"{lock.path} [{lock.format}] {', '.join(parts)}"


def _ci(file: CiFile) -> Iterator[str]:
    on = f" on {', '.join(file.triggers)}" if file.triggers else ""
    yield f"{file.path} [{file.system}]{on}" + (f" ({file.unread})" if file.unread else "")
    for step in file.audits:
        effect = "fails the job" if step.fatal else "does not fail the job"
        yield f"  line {step.location.line}: {step.command} ({effect})"


def _place(location: Location) -> str:
    return location.path if location.line is None else f"{location.path}:{location.line}"
