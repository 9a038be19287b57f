from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.actions import entry
from pipeline.actions.runner import Runner
from tests.actions.conftest import CLEAN, Scanning

Make = Callable[..., Scanning]


@pytest.fixture
def step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Do one step in a job: its exit code, and what it said."""

    def do(runner: Runner, verb: str) -> tuple[int, str]:
        for name, value in runner.environment.items():
            monkeypatch.setenv(name, value)
        code = entry.main([verb])
        return code, capsys.readouterr().out

    return do


def commands(said: str) -> list[str]:
    """The lines that a runner takes for commands: those outside of stopped stretches."""
    found, token = [], ""
    for line in said.splitlines():
        if token:
            token = "" if line == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
        elif line.startswith("::"):
            found.append(line)
    assert not token, "commands were never allowed again"
    return found


def scan(run: Scanning, step: Callable[..., tuple[int, str]], *keys: str) -> tuple[int, str]:
    """All steps of all jobs; how the gate ended, and what it and the report said."""
    runner = run.job("plan")
    assert step(runner, "plan")[0] == 0
    run.outputs = run.end(runner)
    for key in keys:
        runner = run.job(key, KEY=key, PLAN_DIGEST=run.outputs["digest"])
        assert step(runner, "check")[0] == 0
        run.end(runner)
    runner = run.job("report", NEEDS=run.needs())
    code, said = step(runner, "report")
    assert code == 0
    code, more = step(runner, "gate")
    return code, said + more


def test_a_clean_repository_passes(scanning: Make, step: Callable[..., tuple[int, str]]) -> None:
    code, said = scan(scanning(), step, "repository.dependencies")
    assert code == 0
    assert [line.split(" ")[0] for line in commands(said)] == ["::notice"]


def test_a_violation_fails_the_gate_alone(
    scanning: Make, step: Callable[..., tuple[int, str]]
) -> None:
    run = scanning({**CLEAN, "requirements.txt": "jinja2==2.4.1\n"})
    code, said = scan(run, step, "repository.dependencies")
    assert code == 1
    assert commands(said)[0].startswith("::error title=Supply chain%3A Policy violated")


def test_a_missing_part_fails_the_gate(
    scanning: Make, step: Callable[..., tuple[int, str]]
) -> None:
    code, said = scan(scanning(), step)
    assert code == 3
    assert commands(said)[-1] == (
        "::error title=supply chain::the part repository.dependencies is missing"
    )


def test_nothing_to_gate_is_incomplete(
    scanning: Make, step: Callable[..., tuple[int, str]]
) -> None:
    code, said = step(scanning().job("report"), "gate")
    assert code == 3
    assert "there is no verdict" in commands(said)[0]


def test_bad_inputs_end_the_plan_and_are_told_on_one_line(
    scanning: Make, step: Callable[..., tuple[int, str]]
) -> None:
    run = scanning(projects="x\u2028::error::forged%0A")
    code, said = step(run.job("plan"), "plan")
    assert code == 2
    (line,) = commands(said)
    assert line.startswith("::error title=supply chain::'x\ufffd::error::forged%250A' cannot")


def test_bad_inputs_leave_a_report_that_is_incomplete(
    scanning: Make, step: Callable[..., tuple[int, str]]
) -> None:
    run = scanning(**{"artifact-name": "../x", "signed": True})
    runner = run.job("report", NEEDS=run.needs(plan="failure", check="skipped"))
    assert step(runner, "report")[0] == 0
    assert run.end(runner)["artifact-name"] == "supply-chain"
    assert run.end(runner)["verdict"] == "incomplete"
    assert step(runner, "gate")[0] == 3


def test_the_signer_is_the_workflow_of_the_tool(
    scanning: Make, step: Callable[..., tuple[int, str]]
) -> None:
    run = scanning(signed=True)
    runner = run.job("plan")
    step(runner, "plan")
    run.outputs = run.end(runner)
    key = "repository.dependencies"
    runner = run.job(key, KEY=key, PLAN_DIGEST=run.outputs["digest"])
    step(runner, "check")
    run.end(runner)
    signer = "owner/tool/.github/workflows/sign.yml"
    runner = run.job("report", NEEDS=run.needs(), SIGNER=signer)
    step(runner, "report")
    assert f"--signer-workflow {signer}" in (runner.artifact / "summary.md").read_text()


def test_a_fault_of_ours_is_no_verdict(
    scanning: Make,
    step: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(runner: Runner) -> None:
        raise RuntimeError("::set-output name=verdict::compliant")

    monkeypatch.setitem(entry.VERBS, "plan", broken)
    code, said = step(scanning().job("plan"), "plan")
    assert code == 3
    (line,) = commands(said)
    assert line.endswith("::a fault in the pipeline itself (RuntimeError); please report it")


def test_a_cancelled_job_is_interrupted(
    scanning: Make,
    step: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(entry.VERBS, "plan", lambda _: signal.raise_signal(signal.SIGTERM))
    code, said = step(scanning().job("plan"), "plan")
    assert code == 130
    assert commands(said) == ["::error title=supply chain::interrupted"]


@pytest.mark.parametrize("words", [[], ["nonsense"], ["plan", "more"]])
def test_one_verb_is_needed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(words) == 2
    assert "one verb is needed: install, plan" in capsys.readouterr().out


def test_installing_says_where(
    tmp_path: Path, step: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.actions import install  # noqa: PLC0415 - only here

    monkeypatch.setattr(install, "install", lambda runner: runner.temp / "venv/bin/python")
    runner = Runner({"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": ""})
    code, said = step(runner, "install")
    assert code == 0
    assert f"installed: {tmp_path}/venv/bin/python" in said


def test_the_module_is_a_program(scanning: Make) -> None:
    import subprocess  # noqa: PLC0415 - only here
    import sys  # noqa: PLC0415

    command = [sys.executable, "-P", "-m", "pipeline.actions", "gate"]
    done = subprocess.run(
        command,
        env={"PYTHONPATH": str(Path(entry.__file__).parents[2]), "RUNNER_TEMP": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert json.dumps(done.stdout).count("RUNNER_TEMP names no folder") == 1
