"""Every way in which parts can fail to come together is told, and none of them is compliant."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.actions.gather import Gathered, gather
from pipeline.actions.publish import publish
from pipeline.model import Decision
from tests.actions.conftest import CLEAN, Scanning
from tests.actions.test_check import leg, start

Make = Callable[..., Scanning]
KEY = "repository.dependencies"


@pytest.fixture
def run(scanning: Make) -> Scanning:
    """A clean run whose jobs have all ended but the last."""
    made = scanning()
    start(made)
    leg(made, KEY)
    return made


def gathered(run: Scanning, name: str = "report", **needs: str) -> Gathered:
    return gather(run.job(name, NEEDS=run.needs(**needs)))


def verdict(run: Scanning, found: Gathered) -> Decision:
    return publish(run.job("published"), found, name="supply-chain").whole.verdict


def test_all_parts_are_there(run: Scanning) -> None:
    found = gathered(run)
    assert found.problems == []
    assert list(found.outputs) == ["repository"]
    assert verdict(run, found) is Decision.COMPLIANT


def test_a_part_is_missing(run: Scanning) -> None:
    shutil.rmtree(run.parts / KEY)
    found = gathered(run)
    assert found.problems == [f"the part {KEY} is missing"]
    assert verdict(run, found) is Decision.INCOMPLETE


def test_a_part_is_no_folder(run: Scanning, tmp_path: Path) -> None:
    (run.parts / KEY).rename(tmp_path / "elsewhere")
    (run.parts / KEY).write_text("")
    assert gathered(run).problems == [f"the part {KEY} is missing"]


@pytest.mark.parametrize("ended", ["failure", "cancelled", "skipped", ""])
def test_a_job_did_not_succeed_though_its_part_is_there(run: Scanning, ended: str) -> None:
    found = gathered(run, check=ended)
    assert found.problems == [f"the job check ended as {ended or 'nothing that was told'}"]
    assert verdict(run, found) is Decision.INCOMPLETE


def test_nobody_tells_how_jobs_ended(run: Scanning) -> None:
    found = gather(run.job("report"))
    assert len(found.problems) == 3
    assert found.scan is None


def test_needs_that_make_no_sense(run: Scanning) -> None:
    needs = json.dumps({"plan": "success", "check": {"result": "success\n::x::"}})
    found = gather(run.job("report", NEEDS=needs))
    assert "the job check ended as success ::x::" in found.problems


def test_the_plan_is_missing(run: Scanning) -> None:
    shutil.rmtree(run.parts)
    found = gathered(run, plan="failure", check="skipped")
    assert "the plan's part is missing" in found.problems
    assert verdict(run, found) is Decision.INCOMPLETE


def test_the_plan_is_another_one(run: Scanning) -> None:
    file = run.parts / "plan" / "projects" / "repository" / "plan.json"
    file.write_text(file.read_text().replace('"fail_on": "high"', '"fail_on": null'))
    found = gathered(run)
    assert found.problems == ["the plan's part is not the one that was made"]
    assert verdict(run, found) is Decision.INCOMPLETE


def test_the_plan_is_of_another_version(run: Scanning) -> None:
    from pipeline.actions import scan  # noqa: PLC0415 - only here

    file = run.parts / "plan" / "projects" / "repository" / "plan.json"
    file.write_text("{}")
    run.outputs["digest"] = scan.seal(run.parts / "plan")
    found = gathered(run)
    assert found.problems[0].startswith("repository: not a plan of this version")
    assert verdict(run, found) is Decision.INCOMPLETE


def test_a_part_that_nobody_planned(run: Scanning) -> None:
    for number in range(7):
        (run.parts / f"other\n{number}").mkdir()
    found = gathered(run)
    assert found.problems == [
        "nobody planned other 0, other 1, other 2, other 3, other 4 and 2 more"
    ]
    assert verdict(run, found) is Decision.INCOMPLETE


@pytest.mark.parametrize(
    "name",
    [
        "repository/evidence/secrets.json",
        "repository/plan.json",
        "repository/report/report.json",
        "other/evidence/dependencies.json",
        "loose",
    ],
)
def test_a_file_that_nobody_planned(run: Scanning, name: str) -> None:
    file = run.parts / KEY / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{}")
    found = gathered(run)
    assert found.problems == [f"the part {KEY} holds what nobody planned: {name}"]
    assert verdict(run, found) is Decision.INCOMPLETE


def test_a_link_in_a_part_is_not_followed(run: Scanning) -> None:
    (run.parts / KEY / "repository" / "dependencies").symlink_to("/etc")
    found = gathered(run)
    assert found.problems == [f"the part {KEY} holds what nobody planned: repository/dependencies"]
    assert not (found.outputs["repository"].folder / "dependencies").exists()


def test_evidence_of_another_run_is_none(run: Scanning) -> None:
    file = run.parts / KEY / "repository/evidence/dependencies.json"
    document = json.loads(file.read_bytes())
    file.write_text(json.dumps({**document, "token": "0" * 32}))
    found = gathered(run)
    assert found.problems == []
    assert verdict(run, found) is Decision.INCOMPLETE


def test_a_file_that_is_not_what_its_evidence_names(scanning: Make) -> None:
    run = scanning(checks="sbom")
    start(run)
    leg(run, "repository.sbom")
    assert gathered(run).problems == []
    folder = run.parts / "repository.sbom/repository"
    file = next(path for path in sorted((folder / "sbom").rglob("*")) if path.is_file())
    file.write_text("{}")
    assert gathered(run, name="changed").problems == [
        f"repository: {file.relative_to(folder)} is not the file that its evidence names"
    ]
    file.unlink()
    assert len(gathered(run, name="removed").problems) == 1


def test_a_file_that_no_evidence_names(scanning: Make) -> None:
    run = scanning(checks="sbom")
    start(run)
    leg(run, "repository.sbom")
    file = run.parts / "repository.sbom/repository/sbom/1.7/approved.cdx.json"
    file.write_text("{}")
    found = gathered(run)
    assert found.problems == ["repository: no evidence names sbom/1.7/approved.cdx.json"]
    assert verdict(run, found) is Decision.INCOMPLETE


def test_projects_come_together_each_by_itself(scanning: Make) -> None:
    run = scanning({**CLEAN, "api/requirements.txt": "six==1.16.0\n"}, projects=".\napi")
    start(run)
    leg(run, KEY)
    found = gathered(run)
    assert found.problems == ["the part api.dependencies is missing"]
    assert list(found.outputs) == ["repository", "api"]
    assert verdict(run, found) is Decision.INCOMPLETE
