"""What the engine's words about image layers come to, without the engine."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.checks.job import Job, Ran
from pipeline.checks.secrets import baked as module
from pipeline.checks.secrets import remember
from pipeline.checks.secrets.baked import read
from pipeline.checks.secrets.engine import Canary
from pipeline.checks.secrets.fingerprint import Names
from pipeline.checks.secrets.layers import Unpacked
from pipeline.checks.secrets.remember import Baked, Known
from pipeline.checks.secrets.shelf import LOOSE, PACKED, Shelf
from pipeline.errors import UnreadableOutputError
from pipeline.model import Gap, Image, Layer, Location, Unread

from .conftest import make_token

ID = "sha256:1"
IMAGE = Image(
    name="app", transport="layout", config="sha256:c", layers=(Layer(diff_id=ID), Layer(diff_id=ID))
)
FILES = {
    "srv/a.ini": b"1",
    "srv/node_modules/b.js": b"2",
    "srv/package-lock.json": b"3",
    "srv/c.zip": b"PK\3\4",
    "srv/d.db": b"SQLite format 3\0",
}


@pytest.fixture
def task(tmp_path: Path) -> Unpacked:
    baked = Baked(images=(IMAGE,), known={}, wrong={}, key="key")
    made = Unpacked(baked=baked, canary=Canary.make(), shelf=Shelf(tmp_path))
    assert made.shelf is not None
    for path, content in FILES.items():
        made.shelf.put(path, io.BytesIO(content))
    made.shelf.keep(ID)
    made.whole[ID] = Known(key="key")
    return made


def name_of(task: Unpacked, path: str, folder: str = "") -> str:
    assert task.shelf is not None
    (name,) = (
        name
        for name, places in task.shelf.places.items()
        if (ID, path) in places and folder in name and ("again" in folder or "again" not in name)
    )
    return name


def hit(
    path: str, value: str, rule: str = "engine.x", confidence: str = "medium"
) -> dict[str, Any]:
    about = {"id": rule, "name": "A token", "description": "A token"}
    return {
        "rule": about,
        "finding": {"path": path, "line": 3, "confidence": confidence, "snippet": value},
    }


def ran(task: Unpacked, *hits: dict[str, Any], **change: Any) -> Ran:
    """What a run says: the canaries, these hits, and how much was read."""
    assert task.shelf is not None
    lines = list(hits)
    for root in change.get("singing", (LOOSE, PACKED)):
        lines += [hit(f"{root}/canary.txt", value) for value in task.canary.values]
    lines.append(
        {
            "audit": {
                "repositories": [
                    {
                        "repository": f"/job/{root}",
                        "scan": {"status": change.get("status", "completed")},
                        "stats": {"blobs_scanned": task.shelf.counts[root] + change.get("more", 1)},
                    }
                    for root in change.get("scanned", (LOOSE, PACKED))
                ]
            }
        }
    )
    job = Job(name="image layers", arguments=(), notes=task)
    stdout = b"\n".join(json.dumps(one).encode() for one in lines)
    return Ran(job=job, exit_code=200, outputs={}, stdout=stdout)


def test_every_file_with_a_content_is_a_place(task: Unpacked) -> None:
    token = make_token()
    places = [name_of(task, "srv/a.ini"), f"{name_of(task, 'srv/c.zip')}!in/side.txt"]
    places.append(f"{name_of(task, 'srv/d.db')}/table.sql")
    hits = [hit(place, token) for place in (*places, "layers/9/unknown", "canary.txt")]
    found = read(task.baked, ran(task, *hits), Names(""))
    assert {seen.path for seen in found.seen} == {"srv/a.ini", "srv/c.zip", "srv/d.db"}
    assert {(seen.image, seen.line) for seen in found.seen} == {("app", 3)}
    assert all("layer 1 of 2" in seen.layer for seen in found.seen)
    assert token not in repr(found)
    kept = remember.recall_layer(ID, "key")
    assert kept is not None
    assert {(seen.image, seen.layer) for seen in kept.seen} == {("", "")}
    assert remember.recall_layer(ID, "other") is None


@pytest.mark.parametrize(
    ("path", "folder", "rule", "confidence", "counts"),
    [
        ("srv/a.ini", "", "supply-chain.x", "medium", True),
        ("srv/node_modules/b.js", "", "engine.x", "medium", True),
        ("srv/node_modules/b.js", "", "supply-chain.x", "medium", False),
        ("srv/node_modules/b.js", "", "supply-chain.x", "high", True),
        ("srv/package-lock.json", "", "supply-chain.x", "medium", True),
        ("srv/package-lock.json", "/again/", "engine.x", "medium", True),
        ("srv/package-lock.json", "/again/", "supply-chain.x", "high", False),
    ],
)
def test_rules_of_ours_and_what_the_engine_passes_over(
    task: Unpacked, path: str, folder: str, rule: str, confidence: str, counts: bool
) -> None:
    one = hit(name_of(task, path, folder), make_token(), rule, confidence)
    assert bool(read(task.baked, ran(task, one), Names("")).seen) is counts


@pytest.mark.parametrize(
    "change", [{"more": 0}, {"status": "partial"}, {"scanned": (LOOSE,)}, {"scanned": (PACKED,)}]
)
def test_what_the_engine_does_not_account_for(task: Unpacked, change: dict[str, Any]) -> None:
    one = hit(name_of(task, "srv/a.ini"), make_token())
    found = read(task.baked, ran(task, one, **change), Names(""))
    assert len(found.seen) == 1
    (part,) = found.coverage
    assert (part.expected, part.evaluated) == (2, 0)
    assert [missing.gap for missing in part.missing] == [Gap.NOT_ACCOUNTED_FOR]
    assert remember.recall_layer(ID, "key") is None


@pytest.mark.parametrize("singing", [(LOOSE,), (PACKED,), ()])
def test_silence_means_nothing(task: Unpacked, singing: tuple[str, ...]) -> None:
    with pytest.raises(UnreadableOutputError, match="canary"):
        read(task.baked, ran(task, singing=singing), Names(""))


def test_large_files_and_images_that_were_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NAMED", 2)
    lost = Unread(location=Location(path="lost"), why="no answer", gap=Gap.NETWORK_OFF)
    images = (IMAGE, Image(name="lost", transport="registry", unread=lost))
    known = {ID: Known(key="", left=dict.fromkeys("abc", "too large"))}
    baked = Baked(images=images, known=known, wrong={}, key="")
    first, second = read(baked, None, Names("")).coverage
    assert (first.expected, first.evaluated) == (2, 0)
    assert [(one.subject, one.gap) for one in first.missing] == [
        ("app!/a", Gap.TOO_LARGE),
        ("app!/b", Gap.TOO_LARGE),
    ]
    assert (second.expected, second.evaluated) == (1, 0)
    assert second.missing[0].why == "no answer"
