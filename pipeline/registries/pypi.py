"""PyPI's JSON interface, https://docs.pypi.org/api/json/: all releases of a project at once.

Each file of a release has its upload time and may be yanked (PEP 592). The licence is told of the
newest release only; another one's stands in a document of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.registries.release import NO_REASON, Release
from pipeline.registries.words import day_of, licence_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ECOSYSTEM = "PyPI"
URL = "https://pypi.org"
_INACTIVE = "Development Status :: 7 - Inactive"


def address(base: str, name: str) -> str:
    """Where the document of a project is."""
    return f"{base}/pypi/{quote(name, safe='')}/json"


def address_of_release(base: str, name: str, version: str) -> str:
    """Where the document of one release is, for its licence."""
    return f"{base}/pypi/{quote(name, safe='')}/{quote(version, safe='')}/json"


def releases(document: Mapping[str, Any]) -> dict[str, Release]:
    """Every release that has a file, by its normalised version; raises `ValueError`."""
    listed = document.get("releases")
    info = document.get("info")
    if not isinstance(listed, dict) or not isinstance(info, dict):
        raise ValueError("no releases in it")  # noqa: TRY004 - the content is wrong
    newest = normalised(str(info.get("version", "")))
    found = {}
    for version, files in listed.items():
        entries = [file for file in files if isinstance(file, dict)] if files else []
        if not entries:
            continue
        key = normalised(version)
        days = [day for file in entries if (day := day_of(file.get("upload_time_iso_8601")))]
        # pip passes over a release when each of its files is yanked.
        yanked = all(file.get("yanked") is True for file in entries)
        found[key] = Release(
            published=min(days, default=None),
            yanked=_reason(entries) if yanked else "",
            deprecated=_inactive(info),
            licence=licence(info) if key == newest else "",
        )
    return found


def licence(info: Mapping[str, Any]) -> str:
    """The licence that metadata declare: an SPDX expression, else classifiers, else free text."""
    if expression := licence_of(info.get("license_expression")):
        return expression
    classifiers = info.get("classifiers")
    named = [
        part.rpartition(" :: ")[2]
        for part in (classifiers if isinstance(classifiers, list) else ())
        if isinstance(part, str) and part.startswith("License :: ")
    ]
    return licence_of(" AND ".join(named)) or licence_of(info.get("license"))


def normalised(version: str) -> str:
    """The version by PEP 440; one that is none is kept as it is."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - not for `--help`

    try:
        return str(Version(version))
    except InvalidVersion:
        return version


def _reason(files: list[dict[str, Any]]) -> str:
    reasons = (text_of(file.get("yanked_reason")) for file in files)
    return next(filter(None, reasons), NO_REASON)


def _inactive(info: Mapping[str, Any]) -> str:
    classifiers = info.get("classifiers")
    listed = classifiers if isinstance(classifiers, list) else ()
    return "its maintainers declare the project inactive" if _INACTIVE in listed else ""
