"""Taking records in: which are usable, which state of each is the newest, what they speak for."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.advisories import osv, problems
from pipeline.advisories.members import parse
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.advisories.members import Member


class Refused(NamedTuple):
    """A file or entry of an export that is no usable record, and why."""

    name: str
    why: str


@dataclass(slots=True)
class Entry:
    """What an import remembers of a record beside the stored text."""

    number: int
    state: tuple[str, str]
    day: date | None
    withdrawn: bool
    packages: frozenset[tuple[str, str]]


@dataclass(slots=True)
class Intake:
    """Records taken in so far. `newest` is the last day that a record may be dated."""

    newest: date
    known: dict[str, Entry] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    named: dict[tuple[str, str], list[frozenset[str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """The ecosystems that each record names, by the archive and folder it came from."""

    def take(self, member: Member) -> Iterator[tuple[int, str, bytes]]:
        """The row to write for a file: none when it is refused or older than one known."""
        import msgspec  # noqa: PLC0415  start-up stays light

        try:
            record = parse(member.name, member.content)
            text = msgspec.json.encode(record, order="sorted")
            id_, packages = self._read(record, member.name)
        except (ValueError, TypeError) as error:
            self.refused.append(Refused(member.name, plain(str(error), limit=200)))
            return
        if packages:
            ecosystems = frozenset(ecosystem for ecosystem, _ in packages)
            self.named[member.unit, member.folder].append(ecosystems)
        modified = record.get("modified")
        digest = hashlib.sha256(text).hexdigest()
        state = (modified[:19] if isinstance(modified, str) else "", digest)
        before = self.known.get(id_)
        if before and before.state >= state:
            return
        days = (osv.day(record.get(key)) for key in ("modified", "published", "withdrawn"))
        self.known[id_] = Entry(
            number=before.number if before else len(self.known) + 1,
            state=state,
            day=max((day for day in days if day and day <= self.newest), default=None),
            withdrawn=osv.withdrawn(record),
            packages=packages,
        )
        yield self.known[id_].number, id_, text

    def _read(self, record: Any, name: str) -> tuple[str, frozenset[tuple[str, str]]]:
        """The id and packages. An entry that is no good is refused alone; raises `ValueError`."""
        if not isinstance(record, dict):
            raise osv.MalformedError("not an object")
        id_ = record.get("id")
        if not isinstance(id_, str) or not id_:
            raise osv.MalformedError("it has no id")
        entries = record.get("affected") or []
        if not isinstance(entries, list):
            raise osv.MalformedError("`affected` is not a list")
        packages: set[tuple[str, str]] = set()
        for entry in entries:
            try:
                packages.update(osv.packages({"affected": [entry]}))
            except ValueError as error:
                self.refused.append(Refused(name, str(error)))
        return id_, frozenset(packages)

    def held(self) -> set[str]:
        """The ecosystems that the data speaks for.

        An archive or folder of one ecosystem also names others, where a problem is common to
        both: that is not their export, and silence about them means nothing. So where all
        records of an archive, or of its folder named like an ecosystem, share an ecosystem, it
        holds that one. A mixed collection holds all it names.
        """
        units: dict[tuple[str, str], list[frozenset[str]]] = defaultdict(list)
        for (unit, folder), named in self.named.items():
            bases = {name.partition(":")[0].casefold() for name in frozenset().union(*named)}
            units[unit, folder if folder.casefold() in bases else ""] += named
        return {
            name
            for named in units.values()
            for name in frozenset.intersection(*named) or frozenset().union(*named)
        }

    def digest(self) -> str:
        """SHA-256 over the sorted ids and the digests of their canonical records."""
        total = hashlib.sha256()
        for id_ in sorted(self.known):
            total.update(f"{id_}\0{self.known[id_].state[1]}\n".encode())
        return f"sha256:{total.hexdigest()}"

    def counts(self) -> dict[str, tuple[int, int, date | None]]:
        """For each ecosystem held: its advisories, malware reports and newest date."""
        counts: dict[str, tuple[int, int, date | None]] = dict.fromkeys(
            sorted(self.held()), (0, 0, None)
        )
        for id_, entry in self.known.items():
            malware = id_.startswith(problems.MALWARE_PREFIX)
            for name in counts.keys() & {ecosystem for ecosystem, _ in entry.packages}:
                advisories, reports, newest = counts[name]
                newest = max(filter(None, (newest, entry.day)), default=None)
                counts[name] = (advisories + 1, reports + malware, newest)
        return counts
