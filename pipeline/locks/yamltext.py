"""YAML as lock writers write it: plain texts, lists and mappings, nothing that unfolds.

`pipeline.yamltree` is for what people write by hand; its limits and its nodes are too small and
too slow for a lock of several megabytes. No type is guessed: a value is a `str`, a `list` or a
`dict`. Source: YAML 1.1 as read by libyaml, https://yaml.org/spec/1.1/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipeline.locks.draft import last_line, refuse
from pipeline.model import Gap

MAX_DEPTH = 32
MAX_PARTS = 2_000_000
"""Keys, values, lists and mappings; a lock of 5 MB has some 400,000."""

_BREAKS = dict.fromkeys(map(ord, "\x85\u2028\u2029"), " ")
"""What YAML 1.1 alone takes for the end of a line; its lines would not be anybody else's."""


@dataclass(slots=True)
class Document:
    """One document: a mapping, and the lines of its keys.

    Those of the first two levels are known: ("", key) and (outer key, key).
    """

    data: dict[str, Any]
    lines: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet; `key` waits for its value."""

    value: Any
    key: str | None = None


def parse(text: str, path: str) -> list[Document]:
    """The documents in `text`; raises `RefusedError` for what is no YAML or not a lock's.

    Refused are aliases, anchors and tags, keys that are no text or given twice, documents that
    are no mapping, and what is past the limits.
    """
    import yaml  # noqa: PLC0415 - not every run reads YAML

    text = text.translate(_BREAKS)
    reading = _Reading(path)
    take = reading.take
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = min(mark.line + 1, last_line(text)) if mark else None
        refuse(path, "not valid YAML", line=line)
    return reading.documents


class _Reading:
    """Takes the parser's events; their classes are told apart by name, as it costs least."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.documents: list[Document] = []
        self.open: list[_Open] = []
        self.outer = ""
        self.parts = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            if event.anchor or event.tag:
                self.refuse("an anchor or a tag", event)
            self.add(event.value, event)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            if event.anchor or event.tag:
                self.refuse("an anchor or a tag", event)
            if len(self.open) >= MAX_DEPTH:
                self.refuse("nested too deeply", event, Gap.TOO_LARGE)
            value: Any = {} if kind == "MappingStartEvent" else []
            self.add(value, event)
            self.open.append(_Open(value))
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self.open.pop()
        elif kind == "AliasEvent":
            self.refuse("an alias", event)

    def add(self, value: Any, event: Any) -> None:
        self.parts += 1
        if self.parts > MAX_PARTS:
            self.refuse(f"more than {MAX_PARTS} values", event, Gap.TOO_LARGE)
        if not self.open:
            if not isinstance(value, dict):
                self.refuse("not a mapping", event)
            self.documents.append(Document(value))
            return
        top = self.open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value[top.key] = value
            top.key = None
        elif not isinstance(value, str):
            self.refuse("a key that is no text", event)
        elif value in top.value:
            self.refuse("a key is given twice in one mapping", event)
        else:
            top.key = value
            if len(self.open) == 1:
                self.outer = value
                self.documents[-1].lines["", value] = event.start_mark.line + 1
            elif len(self.open) == 2:  # noqa: PLR2004 - two levels down
                self.documents[-1].lines[self.outer, value] = event.start_mark.line + 1

    def refuse(self, why: str, event: Any, gap: Gap = Gap.PARSE_ERROR) -> None:
        refuse(self.path, why, gap, line=event.start_mark.line + 1)
