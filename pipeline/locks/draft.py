"""A lock while it is being read: its bytes, what was found in it, and what was not understood.

Whatever a hostile file does to a parser ends as an `Unread`: syntax errors, encodings, sizes,
nesting, integers too long for Python, and keys that take a parser quadratic time. `tomltext`,
`jsontext` and `yamltext` parse, and tell the lines of what they found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from pipeline.model import Gap, Location, Lock, Origin, Package, Unread
from pipeline.tree import FileTooLargeError, Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 16 * 1024 * 1024
"""Larger locks are refused: those of projects with thousands of packages are below 8 MiB."""


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


def last_line(text: str) -> int:
    """The number of the last line of a text."""
    return max(1, text.count("\n") + (not text.endswith("\n")))
