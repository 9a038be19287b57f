"""Whatever breaks around a run: the documented exit code, nothing lost, nothing half-written."""

from __future__ import annotations

import functools
import json
import os
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.advisories import choose
from pipeline.advisories.osv_online import OsvSource
from pipeline.advisories.pypi_online import PypiSource
from pipeline.cli import main
from tests.e2e.conftest import Ran

ROOT = Path(__file__).parents[2]
OPTIONS = ("--as-of", "2026-11-01", "--offline")


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# ----------------------------------------------------------------------------------- the disk


def limited(root: Path, store: Path, bytes_allowed: int) -> subprocess.CompletedProcess[str]:
    """A run that may write no file larger than this, as on a disk that is full."""
    return subprocess.run(
        [
            *(sys.executable, "-P", "-m", "pipeline", "run", str(root)),
            *("--advisories", str(store), *OPTIONS),
        ],
        # A compiled file that was cut short would break every later run of this checkout.
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (bytes_allowed, bytes_allowed)
        ),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_full_disk_at_the_start(
    repository: Callable[..., Path], run: Callable[..., Ran], small_store: Path
) -> None:
    root = repository(**{"requirements.txt": "idna==3.10\n"})
    assert run(root, "--advisories", str(small_store), *OPTIONS).code == 0
    ended = limited(root, small_store, 500)
    assert ended.returncode == 3
    assert "plan.json" in ended.stderr
    assert "make room" in ended.stderr
    assert "Traceback" not in ended.stderr
    # The old plan is whole, and what belongs to no run of today is gone.
    assert json.loads((root / ".supply-chain/plan.json").read_bytes())["checks"]
    assert main(["gate", "--output", str(root / ".supply-chain"), "--quiet"]) == 3


def test_a_full_disk_at_the_end(
    repository: Callable[..., Path], run: Callable[..., Ran], small_store: Path
) -> None:
    root = repository(**{"requirements.txt": "idna==3.10\n"})
    assert run(root, "--advisories", str(small_store), *OPTIONS).code == 0
    largest = max(len(content) for content in tree(root / ".supply-chain/evidence").values())
    plan = len((root / ".supply-chain/plan.json").read_bytes())
    ended = limited(root, small_store, max(largest, plan) + 2000)
    assert ended.returncode == 3, ended.stderr
    assert "Traceback" not in ended.stderr
    assert list((root / ".supply-chain/report").iterdir()) == []
    assert main(["gate", "--output", str(root / ".supply-chain"), "--quiet"]) == 3


# ---------------------------------------------------------------------------------- the store


def test_a_locked_store_is_errored(
    repository: Callable[..., Path], run: Callable[..., Ran], small_store: Path
) -> None:
    root = repository(**{"requirements.txt": "idna==3.10\n"})
    holder = sqlite3.connect(small_store, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        ran = run(root, "--advisories", str(small_store), *OPTIONS)
    finally:
        holder.close()
    assert (ran.code, ran.status) == (3, "errored")


@pytest.mark.parametrize("spoil", ["cut", "zeroed", "emptied", "another file"])
def test_a_spoilt_store_is_errored(
    spoil: str, repository: Callable[..., Path], run: Callable[..., Ran], small_store: Path
) -> None:
    root = repository(**{"requirements.txt": "jinja2==2.10\n"})
    content = small_store.read_bytes()
    small_store.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "zeroed": content[:4096] + bytes(len(content) - 4096),
            "emptied": b"",
            "another file": b"SQLite format 3\0" + bytes(5000),
        }[spoil]
    )
    ran = run(root, "--advisories", str(small_store), *OPTIONS)
    assert (ran.code, ran.status) == (3, "errored")
    assert small_store.name in ran.dependencies["reason"]


# ------------------------------------------------------------------------------- the services


class Broken(BaseHTTPRequestHandler):
    """Answers everything in the same wrong way."""

    status = 200
    content = b""
    pause = 0.0

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(self.pause)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    do_GET = do_POST = answer  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    servers = []

    def start(**kind: object) -> str:
        handler = type("Handler", (Broken,), kind)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


SERVICES: dict[str, dict[str, object]] = {
    "too many requests": {"status": 429},
    "broken": {"status": 500, "content": b"oops"},
    "a web page": {"content": b"<html>Sign in</html>"},
    "an empty body": {},
    "an empty list": {"content": b"[]"},
    "null": {"content": b"null"},
    "no vulnerability for anybody": {"content": b'{"results": [{}, {}], "vulnerabilities": []}'},
    "too slow": {"pause": 3.0},
}


@pytest.mark.parametrize("kind", SERVICES.values(), ids=SERVICES.keys())
def test_a_failing_service_is_errored_never_clean(
    kind: dict[str, object],
    serve: Callable[..., str],
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The real sources with their own retries, in a hurry.
    for name, source in (("OsvSource", OsvSource), ("PypiSource", PypiSource)):
        hurried = functools.partial(source, sleep=lambda seconds: None, deadline=2.0)
        monkeypatch.setattr(choose, name, hurried)
    url = serve(**kind)
    config = tmp_path / "config.yml"
    config.write_text(f"advisories: {{osv-url: '{url}', pypi-url: '{url}'}}\n")
    root = repository(**{"requirements.txt": "idna==3.10\n"})
    ran = run(root, "--config", str(config))
    assert (ran.code, ran.status) == (3, "errored")
    (found,) = (one for one in ran.report["evidence"] if one["check"] == "dependencies")
    assert "no advisory source answers" in found["reason"]
    assert "OSV" in found["reason"]
    assert "PyPI" in found["reason"]
