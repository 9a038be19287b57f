"""Packs, as git itself reads them."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.checks.secrets.pack import Pack
from tests.kit.git import ENVIRONMENT


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    command = ["git", "--git-dir", str(folder), *arguments]
    return subprocess.run(
        command, env=ENVIRONMENT, input=given, capture_output=True, check=True
    ).stdout


def read(pack: Pack, folder: Path) -> dict[str, bytes]:
    """Every object that git finds in it, once it has held all against their digests."""
    git(folder, "init", "-q", "--bare", str(folder))
    for name, content in pack.files().items():
        (folder / "objects" / "pack" / name).write_bytes(content)
    git(folder, "fsck", "--strict", "--no-dangling")
    (index,) = (folder / "objects" / "pack").glob("*.idx")
    git(folder, "verify-pack", str(index))
    listed = git(folder, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    return {id_: git(folder, "cat-file", "blob", id_) for id_ in listed.decode().split()}


@given(st.lists(st.binary(max_size=300), max_size=6))
@example([b"", b"x" * 15, b"x" * 16, b"x" * 2047, b"x" * 2048, b"x" * 300_000])
@settings(deadline=None, max_examples=15)
def test_git_reads_back_what_was_packed(contents: list[bytes]) -> None:
    pack = Pack()
    made = {pack.add(b"blob", content): content for content in [*contents, *contents]}
    with tempfile.TemporaryDirectory() as folder:
        assert read(pack, Path(folder, "packed")) == made
