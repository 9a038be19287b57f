"""A requirements file and, depth first, every file that it includes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline.locks import draft as drafts
from pipeline.locks.draft import Draft
from pipeline.locks.pypi import hashes_of, marker_of
from pipeline.locks.requirements.lines import decoded, joined
from pipeline.locks.requirements.options import NOTHING, Indexes, parsed
from pipeline.locks.requirements.requirement import Entry, Parser, miss
from pipeline.locks.requirements.settle import settle
from pipeline.model import Gap, Location
from pipeline.tree import join

if TYPE_CHECKING:
    from pipeline.locks.requirements.lines import Line
    from pipeline.locks.requirements.options import Given

MAX_REQUIREMENTS = 50_000
"""Files with more requirements are given up after these."""

MAX_LINE = 1024 * 1024
"""A longer joined line is not read: one with a thousand hashes has a tenth of it."""

MAX_FILES = 200
"""How many files one lock may include."""

MAX_DEPTH = 20
"""How deep includes may nest."""

_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_URL_TEXT = re.compile(r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]*+://\S*")
_NETWORK = re.compile(r"(?:https?|file):", re.IGNORECASE)
_VIA = re.compile(r"\s*via(?:\s+(.*))?", re.DOTALL)


def fill(draft: Draft) -> None:
    """Fill the draft from its file; raises `RefusedError` where the file is given up."""
    reading = _Reading(draft, Parser(draft))
    content = draft.open(draft.path)
    try:
        reading.file(draft.path, content, constraint=False, chain=(draft.path,))
    finally:
        # What stands before the place where a file is given up is still evaluated.
        settle(draft, reading.entries, reading.constraints, reading.indexes.source())


@dataclass(slots=True)
class _Reading:
    """One requirements file and everything it includes."""

    draft: Draft
    parser: Parser
    indexes: Indexes = field(default_factory=Indexes)
    entries: list[Entry] = field(default_factory=list)
    constraints: dict[str, list[Entry]] = field(default_factory=dict)
    seen: set[tuple[str, bool]] = field(default_factory=set)
    count: int = 0

    def file(self, path: str, content: bytes, *, constraint: bool, chain: tuple[str, ...]) -> None:
        """Read one file and, depth first, what it includes."""
        self.seen.add((path, constraint))
        entry: Entry | None = None
        listing = False
        for line in joined(decoded(content, path)):
            if line.text:
                entry = self._line(line, path, constraint=constraint, chain=chain)
                listing = False
            note = _VIA.fullmatch(line.comment)
            if note:
                listing = not note[1]
                items = (note[1] or "").split(",")
            elif listing and not line.text and line.comment.startswith("  "):
                items = [line.comment]
            else:
                listing = False
                items = []
            if entry:
                entry.via += (item.strip() for item in items if item.strip())

    def _line(
        self, line: Line, path: str, *, constraint: bool, chain: tuple[str, ...]
    ) -> Entry | None:
        where = Location(path=path, line=line.number)
        if len(line.text) > MAX_LINE:
            self._miss(where, f"a line of more than {MAX_LINE} characters", Gap.TOO_LARGE)
            return None
        if _VARIABLE.search(line.text) and _VARIABLE.search(_URL_TEXT.sub("", line.text)):
            self._miss(where, "it depends on a variable of the environment", Gap.UNSUPPORTED_INPUT)
            return None
        options = re.search(r"(?:^| )-", line.text)
        required = line.text[: options.start()].strip() if options else line.text
        try:
            given = parsed(line.text[options.start() :].strip() if options else "")
        except ValueError:
            self._miss(where, "options that pip does not know, or not so")
            given = NOTHING
        if required or given["editables"]:
            # The marker of an editable line is taken raw: `shlex` eats its quotes.
            after = "" if required else line.text.partition(" ;")[2].strip()
            return self._requirement(required, given, where, after, constraint=constraint)
        if given.words:
            self._miss(where, "words after an option, which pip ignores")
        includes = given["requirements"] or given["constraints"]
        if includes:
            if len(given["requirements"] + given["constraints"]) > 1 or given.reaches:
                self._miss(where, "more than one include on a line: pip follows the first only")
            self._include(includes[0], where, constraint=not given["requirements"], chain=chain)
        self.indexes.use(given, self.draft, where)
        return None

    def _requirement(
        self, required: str, given: Given, where: Location, marker: str, *, constraint: bool
    ) -> Entry | None:
        self.count += 1
        if self.count > MAX_REQUIREMENTS:
            why = f"given up: more than {MAX_REQUIREMENTS} requirements"
            drafts.refuse(where.path, why, Gap.TOO_LARGE, line=where.line)
        editable = not required
        if (given.words and not marker) or given.reaches or given["requirements"]:
            self._miss(where, "options or words that pip ignores on a requirement's line")
        if len(given["editables"]) > editable:
            self._miss(where, "more than one requirement on a line")
        entry = self.parser.entry(required or given["editables"][0], where, editable=editable)
        if entry is None:
            return None
        hashes = hashes_of(given["hashes"])
        if len(hashes) < len(set(given["hashes"])):
            self._miss(where, "a hash that is not of the form algorithm:hex")
        package = entry.package
        entry.package = replace(
            package,
            hashes=tuple(dict.fromkeys(package.hashes + hashes)),
            markers=marker_of(marker) or package.markers,
        )
        if constraint:
            self.constraints.setdefault(package.name, []).append(entry)
        else:
            self.entries.append(entry)
        return entry

    def _include(
        self, name: str, where: Location, *, constraint: bool, chain: tuple[str, ...]
    ) -> None:
        path = join(where.path.rpartition("/")[0], name)
        if _NETWORK.match(name):
            why = "an included file outside the repository is not fetched"
            self._miss(where, why, Gap.INPUT_MISSING)
        elif path in chain:
            self._miss(where, "the file includes itself")
        elif (path, constraint) in self.seen:
            return
        elif len(chain) > MAX_DEPTH or len(self.seen) >= MAX_FILES:
            self._miss(where, "too many included files", Gap.TOO_LARGE)
        else:
            try:
                content = self.draft.open(path)
            except drafts.RefusedError as refused:
                why = f"the included file cannot be read: {refused.unread.why}"
                self._miss(where, why, refused.unread.gap)
                self.seen.add((path, constraint))
                return
            try:
                self.file(path, content, constraint=constraint, chain=(*chain, path))
            except drafts.RefusedError as refused:
                self._keep(refused)

    def _keep(self, refused: drafts.RefusedError) -> None:
        """Go on after an included file that was given up, unless too much was."""
        if len(self.draft.unread) >= drafts.MAX_UNREAD or self.count > MAX_REQUIREMENTS:
            raise refused
        self.draft.unread.append(refused.unread)

    def _miss(self, where: Location, why: str, gap: Gap = Gap.PARSE_ERROR) -> None:
        miss(self.draft, where, why, gap)
