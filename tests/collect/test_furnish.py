from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import collect as room
from pipeline.checks.job import Job
from pipeline.collect.furnish import command_of, folder_of
from pipeline.errors import IncompleteError
from pipeline.model import Evidence, Status
from tests.collect.checks import Helped


def test_a_job_is_led_to_files_elsewhere(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "file").write_text("far away")
    helped = Helped("print(open('image/blobs/file').read())", optional=False)
    helped.job = replace(
        helped.job, inputs={"image/index": b""}, links={"image/blobs": str(tmp_path / "large")}
    )
    monkeypatch.setattr(room, "CHECKS", {"dependencies": helped})
    (artefact,) = run().artefacts
    assert (tmp_path / "out" / artefact.path).read_text() == "far away\n"


def test_a_job_fills_its_own_folder(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled: list[Path] = []

    def fill(folder: Path) -> None:
        filled.append(folder)
        (folder / "index").write_text((folder / "index").read_text() + " and what it lists")

    helped = Helped("print(open('index').read())", optional=False)
    helped.job = replace(helped.job, inputs={"index": b"the index"}, fill=fill)
    monkeypatch.setattr(room, "CHECKS", {"dependencies": helped})
    (artefact,) = run().artefacts
    assert (tmp_path / "out" / artefact.path).read_text() == "the index and what it lists\n"
    assert not filled[0].exists()

    def refuse(_: Path) -> None:
        raise IncompleteError("no room")

    helped.job = replace(helped.job, fill=refuse)
    evidence = run()
    assert (evidence.status, evidence.reason) == (Status.ERRORED, "no room")


def test_a_folder_is_its_owners_alone_and_where_the_job_wants_it(tmp_path: Path) -> None:
    with folder_of(Job(name="j", arguments=(), scratch=str(tmp_path))) as name:
        folder = Path(name)
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_a_command_is_the_programs_and_the_jobs_own() -> None:
    job = Job(name="j", arguments=("a", "-b"), accept=frozenset({0, 7}), env={"A": "1"})
    command = command_of(job, ("/bin/tool", "sub"))
    assert command.argv == ("/bin/tool", "sub", "a", "-b")
    assert command.accept == {0, 7}
    assert command.env == {"A": "1"}
    assert command.label == "j"
    assert command.network is False
