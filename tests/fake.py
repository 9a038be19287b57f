"""A server on loopback that misbehaves on order, for the tests of whatever speaks HTTPS."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any


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
`slow`: wait so many seconds first.
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


@contextmanager
def serving() -> Iterator[Fake]:
    """A running server, stopped at the end."""
    fake = Fake()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = _Quiet(("127.0.0.1", 0), handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
