"""The command line: what it says, and which exit code each fault becomes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.checks import CHECKS
from pipeline.cli import main
from pipeline.errors import ExitCode
from pipeline.tools.binaries import Binary
from tests.advice import DEMO, make_store

ROOT = Path(__file__).parents[2]
OPTIONS = ("--as-of", "2026-11-01", "--offline")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = make_store(tmp_path / "advisories.sqlite")
    monkeypatch.setenv("SUPPLY_CHAIN_ADVISORIES", str(path))
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clean repository, with us standing in it."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "requirements.txt").write_text("idna==3.10\n")
    monkeypatch.chdir(folder)
    return folder


def test_the_stages_one_by_one_are_the_run(
    here: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *OPTIONS]) == 0
    for check in CHECKS:
        assert main(["check", check]) == 0
    assert main(["report"]) == 0
    assert main(["gate"]) == 0
    said = capsys.readouterr()
    assert "1 locks, 1 packages" in said.out
    assert "clean, 1 of 1 packages were evaluated" in said.err
    assert "COMPLIANT" in said.out
    one_by_one = json.loads((here / ".supply-chain/report/report.json").read_bytes())
    assert main(["run", *OPTIONS, "--json"]) == 0
    at_once = json.loads(capsys.readouterr().out)
    for report in (one_by_one, at_once):
        del report["run"]
    assert one_by_one == at_once


def test_a_check_that_did_not_run_makes_the_report_incomplete(here: Path, store: Path) -> None:
    assert main(["plan", *OPTIONS, "--quiet"]) == 0
    assert main(["report", "--quiet"]) == 0
    assert main(["gate", "--quiet"]) == 3


def test_the_verdict_as_json(here: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", *OPTIONS, "--quiet"])
    capsys.readouterr()
    assert main(["gate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["decision"] == "compliant"


def test_gate_without_a_report_is_incomplete(
    here: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["plan", *OPTIONS])
    assert main(["gate"]) == 3
    assert "supply-chain report" in capsys.readouterr().err


def test_a_spoilt_report_is_incomplete(here: Path, store: Path) -> None:
    main(["run", *OPTIONS, "--quiet"])
    (here / ".supply-chain/report/report.json").write_text('{"verdict": {"exit_code": 0}}')
    assert main(["gate", "--quiet"]) == 3


@pytest.mark.parametrize("verb", ["check", "report"])
def test_later_stages_need_a_plan(
    here: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb]) == 2
    assert "no run was started" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nowhere"), "not a folder"),
        (("run", "--only", "nonsense"), "no check 'nonsense'"),
        (("run", "--config", "nowhere.yml"), "nowhere.yml"),
        (("explain", "depp-03"), "DEP-03"),
        (("advisories", "import"), "nothing to import"),
    ],
)
def test_a_users_mistake_is_one_clear_message(
    here: Path, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith("error: ")
    assert "Traceback" not in error
    assert not (here / ".supply-chain").exists()


def test_a_bad_configuration_names_its_line(
    here: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "supply-chain.yml").write_text("version: 1\npolicy:\n  fail-onn: high\n")
    assert main(["run", *OPTIONS]) == 2
    assert "supply-chain.yml:3" in capsys.readouterr().err


def test_discover_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover"]) == 0
    assert "requirements.txt" in capsys.readouterr().out
    assert main(["discover", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["locks"][0]["path"] == "requirements.txt"
    assert [path.name for path in here.iterdir()] == ["requirements.txt"]


def test_explain_knows_everything_that_a_report_can_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["explain"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"dependencies", "DEP-03", "GATE-01", "partial", "data_stale", "3"} <= set(listed)
    for name in listed:
        assert main(["explain", name]) == 0
        assert len(capsys.readouterr().out) > 40


def test_the_store_is_made_shown_and_used(
    here: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_ADVISORIES", str(tmp_path / "own" / "store.sqlite"))
    assert main(["advisories", "status"]) == 3
    kev, epss = DEMO / "known_exploited_vulnerabilities.json", DEMO / "epss_scores.csv"
    sources = [str(DEMO / "advisories"), "--kev", str(kev), "--epss", str(epss)]
    assert main(["advisories", "import", *sources]) == 0
    capsys.readouterr()
    assert main(["advisories", "status"]) == 0
    said = capsys.readouterr().out
    assert "PyPI: 12 advisories" in said
    assert "kev: 1 entries, of 2026-10-30" in said
    assert main(["advisories", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ecosystems"] == {"PyPI": 12, "npm": 2}
    assert main(["run", *OPTIONS, "--quiet"]) == 0


def test_the_demonstration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--output", str(tmp_path / "demo")]) == 0
    said = capsys.readouterr().out
    assert "VIOLATED" in said
    report = json.loads((tmp_path / "demo/report/report.json").read_bytes())
    rules = {finding["rule"]: finding for finding in report["findings"]}
    assert rules["CVE-2020-11978"]["exploited"]["due"] == "2022-07-18"
    assert rules["MAL-0000-1"]["kind"] == "malware"
    assert rules["CVE-2019-10744"]["subject"] == "pkg:npm/lodash@4.17.11"
    poisoned = rules["lockfiles/name-mismatch"]
    assert (poisoned["severity"], poisoned["disposition"]) == ("high", "violation")
    assert poisoned["locations"][0]["path"] == "web/package-lock.json"
    assert "CVE-2021-44906" not in rules, "minimist is new enough"
    taken_over = rules["provenance/wrong-publisher"]
    assert taken_over["subject"] == "pkg:pypi/pypi-attestations@0.0.19"
    assert "https://github.com/trailofbits/pypi-attestations" in taken_over["detail"]
    assert rules["CVE-2024-3651"]["disposition"] == "waived"
    assert rules["policy/waiver-expired"]["disposition"] == "violation"
    gaps = {line["gap"] for line in report["unevaluated"]}
    assert {"not_from_registry", "no_version"} <= gaps
    assert "data_missing" not in {line["gap"] for line in report["unevaluated"] if line["blocking"]}
    statuses = {one["check"]: one["status"] for one in report["evidence"]}
    assert set(statuses.values()) <= {"found", "partial", "clean", "not_applicable"}
    socket = rules["hardening/host-mount"]
    assert socket["locations"] == [{"path": "deploy/compose.yml", "line": 8, "column": None}]
    assert rules["hardening/root-user"]["subject"] == "deploy/Dockerfile"
    # Trivy may be here or not: without it, its part is open, and told.
    assert statuses["hardening"] in {"found", "partial"}


def test_the_demonstration_looks_at_an_image_where_trivy_is_here(
    tmp_path: Path,
    trivy: Binary,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(["demo", "--output", str(tmp_path / "demo")]) == 0
    assert "left out" not in capsys.readouterr().out
    report = json.loads((tmp_path / "demo/report/report.json").read_bytes())
    rules = {finding["rule"]: finding for finding in report["findings"]}
    planted = rules["CVE-2023-5363"]
    assert planted["subject"] == "pkg:deb/debian/libssl3@3.0.11-1~deb12u1"
    assert planted["fixed_versions"] == ["3.0.11-1~deb12u2"]
    assert planted["locations"][0]["path"] == "../image:1.0"
    assert rules["container/runs-as-root"]["severity"] == "high"
    (found,) = (one for one in report["evidence"] if one["check"] == "container")
    assert found["status"] == "found"
    assert all(record["fresh"] for record in found["data"])


def test_the_demonstration_says_why_it_leaves_the_image_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(tmp_path / "nothing"))
    assert main(["demo", "--output", str(tmp_path / "demo")]) == 0
    assert "the built image was left out: the program cannot be read" in capsys.readouterr().out
    report = json.loads((tmp_path / "demo/report/report.json").read_bytes())
    (found,) = (one for one in report["evidence"] if one["check"] == "container")
    assert found["status"] == "not_applicable"


def test_our_own_fault_is_never_the_exit_code_for_a_violation(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(stages, "look", stumble)
    assert main(["discover"]) == ExitCode.INCOMPLETE
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_crash(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(stages, "look", gone)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert main(["discover"]) == ExitCode.INCOMPLETE


def test_hostile_text_in_an_error_stays_text(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "no\x1b[31mwhere\n::set-output name=x::y"]) == 2
    error = capsys.readouterr().err
    assert "\x1b" not in error
    assert not any(line.startswith("::") for line in error.splitlines())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_the_tools_and_says_130(
    here: Path, store: Path, tmp_path: Path, number: signal.Signals
) -> None:
    alive = tmp_path / "alive"
    alive.mkdir()
    # Several are started, and any may be ended at any moment: each leaves a folder named after its
    # process, which is there or is not.
    tool = f"import time, os; os.mkdir(f'{alive}/{{os.getpid()}}'); time.sleep(600)"
    script = (
        "import signal, sys; from pipeline.tools import python; from pipeline.cli import main\n"
        # Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"python.command = lambda **kind: (sys.executable, '-I', '-c', {tool!r})\n"
        f"sys.exit(main(['run', *{OPTIONS!r}]))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    wait_for(lambda: any(alive.iterdir()))
    process.send_signal(number)
    assert process.wait(60) == 130
    wait_for(lambda: not any(exists(int(folder.name)) for folder in alive.iterdir()))
    assert not (here / ".supply-chain/report/report.json").exists()


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
