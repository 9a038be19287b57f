from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.actions import check, plan
from pipeline.errors import IncompleteError
from tests.actions.conftest import CLEAN, Scanning, commit, git

Make = Callable[..., Scanning]


def start(run: Scanning) -> None:
    runner = run.job("plan")
    plan.make(runner)
    run.outputs = run.end(runner)


def leg(run: Scanning, key: str) -> dict[str, bytes]:
    """Run one leg and answer with the files of its part."""
    runner = run.job(f"job-{key}", KEY=key, PLAN_DIGEST=run.outputs["digest"])
    check.run(runner)
    run.end(runner)
    part = runner.part / key
    files = (path for path in sorted(part.rglob("*")) if path.is_file())
    return {path.relative_to(part).as_posix(): path.read_bytes() for path in files}


def test_a_leg_leaves_the_evidence_of_its_checks_alone(
    scanning: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    run = scanning(checks="dependencies\nlockfiles")
    start(run)
    files = leg(run, "repository.dependencies")
    assert list(files) == ["repository/evidence/dependencies.json"]
    found = json.loads(files["repository/evidence/dependencies.json"])
    assert found["evidence"]["status"] == "clean"
    planned = json.loads((run.parts / "plan/projects/repository/plan.json").read_bytes())
    assert found["token"] == planned["token"]
    assert "repository: dependencies: clean" in capsys.readouterr().out


def test_files_that_evidence_names_come_with_it(scanning: Make) -> None:
    run = scanning(checks="sbom")
    start(run)
    files = leg(run, "repository.sbom")
    named = json.loads(files["repository/evidence/sbom.json"])["evidence"]["artefacts"]
    assert named
    assert {f"repository/{one['path']}" for one in named} <= files.keys()


def test_a_share_does_all_of_its_tasks(scanning: Make) -> None:
    files = {**CLEAN, "api/requirements.txt": "six==1.16.0\n"}
    run = scanning(files, projects=".\napi", **{"check-jobs": 1})
    start(run)
    assert list(leg(run, "share.1")) == [
        "api/evidence/dependencies.json",
        "repository/evidence/dependencies.json",
    ]


def test_the_base_has_evidence_of_its_own(scanning: Make) -> None:
    run = scanning()
    old = git(run.workspace, "rev-parse", "HEAD")
    commit(run.workspace, {"requirements.txt": "idna==3.10\nsix==1.16.0\n"})
    run.event = "merge_group"
    run.payload = {"merge_group": {"base_sha": old}}
    start(run)
    files = leg(run, "repository.dependencies")
    assert list(files) == [
        "repository/base/evidence/dependencies.json",
        "repository/evidence/dependencies.json",
    ]


def test_the_checkout_may_stand_elsewhere(scanning: Make, tmp_path: Path) -> None:
    run = scanning()
    start(run)
    run.workspace = run.workspace.rename(tmp_path / "another place")
    assert list(leg(run, "repository.dependencies")) == ["repository/evidence/dependencies.json"]


def test_another_commit_is_not_checked(scanning: Make) -> None:
    run = scanning()
    start(run)
    commit(run.workspace, {"requirements.txt": "six==1.16.0\n"})
    with pytest.raises(IncompleteError, match="is checked out, but"):
        leg(run, "repository.dependencies")


def test_another_plan_is_not_followed(scanning: Make) -> None:
    run = scanning()
    start(run)
    file = run.parts / "plan" / "projects" / "repository" / "plan.json"
    file.write_text(file.read_text().replace('"fail_on": "high"', '"fail_on": null'))
    with pytest.raises(IncompleteError, match="not the one that was made"):
        leg(run, "repository.dependencies")


def test_a_leg_that_nobody_planned_is_not_run(scanning: Make) -> None:
    run = scanning()
    start(run)
    with pytest.raises(IncompleteError, match=r"no part '\.\./x'"):
        check.run(run.job("job", KEY="../x", PLAN_DIGEST=run.outputs["digest"]))
