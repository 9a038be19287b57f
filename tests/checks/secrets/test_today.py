"""Today's files by their content: the same answer as the engine's own on disk."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from pipeline.checks.secrets import today
from pipeline.checks.secrets.files import look
from pipeline.model import Finding, Location, Reading, Target

from .conftest import Repository, is_whole, make_token, search

TARGET = Target(name="t", git=None, files=0)


def contents(root: Path) -> today.Contents:
    return today.name(root, look(root, TARGET))


def test_content_goes_by_the_id_that_git_gives_it(repository: Repository) -> None:
    repository.write("a.py", "x = 1\n")
    repository.write("empty", "")
    repository.write("folder/large", b"\0" * (3 * 1024 * 1024 + 5))
    found = contents(repository.root)
    assert found.ids == {
        path: repository.git("hash-object", path) for path in ("a.py", "empty", "folder/large")
    }
    assert not found.unread
    assert found.apart == ("folder/large",)


def test_what_is_read_where_it_lies_is_known_by_name_or_content(repository: Repository) -> None:
    for name in ("a.db", "b.SQLite3", "c.pyc", "d.tbz2"):
        repository.write(name, "x")
    repository.write("data", b"x" * 2**20 + b"\0")
    repository.write("database.py", b"x\xff")
    assert contents(repository.root).apart == ("a.db", "b.SQLite3", "c.pyc", "d.tbz2", "data")


def test_what_cannot_be_read_is_told(repository: Repository) -> None:
    repository.write("a/b.py", "x")
    files = look(repository.root, TARGET)
    (repository.root / "a" / "b.py").unlink()
    (repository.root / "a" / "b.py").symlink_to("/etc/hostname")
    found = today.name(repository.root, files)
    assert not found.ids
    assert found.unread.keys() == {"a/b.py"}


def test_only_what_changed_counts(repository: Repository) -> None:
    found = today.Contents(ids={"a": "1", "b": "2", "c\udcff": "3"}, unread={}, apart=())
    assert today.changed(found, {"a": "1", "b": "0", "c\udcff": "3"}) == {"b": "2", "c\udcff": "3"}


def test_what_changed_is_read_within_a_limit(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("a", "12345")
    repository.write("b", "678")
    assert today.read(repository.root, ["b"]) == {"b": b"678"}
    monkeypatch.setattr(today, "MAX_FRESH", 8)
    assert today.read(repository.root, ["a", "b"]) == {"a": b"12345", "b": b"678"}
    monkeypatch.setattr(today, "MAX_FRESH", 7)
    assert today.read(repository.root, ["a", "b"]) is None
    (repository.root / "b").unlink()
    assert today.read(repository.root, ["b"]) is None


# ------------------------------------------------------------------------------ the same answer


def fill(repository: Repository) -> None:
    """Files of many kinds, each with a token of its own."""

    def line() -> bytes:
        return f"value = '{make_token()}'\n".encode()

    for name in ("a.py", "sub/b.yml", "package-lock.json", "page.html", "x/node_modules/y.js"):
        repository.write(name, line())
    repository.write("utf16.txt", line().decode().encode("utf-16"))
    repository.write("book.ipynb", b'{"cells": [{"source": ["' + line().strip() + b'"]}]}')
    repository.write("binary.bin", os.urandom(200) + line() + os.urandom(200))
    repository.write("data.gz", gzip.compress(line()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in.txt", line())
        archive.writestr("yarn.lock", line())
    repository.write("data.zip", packed.getvalue())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("in.txt")
        member.size = len(line())
        tar.addfile(member, io.BytesIO(line()))
    repository.write("data.tar.gz", packed.getvalue())
    database = sqlite3.connect(repository.root / "data.db")
    database.execute("create table t (a)")
    database.execute("insert into t values (?)", (line().decode(),))
    database.commit()
    database.close()
    repository.write(".env", f"API_TOKEN={make_token()}\nDB_PASSWORD=Xk29dkLq8Zp1\n")


def places(reading: Reading) -> set[tuple[str, str, Location]]:
    """What stands in today's files: rule, secret, place."""

    def still(finding: Finding) -> bool:
        return not finding.removed

    return {
        (finding.rule, finding.subject, place)
        for finding in filter(still, reading.findings)
        for place in finding.locations
    }


def on_disk(root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    """The same search by the engine's own walk of the folder, without any memory."""
    for file in (cache / "secrets").glob("*"):
        file.unlink()
    with monkeypatch.context() as patch:
        for name in ("_everything", "_news"):
            patch.setattr(f"pipeline.checks.secrets.jobs.{name}", lambda *_: [])
        reading = search(root)
    for file in (cache / "secrets").glob("*"):
        file.unlink()
    return reading


def test_one_process_for_all_sees_in_todays_files_what_the_engine_sees_on_disk(
    repository: Repository, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(repository)
    repository.commit()
    expected = on_disk(repository.root, cache, monkeypatch)
    reading = search(repository.root)
    assert is_whole(reading)
    assert len(places(expected)) >= 13
    assert places(reading) == places(expected)


@pytest.mark.parametrize("memory", [True, False], ids=["in memory", "on a disk"])
@pytest.mark.parametrize("part", ["", "sub"])
def test_whatever_became_of_todays_files_all_is_seen(
    repository: Repository, cache: Path, monkeypatch: pytest.MonkeyPatch, part: str, *, memory: bool
) -> None:
    """Moved, copied, changed, new, under odd names, where rules pass over one of two paths."""
    fill(repository)
    for name in ("a.py", "data.db", "data.zip", "sub/b.yml", ".env"):
        repository.write(f"sub/{name}.py", (repository.root / name).read_bytes())
    repository.write("yarn.lock", f"value = '{make_token()}'\n")
    repository.write("sub/tiny.ini", "password=Xk29dkLq8Z\n"[:19])
    repository.commit()
    for before, now in (("page.html", "page.py"), ("yarn.lock", "sub/text"), ("data.gz", "d!e.gz")):
        repository.git("mv", before, now)
    repository.commit()
    repository.write("utf16.txt", f"value = '{make_token()}'\n")
    repository.write("sub/new.toml", f"value = '{make_token()}'\n")
    repository.write(os.fsdecode(b"sub/\xff.py"), f"value = '{make_token()}'\n")
    if not memory:
        monkeypatch.setattr("pipeline.checks.secrets.calls.in_memory", lambda: "")
    root = repository.root / part
    expected = on_disk(root, cache, monkeypatch)
    reading = search(root)
    assert is_whole(reading)
    assert len(places(expected)) >= (9 if part else 19)
    assert places(reading) == places(expected)


def test_a_walk_of_what_is_new_sees_what_the_engine_sees_on_disk(
    repository: Repository, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memories = cache / "secrets"
    repository.commit()
    search(repository.root)
    fill(repository)
    kept = {file: file.read_bytes() for file in memories.iterdir()}
    expected = on_disk(repository.root, cache, monkeypatch)
    for file, content in kept.items():
        file.write_bytes(content)
    reading = search(repository.root)
    assert is_whole(reading)
    assert len(places(expected)) >= 13
    assert places(reading) == places(expected)
    # Renamed, changed, new, gone: none of it is in a commit.
    repository.commit()
    search(repository.root)
    kept = {file: file.read_bytes() for file in memories.iterdir()}
    (repository.root / "a.py").rename(repository.root / "go.sum")
    (repository.root / "page.html").rename(repository.root / "page.py")
    repository.write("sub/b.yml", f"key: '{make_token()}'\n")
    repository.write("new/file.toml", f"key = '{make_token()}'\n")
    (repository.root / "data.gz").unlink()
    expected = on_disk(repository.root, cache, monkeypatch)
    for file, content in kept.items():
        file.write_bytes(content)
    assert places(search(repository.root)) == places(expected)
    assert places(search(repository.root)) == places(expected)


def test_files_that_did_not_change_are_not_read_again(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(repository)
    repository.commit()
    first = search(repository.root)
    seen: list[int] = []

    def counting(found: today.Contents, before: dict[str, str]) -> dict[str, str]:
        answer = today.changed(found, before)
        seen.append(len(answer))
        return answer

    monkeypatch.setattr("pipeline.checks.secrets.jobs.changed", counting)
    assert places(search(repository.root)) == places(first)
    repository.write("a.py", f"value = '{make_token()}'\n")
    changed = search(repository.root)
    assert seen == [0, 1]
    assert places(changed) != places(first)
    assert len(places(changed)) == len(places(first))


@pytest.mark.parametrize("known", [False, True], ids=["first look", "what is new"])
@pytest.mark.parametrize("name", ["a.py", "data.zip", "a.db", "go.sum", "no-text-\udcff.py"])
def test_what_git_keeps_under_its_id_does_not_answer_for_a_file(
    repository: Repository, name: str, *, known: bool
) -> None:
    """Who packs a `.git` can put anything under the id of a file's content."""
    repository.write("b.py", "x = 1\n")
    repository.commit()
    if known:
        search(repository.root)
    packed = io.BytesIO()
    text = f"value = '{make_token()}'\n".encode()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in.txt", text)
    content = packed.getvalue() if name == "data.zip" else text
    repository.write(name, content)
    repository.commit()
    id_ = repository.git("hash-object", name)
    kept = repository.root / ".git" / "objects" / id_[:2] / id_[2:]
    kept.chmod(0o600)
    harmless = b"#" * len(content)
    kept.write_bytes(zlib.compress(b"blob %d\0" % len(harmless) + harmless))
    assert repository.git("cat-file", "blob", id_) == harmless.decode()
    (finding,) = search(repository.root).findings
    assert len(finding.locations) == 1
    assert not finding.removed
