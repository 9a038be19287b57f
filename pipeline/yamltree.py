"""YAML as nodes that know their lines, with every scalar left as the text it is.

YAML guesses types ("on" is a truth, 4.10 a number, 2025-01-01 a date) and lets a few bytes unfold
into gigabytes. Here nothing is guessed, and size, depth and unfolding are bounded. The nodes are
built from the parser's events, because a composer that recurses can be made to exhaust the stack.
Source: YAML 1.1 as read by libyaml, https://yaml.org/spec/1.1/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_CHARACTERS = 4 * 1024 * 1024
"""The definitions of a custom resource of Kubernetes have more than one of these millions."""
MAX_NODES = 100_000
"""Nodes after every alias has been unfolded."""
MAX_DEPTH = 64


class UnreadableYamlError(IncompleteError):
    """A YAML text was refused; `where` is "origin:line"."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single text. `style` is "" (plain), a quotation mark, "|" or ">". Lines count from 1."""

    line: int
    column: int
    text: str
    style: str = ""

    @property
    def is_null(self) -> bool:
        """Whether nothing was written, or one of YAML's words for nothing."""
        return not self.style and self.text in {"", "~", "null", "Null", "NULL"}

    def line_of(self, index: int) -> int:
        """The line on which the text's line `index` stands: exact for the style "|"."""
        return self.line + 1 + index if self.style == "|" else self.line


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    line: int
    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping: the text of each key with the key itself and its value, in the file's order."""

    line: int
    column: int
    entries: Mapping[str, tuple[Scalar, Node]]

    def get(self, key: str) -> Node | None:
        """The value of `key`, `None` when it is not there."""
        entry = self.entries.get(key)
        return entry[1] if entry else None

    def text(self, key: str) -> str:
        """The value of `key` where it is a single text, else ""."""
        value = self.get(key)
        return value.text if isinstance(value, Scalar) else ""

    def items(self, key: str) -> tuple[Node, ...]:
        """The members of the value of `key` where it is a sequence, else none."""
        value = self.get(key)
        return value.items if isinstance(value, Items) else ()

    def below(self, *keys: str) -> Table:
        """The mapping that these keys lead to, an empty one where they lead to none."""
        table = self
        for key in keys:
            value = table.get(key)
            if not isinstance(value, Table):
                return Table(table.line, table.column, {})
            table = value
        return table


Node = Scalar | Items | Table


def compose(text: str, origin: str, *, aliases: bool, tags: Collection[str] = ()) -> Node | None:
    """The one document in `text`; `None` when it is empty.

    Raises `UnreadableYamlError` as `compose_all` does, and for a second document.
    """
    builder = _build(text, _Builder(origin, aliases=aliases, tags=tags, several=False))
    return builder.documents[0] if builder.documents else None


def compose_all(
    text: str, origin: str, *, aliases: bool, tags: Collection[str] = ()
) -> tuple[Node, ...]:
    """Every document in `text`, in order.

    `aliases` says whether a node may be repeated by reference. `tags` may be there and mean
    nothing: the node is read as if it had none. Raises `UnreadableYamlError` for
    what is no YAML, for duplicate keys, keys that are no text, other tags, and for a text past
    the limits on size, depth and unfolded nodes.
    """
    return tuple(_build(text, _Builder(origin, aliases=aliases, tags=tags, several=True)).documents)


def _build(text: str, builder: _Builder) -> _Builder:
    """Hand every event of the text to the builder."""
    import yaml  # noqa: PLC0415  # a tenth of a second that most commands can do without

    if len(text) > MAX_CHARACTERS:
        raise UnreadableYamlError(
            f"{len(text)} characters are more than the limit of {MAX_CHARACTERS}",
            where=builder.origin,
        )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        raise UnreadableYamlError(
            f"not valid YAML: {why}",
            where=f"{builder.origin}:{mark.line + 1}" if mark else builder.origin,
        ) from error
    except UnicodeEncodeError as error:
        raise UnreadableYamlError(
            "not valid YAML: a lone surrogate", where=builder.origin
        ) from error
    return builder


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet; `key` is the one waiting for a value."""

    line: int
    column: int
    anchor: str | None
    is_table: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    key: Scalar | None = None
    size: int = 1


class _Builder:
    def __init__(self, origin: str, *, aliases: bool, tags: Collection[str], several: bool) -> None:
        self.origin = origin
        self.aliases = aliases
        self.tags = tags
        self.several = several
        self.documents: list[Node] = []
        self.nodes = 0
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}

    def take(self, event: Any) -> None:
        """Handle one event; the classes are told apart by name, the two loaders share no base."""
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        tag = getattr(event, "tag", None)
        if tag and tag not in self.tags:
            raise self.refuse("a tag (“!…”) is not allowed here", line)
        match type(event).__name__:
            case "DocumentStartEvent" if self.documents and not self.several:
                raise self.refuse("a second document is not allowed", line)
            case "DocumentStartEvent":
                self.anchors.clear()  # they hold within their document
            case "ScalarEvent":
                style = event.style if event.style in {"'", '"', "|", ">"} else ""
                self.add(Scalar(line, column, event.value, style), 1, event.anchor)
            case "AliasEvent":
                self.add(*self.resolve(event.anchor, line), None)
            case "SequenceStartEvent" | "MappingStartEvent" as name:
                if len(self.open) >= MAX_DEPTH:
                    raise self.refuse(f"nested deeper than {MAX_DEPTH} levels", line)
                self.open.append(
                    _Open(line, column, event.anchor, is_table=name == "MappingStartEvent")
                )
            case "SequenceEndEvent" | "MappingEndEvent":
                done = self.open.pop()
                node: Node = (
                    Table(done.line, done.column, done.entries)
                    if done.is_table
                    else Items(done.line, done.column, tuple(done.items))
                )
                self.add(node, done.size, done.anchor)
            case _:
                pass  # stream and document marks carry nothing

    def resolve(self, anchor: str, line: int) -> tuple[Node, int]:
        if not self.aliases:
            raise self.refuse("an alias (“*…”) is not allowed here", line)
        if anchor not in self.anchors:
            raise self.refuse("an alias of nothing that is complete before it", line)
        return self.anchors[anchor]

    def add(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = (node, size)
        if not self.open:
            self.documents.append(node)
            self.nodes += size
            return
        parent = self.open[-1]
        parent.size += size
        if self.nodes + parent.size > MAX_NODES:
            raise self.refuse(f"unfolds to more than {MAX_NODES} nodes", node.line)
        if not parent.is_table:
            parent.items.append(node)
        elif parent.key is not None:
            parent.entries[parent.key.text] = (parent.key, node)
            parent.key = None
        elif not isinstance(node, Scalar):
            raise self.refuse("a key must be a text", node.line)
        elif node.text in parent.entries:
            first = parent.entries[node.text][0].line
            raise self.refuse(f"the key {node.text!r} was already given on line {first}", node.line)
        else:
            parent.key = node

    def refuse(self, what: str, line: int) -> UnreadableYamlError:
        return UnreadableYamlError(what, where=f"{self.origin}:{line}")
