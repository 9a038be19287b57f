"""The programs of a check: found when needed, named once found, missing only where it matters."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.equipment import Tools
from pipeline.checks.job import Job, Tool
from pipeline.errors import IncompleteError
from pipeline.model import TrivySettings
from pipeline.tools import binaries
from pipeline.tools.binaries import RefusedError, sha256
from tests.kit.goprogram import program

TRIVY = Tool(binary="trivy")
AUDIT = Tool(distribution="pip-audit", module="pip_audit")
NONE = TrivySettings()


def job(**changes: object) -> Job:
    return Job(**{"name": "a", "arguments": (), **changes})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY", raising=False)


def put(tmp_path: Path, version: str = "v0.74.0") -> Path:
    path = tmp_path / "trivy"
    path.write_bytes(program(version))
    path.chmod(0o755)
    return path


def test_a_tool_from_the_index_is_known_at_once() -> None:
    tools = Tools(AUDIT, NONE)
    assert [record.name for record in tools.records] == ["pip-audit"]
    assert tools.record() == tools.records[0]
    assert tools.command(job())[1:] == ("-I", "-m", "pip_audit")
    assert AUDIT.name == "pip-audit"


def test_a_pinned_binary_is_known_once_it_is_needed(tmp_path: Path) -> None:
    path = put(tmp_path)
    tools = Tools(TRIVY, NONE)
    assert (tools.records, tools.record()) == ((), None)
    assert tools.command(job()) == (str(path),)
    (record,) = tools.records
    assert record == tools.record()
    assert record.digest == f"sha256:{sha256(path)}"
    assert TRIVY.name == "trivy"


def test_it_is_held_against_its_pin_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path)
    tools = Tools(TRIVY, NONE)
    assert tools.commands([job(), job()]) == [tools.command(job())] * 2
    monkeypatch.setattr(binaries, "need", None)
    tools.binary("trivy")


def test_another_pinned_binary_beside_the_checks_own_tool(tmp_path: Path) -> None:
    path = put(tmp_path)
    tools = Tools(AUDIT, NONE)
    first, second, third = tools.commands(
        [job(), job(binary="trivy"), job(program="git", binary="trivy")]
    )
    assert first[-1] == "pip_audit"
    assert second == (str(path),)
    assert third == ("git",)
    assert [record.name for record in tools.records] == ["pip-audit", "trivy"]
    own = tools.record()
    assert own
    assert own.name == "pip-audit"


def test_a_missing_one_is_an_error_unless_its_job_is_optional(tmp_path: Path) -> None:
    tools = Tools(TRIVY, NONE)
    assert tools.commands([job(optional=True)]) == [()]
    with pytest.raises(IncompleteError, match="trivy is not installed") as caught:
        tools.commands([job(optional=True), job()])
    assert caught.value.fix == "run `supply-chain tools install trivy`"
    with pytest.raises(IncompleteError, match="its tool is not installed"):
        Tools(None, NONE).command(job())


def test_a_refused_one_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "v0.69.4")
    with pytest.raises(RefusedError, match="must never run"):
        Tools(TRIVY, NONE).command(job())


def test_the_policy_says_where_it_is_and_what_else_may_run(tmp_path: Path) -> None:
    path = put(tmp_path, "v0.75.0").rename(tmp_path / "other")
    settings = TrivySettings(path=str(path), sha256=(sha256(path),))
    assert Tools(TRIVY, settings).command(job()) == (str(path),)
