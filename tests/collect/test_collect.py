"""Every way in which a tool can fail, through real processes: none of them ends `clean`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline import collect as room
from pipeline.collect import collect
from pipeline.errors import UsageError
from pipeline.model import Evidence, File, Policy, Reading, Status, Target
from pipeline.store import Output, Plan
from pipeline.tools import python
from tests.collect.checks import Helped, target


def tool(script: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", script)


# ------------------------------------------------------------------------------- the real tool


def test_a_clean_lock_is_clean(run: Callable[..., Evidence]) -> None:
    evidence = run("idna==3.10", "sniffio==1.3.1")
    assert (evidence.status, evidence.reason) == (Status.CLEAN, "")
    assert (evidence.expected, evidence.evaluated) == (2, 2)
    (tool_record,) = evidence.tools
    assert tool_record.name == "pip-audit"
    assert tool_record.version
    assert tool_record.digest.startswith("sha256:")


def test_a_vulnerable_lock_is_found(run: Callable[..., Evidence]) -> None:
    evidence = run("jinja2==2.10", "idna==3.10")
    assert evidence.status is Status.FOUND
    assert {finding.rule for finding in evidence.findings} == {"CVE-2019-10906", "CVE-2020-28493"}
    assert (evidence.expected, evidence.evaluated) == (2, 2)


def test_an_unanswerable_package_is_partial(run: Callable[..., Evidence]) -> None:
    evidence = run("idna==3.10", "odd==not-a-version")
    assert evidence.status is Status.PARTIAL
    assert evidence.reason == "1 of 2 packages were evaluated"


def test_nothing_to_look_at_is_not_applicable(run: Callable[..., Evidence]) -> None:
    evidence = run(target=Target(name="t", git=None, files=0))
    assert evidence.status is Status.NOT_APPLICABLE


# ------------------------------------------------------------------------------ the broken tool

FAULTS = {
    "crashes": "raise SystemExit(2)",
    "reports no finding at all": "raise SystemExit(0)",
    "raises": "raise RuntimeError('boom')",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "writes nothing": "raise SystemExit(1)",
    "writes garbage": "open('audit.json', 'w').write('<html>'); raise SystemExit(1)",
    "writes half": "open('audit.json', 'w').write('{\"dependencies\": ['); raise SystemExit(1)",
    "writes an empty file": "open('audit.json', 'w'); raise SystemExit(1)",
    "forgets everything": (
        "open('audit.json', 'w').write('{\"dependencies\": []}'); raise SystemExit(1)"
    ),
    "floods": "import sys\nwhile True: sys.stdout.write('x' * 65536)",
}


@pytest.mark.parametrize("script", FAULTS.values(), ids=FAULTS.keys())
def test_a_broken_tool_is_errored(
    run: Callable[..., Evidence], script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "command", lambda **kind: tool(script))
    evidence = run("idna==3.10")
    assert evidence.status is Status.ERRORED
    assert evidence.reason
    assert evidence.findings == ()


def test_a_hanging_tool_is_errored(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "command", lambda **kind: tool("import time; time.sleep(600)"))
    monkeypatch.setattr("pipeline.checks.dependencies.pip_audit.TIMEOUT", 0.1)
    evidence = run("idna==3.10")
    assert evidence.status is Status.ERRORED
    assert "1.1 s" in evidence.reason


def test_a_missing_tool_is_errored_and_says_how_to_get_it(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "find", lambda distribution: None)
    evidence = run("idna==3.10")
    assert evidence.status is Status.ERRORED
    assert "pip install pip-audit" in evidence.reason
    assert evidence.tools == ()


def test_the_tools_last_words_are_kept_on_one_line(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import sys; sys.stderr.write('first\\nno space left\\n'); sys.exit(3)"
    monkeypatch.setattr(python, "command", lambda **kind: tool(script))
    assert "no space left" in run("idna==3.10").reason


# ------------------------------------------------------------------------------ our own faults


def test_a_fault_of_our_own_is_errored_and_loud(
    run: Callable[..., Evidence],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stumble(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(room, "_run", stumble)
    evidence = run("idna==3.10")
    assert evidence.status is Status.ERRORED
    assert "fault in the pipeline" in evidence.reason
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_only_planned_checks_run(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    plan = output.begin(
        Plan(
            root=str(tmp_path),
            as_of=date(2026, 11, 1),
            offline=True,
            checks=("dependencies",),
            target=target(),
            policy=Policy(),
        )
    )
    with pytest.raises(UsageError, match="not planned"):
        collect("secrets", plan, output)


def test_a_file_that_a_check_may_not_write_is_our_own_fault(
    run: Callable[..., Evidence],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    check = Helped("print('hello')", optional=False)
    outside = Reading(files=(File(path="../plan.json", content=b"", media_type="x"),))
    monkeypatch.setattr(check, "read", lambda *_: outside)
    monkeypatch.setattr(room, "CHECKS", {"dependencies": check})
    assert run().status is Status.ERRORED
    assert "no path below" in capsys.readouterr().err
