"""One image with something of everything, and what the real Trivy said of it.

The report was recorded by tests/e2e/test_container_recorded.py, with --record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pipeline import images
from pipeline.checks.container.jobs import Notes, Work
from pipeline.checks.job import Job, Options, Ran
from pipeline.model import DataRecord, Image, Location, Target, ToolRecord, Unread
from pipeline.tools import trivy
from pipeline.tools.trivy import Database
from tests.kit import images as kit
from tests.kit.images import Built, Deb

RECORDED = Path(__file__).parents[2] / "data" / "checks" / "container" / "app.json"
TOKEN = "ghp_" + "Zx81kQp0LmN7vRt5YsW3bJ6hD9cF2gA4eUoI"
MARK = "the-token-of-the-test"
"""What stands for the token in the recorded report."""
TODAY = date(2026, 11, 22)

APP = Built.of(
    kit.debian(Deb("libssl3", "3.0.11-1~deb12u1", "openssl"), Deb("login", "1:4.13-1", "shadow")),
    {
        **kit.python("jinja2", "2.4.1"),
        **kit.node("lodash", "4.17.20"),
        **kit.go_binary({"golang.org/x/net": "v0.1.0"}),
        "app/settings.ini": f"token = {TOKEN}\n".encode(),
    },
    user="",
    env=["DB_PASSWORD=correct-horse", f"PLAIN={TOKEN}"],
    ports=["22/tcp", "80/tcp", "8080/tcp"],
    history=[("COPY rootfs /", False), ("RUN make install", False)],
    labels={"org.opencontainers.image.base.name": "docker.io/library/debian:12"},
)


def image(folder: Path, built: Built = APP, name: str = "./app:1.0") -> Image:
    """The image in a layout of its own."""
    place = folder / name.strip("./").replace(":", "-")
    if not place.exists():
        kit.layout(place, {"": built})
    (found,) = images.look([(f"./{place.name}", "", folder)])
    return replace(found, name=name)


def report() -> dict[str, Any]:
    """What Trivy said."""
    found: dict[str, Any] = json.loads(RECORDED.read_text().replace(MARK, TOKEN))
    return found


def database(*sources: str, java: bool = False) -> Database:
    """A database that holds these sources."""
    known = sources or ("debian 12", "pip::x", "npm::x", "go::x", "maven::x")
    record = DataRecord(
        name="Trivy vulnerability database", origin="here", digest="sha256:db", as_of=TODAY
    )
    return Database(cache="/db", sources=frozenset(known), records=(record,), java=java)


def options(**more: Any) -> Options:
    values: dict[str, Any] = {
        "as_of": TODAY,
        "tool": ToolRecord(name="trivy", version="0.74.0", digest="sha256:trivy"),
        "database": database(),
    }
    return Options(**(values | more))


def ran(
    found: Image,
    said: Mapping[str, Any] | bytes | None = None,
    *,
    stderr: str = "",
    exit_code: int = 0,
    names: frozenset[str] = frozenset(),
) -> Ran:
    """A run of Trivy that left `said`, by default what was recorded."""
    content = said if isinstance(said, bytes) else json.dumps(said or report()).encode()
    work = Work(image=found, key="key", names=names)
    job = Job(name=found.title, arguments=(), notes=Notes(work=work, works=(work,)))
    return Ran(job=job, exit_code=exit_code, outputs={trivy.OUTPUT: content}, stderr=stderr)


def target(*found: Image, **more: Any) -> Target:
    values: dict[str, Any] = {"name": "shop", "git": None, "files": 1, "images": found}
    return Target(**(values | more))


LOST = Image(
    name="lost:1.0",
    transport="registry",
    unread=Unread(location=Location(path="lost:1.0"), why="no answer"),
)
