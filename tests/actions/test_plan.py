from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.actions import plan, scan
from pipeline.checks import CHECKS
from pipeline.errors import UsageError
from pipeline.model import Severity
from pipeline.store import Output, Plan
from tests.actions.conftest import CLEAN, Scanning, commit, git
from tests.kit import images

Make = Callable[..., Scanning]


def planned(scanning: Scanning, project: str) -> Plan:
    return Output(scanning.folder / "plan" / "part" / "plan" / "projects" / project).plan()


def test_one_project_and_all_checks(scanning: Make) -> None:
    run = scanning(checks="auto")
    runner = run.job("plan")
    made = plan.make(runner)
    assert [project.path for project in made.projects] == ["."]
    assert [leg.key for leg in made.legs] == [f"repository.{name}" for name in CHECKS]
    outputs = run.end(runner)
    assert outputs["artifact-name"] == "supply-chain"
    assert outputs["commit"] == git(run.workspace, "rev-parse", "HEAD") == made.commit
    assert json.loads(outputs["matrix"]) == json.loads(made.matrix)
    assert scan.read(run.parts / "plan", outputs["digest"]) == made


def test_nothing_is_written_into_the_checkout(scanning: Make) -> None:
    run = scanning()
    plan.make(run.job("plan"))
    assert git(run.workspace, "status", "--porcelain", "--ignored") == ""


def test_a_monorepo_has_a_plan_per_project(scanning: Make) -> None:
    files = {"api/requirements.txt": "idna==3.10\n", "web app/requirements.txt": "six==1.16.0\n"}
    run = scanning(files, projects="api\nweb app", checks="dependencies\nsecrets")
    made = plan.make(run.job("plan"))
    assert [leg.key for leg in made.legs] == [
        *("api.dependencies", "api.secrets"),
        *("web-app.dependencies", "web-app.secrets"),
    ]
    assert planned(run, "api").target.name == "shop/api"
    assert [lock.path for lock in planned(run, "web-app").target.locks] == ["requirements.txt"]
    assert planned(run, "api").token != planned(run, "web-app").token


def test_the_repositorys_policy_holds_for_every_project(scanning: Make) -> None:
    files = {
        "supply-chain.yml": "policy: {fail-on: low}\n",
        "api/requirements.txt": "idna==3.10\n",
        "api/supply-chain.yml": "policy: {fail-on: never}\n",
    }
    run = scanning(files, projects="api")
    plan.make(run.job("plan"))
    assert planned(run, "api").policy.fail_on is Severity.LOW


def test_a_named_policy_and_an_asked_threshold(scanning: Make) -> None:
    run = scanning({**CLEAN, "ci/strict.yml": "policy: {fail-on: low}\n"}, config="ci/strict.yml")
    plan.make(run.job("plan"))
    found = planned(run, "repository").policy
    assert (found.fail_on, found.origin) == (Severity.LOW, "strict.yml")
    run.inputs["fail-on"] = "never"
    plan.make(run.job("again"))
    found = Output(run.folder / "again/part/plan/projects/repository").plan().policy
    assert found.fail_on is None


def test_a_linked_policy_is_no_policy(scanning: Make, tmp_path: Path) -> None:
    run = scanning({"requirements.txt": "idna==3.10\n"})
    (tmp_path / "evil.yml").write_text("policy: {fail-on: never}\n")
    (run.workspace / "supply-chain.yml").symlink_to(tmp_path / "evil.yml")
    plan.make(run.job("plan"))
    assert planned(run, "repository").policy.fail_on is Severity.HIGH


def test_a_change_of_the_policy_is_said(scanning: Make) -> None:
    run = scanning()
    old = git(run.workspace, "rev-parse", "HEAD")
    git(run.workspace, "update-ref", "refs/remotes/origin/main", old)
    commit(run.workspace, {"supply-chain.yml": "policy: {fail-on: never}\n"})
    run.event = "pull_request"
    run.payload = {"pull_request": {"base": {"ref": "main", "sha": old}, "head": {}}}
    plan.make(run.job("plan"))
    notices = planned(run, "repository").notices
    assert "this change alters the policy that it is judged by: supply-chain.yml" in notices
    commit(run.workspace, {"supply-chain.yml": CLEAN["supply-chain.yml"]})
    plan.make(run.job("again"))
    again = Output(run.folder / "again/part/plan/projects/repository").plan()
    assert not any("alters" in notice for notice in again.notices)


def test_the_base_of_a_change_is_planned_too(scanning: Make) -> None:
    run = scanning()
    old = git(run.workspace, "rev-parse", "HEAD")
    git(run.workspace, "update-ref", "refs/remotes/origin/main", old)
    commit(run.workspace, {"requirements.txt": "idna==3.10\nsix==1.16.0\n"})
    run.event = "pull_request"
    run.payload = {"pull_request": {"base": {"ref": "main", "sha": old}, "head": {}}}
    made = plan.make(run.job("plan"))
    found = planned(run, "repository").base
    assert found is not None
    assert found.commit == old
    assert "left its base branch" in made.basis
    assert (run.folder / "plan/part/plan/projects/repository/base/plan.json").is_file()


def test_without_advisories_of_ones_own_the_services_are_asked(scanning: Make) -> None:
    run = scanning(advisories="", offline=False)
    plan.make(run.job("plan"))
    assert planned(run, "repository").advisories is None


def test_images_are_looked_at_once_for_all_projects(
    scanning: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"a/requirements.txt": "idna==3.10\n", "b/requirements.txt": "six==1.16.0\n"}
    run = scanning({**CLEAN, **files}, projects="a\nb", images="./app.tar", checks="auto")
    images.archive(run.workspace / "app.tar", images.Built.of(images.debian()), tags=("app:1",))
    monkeypatch.chdir(run.workspace)  # where a step starts
    plan.make(run.job("plan"))
    (image,) = planned(run, "a").target.images
    assert (image.name, image.transport, image.unread) == ("./app.tar", "archive", None)
    assert planned(run, "b").target.images == ()


def test_more_checks_than_jobs_share_them(scanning: Make) -> None:
    run = scanning(checks="auto", **{"check-jobs": 1})
    made = plan.make(run.job("plan"))
    assert [leg.key for leg in made.legs] == ["share.1"]
    assert [task.check for task in made.legs[0].tasks] == list(CHECKS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("projects", "none"), ("config", "none.yml"), ("advisories", "none"), ("checks", "none")],
)
def test_what_is_not_there_ends_the_run(scanning: Make, name: str, value: str) -> None:
    run = scanning(**{name: value})
    runner = run.job("plan")
    with pytest.raises(UsageError, match=name):
        plan.make(runner)
    assert run.end(runner) == {}
    assert not (run.parts / "plan" / "scan.json").exists()
