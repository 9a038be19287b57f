from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pipeline.actions.runner import Runner, muted, tell_error
from pipeline.errors import UsageError


def test_the_folders_of_a_job(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    runner = Runner({"GITHUB_WORKSPACE": str(tmp_path / "linked"), "RUNNER_TEMP": str(tmp_path)})
    assert runner.workspace == tmp_path / "real"
    assert runner.tool == tmp_path / "tool"
    assert (runner.parts, runner.part) == (tmp_path / "parts", tmp_path / "part")
    assert runner.artifact == tmp_path / "artifact"


@pytest.mark.parametrize("value", ["", "relative", "/there/is/none"])
def test_without_a_runner_nothing_is_done(value: str) -> None:
    with pytest.raises(UsageError, match="RUNNER_TEMP names no folder"):
        _ = Runner({"RUNNER_TEMP": value}).temp


@pytest.mark.parametrize("content", ["", "{", "[1]", "\0"])
def test_an_event_that_cannot_be_read_tells_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "event").write_text(content)
    assert Runner({"GITHUB_EVENT_PATH": str(tmp_path / "event")}).payload == {}
    assert Runner({}).payload == {}
    assert Runner({}).event == ""


def test_what_an_event_tells(tmp_path: Path) -> None:
    (tmp_path / "event").write_text('{"number": 1}')
    runner = Runner({"GITHUB_EVENT_PATH": str(tmp_path / "event"), "GITHUB_EVENT_NAME": "push"})
    assert (runner.payload, runner.event) == ({"number": 1}, "push")


def test_inputs_are_a_json_object() -> None:
    assert Runner({"INPUTS": '{"a": 1}'}).given("INPUTS") == {"a": 1}
    assert Runner({}).given("INPUTS") == {}
    for text in ("[]", "{", "x"):
        with pytest.raises(UsageError, match="INPUTS holds no JSON object"):
            Runner({"INPUTS": text}).given("INPUTS")


def test_outputs_are_one_line_each(tmp_path: Path) -> None:
    runner = Runner({"GITHUB_OUTPUT": str(tmp_path / "output")})
    runner.output(artifact_name="supply-chain", counts=json.dumps({"a": 1}))
    assert (tmp_path / "output").read_text() == 'artifact-name=supply-chain\ncounts={"a": 1}\n'


@pytest.mark.parametrize("end", ["\n", "\r", "\x00", "\x85", "\u2028", "\u2029", "\x0b", "\x1b"])
def test_no_output_is_forged(tmp_path: Path, end: str) -> None:
    runner = Runner({"GITHUB_OUTPUT": str(tmp_path / "output")})
    with pytest.raises(ValueError, match="more than one line"):
        runner.output(good="1", verdict=f"compliant{end}verdict=forged")
    assert not (tmp_path / "output").exists()


def test_no_output_has_a_foreign_name(tmp_path: Path) -> None:
    runner = Runner({"GITHUB_OUTPUT": str(tmp_path / "output")})
    with pytest.raises(ValueError, match="more than one line"):
        runner.output(**{"a=b": "c"})


def test_a_summary_is_never_longer_than_is_shown(tmp_path: Path) -> None:
    runner = Runner({"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")})
    runner.summarise("é" * 800_000)
    assert len((tmp_path / "summary").read_bytes()) == 1_000_000
    Runner({}).summarise("nobody listens")


def test_nothing_said_inside_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    with muted():
        sys.stdout.write("::set-output name=verdict::compliant\n")
    first, said, last = capsys.readouterr().out.splitlines()
    token = first.removeprefix("::stop-commands::")
    assert len(token) == 32
    assert said.startswith("::set-output")
    assert last == f"::{token}::"


def test_commands_hold_again_after_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), muted():
        raise RuntimeError
    first, last = capsys.readouterr().out.splitlines()
    assert last == f"::{first.removeprefix('::stop-commands::')}::"


def test_two_tokens_differ(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        with muted():
            pass
    first, _, second, _ = capsys.readouterr().out.splitlines()
    assert first != second


def test_an_error_is_one_escaped_line(capsys: pytest.CaptureFixture[str]) -> None:
    tell_error("100 %\n::warning::forged\r\x1b[31m")
    assert capsys.readouterr().out == (
        "::error title=supply chain::100 %25 ::warning::forged \ufffd[31m\n"
    )
