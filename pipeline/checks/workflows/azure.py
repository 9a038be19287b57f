"""Azure Pipelines: templates, images, variables and scripts.

Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.workflows.pins import COMMIT, image_problems, secret_problem
from pipeline.checks.workflows.problem import Problem
from pipeline.checks.workflows.scripts import script_problems
from pipeline.discover.shell import Options
from pipeline.model import Location, Severity
from pipeline.tree import join
from pipeline.yamltree import Items, Scalar, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.yamltree import Node

_SCRIPTS = ("script", "bash")
_SHELL = Options(errexit=False, pipefail=False)
"""A script step succeeds when its last command does."""


def problems(root: Table, path: str) -> Iterator[Problem]:
    """What is wrong with a pipeline or template of Azure Pipelines."""
    resources = root.get("resources")
    resources = resources if isinstance(resources, Table) else Table(0, 0, {})
    for repository in _tables(resources.get("repositories")):
        yield from _repository(repository, path)
    known = set()
    for container in _tables(resources.get("containers")):
        known.add(container.text("container"))
        image = container.get("image")
        if isinstance(image, Scalar):
            yield from image_problems(image.text, _at(image, path), tags=True)
    for table in _walk(root):
        yield from _part(table, path, known)


def templates(root: Table, path: str) -> list[str]:
    """The templates of this repository that a file uses, as paths from its root."""
    found = []
    for table in _walk(root):
        name = table.text("template")
        if not name or "@" in name.removesuffix("@self") or "$" in name:
            continue
        name = name.removesuffix("@self")
        folder = "" if name.startswith("/") else path.rpartition("/")[0]
        found.append(join(folder or ".", name.lstrip("/")))
    return found


def _repository(repository: Table, path: str) -> Iterator[Problem]:
    """Another repository that templates come from."""
    ref = repository.text("ref")
    if repository.text("type") == "" or COMMIT.fullmatch(ref):
        return
    moves = "is a tag, which may be moved" if ref.startswith("refs/tags/") else "is a branch"
    yield Problem(
        rule="unpinned-include",
        severity=Severity.MEDIUM,
        place=_at(repository.entries.get("ref", (repository, repository))[1], path),
        detail=f"the ref of a repository with templates {moves if ref else 'is not given'}",
    )


def _part(table: Table, path: str, known: set[str]) -> Iterator[Problem]:
    """Any table of the file: a job, a step, a stage."""
    container = table.get("container")
    image = container.get("image") if isinstance(container, Table) else container
    is_resource = "image" in table.entries or (isinstance(image, Scalar) and image.text in known)
    if isinstance(image, Scalar) and not image.is_null and not is_resource:
        yield from image_problems(image.text, _at(image, path), tags=True)
    yield from _variables(table.get("variables"), path)
    yield from _variables(table.get("env"), path)
    counts = table.text("continueOnError").lower() in {"", "false"}
    for key in _SCRIPTS:
        script = table.get(key)
        if isinstance(script, Scalar):
            yield from script_problems([script], path, shell=_SHELL, counts=counts)


def _variables(node: Node | None, path: str) -> Iterator[Problem]:
    """Variables as a table by name, or as a list of tables with `name` and `value`."""
    pairs: list[tuple[Scalar, Node | None]] = []
    if isinstance(node, Table):
        pairs += node.entries.values()
    for item in _tables(node):
        name = item.get("name")
        if isinstance(name, Scalar):
            pairs.append((name, item.get("value")))
    for key, value in pairs:
        if isinstance(value, Scalar):
            problem = secret_problem(key.text, value.text, _at(key, path))
            if problem:
                yield problem


def _tables(node: Node | None) -> list[Table]:
    items = node.items if isinstance(node, Items) else ()
    return [item for item in items if isinstance(item, Table)]


def _walk(node: Node) -> Iterator[Table]:
    """Every table of the file, from the top; the parser bounds their number and depth."""
    if isinstance(node, Table):
        yield node
        for _, value in node.entries.values():
            yield from _walk(value)
    elif isinstance(node, Items):
        for item in node.items:
            yield from _walk(item)


def _at(node: Node, path: str) -> Location:
    return Location(path=path, line=node.line, column=node.column)
