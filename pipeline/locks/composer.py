"""`composer.lock`: https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import jsontext
from pipeline.locks.places import DEFAULT_GROUP, digest, from_folder, is_on, prose
from pipeline.locks.pypi import from_url, table
from pipeline.model import Location, Origin, Package, Source
from pipeline.text import without_credentials
from pipeline.tree import UnreadableFileError, join

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.locks.draft import Draft
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "composer.lock"
ECOSYSTEM = "Packagist"

_SECTIONS = {"packages": DEFAULT_GROUP, "packages-dev": "dev"}
_NAME = re.compile(r"[a-z0-9](?:[_.-]?[a-z0-9]+)*+/[a-z0-9](?:(?:[_.]|-{1,2})?[a-z0-9]+)*+")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/#+-]*")
_PACKAGIST = frozenset({"packagist.org", "repo.packagist.org"})
_CODE_HOSTS = frozenset(
    {
        "api.bitbucket.org",
        "api.github.com",
        "bitbucket.org",
        "codeload.github.com",
        "github.com",
        "gitlab.com",
    }
)
"""Packagist keeps no files: its packages are fetched from where their code is."""


def matches(path: str) -> bool:
    """`composer.lock` in any folder."""
    return path.rpartition("/")[2] == "composer.lock"


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`; the `composer.json` beside it tells which packages are direct.

    A package is Packagist's if it says that installing it is to be counted there, and if it is
    fetched from a public code host. Plugins of Composer run when packages are installed. The
    format has no version of its own.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    data = jsontext.parse(text, draft.path)
    if "packages" not in data:
        drafts.refuse(draft.path, "no `packages`")
    lines = {
        (path[0], path[1]): line
        for path, line in jsontext.keys(text)
        if len(path) == 3 and path[2] == "name"  # noqa: PLR2004 - section, number, key
    }
    declared = _declared(draft)
    for section, group in _SECTIONS.items():
        packages = data.get(section) or []
        if not isinstance(packages, list):
            draft.miss("a section that is not a list")
            continue
        for number, entry in enumerate(packages):
            _package(draft, entry, lines.get((section, str(number))), group, declared)


def _package(
    draft: Draft, entry: Any, line: int | None, group: str, declared: Collection[str] | None
) -> None:
    fields = table(entry)
    name = name_of(fields.get("name"))
    if name is None:
        draft.miss("a package without a valid name", line=line)
        return
    version, dist = fields.get("version"), table(fields.get("dist"))
    draft.add(
        Package(
            ecosystem=ECOSYSTEM,
            name=name,
            version=version if isinstance(version, str) and _VERSION.fullmatch(version) else None,
            location=Location(path=draft.path, line=line),
            source=_source(draft, fields, dist),
            hashes=digest("sha1", dist.get("shasum")),
            groups=(group,),
            direct=None if declared is None else name in declared,
            install_script=fields.get("type") == "composer-plugin",
            deprecated=_abandoned(fields.get("abandoned")),
        ),
        [(wanted, None) for key in table(fields.get("require")) if (wanted := name_of(key))],
    )


def name_of(value: Any) -> str | None:
    """The name in lower case, as Packagist compares it; `None` for PHP, extensions and the like."""
    name = value.lower() if isinstance(value, str) else ""
    return name if _NAME.fullmatch(name) else None


def _source(draft: Draft, fields: dict[str, Any], dist: dict[str, Any]) -> Source:
    place, code = dist.get("url"), table(fields.get("source"))
    if dist.get("type") == "path":
        return from_folder(str(place), draft.folder)
    listed, repository = fields.get("notification-url"), code.get("url")
    shown = place if isinstance(place, str) else repository
    if isinstance(listed, str):
        url = without_credentials(shown) if isinstance(shown, str) else ""
        packagist = is_on(listed, _PACKAGIST) and (not url or is_on(url, _CODE_HOSTS))
        return Source(origin=Origin.REGISTRY if packagist else Origin.INDEX, url=url)
    if isinstance(repository, str):
        return from_url(repository, vcs=True, commit=code.get("reference"))
    if isinstance(place, str):
        return from_url(place)
    return Source()


def _abandoned(value: Any) -> str:
    """Packagist's word for deprecated, with what to use instead if there is something."""
    if isinstance(value, str) and value:
        return prose(f"abandoned: use {value}")
    return "abandoned" if value is True else ""


def _declared(draft: Draft) -> Collection[str] | None:
    """The names that the manifest beside the lock asks for; `None` if it cannot be read."""
    path = join(draft.folder, "composer.json")
    try:
        data = jsontext.parse(draft.tree.text(path, limit=drafts.MAX_BYTES), path)
    except (UnreadableFileError, drafts.RefusedError):
        return None
    return {
        name
        for kind in ("require", "require-dev")
        for key in table(data.get(kind))
        if (name := name_of(key))
    }
