"""Manifests: the files in which people write what a project needs, counted as data.

Nothing is resolved and nothing is run. Where only running something would tell (`setup.py`,
dynamic metadata, a build script), the count is unknown and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.discover import others, requires
from pipeline.errors import IncompleteError
from pipeline.locks import node
from pipeline.model import Dependency, Gap, Location, Manifest, Unread
from pipeline.tree import FileTooLargeError
from pipeline.yamltree import Items, Scalar, Table, compose

if TYPE_CHECKING:
    from pipeline.tree import Tree

MAX_BYTES = 1024 * 1024
"""Larger manifests are not read: nobody writes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A manifest as read.

    `manifest` is `None` for a file that turned out to hold only settings of tools. `members` are
    patterns of the folders that share its lock; one that starts with "!" takes folders out.
    """

    manifest: Manifest | None
    members: tuple[str, ...] = ()
    unread: Unread | None = None


def ecosystem_of(path: str) -> str | None:
    """OSV's name of the ecosystem whose manifest `path` is by its name; `None` for other files."""
    kind = _kind_of(path)
    return kind[0] if kind else None


def read(tree: Tree, path: str) -> Reading:
    """Count what the manifest at `path` asks for; never raises for its content."""
    kind = _kind_of(path)
    count = kind[1] if kind else None
    unknown = Manifest(path=path)
    if count is None:
        return Reading(manifest=unknown)
    try:
        found = count(tree.text(path, limit=MAX_BYTES))
    except FileTooLargeError as error:
        return _refused(unknown, error.what, Gap.TOO_LARGE)
    except IncompleteError as error:
        return _refused(unknown, error.what, Gap.PARSE_ERROR)
    except (ValueError, TypeError, RecursionError):
        return _refused(unknown, "not what its format promises", Gap.PARSE_ERROR)
    if found is None:
        return Reading(manifest=None)
    return Reading(
        manifest=Manifest(
            path=path,
            declared=found.declared,
            name=found.name or "",
            requires=requires.settled(found.requires),
        ),
        members=found.members,
    )


def _refused(manifest: Manifest, why: str, gap: Gap) -> Reading:
    place = Location(path=manifest.path)
    return Reading(manifest=manifest, unread=Unread(location=place, why=why, gap=gap))


# ------------------------------------------------------------------------------------ counting


@dataclass(frozen=True, slots=True)
class _Found:
    declared: int | None
    members: tuple[str, ...] = ()
    requires: tuple[Dependency, ...] = ()
    name: str | None = None


_Count = Callable[[str], _Found | None]
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


def _pyproject(text: str) -> _Found | None:
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
        return _Found(None, members)
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
    return _Found(declared, members, tuple(found), own)


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


def _setup_cfg(text: str) -> _Found | None:
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
        return _Found(None)
    lines = [
        line.strip() for value in values for line in value.split("\n" if "\n" in value else ";")
    ]
    wanted = [line for line in lines if line and not line.startswith("#")]
    runtime = [line.strip() for line in values[0].splitlines()]
    return _Found(len(wanted), requires=tuple(requires.python(runtime)))


def _requirements_in(text: str) -> _Found:
    """What pip-compile starts from: one requirement on each line that is no option."""
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    editable = ("-e ", "--editable")
    wanted = [
        line
        for line in lines
        if line and (line.startswith(editable) or not line.startswith(("#", "-")))
    ]
    plain = [line.partition(" #")[0].partition(" --")[0].strip() for line in wanted]
    return _Found(len(wanted), requires=tuple(requires.python(plain)))


def _pipfile(text: str) -> _Found:
    """Every table is a category of packages, but for those with another meaning."""
    others = {"source", "requires", "scripts", "pipenv"}
    tables = {name: value for name, value in _toml(text).items() if name not in others}
    groups = {"packages": "default", "dev-packages": "develop"}
    found = [
        one
        for name, table in tables.items()
        for one in requires.pipfile(_table(table), groups.get(name, name))
    ]
    return _Found(sum(_size(table) for table in tables.values()), requires=tuple(found))


def _package_json(text: str) -> _Found:
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
    return _Found(len(names), _texts(workspaces), tuple(found), node.name_of(data.get("name")))


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


def _composer_json(text: str) -> _Found:
    """Requirements on PHP itself and its extensions have no slash in their names."""
    data = _json(text)
    tables = {
        group: _table(data.get(kind))
        for kind, group in (("require", "default"), ("require-dev", "dev"))
    }
    found = [one for group, table in tables.items() for one in requires.php(table, group)]
    declared = sum(1 for table in tables.values() for name in table if "/" in name)
    return _Found(declared, requires=tuple(found))


def _cargo_toml(text: str) -> _Found:
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
    return _Found(declared, _members(workspace), tuple(found), name)


def _go_mod(text: str) -> _Found:
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
    return _Found(declared)


def _like_environment_yml(text: str) -> _Found | None:
    """The same under another name, which may as well be that of something else."""
    try:
        root = compose(text, "environment", aliases=True)
    except IncompleteError:
        return None
    is_one = isinstance(root, Table) and isinstance(root.get("dependencies"), Items)
    return _environment_yml(text) if is_one else None


def _environment_yml(text: str) -> _Found:
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
    return _Found(declared)


def _marked(mark: re.Pattern[str]) -> _Count:
    """Of a format that nobody reads: unknown where the mark stands in it, else nothing."""
    return lambda text: _Found(None if mark.search(text) else 0)


_Kind = tuple[str, _Count | None]
"""An ecosystem, and the reader of a manifest: `None` where only running it would tell."""


def _kind_of(path: str) -> _Kind | None:
    folder, _, name = path.rpartition("/")
    if name in _KINDS:
        return _KINDS[name]
    if name.endswith(".in") and folder.rpartition("/")[2].lower() == "requirements":
        return "PyPI", _requirements_in
    found = ((kind, reader) for pattern, kind, reader in _PATTERNS if pattern.fullmatch(name))
    return next(found, None)


_KINDS: dict[str, _Kind] = {
    "pyproject.toml": ("PyPI", _pyproject),
    "setup.cfg": ("PyPI", _setup_cfg),
    "setup.py": ("PyPI", None),
    "Pipfile": ("PyPI", _pipfile),
    "environment.yml": ("conda", _environment_yml),
    "environment.yaml": ("conda", _environment_yml),
    "package.json": ("npm", _package_json),
    "go.mod": ("Go", _go_mod),
    "Cargo.toml": ("crates.io", _cargo_toml),
    "Gemfile": ("RubyGems", None),
    "composer.json": ("Packagist", _composer_json),
    "pom.xml": ("Maven", None),
    "build.gradle": ("Maven", None),
    "build.gradle.kts": ("Maven", None),
    "packages.config": ("NuGet", None),
}
NAMES = tuple(_KINDS)
"""The names of those that the readers of locks belong to."""
_KINDS |= {name: (kind, _marked(mark)) for name, (kind, mark) in others.MANIFESTS.items()}
_PATTERNS: tuple[tuple[re.Pattern[str], str, _Count | None], ...] = (
    (re.compile(r"(?:.*[-_.])?requirements.*\.in", re.DOTALL), "PyPI", _requirements_in),
    (re.compile(r".*\.(?:cs|fs|vb)proj", re.DOTALL), "NuGet", None),
    (re.compile(r".+\.gemspec", re.DOTALL), "RubyGems", None),
    (re.compile(r".+\.cabal", re.DOTALL), "Hackage", None),
    (
        re.compile(r"(?:.*[-_.])?(?:environment|conda)(?:[-_.].*)?\.ya?ml", re.DOTALL),
        "conda",
        _like_environment_yml,
    ),
)
