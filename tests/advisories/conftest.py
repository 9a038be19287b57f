"""Real advisory data where it is at hand, small records, and a server that misbehaves on order."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import pytest

from pipeline.advisories.store import import_osv

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


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Response = SimpleNamespace
"""What to answer: `body` (bytes, or a value for JSON), `status`, `headers`.

`cut`: announce the whole body, send so many bytes, hang up. `reset`: end the connection at once.
`slow`: wait so many seconds first. Tests cannot import from here, hence no class of our own.
"""


@dataclass
class Fake:
    """A server on loopback that answers by `handle` and remembers what it was asked."""

    url: str = ""
    handle: Callable[[Request], Response] = lambda _: Response(status=404)
    requests: list[Request] = field(default_factory=list)

    def script(self, *responses: Response) -> None:
        """Answers in this order, whatever is asked; the last one repeats."""
        queue = list(responses)
        self.handle = lambda _: queue.pop(0) if len(queue) > 1 else queue[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: Fake

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        request = Request(self.command, self.path, dict(self.headers), self.rfile.read(length))
        self.fake.requests.append(request)
        response = self.fake.handle(request)
        time.sleep(getattr(response, "slow", 0.0))
        if getattr(response, "reset", False):
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
            return
        body = getattr(response, "body", b"")
        headers, cut = getattr(response, "headers", {}), getattr(response, "cut", None)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(getattr(response, "status", 200))
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base's name
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@pytest.fixture
def fake() -> Iterator[Fake]:
    fake = Fake()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = _Quiet(("127.0.0.1", 0), handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pauses() -> list[float]:
    """Give `pauses.append` as `sleep`: pauses are written down instead of waited for."""
    return []


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
