"""Each way in which a scan can fail to run ends red, and none of them says compliant."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.act import platform
from tests.workflows.conftest import BAD, CLEAN, Caller, pull_request

pytestmark = pytest.mark.workflows_e2e

Make = Callable[..., Caller]


def is_red(ran: platform.Ran) -> bool:
    """Whether the required job failed, and nothing of the run says compliant."""
    said = {outputs.get("verdict") for outputs in ran.outputs.values()}
    kept = ran.artifacts / "supply-chain" / "verdict.json"
    verdict = ran.verdict()["verdict"] if kept.is_file() else None
    return (
        ran.code != 0
        and ran.job("report and gate") == "failure"
        and "compliant" not in said
        and verdict != "compliant"
    )


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    """A copy of the tool, to break."""
    goal = tmp_path / "tool"
    for name in ("pipeline", "templates"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(platform.ROOT / name, goal / name, ignore=ignored)
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copyfile(platform.ROOT / name, goal / name)
    return goal


def test_the_tools_of_a_check_are_missing(caller: Make, tool: Path) -> None:
    file = tool / "pipeline" / "actions" / "install.py"
    text = file.read_text()
    assert "groups = tools(runner)\n" in text
    file.write_text(text.replace("groups = tools(runner)\n", "groups = ()\n"))
    made = caller()
    made.calls(tool_path=str(tool))
    ran = made.run()
    assert is_red(ran)
    assert ran.job("repository.dependencies") == "success"
    assert ran.verdict()["verdict"] == "incomplete"


def test_the_tools_lock_does_not_fit(caller: Make, tool: Path) -> None:
    lock = (tool / "uv.lock").read_text()
    (tool / "uv.lock").write_text(lock.replace('hash = "sha256:', 'hash = "sha256:00'))
    made = caller()
    made.calls(tool_path=str(tool))
    assert is_red(made.run())


def test_the_index_cannot_be_reached(caller: Make, tmp_path: Path) -> None:
    made = caller()
    made.calls()
    ran = made.run(extra={"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "nothing")})
    assert is_red(ran)
    assert ran.job("plan") == "failure"


@pytest.mark.parametrize("part", ["plan", "repository.dependencies"])
def test_an_artifact_is_lost(caller: Make, part: str) -> None:
    made = caller()
    made.calls()
    ran = made.run(extra={"STUB_LOSES": f"supply-chain-part-{part}"})
    assert is_red(ran)
    assert ran.verdict()["verdict"] == "incomplete"
    assert "missing" in ran.summary


def test_one_leg_of_several_dies(caller: Make) -> None:
    made = caller()
    made.calls(checks="dependencies\nlockfiles")
    ran = made.run(extra={"STUB_DIES_AT": "supply-chain-part-repository.lockfiles"})
    assert is_red(ran)
    assert ran.job("repository.lockfiles") == "failure"
    assert (ran.artifacts / "supply-chain" / "evidence" / "dependencies.json").is_file()
    assert "the job check ended as failure" in ran.verdict()["problems"]
    assert "the part repository.lockfiles is missing" in ran.verdict()["problems"]


def test_the_planning_job_dies(caller: Make) -> None:
    made = caller()
    made.calls()
    ran = made.run(extra={"STUB_DIES_AT": "supply-chain-part-plan"})
    assert is_red(ran)
    assert ran.verdict()["problems"][0] == "the job plan ended as failure"


def test_another_job_of_the_run_forges_a_part(caller: Make) -> None:
    """A clean part that somebody else wrote beforehand does not take a dirty one's place."""
    made = caller(BAD)
    made.calls()
    forged = made.place / "artifacts" / "supply-chain-part-more" / "more"
    forged.mkdir(parents=True)
    (forged / "x").write_text("{}")
    ran = made.run()
    assert is_red(ran)
    assert "nobody planned more" in ran.verdict()["problems"]


@pytest.mark.parametrize("base", [{}, {"ref": "", "sha": ""}, {"ref": "gone", "sha": "0" * 40}])
def test_an_empty_or_unknown_base_judges_everything(caller: Make, base: dict[str, str]) -> None:
    made = caller(BAD)
    made.calls(event="pull_request")
    change = made.merges({"README.md": "hello\n"})
    payload = pull_request(change, base=base, head={"sha": ""})
    ran = made.run("pull_request", payload=payload)
    assert is_red(ran)
    assert ran.verdict()["verdict"] == "violated"
    assert ran.verdict()["basis"] == "everything is judged: the base cannot be told"


def test_there_is_no_such_project(caller: Make) -> None:
    made = caller()
    made.calls(projects="services/none")
    ran = made.run()
    assert is_red(ran)
    assert ran.job("plan") == "failure"
    assert "cannot be the input projects" in ran.log


def test_there_is_nothing_to_judge(caller: Make) -> None:
    made = caller({"README.md": "hello\n"})
    made.calls(checks="dependencies")
    assert is_red(made.run())


@pytest.mark.parametrize("event", ["pull_request_target", "issue_comment", "workflow_run"])
def test_triggers_that_lend_strangers_rights_are_refused(caller: Make, event: str) -> None:
    made = caller(CLEAN)
    made.calls(event=event)
    ran = made.run(event)
    assert is_red(ran)
    assert "use pull_request" in ran.log
    assert ran.job("plan") == "failure"


def test_without_a_place_for_the_tool_nothing_is_guessed(caller: Make) -> None:
    made = caller()
    made.calls(tool_path="")
    ran = made.run()
    assert is_red(ran)
    assert "nobody says where the tool is" in ran.log


def test_something_else_than_the_tool_is_not_run(caller: Make, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "pyproject.toml").write_text('[project]\nname = "other"\n')
    made = caller()
    made.calls(tool_path=str(tmp_path / "other"))
    assert is_red(made.run())
