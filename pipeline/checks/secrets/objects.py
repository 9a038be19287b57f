"""A stand-in for a git repository: what the engine walks instead of the real `.git`.

It is made of our own configuration, one commit of our own whose parents are all the tips of the
real history, and a reference to the real objects (`info/alternates`). So nothing in the real
repository's settings is ever read by the engine, what is reachable is what we say, and our
commit's own files take part in the walk: the canary, and files under names that the engine's
rules do not pass over.
Sources: git-mktree(1), gitrepository-layout(5).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline.checks.secrets.calls import BRANCH
from pipeline.checks.secrets.pack import Pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_CONFIGURATION = b"[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_SIGNED = b"author supply-chain <> 0 +0000\ncommitter supply-chain <> 0 +0000\n\nall\n"


class StandIn:
    """The files of a stand-in, by their paths below its own folder."""

    def __init__(self, objects: Path | None = None, *, shallow: Iterable[str] = ()) -> None:
        """`objects` is the folder of the real objects, if any.

        `shallow` are commits whose parents are not there.
        """
        self._pack = Pack()
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
        return self._pack.add(b"blob", content)

    def commit(self, files: Mapping[str, str], parents: Iterable[str] = ()) -> str:
        """Keep a commit of `files`, path to id; answers its id."""
        tree = self._tree(
            {tuple(os.fsencode(path).split(b"/")): id_ for path, id_ in files.items()}
        )
        lines = [f"tree {tree}\n", *(f"parent {parent}\n" for parent in parents)]
        return self._pack.add(b"commit", "".join(lines).encode() + _SIGNED)

    def _tree(self, files: Mapping[tuple[bytes, ...], str]) -> str:
        """Keep a folder and those in it; `files` are keyed by the parts of their paths."""
        entries: dict[bytes, tuple[bytes, str]] = {}
        folders: dict[bytes, dict[tuple[bytes, ...], str]] = {}
        for (name, *rest), id_ in files.items():
            if rest:
                folders.setdefault(name, {})[tuple(rest)] = id_
            else:
                entries[name] = (b"100644", id_)
        for name, inside in folders.items():
            # Git sorts a folder as if its name ended with a slash.
            entries[name + b"/"] = (b"40000", self._tree(inside))
        lines = (
            b"%s %s\0%s" % (mode, name.removesuffix(b"/"), bytes.fromhex(id_))
            for name, (mode, id_) in sorted(entries.items())
        )
        return self._pack.add(b"tree", b"".join(lines))

    def files(self, folder: str, commit: str) -> dict[str, bytes]:
        """All of it below `folder`, with `commit` as what is to be walked."""
        found = self._files | {BRANCH: f"{commit}\n".encode()}
        found |= {f"objects/pack/{name}": content for name, content in self._pack.files().items()}
        return {f"{folder}/{name}": content for name, content in found.items()}


def _quoted(path: Path) -> str:
    """A path as git reads it in `alternates`: quoted where it could be taken for something else."""
    text = str(path)
    if not text.startswith(('"', "#")) and "\n" not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
