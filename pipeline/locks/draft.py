"""A lock while it is being read: its bytes, what was found in it, and what was not understood.

Whatever a hostile file does to a parser ends here as an `Unread`: syntax errors, encodings,
sizes, nesting, integers too long for Python, and keys that take a parser quadratic time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

from pipeline.model import Gap, Location, Lock, Origin, Package, Unread
from pipeline.tree import FileTooLargeError, Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BYTES = 16 * 1024 * 1024
"""Larger locks are refused: those of projects with thousands of packages are below 8 MiB."""

MAX_TABLES = 50_000
"""TOML files with more tables are refused: `tomllib` needs quadratic time for them."""

MAX_KEY_DOTS = 100
"""TOML keys with more parts are refused, for the same reason."""

MAX_UNREAD = 1000
"""After so many parts that were not understood, a file is given up."""

MAX_PACKAGES = 200_000
"""Packages in one lock; more are not looked at. The largest real ones have a tenth of them."""

MAX_FORKS = 64
"""Of a name with more versions than these, an edge means all: real locks have a handful."""

Edge = tuple[str, str | None]
"""A dependency as a lock names it: a normalised name, and the version where one is given."""


class RefusedError(Exception):
    """A file is not read, or not read any further; `unread` says where and why."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.why)
        self.unread = unread


def refuse(
    path: str,
    why: str,
    gap: Gap = Gap.PARSE_ERROR,
    *,
    line: int | None = None,
    column: int | None = None,
) -> NoReturn:
    """Give up on the file at `path`: raises `RefusedError`."""
    raise RefusedError(
        Unread(location=Location(path=path, line=line, column=column), why=why, gap=gap)
    )


@dataclass(slots=True)
class Draft:
    """What a reader has gathered so far. `digests` has the files in the order they were read."""

    tree: Tree
    path: str
    rows: list[tuple[Package, Sequence[Edge]]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    indexes: set[str] = field(default_factory=set)
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The folder of the lock, relative to the root; "" at the root."""
        return self.path.rpartition("/")[0]

    def open(self, path: str) -> bytes:
        """The bytes of a file that is part of the lock; raises `RefusedError`."""
        try:
            content = self.tree.read(path, limit=MAX_BYTES)
        except FileTooLargeError as error:
            refuse(path, error.what, Gap.TOO_LARGE)
        except UnreadableFileError as error:
            refuse(path, error.what, Gap.INPUT_MISSING)
        self.digests[path] = hashlib.sha256(content).hexdigest()
        return content

    def text(self) -> str:
        """The lock's own text, which must be UTF-8; raises `RefusedError`."""
        content = self.open(self.path)
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            refuse(self.path, "not UTF-8", line=content.count(b"\n", 0, error.start) + 1)

    def add(self, package: Package, edges: Sequence[Edge] = ()) -> None:
        """Keep a package and the dependencies that the lock gives it."""
        self.bound(len(self.rows) + 1)
        self.rows.append((package, edges))

    def bound(self, packages: int) -> None:
        """Give up on a lock with more `packages` than any has; raises `RefusedError`."""
        if packages > MAX_PACKAGES:
            refuse(self.path, f"more than {MAX_PACKAGES} packages", Gap.TOO_LARGE)

    def miss(
        self,
        why: str,
        gap: Gap = Gap.PARSE_ERROR,
        *,
        line: int | None = None,
        path: str | None = None,
    ) -> None:
        """Keep a part that was not understood; raises `RefusedError` when it is one too many."""
        where = Location(path=path or self.path, line=line)
        self.unread.append(Unread(location=where, why=why, gap=gap))
        if len(self.unread) >= MAX_UNREAD:
            refuse(
                where.path,
                f"given up: more than {MAX_UNREAD} parts were not understood",
                Gap.TOO_LARGE,
                line=line,
            )

    def lock(self, kind: str, ecosystem: str) -> Lock:
        """The finished lock."""
        return Lock(
            path=self.path,
            format=kind,
            ecosystem=ecosystem,
            digest=self._digest(),
            packages=_linked(self.rows),
            unread=tuple(self.unread),
            files=tuple(self.digests),
            indexes=tuple(sorted(self.indexes)),
        )

    def _digest(self) -> str:
        """Of the file; of several files, of the list that `sha256sum` prints for them."""
        if len(self.digests) > 1:
            listing = "".join(f"{digest}  {path}\n" for path, digest in self.digests.items())
            return f"sha256:{hashlib.sha256(listing.encode()).hexdigest()}"
        return "".join(f"sha256:{digest}" for digest in self.digests.values())


def read(tree: Tree, path: str, kind: str, ecosystem: str, fill: Callable[[Draft], None]) -> Lock:
    """The lock at `path`, filled in by one format's reader; what is refused is in `unread`."""
    draft = Draft(tree, path)
    try:
        fill(draft)
    except RefusedError as refused:
        draft.unread.append(refused.unread)
    return draft.lock(kind, ecosystem)


def _linked(rows: list[tuple[Package, Sequence[Edge]]]) -> tuple[Package, ...]:
    """The packages with `requires` filled in: only what the lock holds, and never themselves.

    What the repository's own packages ask for is direct; they themselves are no dependencies.
    """
    keys: dict[str, set[str]] = {}
    for package, _ in rows:
        keys.setdefault(package.name, set()).add(package.key)
    asked: set[str] = set()
    linked = []
    for package, edges in rows:
        wanted: set[str] = set()
        for name, version in edges:
            held = keys.get(name, set())
            exact = f"{name}=={version}"
            if name == package.name:
                # An old release may hand on to a newer one of itself.
                wanted |= held & {exact} - {package.key}
            elif len(held) == 1 or len(held) > MAX_FORKS:
                wanted.add(name)
            elif exact in held:
                wanted.add(exact)
            else:
                wanted |= held
        if _own(package):
            asked |= wanted
        linked.append(replace(package, requires=tuple(sorted(wanted))) if wanted else package)
    return tuple(
        replace(package, direct=None)
        if _own(package)
        else replace(package, direct=True)
        if package.name in asked or package.key in asked
        else package
        for package in linked
    )


def _own(package: Package) -> bool:
    return package.source.origin is Origin.WORKSPACE


# ---------------------------------------------------------------------------------------- TOML

_MULTILINE = re.compile(
    r'"""(?:[^"\\]++|\\[\s\S]|"(?!""))*+(?:"{3,5}|\\?\Z)'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]++|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+"
)
"""Strings and comments of TOML 1.0. What is not closed runs to its end, so that no text takes
more than one pass."""

_AT = re.compile(r"\(at line (\d+), column (\d+)\)\Z")


def parse_toml(text: str, path: str) -> dict[str, Any]:
    """The document; raises `RefusedError` for what is no TOML or too costly to parse."""
    import tomllib  # noqa: PLC0415 - not every run reads TOML

    if text.count("\n[") > MAX_TABLES:
        refuse(path, f"more than {MAX_TABLES} tables", Gap.TOO_LARGE)
    for number, row in enumerate(_flat(text).split("\n"), start=1):
        if row.count(".") > MAX_KEY_DOTS and _MULTILINE.sub("", row).count(".") > MAX_KEY_DOTS:
            refuse(path, f"a key of more than {MAX_KEY_DOTS} parts", Gap.TOO_LARGE, line=number)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        if at:
            refuse(path, "not valid TOML", line=int(at[1]), column=int(at[2]))
        refuse(path, "not valid TOML: it ends too early", line=last_line(text))
    except ValueError:
        refuse(path, "a number that is out of range")
    except RecursionError:
        refuse(path, "nested too deeply", Gap.TOO_LARGE)


def packages_in(data: dict[str, Any], text: str, path: str) -> list[tuple[Any, int | None]]:
    """The tables `[[package]]` of a lock in TOML, each with its line; there may be none."""
    found = data.get("package", [])
    if not isinstance(found, list):
        refuse(path, "`package` is not a list")
    return list(zip(found, table_lines(text, "package", len(found)), strict=True))


def table_lines(text: str, name: str, count: int) -> list[int | None]:
    """The lines of the `count` elements of the array of tables `[[name]]`, in order.

    The line is that of the element's `name` where it follows the header, as every lock writer
    puts it, else the header's. All are `None` if the array is written in another way.
    """
    flat = _flat(text)
    key = rf"(?:{name}|\"{name}\"|'{name}')"
    header = re.compile(
        rf"^[ \t]*\[\[[ \t]*{key}[ \t]*\]\][^\n]*+(\n[ \t]*name[ \t]*=)?", re.MULTILINE
    )
    lines: list[int | None] = []
    line, at = 1, 0
    for match in header.finditer(flat):
        line += flat.count("\n", at, match.start())
        at = match.start()
        lines.append(line + (match[1] is not None))
    return lines if len(lines) == count else [None] * count


def last_line(text: str) -> int:
    """The number of the last line of a text."""
    return max(1, text.count("\n") + (not text.endswith("\n")))


def _flat(text: str) -> str:
    """The text without the content of its multi-line strings: line for line the same."""
    if '"""' not in text and "'''" not in text:
        return text
    return _MULTILINE.sub(
        lambda match: (
            "\n" * match[0].count("\n") if match[0].startswith(('"""', "'''")) else match[0]
        ),
        text,
    )


# ---------------------------------------------------------------------------------------- JSON

_JSON_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:\n]')

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(text: str, path: str) -> dict[str, Any]:
    """The top-level object; raises `RefusedError` for anything else and for repeated keys."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) != len(pairs):
            refuse(path, "a key is given twice in one object", line=_repeated(text))
        return table

    try:
        data = json.loads(text, object_pairs_hook=unique)
        if _SURROGATE.search(text):
            json.dumps(data, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        refuse(path, "not valid JSON", line=min(error.lineno, last_line(text)), column=error.colno)
    except UnicodeEncodeError:
        refuse(path, "half a surrogate pair in a string")
    except ValueError:
        refuse(path, "a number that is out of range")
    except RecursionError:
        refuse(path, "nested too deeply", Gap.TOO_LARGE)
    if not isinstance(data, dict):
        refuse(path, "not a JSON object", line=1)
    return data


def member_lines(text: str) -> dict[tuple[str, str], int]:
    """The lines of the keys two levels down in a valid JSON object: (outer key, key) -> line."""
    lines: dict[tuple[str, str], int] = {}
    line, depth, outer, token, token_line = 1, 0, "", '""', 1
    for match in _JSON_TOKEN.finditer(text):
        part = match[0]
        if part == "\n":
            line += 1
        elif part in "{[":
            depth += 1
        elif part in "}]":
            depth -= 1
        elif part != ":":
            token, token_line = part, line
        elif depth == 1:
            outer = json.loads(token)
        elif depth == 2:  # noqa: PLR2004 - two levels down
            lines[outer, json.loads(token)] = token_line
    return lines


_JSON_PART = re.compile(r'"((?:[^"\\]++|\\.)*+)"([ \t\r\n]*+:)?|[{}\[\],]')


def keys(text: str) -> Iterator[tuple[list[str], int]]:
    """Every key in a valid JSON text with its line, in the text's order.

    A key is given by the path of keys down to it, in which the elements of lists count "0", "1"…
    It is one list, that changes as the text goes on: copy what is to be kept.
    """
    path: list[str] = []
    counts: list[int | None] = []
    line, at = 1, 0
    for part in _JSON_PART.finditer(text):
        mark = part[0]
        if part[2]:
            line += text.count("\n", at, part.start())
            at = part.start()
            path[-1] = _unescaped(part[1])
            yield path, line
        elif mark == "{":
            path.append("")
            counts.append(None)
        elif mark == "[":
            path.append("0")
            counts.append(0)
        elif mark in "}]":
            path.pop()
            counts.pop()
        elif mark == "," and (count := counts[-1]) is not None:
            counts[-1] = count + 1
            path[-1] = str(count + 1)


def _repeated(text: str) -> int | None:
    """The line of the first key that its object already has; the text is valid up to there."""
    seen: list[set[str]] = []
    for part in _JSON_PART.finditer(text):
        if part[2]:
            key = _unescaped(part[1])
            if key in seen[-1]:
                return text.count("\n", 0, part.start()) + 1
            seen[-1].add(key)
        elif part[0] in "{[":
            seen.append(set())
        elif part[0] in "}]":
            seen.pop()
    return None


def _unescaped(key: str) -> str:
    return str(json.loads(f'"{key}"')) if "\\" in key else key
