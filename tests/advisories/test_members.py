from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from pipeline.advisories import members
from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from pathlib import Path


def zipped(**content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name.replace("__", "."), text)
    return buffer.getvalue()


def names(path: Path) -> list[str]:
    return [member.name for member in members.members((path,))]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped(b__json=b"{}", a__yaml=b"", c__csv=b"", d__yml=b""))
    return path


def test_only_records_are_members_in_a_stable_order(archive: Path) -> None:
    assert names(archive) == ["a.yaml", "b.json", "d.yml"]


def test_a_file_that_unpacks_to_much_is_refused(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "MAX_RECORD_BYTES", 1000)
    archive.write_bytes(zipped(bomb__json=b" " * 1_000_000))
    with pytest.raises(IncompleteError, match="larger than 1000 bytes"):
        names(archive)


def test_too_much_in_all_is_refused(archive: Path) -> None:
    budget = members._Budget(total=10)
    budget.take(10, "x")
    with pytest.raises(IncompleteError, match="more data than any"):
        budget.take(1, "x")
    with pytest.raises(IncompleteError, match="more data than any"):
        members._Budget(files=0).take(1, "x")


def test_an_inner_archive_is_bounded(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = zipped(a__json=b"{}")
    archive.write_bytes(zipped(inner__zip=inner))
    assert names(archive) == ["a.json"]
    monkeypatch.setattr(members, "MAX_ARCHIVE_BYTES", 10)
    with pytest.raises(IncompleteError, match="larger than 10 bytes"):
        names(archive)


def test_archives_do_not_nest_for_ever(archive: Path) -> None:
    archive.write_bytes(zipped(a__zip=zipped(b__zip=zipped(c__json=b"{}"))))
    with pytest.raises(IncompleteError, match="nested too deep"):
        names(archive)


def test_an_encrypted_archive_is_refused(archive: Path) -> None:
    content = bytearray(zipped(a__json=b"{}"))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(IncompleteError, match="encrypted"):
        names(archive)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="no such file"):
        names(tmp_path / "none.zip")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "loop.zip").symlink_to("loop.zip")
    with pytest.raises(IncompleteError, match="cannot be read"):
        names(tmp_path / "loop.zip")


def test_an_ampersand_in_prose_is_no_anchor() -> None:
    assert members.parse("x.yaml", b"text: |\n  a &b *c") == {"text": "a &b *c"}
