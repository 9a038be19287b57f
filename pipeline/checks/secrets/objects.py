"""A stand-in for a git repository: what the engine walks instead of the real `.git`.

It is made of our own configuration, one commit of our own whose parents are all the tips of the
real history, and a reference to the real objects (`info/alternates`). So nothing in the real
repository's settings is ever read by the engine, what is reachable is what we say, and our
commit's own files take part in the walk: the canary, and files under names that the engine's
rules do not pass over.
Sources: gitformat-loose-objects, git-mktree(1), gitrepository-layout(5).
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

BRANCH = "refs/heads/all"
_CONFIGURATION = b"[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_SIGNED = b"author supply-chain <> 0 +0000\ncommitter supply-chain <> 0 +0000\n\nall\n"


class StandIn:
    """The files of a stand-in, by their paths below its own folder."""

    def __init__(self, objects: Path | None = None, *, shallow: Iterable[str] = ()) -> None:
        """`objects` is the folder of the real objects, if any.

        `shallow` are commits whose parents are not there.
        """
        self._files: dict[str, bytes] = {"config": _CONFIGURATION, "refs/.keep": b""}
        self._files["HEAD"] = f"ref: {BRANCH}\n".encode()
        if boundary := "".join(f"{commit}\n" for commit in shallow):
            self._files["shallow"] = boundary.encode()
        if objects is not None:
            self._files["objects/info/alternates"] = f"{_quoted(objects)}\n".encode(
                errors="surrogateescape"
            )

    def blob(self, content: bytes) -> str:
        """Keep a file's content; answers its id."""
        return self._keep(b"blob", content)

    def commit(self, files: Mapping[str, str], parents: Iterable[str] = ()) -> str:
        """Keep a commit of `files`, name to id, all of them in one folder; answers its id."""
        entries = (
            b"100644 %s\0%s" % (name.encode(), bytes.fromhex(files[name])) for name in sorted(files)
        )
        tree = self._keep(b"tree", b"".join(entries))
        lines = [f"tree {tree}\n", *(f"parent {parent}\n" for parent in parents)]
        return self._keep(b"commit", "".join(lines).encode() + _SIGNED)

    def files(self, folder: str, commit: str) -> dict[str, bytes]:
        """All of it below `folder`, with `commit` as what is to be walked."""
        found = self._files | {BRANCH: f"{commit}\n".encode()}
        return {f"{folder}/{name}": content for name, content in found.items()}

    def _keep(self, kind: bytes, content: bytes) -> str:
        raw = b"%s %d\0%s" % (kind, len(content), content)
        # Git's own name for an object; nothing is protected by it.
        id_ = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        self._files[f"objects/{id_[:2]}/{id_[2:]}"] = zlib.compress(raw, 1)
        return id_


def _quoted(path: Path) -> str:
    """A path as git reads it in `alternates`: quoted where it could be taken for something else."""
    text = str(path)
    if not text.startswith(('"', "#")) and "\n" not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
