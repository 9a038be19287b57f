from __future__ import annotations

from types import SimpleNamespace as Response
from typing import TYPE_CHECKING

import pytest

from pipeline.advisories import download as module
from pipeline.advisories.download import download
from pipeline.errors import IncompleteError
from pipeline.web import Web, WebError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.advisories.conftest import Files
    from tests.fake import Fake


@pytest.fixture
def fetch(fake: Fake, tmp_path: Path, pauses: list[float]) -> Callable[[], bytes]:
    def run() -> bytes:
        with Web(sleep=pauses.append) as web:
            target = download(web, f"{fake.url}/big", tmp_path / "to" / "big.zip")
        assert [path.name for path in target.parent.iterdir()] == ["big.zip"]
        return target.read_bytes()

    return run


def test_a_broken_transfer_is_continued(
    files: Files, fake: Fake, fetch: Callable[[], bytes]
) -> None:
    files.faults = [Response(cut=600_000), Response(status=503), Response(reset=True)]
    assert fetch() == files.content["big"]
    asked = [request.headers.get("Range") for request in fake.requests]
    assert asked[0] is None
    assert asked[1] == asked[2] == asked[3]
    assert asked[1] is not None
    assert asked[1] != "bytes=0-"
    assert {request.headers["Accept-Encoding"] for request in fake.requests} == {"identity"}


def test_a_transfer_is_continued_by_the_next_run(
    files: Files, fake: Fake, fetch: Callable[[], bytes]
) -> None:
    files.faults = [Response(cut=600_000), *(Response(status=500) for _ in range(4))]
    with pytest.raises(WebError, match="500, 5 times"):
        fetch()
    fake.requests.clear()
    assert fetch() == files.content["big"]
    assert fake.requests[0].headers["Range"].startswith("bytes=")


def test_a_file_that_changed_is_fetched_anew(files: Files, fetch: Callable[[], bytes]) -> None:
    files.faults = [Response(cut=600_000), *(Response(status=500) for _ in range(4))]
    with pytest.raises(WebError):
        fetch()
    files.etag, files.content["big"] = '"v2"', b"new" * 1000
    assert fetch() == b"new" * 1000


@pytest.mark.parametrize("etag", ['W/"v1"', ""])
def test_without_a_strong_tag_nothing_is_continued(
    files: Files, fake: Fake, fetch: Callable[[], bytes], etag: str
) -> None:
    files.etag = etag
    files.faults = [Response(cut=600_000)]
    assert fetch() == files.content["big"]
    assert "Range" not in fake.requests[1].headers


def test_a_part_that_fits_no_longer_is_thrown_away(
    files: Files, fetch: Callable[[], bytes], tmp_path: Path
) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "big.zip.part").write_bytes(b"x" * 2_000_000)
    (tmp_path / "to" / "big.zip.etag").write_text('"v1"')
    assert fetch() == files.content["big"]


@pytest.mark.parametrize("extent", ["", "bytes 7-9/10", "bytes 5-5/*"])
def test_another_part_than_asked_for_is_not_taken(
    files: Files, fetch: Callable[[], bytes], tmp_path: Path, extent: str
) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "big.zip.part").write_bytes(files.content["big"][:5])
    (tmp_path / "to" / "big.zip.etag").write_text('"v1"')
    files.faults = [Response(status=206, body=b"abc", headers={"Content-Range": extent})]
    assert fetch() == files.content["big"]


def test_a_missing_file_is_told(files: Files, fetch: Callable[[], bytes]) -> None:
    files.faults = [Response(status=404)]
    with pytest.raises(WebError, match="it answered 404"):
        fetch()


def test_a_huge_file_is_refused(
    files: Files, fetch: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    with pytest.raises(WebError, match="larger than 1000 bytes"):
        fetch()
    chunked = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    body = b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n"
    files.faults = [Response(body=body, headers=chunked)]
    with pytest.raises(WebError, match="larger than 1000 bytes"):
        fetch()


def test_a_disk_that_cannot_be_written_is_told(
    files: Files, fetch: Callable[[], bytes], tmp_path: Path
) -> None:
    (tmp_path / "to").write_text("a file")
    with pytest.raises(IncompleteError, match="cannot be written"):
        fetch()
