from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.actions.gather import Gathered, gather
from pipeline.actions.publish import publish, rooted
from pipeline.model import Decision
from pipeline.report import documents
from pipeline.report.github_sarif import SCHEMA_FILE
from tests.actions.conftest import CLEAN, Scanning
from tests.actions.test_check import leg, start

Make = Callable[..., Scanning]
BAD = "jinja2==2.4.1\n"


def published(run: Scanning, *keys: str, **changes: Any) -> tuple[Path, dict[str, str]]:
    """Do what all jobs do; the artifact, and the outputs of the last job's step."""
    start(run)
    for key in keys:
        leg(run, key)
    runner = run.job("report", NEEDS=run.needs())
    done = publish(runner, gather(runner), **{"name": "supply-chain", **changes})
    outputs = run.end(runner)
    outputs["annotations"] = done.annotations
    return runner.artifact, outputs


def listed(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_the_artifact_of_one_project(scanning: Make) -> None:
    artifact, outputs = published(scanning(), "repository.dependencies")
    assert listed(artifact) == [
        "SHA256SUMS",
        "evidence/dependencies.json",
        "plan.json",
        "report/github.sarif",
        "report/report.html",
        "report/report.json",
        "report/report.md",
        "sarif/repository.sarif",
        "summary.md",
        "verdict.json",
    ]
    assert outputs["verdict"] == "compliant"
    assert outputs["artifact-name"] == "supply-chain"
    assert json.loads(outputs["counts"])["violations"] == 0
    sums = (artifact / "SHA256SUMS").read_bytes()
    assert outputs["sums-digest"] == hashlib.sha256(sums).hexdigest()
    assert outputs["annotations"].startswith("::notice ")


def test_every_file_is_in_the_list_of_digests(scanning: Make) -> None:
    artifact, _ = published(scanning(checks="sbom"), "repository.sbom")
    names = {line.split("  ", 1)[1] for line in (artifact / "SHA256SUMS").read_text().splitlines()}
    assert names == set(listed(artifact)) - {"SHA256SUMS"}
    assert any(name.startswith("sbom/") for name in names)
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=artifact, check=False).returncode == 0


def test_a_violation_is_counted_shown_and_told(scanning: Make) -> None:
    run = scanning({**CLEAN, "requirements.txt": BAD})
    artifact, outputs = published(run, "repository.dependencies")
    found = json.loads((artifact / "verdict.json").read_bytes())
    assert (found["verdict"], found["exit_code"]) == ("violated", 1)
    assert found["counts"]["violations"] == json.loads(outputs["counts"])["violations"] > 0
    assert "::error file=requirements.txt" in outputs["annotations"]
    shown = (run.folder / "report" / "summary").read_text()
    assert "jinja2" in shown
    assert "gh run download 4711 --repo acme/shop --name supply-chain" in shown


def test_the_signer_is_named_where_one_signs(scanning: Make) -> None:
    signer = "acme/supply-chain/.github/workflows/sign.yml"
    artifact, _ = published(scanning(), "repository.dependencies", signer=signer)
    assert f"--signer-workflow {signer}" in (artifact / "summary.md").read_text()


def test_several_projects_have_a_folder_each(scanning: Make) -> None:
    files = {"web/requirements.txt": "six==1.16.0\n", "services/a b/requirements.txt": BAD}
    run = scanning({**CLEAN, **files}, projects="web\nservices/a b")
    artifact, outputs = published(run, "web.dependencies", "services-a-b.dependencies")
    assert {
        "projects/web/report/report.html",
        "projects/services-a-b/evidence/dependencies.json",
    } <= set(listed(artifact))
    found = json.loads((artifact / "verdict.json").read_bytes())
    assert [(one["path"], one["verdict"]) for one in found["projects"]] == [
        ("web", "compliant"),
        ("services/a b", "violated"),
    ]
    assert outputs["verdict"] == "violated"
    shown = (artifact / "summary.md").read_text()
    assert "| services/a b | ❌ violated |" in shown
    assert "file=services/a b/requirements.txt" in outputs["annotations"]


def test_code_scanning_gets_paths_from_the_root_and_a_category_per_project(scanning: Make) -> None:
    files = {"a/requirements.txt": BAD, "b c/requirements.txt": BAD, **CLEAN}
    run = scanning(files, projects="a\nb c")
    artifact, _ = published(run, "a.dependencies", "b-c.dependencies")
    ids = set()
    for key, prefix in (("a", "a/"), ("b-c", "b%20c/")):
        content = (artifact / "sarif" / f"{key}.sarif").read_bytes()
        documents.check(content, SCHEMA_FILE, where=key)
        (made,) = json.loads(content)["runs"]
        ids.add(made["automationDetails"]["id"])
        places = [
            place["physicalLocation"]["artifactLocation"]["uri"]
            for result in made["results"]
            for place in result["locations"]
        ]
        assert places
        assert all(place.startswith(prefix) for place in places)
    assert len(ids) == 2


def test_paths_of_the_root_stay() -> None:
    content = b'{"runs": [{"artifactLocation": {"uri": "a"}}]}'
    assert rooted(content, ".") == content
    assert json.loads(rooted(content, "x"))["runs"][0]["artifactLocation"]["uri"] == "x/a"
    assert json.loads(rooted(b'{"artifactLocation": {}}', "x")) == {"artifactLocation": {}}


def test_without_a_plan_there_is_an_artifact_that_says_so(scanning: Make) -> None:
    run = scanning()
    runner = run.job("report")
    done = publish(runner, Gathered(problems=["the plan's part is missing | <b>"]), name="x")
    assert done.whole.verdict is Decision.INCOMPLETE
    assert listed(runner.artifact) == ["SHA256SUMS", "summary.md", "verdict.json"]
    shown = (runner.artifact / "summary.md").read_text()
    assert "❔ Supply chain: incomplete" in shown
    assert "&#124; &lt;b&gt;" in shown
    assert run.end(runner)["verdict"] == "incomplete"


def test_a_report_that_cannot_be_made_is_a_problem(
    scanning: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline import stages  # noqa: PLC0415 - only here
    from pipeline.errors import IncompleteError  # noqa: PLC0415 - only here

    def broken(output: object) -> None:
        raise IncompleteError("the disk is full")

    monkeypatch.setattr(stages, "report", broken)
    artifact, outputs = published(scanning(), "repository.dependencies")
    assert outputs["verdict"] == "incomplete"
    problems = json.loads((artifact / "verdict.json").read_bytes())["problems"]
    assert problems == ["repository: the disk is full"]
