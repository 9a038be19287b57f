"""A stand-in for OSV's service with the latency of a real one, answering from a store.

    python -m benchmarks.standin STORE LATENCY_SECONDS

prints its address and serves until it is ended. Speaks `/v1/query`, `/v1/querybatch` and
`/v1/vulns/ID` as https://google.github.io/osv.dev/api/ describes.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pipeline.advisories.store import Store


class Handler(BaseHTTPRequestHandler):
    """Answers after a pause."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    store: Store
    latency: float
    lock = threading.Lock()

    def do_POST(self) -> None:
        """`/v1/query` and `/v1/querybatch`."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.latency)
        if self.path == "/v1/query":
            self._send({"vulns": records} if (records := self._query(body)) else {})
        else:
            results = [
                {"vulns": [{key: record[key] for key in ("id", "modified")} for record in found]}
                if (found := self._query(query))
                else {}
                for query in body["queries"]
            ]
            self._send({"results": results})

    def do_GET(self) -> None:
        """`/v1/vulns/ID`."""
        time.sleep(self.latency)
        with self.lock:
            record = self.store.vuln(self.path.rpartition("/")[2])
        self._send(record)

    def _query(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        package = query["package"]
        with self.lock:
            found = self.store.query(package["ecosystem"], package["name"], query["version"])
        return [record for record, _ in found]

    def _send(self, answer: Any) -> None:
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def main() -> None:
    """Serve until ended."""
    Handler.store = Store.open(Path(sys.argv[1]))
    Handler.latency = float(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
