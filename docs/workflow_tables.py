"""The tables of docs/github-actions.md, read from the reusable workflows themselves.

Every input, output and secret has a `description`, and every permission a comment beside it that
says why it is needed; a missing one is an error here, so that the page is never half told.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.yamltree import Scalar, Table, compose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Draw = Callable[[tuple[str, ...], Iterable[tuple[str, ...]]], str]

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = ROOT / ".github" / "workflows"
BEGIN = "<!-- The tables are made by `nox -s docs -- --write`. -->"
END = "<!-- Up to here. -->"
_ORDER = ("scan", "upload-sarif", "sign", "submit-dependencies", "full")


def insert(page: str, tables: str) -> str:
    """`page` with `tables` between the two marks; `ValueError` unless it has both, in order."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"docs/github-actions.md needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def tables(draw: Draw) -> str:
    """The section of every workflow that others may call; `draw` makes a table of rows."""
    return "\n\n".join(part for path in _reusable() for part in _section(path, draw))


def _reusable() -> list[Path]:
    """The workflows that can be called, the one that everybody calls first."""
    found = [path for path in WORKFLOWS.glob("*.yml") if _call(_read(path)) is not None]
    rank = {name: number for number, name in enumerate(_ORDER)}
    return sorted(found, key=lambda path: (rank.get(path.stem, len(rank)), path.stem))


def _read(path: Path) -> Table:
    root = compose(path.read_text(encoding="utf-8"), path.name, aliases=False)
    if not isinstance(root, Table):
        raise TypeError(f"{path.name} is no workflow")
    return root


def _call(root: Table) -> Table | None:
    on = root.get("on")
    if not isinstance(on, Table) or "workflow_call" not in on.entries:
        return None
    call = on.get("workflow_call")
    return call if isinstance(call, Table) else Table(0, 0, {})


def _section(path: Path, draw: Draw) -> Iterator[str]:
    root = _read(path)
    call = _call(root) or Table(0, 0, {})
    yield f"### `{path.name}`"
    yield draw(("Permission", "For the job", "Why"), _permissions(root, path))
    for key, head in (
        ("inputs", ("Input", "Default", "Effect")),
        ("secrets", ("Secret", "Needed", "Effect")),
    ):
        if rows := list(_given(call, key, path)):
            yield draw(head, rows)
    outputs = _entries(call, "outputs")
    if told := [(f"`{name}`", _described(one, name, path)) for name, one in outputs]:
        yield draw(("Output", "Meaning"), told)


def _given(call: Table, key: str, path: Path) -> Iterator[tuple[str, str, str]]:
    """What a caller may hand over: inputs with their defaults, secrets with their need."""
    for name, one in _entries(call, key):
        if one.text("required") == "true":
            default = "must be given"
        elif key == "secrets":
            default = "no"
        else:
            value = one.get("default")
            text = value.text if isinstance(value, Scalar) else ""
            default = f"`{text}`" if text else "empty"
        yield f"`{name}`", default, _described(one, name, path)


def _entries(call: Table, key: str) -> Iterator[tuple[str, Table]]:
    found = call.get(key)
    for name, (_, one) in (found.entries if isinstance(found, Table) else {}).items():
        yield name, one if isinstance(one, Table) else Table(0, 0, {})


def _described(one: Table, name: str, path: Path) -> str:
    text = one.text("description").strip()
    if not text:
        raise ValueError(f"{path.name}: {name} has no description")
    return text


def _permissions(root: Table, path: Path) -> Iterator[tuple[str, str, str]]:
    """Every permission of every job, with the comment beside it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    jobs = root.get("jobs")
    for name, (_, job) in (jobs.entries if isinstance(jobs, Table) else {}).items():
        granted = job.get("permissions") if isinstance(job, Table) else None
        if not isinstance(granted, Table):
            raise TypeError(f"{path.name}: the job {name} does not say what it may do")
        for scope, (key, level) in granted.entries.items():
            why = re.search(r"\s#\s*(\S.*)$", lines[key.line - 1])
            if why is None or not isinstance(level, Scalar):
                raise ValueError(f"{path.name}: nothing says why {name} has {scope}")
            yield f"`{scope}: {level.text}`", f"`{name}`", why[1]
