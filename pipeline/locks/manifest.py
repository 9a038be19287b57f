"""What a `pyproject.toml` asks for, read as data: it tells direct from transitive packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.locks import tomltext
from pipeline.locks.draft import RefusedError
from pipeline.locks.pypi import name_of, required_name, table, texts
from pipeline.tree import UnreadableFileError, join

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.tree import Tree


MAX_BYTES = 1024 * 1024
"""Larger manifests are not read."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A project's name and the names it declares, all normalised.

    `runtime` is what installing the project brings in, `extras` what each extra adds. `whole` is
    false where a build back end decides about the rest.
    """

    name: str | None
    runtime: frozenset[str]
    extras: Mapping[str, frozenset[str]]
    others: frozenset[str]
    whole: bool

    def direct(self, name: str) -> bool | None:
        """Whether the project itself asks for a package; `None` where that cannot be told."""
        if name in self.runtime | self.others or any(name in more for more in self.extras.values()):
            return True
        return False if self.whole else None


def beside(tree: Tree, folder: str) -> Manifest | None:
    """The manifest in `folder`; `None` if there is none or it cannot be read."""
    path = join(folder, "pyproject.toml")
    try:
        data = tomltext.parse(tree.text(path, limit=MAX_BYTES), path)
    except (UnreadableFileError, RefusedError):
        return None
    return _manifest(data)


def _manifest(data: dict[str, Any]) -> Manifest:
    project = table(data.get("project"))
    tool = table(data.get("tool"))
    poetry = table(tool.get("poetry"))
    pdm = table(tool.get("pdm"))
    uv = table(tool.get("uv"))
    runtime = _required(project.get("dependencies")) | _keys(poetry.get("dependencies"))
    others: set[str] = set(_keys(poetry.get("dev-dependencies")))
    for group in table(poetry.get("group")).values():
        others |= _keys(table(group).get("dependencies"))
    for group in table(pdm.get("dev-dependencies")).values():
        others |= _required(group)
    for group in table(data.get("dependency-groups")).values():
        others |= _required(group)
    others |= _required(uv.get("dev-dependencies"))
    extras = {
        extra: _required(names)
        for extra, names in table(project.get("optional-dependencies")).items()
    }
    dynamic = {"dependencies", "optional-dependencies"} & set(texts(project.get("dynamic")))
    return Manifest(
        name=name_of(project.get("name")) or name_of(poetry.get("name")),
        runtime=runtime,
        extras=extras,
        others=frozenset(others),
        whole="dependencies" in poetry or ("name" in project and not dynamic),
    )


def _required(requirements: Any) -> frozenset[str]:
    """The names of a list of requirements; PDM writes editable ones as "-e URL#egg=name"."""
    return _names(
        text.partition("#egg=")[2] if text.startswith("-e ") else text
        for text in texts(requirements)
    )


def _names(requirements: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, map(required_name, requirements)))


def _keys(dependencies: Any) -> frozenset[str]:
    """The names of a table of dependencies; Poetry puts the interpreter there too."""
    return frozenset(filter(None, map(name_of, table(dependencies)))) - {"python"}
