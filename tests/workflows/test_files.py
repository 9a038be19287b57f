"""What every workflow of ours promises, read from the files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.actions import inputs
from pipeline.actions.entry import VERBS
from tests.workflows.test_lint import FILES, ROOT, name

WORKFLOWS = ROOT / ".github" / "workflows"
REUSABLE = ("scan", "upload-sarif", "sign", "submit-dependencies", "full")
WITH_TOOL = ("scan", "submit-dependencies", "sign")
USES = re.compile(r"^\s*(?:- )?uses: (\S+?)@(\S+)(?: # (\S+))?$", re.MULTILINE)


def load(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text())
    return found


def jobs(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from load(path)["jobs"].items()


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for _, job in jobs(path):
        yield from job.get("steps", ())


def called(workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = load(WORKFLOWS / f"{workflow}.yml")[True]["workflow_call"]
    return found


@pytest.mark.parametrize("path", FILES, ids=name)
def test_rights_are_given_to_jobs_one_by_one_and_explained(path: Path) -> None:
    assert load(path)["permissions"] == {}
    for _, job in jobs(path):
        assert job["permissions"]
    granted = re.findall(r"^      [a-z-]+: (?:read|write)\b(.*)$", path.read_text(), re.MULTILINE)
    assert granted
    assert all(rest.startswith(" # ") for rest in granted)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_action_is_a_commit_with_its_version(path: Path) -> None:
    for action, ref, version in USES.findall(path.read_text()):
        assert re.fullmatch("[0-9a-f]{40}", ref), action
        assert re.fullmatch(r"v[0-9]+\.[0-9]+\.[0-9]+|vX\.Y\.Z", version), action


def test_an_action_is_the_same_commit_everywhere() -> None:
    pins: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for path in FILES:
        for action, ref, version in USES.findall(path.read_text()):
            pins["/".join(action.split("/")[:2])].add((ref, version))
    assert {action: pin for action, pin in pins.items() if len(pin) > 1} == {}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_expression_reaches_a_shell(path: Path) -> None:
    for step in steps(path):
        assert "${{" not in step.get("run", "")
        assert "shell" not in step  # the default of the file has pipefail
    if any("run" in step for step in steps(path)):
        assert load(path)["defaults"] == {"run": {"shell": "bash"}}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_job_ends_and_no_checkout_keeps_credentials(path: Path) -> None:
    for job_name, job in jobs(path):
        assert "timeout-minutes" in job or "uses" in job, job_name
    for step in steps(path):
        if "checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False
        if "setup-uv@" in step.get("uses", ""):
            assert step["with"]["enable-cache"] is False


def test_the_scan_asks_for_nothing_but_reading() -> None:
    for _, job in jobs(WORKFLOWS / "scan.yml"):
        assert job["permissions"] == {"contents": "read"}
    assert "secrets" not in called("scan")


def test_jobs_get_the_tool_by_the_same_steps() -> None:
    """What stands three times stands there in the same words."""
    copies: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for workflow in WITH_TOOL:
        for step in steps(WORKFLOWS / f"{workflow}.yml"):
            copies[step["name"]].append(step)
    shared = (
        "Refuse to guess where the tool is",
        "Fetch the tool",
        "Keep the tool apart from what is judged",
        "Install uv",
    )
    for step_name in shared:
        first, *others = copies[step_name]
        assert others == [first] * 4
    installs = copies["Install the tool as locked"]
    assert len({step["run"] for step in installs}) == 1
    assert len(installs) == 5


@pytest.mark.parametrize("workflow", ["scan", "submit-dependencies"])
def test_the_tool_is_fetched_and_installed_before_what_is_judged_is_there(workflow: str) -> None:
    for job_name, job in jobs(WORKFLOWS / f"{workflow}.yml"):
        names = [step["name"] for step in job["steps"]]
        judged = next((one for one in names if one.startswith("Fetch what is")), None)
        if judged is None:
            assert job_name == "report"
            continue
        assert names.index("Install the tool as locked") < names.index(judged)


def test_our_own_code_is_started_isolated_and_by_verbs_that_there_are() -> None:
    started = set()
    for workflow in WITH_TOOL:
        for step in steps(WORKFLOWS / f"{workflow}.yml"):
            if "pipeline.actions" not in step.get("run", ""):
                continue
            found = re.fullmatch(
                r"""(?:"\$RUNNER_TEMP/venv/bin/python" -I|uv run --no-config --no-project"""
                r""" --python '>=3\.11,<3\.15' -- python -P -s) -m pipeline\.actions (\w+)""",
                step["run"],
            )
            assert found, step["run"]
            started.add(found[1])
    assert started == set(VERBS)


def test_every_input_that_a_step_reads_is_one_of_the_workflows() -> None:
    declared = called("scan")["inputs"]
    read = inputs.read({key: spec.get("default", "") for key, spec in declared.items()})
    assert read == inputs.read({})  # the files' defaults are the code's
    used = set(re.findall(r"inputs\.([a-z-]+)", (WORKFLOWS / "scan.yml").read_text()))
    by_code = {"projects", "checks", "images", "fail-on", "new-only", "offline", "config"} | {
        "advisories",
        "artifact-name",
        "signed",
        "check-jobs",
    }
    assert used | by_code == set(declared)


@pytest.mark.parametrize("workflow", REUSABLE)
def test_everything_is_described(workflow: str) -> None:
    found = called(workflow)
    for kind in ("inputs", "outputs"):
        for key, spec in found.get(kind, {}).items():
            assert spec["description"].strip(), key
            assert kind == "outputs" or spec["type"] in {"string", "boolean", "number"}


def test_all_of_it_hands_every_input_on() -> None:
    full, scan = called("full"), called("scan")
    scans = {key: spec for key, spec in scan["inputs"].items() if key != "signed"}
    assert full["inputs"] == {**scans, "trust-config": called("sign")["inputs"]["trust-config"]}
    assert full["outputs"].keys() == scan["outputs"].keys()
    given = load(WORKFLOWS / "full.yml")["jobs"]["scan"]["with"]
    assert given.keys() == scan["inputs"].keys()
    assert all(given[key] == f"${{{{ inputs.{key} }}}}" for key in scans)


def test_all_of_it_grants_what_the_others_ask_for() -> None:
    for _, job in jobs(WORKFLOWS / "full.yml"):
        other = WORKFLOWS / job["uses"].rpartition("/")[2]
        asked: dict[str, str] = {}
        for _, inner in jobs(other):
            asked |= inner["permissions"]
        assert job["permissions"] == asked


@pytest.mark.parametrize("path", FILES, ids=name)
def test_what_is_called_gets_inputs_that_it_has(path: Path) -> None:
    for _, job in jobs(path):
        if "uses" in job:
            workflow = job["uses"].partition("@")[0].rpartition("/")[2].removesuffix(".yml")
            spec = called(workflow)["inputs"]
            given = job.get("with", {})
            assert given.keys() <= spec.keys()
            assert {key for key, one in spec.items() if one.get("required")} <= given.keys()


def test_what_is_signed_or_shown_is_what_the_scan_made() -> None:
    for workflow in ("sign", "upload-sarif"):
        names = [step["name"] for step in steps(WORKFLOWS / f"{workflow}.yml")]
        taken = names.index("Take the artifact")
        assert names[taken + 1] == "Make sure that it is the scan's"
        assert called(workflow)["inputs"]["sums-digest"]["required"] is True
        used = [step.get("uses", "") for step in steps(WORKFLOWS / f"{workflow}.yml")]
        assert not any("cache" in one for one in used)
        fetched = [
            step for step in steps(WORKFLOWS / f"{workflow}.yml") if "checkout@" in str(step)
        ]
        assert all(step["with"]["path"] == ".tool" for step in fetched)


def test_the_gate_runs_whatever_came_before() -> None:
    report = load(WORKFLOWS / "scan.yml")["jobs"]["report"]
    assert report["if"] == "always()"
    assert report["needs"] == ["plan", "check"]
    assert report["steps"][-1]["name"] == "Gate"
    assert not any("continue-on-error" in step for step in steps(WORKFLOWS / "scan.yml"))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_what_follows_a_scan_follows_a_failing_one_as_well(path: Path) -> None:
    """act ends with the first called workflow that fails, so this is read instead of run."""
    for job_name, job in jobs(path):
        if "needs" in job and job.get("uses", "").partition("@")[0].endswith("upload-sarif.yml"):
            assert job["if"].startswith("!cancelled()"), job_name
