"""What the formats of manifests declare: one reader for each.

Nothing is resolved and nothing is run: what only running something would tell is `None`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.discover import requires
from pipeline.errors import IncompleteError
from pipeline.locks import node
from pipeline.model import Dependency
from pipeline.yamltree import Items, Scalar, Table, compose

if TYPE_CHECKING:
    import re


@dataclass(frozen=True, slots=True)
class Declared:
    """What a manifest declares; `declared` counts it, and is `None` where only running would tell.

    `members` are as in `manifests.Reading`, `requires` what names and ranges could be read of.
    """

    declared: int | None
    members: tuple[str, ...] = ()
    requires: tuple[Dependency, ...] = ()
    name: str | None = None


Reader = Callable[[str], Declared | None]
"""Reads a manifest: `None` when it is none; raises `ValueError` or `TypeError` when broken."""


def _table(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError
    return value


def _size(value: Any, *, without: tuple[str, ...] = ()) -> int:
    """The number of entries in a list or table; nothing counts as none."""
    if value is None:
        return 0
    if not isinstance(value, dict | list):
        raise TypeError
    return sum(1 for entry in value if entry not in without)


def _texts(value: Any) -> tuple[str, ...]:
    return (
        tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()
    )


def _members(workspace: dict[str, Any]) -> tuple[str, ...]:
    """The members of a workspace of uv or Cargo."""
    left_out = (f"!{pattern}" for pattern in _texts(workspace.get("exclude")))
    return (*_texts(workspace.get("members")), *left_out)


def _toml(text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  # only when there is such a file

    return tomllib.loads(text)


def _json(text: str) -> dict[str, Any]:
    import json  # noqa: PLC0415  # only when there is such a file

    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError
    return found


def pyproject(text: str) -> Declared | None:
    """PEP 621, PEP 735, and what Poetry, PDM and uv had before them."""
    data = _toml(text)
    project = _table(data.get("project"))
    tool = _table(data.get("tool"))
    poetry, pdm, uv = (_table(tool.get(name)) for name in ("poetry", "pdm", "uv"))
    groups = _table(data.get("dependency-groups"))
    of_others = _of_other_tools(tool)
    if not (project or poetry or groups or of_others or "dev-dependencies" in pdm | uv):
        return None
    members = _members(_table(uv.get("workspace")))
    dynamic = project.get("dynamic")
    if not isinstance(dynamic, list | None):
        raise TypeError
    if {"dependencies", "optional-dependencies"}.intersection(_texts(dynamic)):
        return Declared(None, members)
    of_poetry = {
        name: _table(group).get("dependencies")
        for name, group in _table(poetry.get("group")).items()
    }
    tables = (
        project.get("optional-dependencies"),
        groups,
        pdm.get("dev-dependencies"),
        of_poetry,
    )
    declared = sum(_size(entries) for table in tables for entries in _table(table).values())
    declared += _size(project.get("dependencies")) + _size(uv.get("dev-dependencies"))
    declared += _size(poetry.get("dependencies"), without=("python",))
    declared += _size(poetry.get("dev-dependencies")) + of_others
    # What uv is told to take instead, or from elsewhere, is not held against the range.
    overridden = requires.names_of(uv.get("override-dependencies")) | requires.names_of(
        list(_table(uv.get("sources")))
    )
    lists = [("default", project.get("dependencies")), ("dev", uv.get("dev-dependencies"))]
    lists += [pair for table in tables[:3] for pair in _table(table).items()]
    found = [
        one
        for group, entries in lists
        for one in requires.python(entries, group, overridden=overridden)
    ]
    found += requires.poetry(_table(poetry.get("dependencies")))
    found += requires.poetry(_table(poetry.get("dev-dependencies")), "dev")
    for group, entries in of_poetry.items():
        found += requires.poetry(_table(entries), group)
    own = requires.own_name(project.get("name", poetry.get("name")))
    return Declared(declared, members, tuple(found), own)


def _of_other_tools(tool: dict[str, Any]) -> int:
    """What Hatch's environments, Pixi, Flit and Rye ask for in tables of their own."""
    hatch = _table(_table(tool.get("hatch")).get("envs"))
    pixi = _table(tool.get("pixi"))
    lists = [
        _table(environment).get(name)
        for environment in hatch.values()
        for name in ("dependencies", "extra-dependencies")
    ]
    places = (pixi, *map(_table, _table(pixi.get("feature")).values()))
    lists += [place.get(name) for place in places for name in ("dependencies", "pypi-dependencies")]
    lists += [
        _table(_table(tool.get("flit")).get("metadata")).get("requires"),
        _table(tool.get("rye")).get("dev-dependencies"),
    ]
    return sum(map(_size, lists))


def setup_cfg(text: str) -> Declared | None:
    """Setuptools' declarative metadata; a `setup.cfg` with only tools' settings is no manifest."""
    import configparser  # noqa: PLC0415  # only when there is such a file

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError from error
    if not (parser.has_section("metadata") or parser.has_section("options")):
        return None
    values = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        values += [value for _, value in parser.items("options.extras_require")]
    if any(value.lstrip().startswith("file:") for value in values):
        return Declared(None)
    lines = [
        line.strip() for value in values for line in value.split("\n" if "\n" in value else ";")
    ]
    wanted = [line for line in lines if line and not line.startswith("#")]
    runtime = [line.strip() for line in values[0].splitlines()]
    return Declared(len(wanted), requires=tuple(requires.python(runtime)))


def requirements_in(text: str) -> Declared:
    """What pip-compile starts from: one requirement on each line that is no option."""
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    editable = ("-e ", "--editable")
    wanted = [
        line
        for line in lines
        if line and (line.startswith(editable) or not line.startswith(("#", "-")))
    ]
    plain = [line.partition(" #")[0].partition(" --")[0].strip() for line in wanted]
    return Declared(len(wanted), requires=tuple(requires.python(plain)))


def pipfile(text: str) -> Declared:
    """Every table is a category of packages, but for those with another meaning."""
    others = {"source", "requires", "scripts", "pipenv"}
    tables = {name: value for name, value in _toml(text).items() if name not in others}
    groups = {"packages": "default", "dev-packages": "develop"}
    found = [
        one
        for name, table in tables.items()
        for one in requires.pipfile(_table(table), groups.get(name, name))
    ]
    return Declared(sum(_size(table) for table in tables.values()), requires=tuple(found))


def package_json(text: str) -> Declared:
    """What npm, Yarn, pnpm and Bun read; https://docs.npmjs.com/cli/configuring-npm/package-json."""
    data = _json(text)
    kinds = {
        "dependencies": "default",
        "devDependencies": "dev",
        "optionalDependencies": "optional",
    }
    workspaces = data.get("workspaces")
    if isinstance(workspaces, dict):
        workspaces = workspaces.get("packages")
    # npm writes an optional dependency into both tables: it is one dependency.
    names = {name for kind in kinds for name in _table(data.get(kind))}
    overridden = _overridden(data)
    optional = _table(data.get("optionalDependencies"))
    found = [
        one
        for kind, group in kinds.items()
        for one in requires.npm(
            {
                name: spec
                for name, spec in _table(data.get(kind)).items()
                if group == "optional" or name not in optional
            },
            group,
            overridden=overridden,
        )
    ]
    return Declared(len(names), _texts(workspaces), tuple(found), node.name_of(data.get("name")))


def _overridden(data: dict[str, Any]) -> frozenset[str]:
    """The packages whose version another table decides, for npm, Yarn and pnpm."""
    pnpm = data.get("pnpm")
    tables = (
        data.get("overrides"),
        data.get("resolutions"),
        pnpm.get("overrides") if isinstance(pnpm, dict) else None,
    )
    keys = [key for table in tables if isinstance(table, dict) for key in table]
    # Yarn writes "**/name" and "parent/name", npm and pnpm "name@range".
    return frozenset(
        key[: at if (at := key.find("@", 1)) > 0 else None].removeprefix("**/") for key in keys
    )


def composer_json(text: str) -> Declared:
    """Requirements on PHP itself and its extensions have no slash in their names."""
    data = _json(text)
    tables = {
        group: _table(data.get(kind))
        for kind, group in (("require", "default"), ("require-dev", "dev"))
    }
    found = [one for group, table in tables.items() for one in requires.php(table, group)]
    declared = sum(1 for table in tables.values() for name in table if "/" in name)
    return Declared(declared, requires=tuple(found))


def cargo_toml(text: str) -> Declared:
    """https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html."""
    data = _toml(text)
    workspace = _table(data.get("workspace"))
    kinds = {"dependencies": "default", "dev-dependencies": "dev", "build-dependencies": "build"}
    # What a workspace offers its members need not be asked for by any.
    places = [data, *map(_table, _table(data.get("target")).values())]
    declared = sum(_size(place.get(kind)) for place in places for kind in kinds)
    found = [
        one
        for place in places
        for kind, group in kinds.items()
        for one in requires.cargo(_table(place.get(kind)), group)
    ]
    own = _table(data.get("package")).get("name")
    name = own if isinstance(own, str) else None
    return Declared(declared, _members(workspace), tuple(found), name)


def go_mod(text: str) -> Declared:
    """https://go.dev/ref/mod#go-mod-file-require: single lines and blocks in parentheses."""
    declared = 0
    inside = False
    for line in (line.partition("//")[0].split() for line in text.splitlines()):
        if inside:
            inside = line != [")"]
            declared += 1 if line and inside else 0
        elif line[:2] == ["require", "("] or line == ["require("]:
            inside = True
        elif line[:1] == ["require"]:
            declared += 1
    return Declared(declared)


def like_environment_yml(text: str) -> Declared | None:
    """The same under another name, which may as well be that of something else."""
    try:
        root = compose(text, "environment", aliases=True)
    except IncompleteError:
        return None
    is_one = isinstance(root, Table) and isinstance(root.get("dependencies"), Items)
    return environment_yml(text) if is_one else None


def environment_yml(text: str) -> Declared:
    """Conda's `dependencies`: names, and a table for pip's own."""
    root = compose(text, "environment", aliases=True)
    wanted = root.get("dependencies") if isinstance(root, Table) else None
    declared = 0
    for entry in wanted.items if isinstance(wanted, Items) else ():
        if isinstance(entry, Scalar):
            declared += 1
        elif isinstance(entry, Table):
            inner = entry.get("pip")
            declared += len(inner.items) if isinstance(inner, Items) else 0
    return Declared(declared)


def marked(mark: re.Pattern[str], *, shared: bool) -> Reader:
    """Of a format that nobody reads: unknown where the mark stands in it, else nothing.

    `shared` names are those of other things, too: without the mark it is one of them.
    """
    nothing = None if shared else Declared(0)
    return lambda text: Declared(None) if mark.search(text) else nothing
