"""npm's package documents: all versions of a package at once.

Source: https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md. The full
form is asked for, as the short one has no times and no licences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.registries.release import NO_REASON, Release
from pipeline.registries.words import day_of, licence_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ECOSYSTEM = "npm"
URL = "https://registry.npmjs.org"


def address(base: str, name: str) -> str:
    """Where the document of a package is; the slash of a scope is escaped."""
    return f"{base}/{quote(name, safe='@')}"


def releases(document: Mapping[str, Any]) -> dict[str, Release]:
    """Every version; raises `ValueError`.

    npm has no word for yanked: a version that was taken back is not listed any more, while the
    time of its appearance still is.
    """
    versions, times = document.get("versions"), document.get("time")
    if not isinstance(versions, dict):
        raise ValueError("no releases in it")  # noqa: TRY004 - the content is wrong
    days = times if isinstance(times, dict) else {}
    found = {
        version: Release(
            published=day_of(days.get(version)),
            deprecated=_deprecated(entry.get("deprecated")),
            licence=_licence(entry),
        )
        for version, entry in versions.items()
        if isinstance(entry, dict)
    }
    for version, moment in days.items():
        if version not in found and version not in {"created", "modified", "unpublished"}:
            found[version] = Release(
                published=day_of(moment), yanked="it was taken back from the registry"
            )
    return found


def _deprecated(value: Any) -> str:
    """Its maintainers' words; some old documents have `true`, and an empty text takes it back."""
    return NO_REASON if value is True else text_of(value)


def _licence(entry: Mapping[str, Any]) -> str:
    """A text; old packages have a table, or a list of them."""
    one = entry.get("license", entry.get("licenses"))
    several = one if isinstance(one, list) else [one]
    names = [item.get("type") if isinstance(item, dict) else item for item in several]
    return licence_of(" OR ".join(name for name in names if isinstance(name, str)))
