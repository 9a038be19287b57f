"""Files that the engine's own rules pass over by their name: they get a second look.

Lock files, installed packages, pictures and fonts are left out by nearly every rule that came
with Kingfisher 2.14.0 (found by giving it one token under hundreds of names; a test does so
again). A token in a lock file is as good as anywhere else. Under a plain name, the same content
is looked at; rules of ours for passwords without a format stay out of it, as such files are full
of digests.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

from pipeline.checks.secrets.engine import Canary
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CANARY = "canary.txt"
BESIDE = "beside"
"""The folder of ours beside what is scanned."""
ARCHIVE = f"{BESIDE}/again.zip"
"""The files that are looked at again."""
INSIDE = f"{ARCHIVE}!"
"""How the engine spells what lies in the archive of files that are looked at again."""

MAX_BYTES = 16 * 1024 * 1024
"""A larger file is not looked at again."""
MAX_TOTAL = 192 * 1024 * 1024
"""Bytes of today's files that are looked at again, at most."""
MAX_PAST = 500
"""Earlier versions of such files that are looked at again: the newest."""

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


def pack(again: Mapping[str, bytes]) -> tuple[bytes, Canary | None, dict[str, str]]:
    """An archive of files that the engine passes over, a canary in it, and the names within.

    They lie there under plain names. The engine reads archives in memory, so nothing of them is
    on disk in the clear. Nothing is made of no files.
    """
    if not again:
        return b"", None, {}
    inner = Canary.make()
    names = {f"{number:06}.txt": path for number, path in enumerate(sorted(again))}
    members = {name: again[path] for name, path in names.items()}
    return _archive({CANARY: inner.content, **members}), inner, names


def _archive(members: Mapping[str, bytes]) -> bytes:
    """A zip archive, packed quickly rather than tightly."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 1)
    return made.getvalue()
