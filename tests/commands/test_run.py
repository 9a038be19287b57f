"""A whole run in one process, and what may come in between."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.cli import main
from pipeline.commands.check import run_checks
from pipeline.progress import Progress
from pipeline.store import Output


@pytest.mark.parametrize("others", [("hardening",), ("hardening", "workflows")])
def test_another_run_in_the_same_folder_lends_no_verdict(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    others: tuple[str, ...],
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM alpine:3.20\n")
    began = stages.Request(target=tmp_path, offline=True, checks=others)

    def interfere(names: Sequence[str], output: Output, progress: Progress) -> None:
        run_checks(names, output, progress)
        stages.prepare(began)
        run_checks(others, output, progress)

    monkeypatch.setattr("pipeline.commands.run.run_checks", interfere)
    code = main(["run", str(tmp_path), "--offline", "--only", "lockfiles"])
    said = capsys.readouterr()
    assert code == 3
    assert "another run began in this folder" in said.err
    assert "--output" in said.err
    assert "COMPLIANT" not in said.out


def test_the_verdict_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Dockerfile").write_text("FROM alpine:3.20\n")
    code = main(["run", str(tmp_path), "--offline", "--only", "workflows"])
    said = capsys.readouterr()
    assert code == 3
    assert said.out.count("INCOMPLETE: ") == 1
