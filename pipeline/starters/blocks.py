"""Adding entries to a list in a YAML file that somebody wrote, without touching the rest of it.

The file is not written anew: comments, order and layout are its owner's. The entries are put
after the list's last one, and the result is believed only when it reads as the old file with just
these entries more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.errors import IncompleteError
from pipeline.yamltree import Items, Scalar, Table, compose

if TYPE_CHECKING:
    from pipeline.yamltree import Node


def append(text: str, key: str, entries: str) -> str | None:
    """`text` with `entries`, each beginning with "- ", at the end of the list under `key`.

    `None` where that cannot be done safely: no such list, an empty one, or one in brackets.
    """
    root = _composed(text)
    items = root.get(key) if isinstance(root, Table) else None
    if not isinstance(root, Table) or not isinstance(items, Items) or not items.items:
        return None
    lines = text.splitlines(keepends=True)
    dash = re.match(r"( *)- ", lines[items.items[0].line - 1])
    if dash is None:
        return None
    end = _end(root, key, lines)
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    lines.insert(end, "".join(f"{dash[1]}{line}\n" for line in entries.splitlines()))
    made = "".join(lines)
    wanted = _data(root)
    wanted[key] = [*wanted[key], *_data(_composed(entries))]
    return made if _data(_composed(made)) == wanted else None


def _end(root: Table, key: str, lines: list[str]) -> int:
    """How many lines there are up to the end of what stands under `key`."""
    start = root.entries[key][0].line
    later = [name.line for name, _ in root.entries.values() if name.line > start]
    end = min(later, default=len(lines) + 1) - 1
    # Comments and blank lines before the next key belong to that key, or to nobody.
    while re.fullmatch(r"\s*(?:#.*)?\s*", lines[end - 1]):
        end -= 1
    return end


def _composed(text: str) -> Node | None:
    try:
        return compose(text, "", aliases=True)
    except IncompleteError:
        return None


def _data(node: Node | None) -> Any:
    """A node as plain values, every scalar as the text it is."""
    if isinstance(node, Table):
        return {name: _data(value) for name, (_, value) in node.entries.items()}
    if isinstance(node, Items):
        return [_data(item) for item in node.items]
    return node.text if isinstance(node, Scalar) else None
