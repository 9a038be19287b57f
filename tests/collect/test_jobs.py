from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import collect as room
from pipeline.errors import IncompleteError
from pipeline.model import Evidence, Status
from tests.collect.checks import Helped


def test_another_program_can_take_part_and_files_and_tables_are_recorded(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Helped("print('hello')", optional=False)})
    evidence = run()
    assert evidence.status is Status.CLEAN
    assert [tool.name for tool in evidence.tools] == ["helper"]
    assert evidence.tables[0].rows == ((1,),)
    (artefact,) = evidence.artefacts
    assert artefact.path == "dependencies/said.txt"
    assert (tmp_path / "out" / artefact.path).read_bytes() == b"hello\n"


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


def test_only_an_optional_job_may_fail(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        room, "CHECKS", {"dependencies": Helped("raise SystemExit(3)", optional=True)}
    )
    evidence = run()
    assert evidence.status is Status.CLEAN
    assert evidence.tables[0].rows == ((0,),)
    monkeypatch.setattr(
        room, "CHECKS", {"dependencies": Helped("raise SystemExit(3)", optional=False)}
    )
    assert run().status is Status.ERRORED
