"""What is run, and what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import images
from pipeline.checks.container import jobs, remember
from pipeline.checks.container.remember import Memory
from pipeline.checks.container.scan import read
from pipeline.checks.job import Job, Skip, Wanted
from pipeline.model import Gap, Status
from tests.checks.container.cases import APP, LOST, database, image, options, ran, target
from tests.kit import images as kit
from tests.kit.images import Built

JAVA = Wanted(java_database=True, optional=True, fetch=True)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("pipeline.files.cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def planned(found: object) -> list[Job]:
    assert isinstance(found, list)
    return found


def test_nothing_to_look_at() -> None:
    found = jobs.plan(target(), options())
    assert isinstance(found, Skip)
    assert found.status is Status.NOT_APPLICABLE
    assert jobs.plan(target(dockerfiles=("Dockerfile",)), options()) == ()
    assert jobs.plan(target(LOST), options()) == ()


def test_what_has_to_be_there_first(tmp_path: Path) -> None:
    found = target(image(tmp_path))
    assert jobs.plan(found, options(tool=None, database=None)) == Wanted(tool=True, database=True)
    assert jobs.plan(found, options(database=None)) == Wanted(database=True)


def test_a_layout_is_given_as_one_with_nothing_else_in_it(tmp_path: Path) -> None:
    found = image(tmp_path)
    (job,) = planned(jobs.plan(target(found), options()))
    assert job.links == {"image/blobs": f"{found.place}/blobs"}
    assert job.arguments[-2:] == ("--input", f"image@{found.manifest}")
    index = json.loads(job.inputs["image/index.json"])
    assert [one["digest"] for one in index["manifests"]] == [found.manifest]
    assert "misconfig" not in " ".join(job.arguments)
    assert job.private
    assert not job.network


def test_an_archive_is_given_as_it_is(tmp_path: Path) -> None:
    file = kit.archive(tmp_path / "app.tar", APP)
    (found,) = images.look([("./app.tar", "", tmp_path)])
    (job,) = planned(jobs.plan(target(found), options()))
    assert job.links == {"image.tar": str(file)}
    assert job.arguments[-2:] == ("--input", "image.tar")


def test_archives_of_java_want_their_index(tmp_path: Path) -> None:
    found = target(image(tmp_path, Built.of(kit.jar("a", "b", "1"))))
    assert jobs.plan(found, options()) == JAVA
    (job,) = planned(jobs.plan(found, options(lacking="offline")))
    assert job.arguments[:3] == ("image", "--skip-files", "**/*.jar")
    known = options(database=database(java=True))
    (job,) = planned(jobs.plan(found, known))
    assert "--skip-files" not in job.arguments


def test_layers_that_are_not_what_they_should_be_are_not_scanned(tmp_path: Path) -> None:
    good, bad = image(tmp_path), image(tmp_path, Built.of({"a": b"1"}), "./bad:1.0")
    layer = Path(bad.place) / "blobs" / "sha256" / bad.layers[0].digest[7:]
    layer.write_bytes(b"x")
    (job,) = planned(jobs.plan(target(good, bad), options()))
    assert job.name == good.title
    told = {work.image.name: work for work in job.notes.works}
    assert told["./bad:1.0"].gap is Gap.PARSE_ERROR
    assert "was cut or changed" in told["./bad:1.0"].why


def test_what_was_answered_before_is_not_asked_again(tmp_path: Path) -> None:
    found = image(tmp_path)
    asked = options()
    memory = Memory(
        key=remember.key(found, asked), scan=read(ran(found), found), names=frozenset({"x.jar"})
    )
    remember.keep(found, memory)
    assert jobs.plan(target(found), asked) == JAVA
    asked = options(database=database(java=True))
    assert planned(jobs.plan(target(found), asked)) == []
    (work,) = jobs.look(target(found), asked)
    assert (work.memory, work.names) == (memory, memory.names)
    layer = Path(found.place) / "blobs" / "sha256" / found.layers[0].digest[7:]
    layer.write_bytes(b"x")
    (work,) = jobs.look(target(found), asked)
    assert (work.memory, "was cut or changed" in work.why) == (None, True)
