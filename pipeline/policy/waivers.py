"""Waivers: which findings one speaks of, and whether it holds for them."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pipeline.model import Kind
from pipeline.policy.rules import CHECK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from pipeline.model import Finding, Location, Waiver


class Touching:
    """Which waivers speak of a finding, whether or not they hold."""

    def __init__(self, waivers: Iterable[Waiver]) -> None:
        self._by_id: dict[str, list[Waiver]] = defaultdict(list)
        for waiver in waivers:
            self._by_id[waiver.id.casefold()].append(waiver)

    def of(self, finding: Finding) -> list[Waiver]:
        """Waivers for any of its ids, for its package, and for at least one of its places."""
        if not self._by_id or finding.check == CHECK:
            return []
        return [
            waiver
            for id_ in {id_.casefold() for id_ in finding.ids if id_}
            for waiver in self._by_id.get(id_, ())
            if _is_for(waiver.package, finding.subject)
            and (not waiver.path or any(_inside(waiver, place) for place in finding.locations))
        ]


def holding(finding: Finding, touching: Sequence[Waiver], as_of: date) -> tuple[Waiver | None, str]:
    """The waiver under which a finding is accepted, the longest one; else why none holds."""
    if not touching:
        return None, ""
    if finding.kind is Kind.MALWARE:
        return None, "no waiver can accept malware"
    whole = [
        waiver
        for waiver in touching
        if not waiver.path or all(_inside(waiver, place) for place in finding.locations)
    ]
    if not whole:
        return None, "a waiver covers some of its places, not all"
    last = max(whole, key=lambda waiver: (last_day(waiver, finding), waiver.expires, repr(waiver)))
    end = last_day(last, finding)
    if as_of <= end:
        return last, ""
    cut = " with the day by which it had to be mended" if end < last.expires else ""
    return None, f"its waiver ended on {end}{cut}"


def last_day(waiver: Waiver, finding: Finding) -> date:
    """The last day on which a waiver holds for a finding: never after CISA's due date."""
    return min(waiver.expires, finding.exploited.due) if finding.exploited else waiver.expires


def _inside(waiver: Waiver, place: Location) -> bool:
    return _glob(waiver.path).fullmatch(place.path) is not None


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay within one folder, `**` crosses folders; all else is literal."""
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _is_for(package: str, subject: str) -> bool:
    """Whether a waiver's package names a finding's subject, which is a purl or a path.

    A package is a purl or a name, either with or without its version ("jinja2",
    "jinja2==2.4.1", "@scope/name@1.0"). Without a version it means every version; with
    qualifiers it means exactly that purl.
    """
    if not package or package == subject:
        return True
    if not subject.startswith("pkg:"):
        return False
    kind, name, version = _purl(subject)
    if package.startswith("pkg:"):
        if re.search("[?#]", package):
            return False
        wanted_kind, wanted, wanted_version = _purl(package)
        if wanted_kind != kind:
            return False
    else:
        wanted, wanted_version = _split(package.replace("==", "@", 1))
    return _normal(wanted, kind) == _normal(name, kind) and wanted_version in {"", version}


def _purl(text: str) -> tuple[str, str, str]:
    """Type, name with namespace, and version of a package URL; qualifiers are dropped."""
    kind, _, rest = re.split("[?#]", text.removeprefix("pkg:"), maxsplit=1)[0].partition("/")
    name, version = _split(rest)
    return kind.casefold(), unquote(name), unquote(version)


def _split(text: str) -> tuple[str, str]:
    """Name and version around the last "@"; a leading one belongs to an npm scope."""
    name, _, version = text.rpartition("@")
    return (name, version) if name else (text, "")


def _normal(name: str, kind: str) -> str:
    """A name as its registry compares it: PEP 503 for PyPI, else as written."""
    return re.sub(r"[-_.]+", "-", name).lower() if kind == "pypi" else name
