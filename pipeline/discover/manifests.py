"""Manifests: the files in which people write what a project needs, counted as data.

Nothing is resolved and nothing is run. Where only running something would tell (`setup.py`,
dynamic metadata, a build script), the count is unknown and says so. `declared` reads the formats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.discover import declared, others, requires
from pipeline.errors import IncompleteError
from pipeline.model import Gap, Location, Manifest, Unread
from pipeline.tree import FileTooLargeError

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


_Kind = tuple[str, declared.Reader | None]
"""An ecosystem, and the reader of a manifest: `None` where only running it would tell."""


def _kind_of(path: str) -> _Kind | None:
    folder, _, name = path.rpartition("/")
    if name in _KINDS:
        return _KINDS[name]
    if name.endswith(".in") and folder.rpartition("/")[2].lower() == "requirements":
        return "PyPI", declared.requirements_in
    found = ((kind, reader) for pattern, kind, reader in _PATTERNS if pattern.fullmatch(name))
    return next(found, None)


_KINDS: dict[str, _Kind] = {
    "pyproject.toml": ("PyPI", declared.pyproject),
    "setup.cfg": ("PyPI", declared.setup_cfg),
    "setup.py": ("PyPI", None),
    "Pipfile": ("PyPI", declared.pipfile),
    "environment.yml": ("conda", declared.environment_yml),
    "environment.yaml": ("conda", declared.environment_yml),
    "package.json": ("npm", declared.package_json),
    "go.mod": ("Go", declared.go_mod),
    "Cargo.toml": ("crates.io", declared.cargo_toml),
    "Gemfile": ("RubyGems", None),
    "composer.json": ("Packagist", declared.composer_json),
    "pom.xml": ("Maven", None),
    "build.gradle": ("Maven", None),
    "build.gradle.kts": ("Maven", None),
    "packages.config": ("NuGet", None),
}
NAMES = tuple(_KINDS)
"""The names of those that the readers of locks belong to."""
_KINDS |= {
    name: (kind, declared.marked(mark, shared=name in others.SHARED))
    for name, (kind, mark) in others.MANIFESTS.items()
}
_PATTERNS: tuple[tuple[re.Pattern[str], str, declared.Reader | None], ...] = (
    (re.compile(r"(?:.*[-_.])?requirements.*\.in", re.DOTALL), "PyPI", declared.requirements_in),
    (re.compile(r".*\.(?:cs|fs|vb)proj", re.DOTALL), "NuGet", None),
    (re.compile(r".+\.gemspec", re.DOTALL), "RubyGems", None),
    (re.compile(r".+\.cabal", re.DOTALL), "Hackage", None),
    (
        re.compile(r"(?:.*[-_.])?(?:environment|conda)(?:[-_.].*)?\.ya?ml", re.DOTALL),
        "conda",
        declared.like_environment_yml,
    ),
)
