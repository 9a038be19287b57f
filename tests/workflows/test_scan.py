"""scan.yml as a platform runs it: outcomes of jobs, outputs, summary, and the artifact."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.tools.binaries import Binary
from tests.kit.act import platform
from tests.workflows.conftest import BAD, CLEAN, FILE, POLICY, Caller, pull_request

pytestmark = pytest.mark.workflows_e2e

Make = Callable[..., Caller]
AFTER = """\
  after:
    needs: supply-chain
    runs-on: ubuntu-24.04
    steps:
      - run: echo "after $VERDICT $NAME $COUNTS $SUMS"
        env:
          VERDICT: ${{ needs.supply-chain.outputs.verdict }}
          NAME: ${{ needs.supply-chain.outputs.artifact-name }}
          COUNTS: ${{ needs.supply-chain.outputs.counts }}
          SUMS: ${{ needs.supply-chain.outputs.sums-digest }}
"""


def listed(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_clean_repository_passes(caller: Make) -> None:
    made = caller()
    made.calls(checks="dependencies\nlockfiles")
    made.commit({FILE: (made.root / FILE).read_text() + AFTER})
    ran = made.run()
    assert ran.code == 0
    assert set(ran.jobs.values()) == {"success"}
    assert len(ran.jobs) == 5
    assert listed(ran.artifacts / "supply-chain") == [
        "SHA256SUMS",
        "evidence/dependencies.json",
        "evidence/lockfiles.json",
        "plan.json",
        "report/github.sarif",
        "report/report.html",
        "report/report.json",
        "report/report.md",
        "sarif/repository.sarif",
        "summary.md",
        "verdict.json",
    ]
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=ran.artifacts / "supply-chain", check=False).returncode == 0
    assert ran.verdict()["commit"] == made.git("rev-parse", "HEAD")
    outputs = ran.outputs_of("report and gate")
    assert outputs["verdict"] == "compliant"
    counts = json.loads(outputs["counts"])
    assert counts["violations"] == 0
    assert ran.summary.startswith("## ✅ Compliant: shop")
    said = next(text for job, text in ran.said.items() if job.endswith("after"))
    told = f"after compliant supply-chain {outputs['counts']} {outputs['sums-digest']}"
    assert told in said


def test_findings_colour_only_the_gate(caller: Make) -> None:
    made = caller(BAD)
    made.calls(checks="dependencies\nlockfiles")
    ran = made.run()
    assert ran.code == 1
    assert ran.job("report and gate") == "failure"
    assert [result for name, result in ran.jobs.items() if "report" not in name] == ["success"] * 3
    assert ran.verdict()["exit_code"] == 1
    outputs = ran.outputs_of("report and gate")
    assert outputs["verdict"] == "violated"
    assert json.loads(outputs["counts"])["violations"] > 0
    assert "jinja2" in ran.summary
    assert "::error file=requirements.txt" in ran.log
    assert (ran.artifacts / "supply-chain/report/report.html").is_file()


def test_what_was_not_evaluated_is_not_green(caller: Make) -> None:
    made = caller()
    made.calls(advisories="")
    ran = made.run()
    assert ran.job("repository.dependencies") == "success"
    assert ran.job("report and gate") == "failure"
    assert (ran.verdict()["verdict"], ran.verdict()["exit_code"]) == ("incomplete", 3)
    assert ran.summary.startswith("## ❔ Incomplete")


def test_a_monorepo_has_a_job_per_project_and_check(caller: Make) -> None:
    odd = "we ird$(touch canary)'\""
    made = caller(
        {
            f"{odd}/requirements.txt": "six==1.16.0\n",
            "api/requirements.txt": "jinja2==2.4.1\n",
            "supply-chain.yml": POLICY,
        }
    )
    made.calls(projects=f"api\n{odd}", checks="dependencies\nlockfiles")
    ran = made.run()
    assert ran.job("report and gate") == "failure"
    legs = {name.rpartition("/")[2] for name in ran.jobs} - {"plan", "report and gate"}
    assert legs == {
        "api.dependencies",
        "api.lockfiles",
        "we-ird-touch-canary.dependencies",
        "we-ird-touch-canary.lockfiles",
    }
    found = {one["path"]: one["verdict"] for one in ran.verdict()["projects"]}
    assert found == {"api": "violated", odd: "compliant"}
    assert {"projects/api/report/report.html", "sarif/api.sarif"} <= set(
        listed(ran.artifacts / "supply-chain")
    )
    assert not list(made.folder.rglob("canary"))


def test_one_job_can_do_all_the_checks(caller: Make) -> None:
    made = caller()
    made.calls(checks="dependencies\nlockfiles", check_jobs=1)
    ran = made.run()
    assert ran.code == 0
    assert ran.job("share.1") == "success"
    assert len(ran.jobs) == 3


# --------------------------------------------------------------------------------------- events


def test_a_pull_request_of_a_fork_is_judged_by_what_it_brings(caller: Make) -> None:
    made = caller(BAD)
    made.calls(event="pull_request")
    change = made.merges({"README.md": "hello\n"})
    ran = made.run("pull_request", payload=pull_request(change))
    assert ran.code == 0
    found = ran.verdict()
    assert (found["verdict"], found["commit"]) == ("compliant", change["merge"])
    assert found["basis"] == "compared with the base branch as it was merged"
    assert found["counts"]["existing"] > 0
    assert "In the base already" in ran.summary


def test_a_pull_request_that_brings_a_vulnerability_fails(caller: Make) -> None:
    made = caller()
    made.calls(event="pull_request")
    change = made.merges(BAD)
    ran = made.run("pull_request", payload=pull_request(change))
    assert ran.job("report and gate") == "failure"
    assert ran.verdict()["verdict"] == "violated"
    assert "What this change brings in" in ran.summary


def test_all_of_a_pull_request_is_judged_where_that_is_asked_for(caller: Make) -> None:
    made = caller(BAD)
    made.calls(event="pull_request", new_only=False)
    change = made.merges({"README.md": "hello\n"})
    ran = made.run("pull_request", payload=pull_request(change))
    assert ran.verdict()["verdict"] == "violated"
    assert ran.verdict()["basis"] == "everything is judged: new-only is off"


def test_a_merge_queue_is_held_against_the_branch(caller: Make) -> None:
    made = caller()
    made.calls(event="merge_group")
    base = made.git("rev-parse", "main")
    before = made.merges(BAD, branch="first")["merge"]
    made.git("checkout", "--quiet", "-b", "second")
    made.commit({"README.md": "hello\n"})
    # Held against the entry before it, which brings the vulnerability, this one would be green.
    group = {"base_sha": before, "base_ref": "refs/heads/main", "head_sha": "x"}
    ran = made.run("merge_group", payload={"merge_group": group})
    assert ran.verdict()["verdict"] == "violated"
    assert base != before
    assert ran.verdict()["basis"] == "compared with where the change left its base branch"


@pytest.mark.parametrize("event", ["push", "schedule"])
def test_a_branch_is_judged_whole(caller: Make, event: str) -> None:
    made = caller(BAD)
    made.calls(event=event)
    before = made.git("rev-parse", "HEAD")
    made.commit({"README.md": "hello\n"})
    ran = made.run(event, payload={"before": before, "ref": "refs/heads/main"})
    assert ran.verdict()["verdict"] == "violated"
    assert ran.verdict()["basis"] == f"everything is judged: {event} has no base"


# --------------------------------------------------------------- what the rest of a caller needs


def test_what_was_built_is_unpacked_over_the_checkout(caller: Make) -> None:
    made = caller()
    made.calls(download_artifact="built")
    folder = made.place / "artifacts" / "built" / "dist"
    folder.mkdir(parents=True)
    (folder / "requirements.txt").write_text("jinja2==2.4.1\n")
    ran = made.run()
    assert ran.verdict()["verdict"] == "violated"
    assert "dist/requirements.txt" in ran.summary


def test_another_name_for_the_artifact_and_a_threshold(caller: Make) -> None:
    made = caller(BAD)
    made.calls(artifact_name="nightly", fail_on="never")
    ran = made.run()
    assert sorted(path.name for path in ran.artifacts.iterdir()) == [
        "nightly",
        "nightly-part-plan",
        "nightly-part-repository.dependencies",
    ]
    assert ran.outputs_of("report and gate")["artifact-name"] == "nightly"


def test_a_program_from_outside_the_index_is_used_where_there_is_work_for_it(
    caller: Make, trivy_program: Binary
) -> None:
    made = caller({**CLEAN, "Dockerfile": "FROM scratch\nCOPY a /a\nUSER 1000\n"})
    made.calls(checks="hardening")
    ran = made.run(extra={"SUPPLY_CHAIN_TRIVY": str(trivy_program.path)})
    assert ran.outputs_of("hardening")["cache-key"].startswith("supply-chain-trivy-")
    found = json.loads((ran.artifacts / "supply-chain/evidence/hardening.json").read_bytes())
    (tool,) = found["evidence"]["tools"]
    assert tool["name"] == "trivy"


def test_the_tool_comes_with_nothing_from_the_checkout(caller: Make) -> None:
    """A repository full of things that Python, uv and pip would read does not change a thing."""
    trap = "raise SystemExit('::set-output name=verdict::compliant')\n"
    made = caller(
        {
            **BAD,
            "pipeline/__init__.py": trap,
            "json.py": trap,
            "sitecustomize.py": trap,
            "uv.toml": 'index-url = "https://127.0.0.1:9/simple"\n',
            "pip.conf": "[global]\nindex-url = https://127.0.0.1:9/simple\n",
            ".python-version": "2.7\n",
            ".env": "UV_OFFLINE=1\nPYTHONPATH=.\n",
            "pyproject.toml": "[tool.uv]\noffline = true\n",
        }
    )
    made.calls()
    ran = made.run()
    assert ran.verdict()["verdict"] == "violated"
    assert ran.outputs_of("report and gate")["verdict"] == "violated"


def test_the_stand_ins_are_of_the_pinned_actions() -> None:
    named = platform.actions(platform.WORKFLOWS)
    for stub in ("checkout", "upload-artifact", "download-artifact", "setup-uv"):
        assert any(name.endswith(f"/{stub}") for name in named)
