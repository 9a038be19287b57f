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
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.secrets.engine import Canary
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline.checks.secrets.objects import StandIn

CANARY = "canary.txt"
BESIDE = "beside"
"""The folder of ours beside what is scanned."""
AGAIN = "again/"
"""Where in a commit of ours the files lie that are looked at again."""

MAX_BYTES = 16 * 1024 * 1024
"""A larger file is not looked at again."""
MAX_TOTAL = 192 * 1024 * 1024
"""Bytes of today's files that are looked at again, at most."""
MAX_PAST = 500
"""Earlier versions of such files that are looked at again: the newest."""

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
_PASSED = re.compile(
    rf"(?:.*/)?(?:(?:{_FOLDERS})/.*|{_NAMES}|[^/]*\.(?:{_ENDINGS})|{_SCRIPTS})",
    re.DOTALL | re.IGNORECASE,
)


def is_passed_over(path: str) -> bool:
    """Whether the engine's rules leave a file out for its name."""
    return _PASSED.fullmatch(path) is not None


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
    """What is looked at again, as files of a commit of ours.

    `tree` has the id of each by its name, and `names` the paths that a name stands for: the same
    content is looked at once. `canary` lies among them, where there are any.
    """

    tree: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]
    canary: Canary | None = None


NOTHING = Laid({}, {})


def mark() -> bytes:
    """The end of a file of ours, so that no file of anybody has its id.

    An object that the repository has as well would be told under the name that it has there.
    """
    return b"\n%s\n" % bytes(secrets.choice(b" \t") for _ in range(_MARKED))


def lay(again: Mapping[str, bytes], stand_in: StandIn) -> Laid:
    """Put files that the engine passes over among those of a commit of ours, under plain names.

    Objects are packed, so nothing of them is on disk in the clear. Of members of an archive, the
    engine takes two milliseconds each; of objects, no more than of files.
    """
    if not again:
        return NOTHING
    paths: dict[bytes, list[str]] = {}
    for path, content in sorted(again.items()):
        paths.setdefault(content, []).append(path)
    end = mark()
    tree = {}
    names = {}
    for number, (content, standing) in enumerate(paths.items()):
        name = f"{AGAIN}{number:06}.txt"
        names[name] = tuple(standing)
        tree[name] = stand_in.blob(content + end)
    canary = Canary.make()
    tree[AGAIN + CANARY] = stand_in.blob(canary.content)
    return Laid(tree, names, canary)
