from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import collect as room
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
