"""Files that the engine's own rules pass over by their name: they get a second look.

Lock files, installed packages, pictures and fonts are left out by nearly every rule that came
with Kingfisher 2.14.0 (found by giving it one token under hundreds of names; a test does so
again). A token in a lock file is as good as anywhere else. Under a plain name, the same content
is looked at; rules of ours for passwords without a format stay out of it, as such files are full
of digests.
"""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.checks.secrets import archives
from pipeline.checks.secrets.calls import BESIDE
from pipeline.checks.secrets.engine import Canary
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pipeline.checks.secrets.objects import StandIn

CANARY = "canary.txt"
AGAIN = "again/"
"""Where in a commit of ours the files lie that are looked at again."""

MAX_BYTES = 16 * 1024 * 1024
"""A larger file is not looked at again."""
MAX_TOTAL = 192 * 1024 * 1024
"""Bytes of today's files that are looked at again, at most."""
MAX_PAST = 500
"""Earlier versions of such files that are looked at again: the newest."""

_QUICKLY = 1
"""How hard zlib tries: what is packed is read once."""
_GZIP = 16
"""What tells zlib to write gzip's format (zlib.h, "deflateInit2")."""

_MARKED = 64
"""Blanks and tabs at the end of a file, in an order that nobody foresees."""

_FOLDERS = (
    r"node_modules|bower_components|site-packages|dist-packages|[^/]+\.dist-info"
    r"|vendor/(?:github\.com|golang\.org|google\.golang\.org|gopkg\.in|k8s\.io|bundle|ruby|gems)"
    r"|lib(?:64)?/python\d(?:\.\d+)?|venv|\.venv"
)
_NAMES = (
    r"package-lock\.json|npm-shrinkwrap\.json|(?:yarn|poetry|deno|Pipfile)\.lock"
    r"|pnpm-lock\.yaml|(?:[^/]*\.)?go\.(?:mod|sum|work)|go\.work\.sum|gradle\.lockfile"
    r"|gradlew(?:\.bat)?|mvnw(?:\.cmd)?|verification-metadata\.xml"
    r"|\.?(?:gitleaks|betterleaks)\.toml"
)
_ENDINGS = r"bmp|gif|jpe?g|png|svg|tiff?|eot|[ot]tf|woff2?|css|html?"
_SCRIPTS = r"(?:angular|bootstrap|jquery|plotly|swagger-ui)[^/]*\.js(?:\.map)?"
_PATHS = 1 << 16
"""Paths whose answer is kept: in a history each of them comes again and again."""
_INSIDE = re.compile(rf"(?:^|/)(?:{_FOLDERS})/", re.IGNORECASE)
_CALLED = re.compile(rf"{_NAMES}|[^/]*\.(?:{_ENDINGS})|{_SCRIPTS}", re.DOTALL | re.IGNORECASE)


@lru_cache(maxsize=_PATHS)
def is_passed_over(path: str) -> bool:
    """Whether the engine's rules leave a file out for its name."""
    name = path.rpartition("/")[2]
    return _CALLED.fullmatch(name) is not None or _INSIDE.search(path) is not None


def among(root: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Those of the files in `root` that it leaves out.

    It judges whole paths: a repository below a folder named node_modules is no less one.
    """
    above = root.as_posix()
    return tuple(path for path in files if is_passed_over(f"{above}/{path}"))


def is_installed(path: str) -> bool:
    """Whether a file lies in a folder of installed packages."""
    return is_passed_over(f"{path.rpartition('/')[0]}/file")


def read(root: Path, paths: Sequence[str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The content of files that the engine passes over, and why others are missing."""
    tree = Tree(root)
    found: dict[str, bytes] = {}
    unseen: dict[str, str] = {}
    room = MAX_TOTAL
    for path in sorted(paths):
        try:
            content = tree.read(path, limit=min(room, MAX_BYTES))
        except UnreadableFileError as error:
            unseen[path] = error.what
        else:
            found[path] = content
            room -= len(content)
    return found, unseen


@dataclass(frozen=True, slots=True)
class Laid:
    """What is looked at again, and where it lies: beside today's files, or in a commit of ours.

    `names` are the paths that a name of ours stands for: the same content is looked at once.
    `tree` has the id of each by its name, where they lie in a commit; a `canary` lies among them
    then.
    """

    names: Mapping[str, tuple[str, ...]]
    tree: Mapping[str, str] = field(default_factory=dict)
    canary: Canary | None = None

    def at(self, path: str) -> tuple[str, ...] | None:
        """The files that a path of the engine's means; `None` where it means no name of ours.

        It may lie in an archive, or in a database that was unpacked as if it were a folder.
        """
        name = path.partition("!")[0]
        while name not in self.names and "/" in name:
            name = name.rpartition("/")[0]
        return self.names.get(name)


NOTHING = Laid({})


def mark() -> bytes:
    """The end of a file of ours, so that no file of anybody has its id.

    An object that the repository has as well would be told under the name that it has there.
    """
    return b"\n%s\n" % bytes(secrets.choice(b" \t") for _ in range(_MARKED))


def beside(again: Mapping[str, bytes], *, packed: bool) -> tuple[Laid, dict[str, bytes]]:
    """Files that the engine passes over, as files of ours under plain names.

    On a disk they lie `packed`, so that nothing is there in the clear that was not before; in
    memory that would be work for nothing.
    """
    names: dict[str, tuple[str, ...]] = {}
    files: dict[str, bytes] = {}
    contents = _each_once(again)
    found = _packed(contents) if packed else [("", content) for content in contents]
    for number, ((ending, file), paths) in enumerate(zip(found, contents.values(), strict=True)):
        # No folder: one that must not be entered could be called like it.
        name = f"{BESIDE}/{number:06}.txt{ending}"
        names[name], files[name] = tuple(paths), file
    return Laid(names), files


def _packed(contents: Iterable[bytes]) -> list[tuple[str, bytes]]:
    """How a name ends, and each content as gzip has it; an archive as it is, or it stays shut."""
    with ThreadPoolExecutor() as pool:  # zlib lets other threads run
        return list(pool.map(_gzip, contents))


def _gzip(content: bytes) -> tuple[str, bytes]:
    if content.startswith(archives.ZIP):
        return "", content
    packing = zlib.compressobj(_QUICKLY, zlib.DEFLATED, zlib.MAX_WBITS | _GZIP)
    return ".gz", packing.compress(content) + packing.flush()


def lay(again: Mapping[str, bytes], stand_in: StandIn) -> Laid:
    """The same among the files of a commit of ours, for a walk that reads nothing else."""
    if not again:
        return NOTHING
    end = mark()
    tree: dict[str, str] = {}
    names: dict[str, tuple[str, ...]] = {}
    for number, (content, paths) in enumerate(_each_once(again).items()):
        name = f"{AGAIN}{number:06}.txt"
        names[name], tree[name] = tuple(paths), stand_in.blob(content + end)
    canary = Canary.make()
    names[AGAIN + CANARY], tree[AGAIN + CANARY] = (), stand_in.blob(canary.content)
    return Laid(names, tree, canary)


def _each_once(again: Mapping[str, bytes]) -> dict[bytes, list[str]]:
    """Each content, and the paths of the files that have it."""
    paths: dict[bytes, list[str]] = {}
    for path, content in sorted(again.items()):
        paths.setdefault(content, []).append(path)
    return paths
