"""Which files belong to a report, and their digests: what all signatures hang on.

    manifest.json    every file of the output folder, and the build artefacts that were given
    SHA256SUMS       the same files for `sha256sum --check`, without the artefacts

Signatures, statements and these two files are not part of it. Nothing else may stand in the
folder: a file that nobody signed would borrow credit from those that somebody did.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import SignatureError, UsageError
from pipeline.store import encode
from pipeline.text import plain
from pipeline.trust.bundle import strict
from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SCHEMA = "supply-chain-manifest/1"
NAME = "manifest.json"
SUMS = "SHA256SUMS"
ATTESTATIONS = "attestations"
LINES = "attestations.jsonl"
BUNDLE = ".sigstore.json"
STATEMENT = ".unsigned.intoto.json"
REPORT = "report/report.json"

OF_EVERY_RUN = frozenset({"plan.json", "evidence", "base", "report"})
"""What a run writes anew, whatever it checks."""

_IGNORED = frozenset({NAME, SUMS, LINES, ".gitignore"})
_CHUNK = 1 << 20
_IMAGE = re.compile(r"([a-z0-9][a-zA-Z0-9._:/-]*)@sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, order=True)
class Artefact:
    """Something that was built: a file at `path`, or an image, which has none.

    `name` is how statements call it: the file's own name, or the image's name without digest.
    """

    name: str
    sha256: str
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Digests of the files of one report, by path, and of artefacts. All in hexadecimal."""

    files: dict[str, str]
    artefacts: tuple[Artefact, ...] = ()

    def render(self) -> bytes:
        """The content of `manifest.json`."""
        return encode(
            {
                "schema": SCHEMA,
                "files": [
                    {"path": path, "sha256": sha256} for path, sha256 in sorted(self.files.items())
                ],
                "artefacts": [
                    {
                        "name": item.name,
                        "sha256": item.sha256,
                        "kind": "file" if item.path else "image",
                    }
                    for item in self.artefacts
                ],
            }
        )

    def sums(self) -> bytes:
        """The content of `SHA256SUMS`."""
        everything = self.files | {NAME: hashlib.sha256(self.render()).hexdigest()}
        return "".join(_line(path, digest) for path, digest in sorted(everything.items())).encode()


def gather(folder: Path, artefacts: Iterable[str] = ()) -> Manifest:
    """The manifest of an output folder and artefacts: paths of files, or "name@sha256:digest".

    Raises `UsageError` for artefacts that are not there or share a name, and `SignatureError`
    when there is no report to sign, or something stands in the folder that is no plain file.
    """
    if not (folder / REPORT).is_file():
        raise SignatureError(
            "there is no report to sign", where=str(folder), fix="run `supply-chain report` first"
        )
    found = tuple(sorted({_artefact(text) for text in artefacts}))
    for one, other in pairwise(found):
        if one.name == other.name:
            raise UsageError(
                "two artefacts have this name", where=plain(one.name), fix="sign one at a time"
            )
    return Manifest(
        files={path: hash_file(folder / path) for path in walk(folder)}, artefacts=found
    )


def walk(folder: Path) -> Iterator[str]:
    """Every file that a manifest lists, by its POSIX path, sorted.

    Raises `SignatureError` for a symbolic link or anything else that is no plain file.
    """
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders.sort()
        for name in (*folders, *sorted(names)):
            path = here / name
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise SignatureError(
                    "is no plain file: it could change after it was signed",
                    where=str(path),
                    fix="remove it",
                )
        if here == folder:
            folders[:] = [name for name in folders if name != ATTESTATIONS]
        for name in sorted(names):
            if (here == folder and name in _IGNORED) or name.endswith(BUNDLE):
                continue
            yield (here / name).relative_to(folder).as_posix()


def read(content: bytes, where: str) -> Manifest:
    """The manifest in `content`; raises `RefusedError` for anything else."""
    document = strict(content, where)
    try:
        if document["schema"] != SCHEMA:
            raise RefusedError("manifest", f"it is no {SCHEMA}", where=where)
        files = {_inside(item["path"], where): _hex(item, where) for item in document["files"]}
        artefacts = tuple(
            Artefact(
                str(item["name"]),
                _hex(item, where),
                Path(str(item["name"])) if item["kind"] == "file" else None,
            )
            for item in document["artefacts"]
        )
    except (KeyError, TypeError) as error:
        raise RefusedError("manifest", f"it lacks {error}", where=where) from error
    found = Manifest(files=files, artefacts=artefacts)
    if len(files) != len(document["files"]) or found.render() != content:
        raise RefusedError("manifest", "it is not written as manifests are", where=where)
    return found


def image(text: str) -> tuple[str, str] | None:
    """Name and digest of an image as "name@sha256:digest"; `None` for another form."""
    found = _IMAGE.fullmatch(text)
    return (found[1], found[2]) if found else None


def hash_file(path: Path, algorithm: str = "sha256") -> str:
    """The digest of a file in hexadecimal; raises `SignatureError` when it cannot be read."""
    hashed = hashlib.new(algorithm)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                hashed.update(chunk)
    except OSError as error:
        raise SignatureError(
            f"cannot be read: {error.strerror or error}", where=str(path)
        ) from error
    return hashed.hexdigest()


def _artefact(text: str) -> Artefact:
    if named := image(text):
        return Artefact(*named)
    path = Path(text)
    if not path.is_file():
        raise UsageError(
            "there is no such artefact",
            where=plain(text),
            fix="name a file, or an image as name@sha256:digest",
        )
    return Artefact(path.name, hash_file(path), path)


def _inside(path: Any, where: str) -> str:
    """A path that leads nowhere but into the folder."""
    text = str(path)
    parts = text.split("/")
    if text.startswith("/") or {"", ".", ".."} & {*parts} or "\\" in text:
        raise RefusedError("manifest", f"{text} leads out of the folder", where=where)
    return text


def _hex(item: dict[str, Any], where: str) -> str:
    found = item["sha256"]
    if not isinstance(found, str) or not re.fullmatch("[0-9a-f]{64}", found):
        raise RefusedError("manifest", "a digest is none", where=where)
    return found


def _line(path: str, digest: str) -> str:
    r"""A line as `sha256sum` writes it: with "\" before and in it where the name needs that."""
    escaped = path.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r")
    return f"{'' if escaped == path else chr(92)}{digest}  {escaped}\n"
