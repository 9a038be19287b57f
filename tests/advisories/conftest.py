"""Real advisory data where it is at hand, small records, and a server of files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Protocol

import pytest

from pipeline.advisories.store import import_osv
from tests.fake import Fake, Request, Response

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real advisory data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the real advisory data (../shared/data) is not beside this checkout")
    return SHARED


class MakeRecord(Protocol):
    """Writes a record: `events` are the pairs of one range."""

    def __call__(self, id_: str, *events: tuple[str, str], **more: Any) -> dict[str, Any]: ...


@pytest.fixture(scope="session")
def record() -> MakeRecord:
    def make(id_: str, *events: tuple[str, str], **more: Any) -> dict[str, Any]:
        name = more.pop("name", "demo")
        ecosystem = more.pop("ecosystem", "PyPI")
        entry: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
        if events:
            listed = [{kind: value} for kind, value in events]
            entry["ranges"] = [{"type": "ECOSYSTEM", "events": listed}]
        if "versions" in more:
            entry["versions"] = more.pop("versions")
        return {"id": id_, "modified": "2024-05-01T00:00:00Z", "affected": [entry]} | more

    return make


class Pack(Protocol):
    def __call__(self, name: str, *records: Any) -> Path: ...


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Packs records into a zip as OSV's exports are laid out."""

    def make(name: str, *records: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, item in enumerate(records):
                text = item if isinstance(item, bytes) else json.dumps(item).encode()
                id_ = item.get("id", number) if isinstance(item, dict) else number
                archive.writestr(f"{id_}.json", text)
        return path

    return make


class Files:
    """A server of files that knows ranges and tags."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self.content = content
        self.etag = '"v1"'
        self.faults: list[Response] = []

    def __call__(self, request: Request) -> Response:
        content = self.content["/".join(request.path.split("/")[1:2])]
        if self.faults:
            fault = self.faults.pop(0)
            if getattr(fault, "cut", None) is not None:
                fault.body, fault.headers = content, {"ETag": self.etag}
            return fault
        asked = request.headers.get("Range", "")
        if asked and request.headers.get("If-Range") == self.etag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                return Response(status=416)
            extent = f"bytes {start}-{len(content) - 1}/{len(content)}"
            return Response(
                status=206,
                body=content[start:],
                headers={"Content-Range": extent, "ETag": self.etag},
            )
        return Response(body=content, headers={"ETag": self.etag})


@pytest.fixture
def files(fake: Fake) -> Files:
    """A server with one file of a megabyte, `/big`."""
    fake.handle = Files({"big": bytes(range(256)) * 4000})
    return fake.handle


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where a store may be made."""
    return tmp_path / "cache" / "advisories.sqlite"


@pytest.fixture
def filled(database: Path, pack: Pack, record: MakeRecord) -> Path:
    """A store of 200 records."""
    records = [record(f"PYSEC-{n}", ("introduced", "0"), details="x" * 500) for n in range(200)]
    import_osv([pack("filled.zip", *records)], database)
    return database
