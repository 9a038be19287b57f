"""What proposals do to the files on disk: first as a diff, then for good and all at once.

Only plain files in plain folders are written: a symbolic link on the way could lead anywhere.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.files import explained
from pipeline.text import plain
from pipeline.tree import MAX_FILE_BYTES, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.starters.propose import Proposal


@dataclass(frozen=True, slots=True)
class Change:
    """A file as it is (`None`: not there) and as it is to be."""

    path: str
    before: bytes | None
    after: bytes

    @property
    def is_new(self) -> bool:
        """Whether there is no such file yet."""
        return self.before is None

    @property
    def is_needed(self) -> bool:
        """Whether anything would be different."""
        return self.before != self.after

    def diff(self) -> Iterator[str]:
        """The lines of a unified diff, safe for a terminal: the file is somebody else's text."""
        texts = ((self.before or b"").decode(errors="replace"), self.after.decode())
        before, after = (text.splitlines() for text in texts)
        old = "/dev/null" if self.is_new else f"a/{self.path}"
        for line in difflib.unified_diff(before, after, old, f"b/{self.path}", lineterm=""):
            yield plain(line.replace("\t", "    "))


def compare(root: Path, proposals: Sequence[Proposal]) -> list[Change]:
    """What each proposal would change below the resolved folder `root`.

    Raises `UsageError` for a path on which a link or anything but a file or folder stands.
    """
    changes = []
    for proposal in proposals:
        before = read(root, proposal.path)
        changes.append(Change(proposal.path, before, proposal.content.encode()))
    return changes


def read(root: Path, path: str) -> bytes | None:
    """The file as it is, `None` where there is none; raises `UsageError` as `compare` does."""
    place = root
    for part in PurePosixPath(path).parts[:-1]:
        place /= part
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            raise _unfit(place, root, "folder")
    file = root / path
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise _unfit(file, root, "file")
    return Tree(root).read(path, limit=MAX_FILE_BYTES) if file.exists() else None


def _unfit(place: Path, root: Path, wanted: str) -> UsageError:
    what = "a symbolic link" if place.is_symlink() else f"no {wanted}"
    return UsageError(
        f"{what} stands where a {wanted} belongs",
        where=place.relative_to(root).as_posix(),
        fix="move it out of the way, or do without this starter (--without)",
    )


def write(root: Path, changes: Sequence[Change]) -> None:
    """Write every change, or none: all are on the disk beside their places before one moves there.

    Raises `IncompleteError` when the disk refuses; what was there before is there again then.
    """
    with explained(root), contextlib.ExitStack() as undo:
        ready = []
        for change in changes:
            file = root / change.path
            _make_folder(file.parent, undo)
            handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
            undo.callback(Path(name).unlink, missing_ok=True)
            with os.fdopen(handle, "wb") as stream:
                stream.write(change.after)
            mode = file.stat().st_mode & 0o777 if change.before is not None else 0o644
            Path(name).chmod(mode)
            ready.append((Path(name), file, change.before))
        for made, file, before in ready:
            made.replace(file)
            undo.callback(_restore, file, before)
        undo.pop_all()


def _make_folder(folder: Path, undo: contextlib.ExitStack) -> None:
    """Make `folder` and what is missing above it; undone from the innermost outwards."""
    if not folder.is_dir():
        _make_folder(folder.parent, undo)
        folder.mkdir()
        undo.callback(folder.rmdir)


def _restore(file: Path, before: bytes | None) -> None:
    if before is None:
        file.unlink()
    else:
        file.write_bytes(before)
