"""The workflows check: what it wants, plans and reads, and what the real zizmor makes of it."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.checks import workflows
from pipeline.checks.job import Job, Options, Ran, Skip, Wanted
from pipeline.collect import collect
from pipeline.discover import discover
from pipeline.discover.ci import find_automation, find_ci
from pipeline.errors import UnreadableOutputError
from pipeline.model import (
    AuditStep,
    CiFile,
    Evidence,
    Gap,
    Location,
    Policy,
    Reading,
    Severity,
    Status,
    Target,
    Unread,
)
from pipeline.store import Output, Plan
from pipeline.tools import python
from pipeline.tree import Tree
from tests.checks.workflows.cases import DATA

ROOT = Path(__file__).parents[2]
GITHUB, GITLAB = "GitHub Actions", "GitLab CI"
WORKFLOW = ".github/workflows/ci.yml"
CLEAN = """\
name: CI
on: push
permissions: {}
concurrency: {group: ci, cancel-in-progress: true}
jobs:
  test:
    name: test
    runs-on: ubuntu-24.04
    steps:
      - run: make
"""
RECORDED = DATA / "zizmor"


def ci(path: str = WORKFLOW, system: str = GITHUB, **more: Any) -> CiFile:
    return CiFile(path=path, system=system, **more)


def target(*files: CiFile, **more: Any) -> Target:
    return Target(name="t", git=None, files=1, ci=files, **more)


def seen(files: dict[str, bytes | Unread]) -> Options:
    return Options(files=files)


def ran(job: Job) -> Ran:
    """What zizmor answers for a file without a fault: the canary, and nothing else."""
    name = job.arguments[-1]
    verbose = (RECORDED / "canary.stderr").read_text() if name == "zz-canary.yml" else ""
    return Ran(
        job=job,
        exit_code=14,
        outputs={},
        stdout=(RECORDED / "canary.json").read_bytes(),
        stderr=f"{verbose} INFO audit: zizmor: completed {name}\n",
    )


def read(of: Target, with_: Options) -> Reading:
    jobs = workflows.plan(of, with_)
    assert isinstance(jobs, tuple)
    return workflows.read(of, with_, [ran(job) for job in jobs])


def unread(path: str, why: str = "it is gone", gap: Gap = Gap.INPUT_MISSING) -> Unread:
    return Unread(location=Location(path=path), why=why, gap=gap)


# ----------------------------------------------------------------------------------- planning


def test_no_ci_is_not_applicable() -> None:
    found = workflows.plan(target(), Options())
    assert isinstance(found, Skip)
    assert found.status is Status.NOT_APPLICABLE
    assert workflows.questions(target()) == ()


def test_every_file_is_wanted_and_gets_a_run_of_its_own() -> None:
    of = target(
        ci(),
        ci(".gitlab-ci.yml", GITLAB),
        automation=(".github/dependabot.yml", "tool/action.yml"),
    )
    wanted = workflows.plan(of, Options())
    assert isinstance(wanted, Wanted)
    assert wanted.files == (".github/dependabot.yml", WORKFLOW, ".gitlab-ci.yml", "tool/action.yml")
    files: dict[str, bytes | Unread] = {
        WORKFLOW: CLEAN.encode(),
        ".gitlab-ci.yml": b"job: {script: [make]}",
        ".github/dependabot.yml": b"version: 2",
        "tool/action.yml": b"runs: {using: composite}",
    }
    jobs = workflows.plan(of, seen(files))
    assert isinstance(jobs, tuple)
    names = [job.name for job in jobs]
    assert names == ["canary", ".github/dependabot.yml", WORKFLOW, "tool/action.yml"]
    (coverage, _) = read(of, seen(files)).coverage
    assert (coverage.expected, coverage.evaluated) == (4, 4)


def test_no_run_where_zizmor_has_nothing_to_read() -> None:
    of = target(ci(".gitlab-ci.yml", GITLAB))
    files: dict[str, bytes | Unread] = {".gitlab-ci.yml": b"image: alpine@sha256:1"}
    assert workflows.plan(of, seen(files)) == ()
    reading = workflows.read(of, seen(files), [])
    assert [finding.rule for finding in reading.findings] == ["workflows/unpinned-images"]


def test_files_that_are_included_are_wanted_too() -> None:
    of = target(ci(".gitlab-ci.yml", GITLAB))
    files: dict[str, bytes | Unread] = {".gitlab-ci.yml": b"include: [/a.yml, /a.yml]"}
    assert workflows.plan(of, seen(files)) == Wanted(files=("a.yml",))
    files["a.yml"] = b"include: [b.yml, .gitlab-ci.yml]"
    assert workflows.plan(of, seen(files)) == Wanted(files=("b.yml",))
    files["b.yml"] = b"image: alpine"
    reading = read(of, seen(files))
    (coverage,) = reading.coverage
    assert (coverage.expected, coverage.evaluated) == (3, 3)
    (finding,) = reading.findings
    assert finding.subject == "b.yml"


def test_templates_of_azure_are_wanted_too() -> None:
    of = target(ci("azure-pipelines.yml", "Azure Pipelines"))
    files: dict[str, bytes | Unread] = {"azure-pipelines.yml": b"extends: {template: ci/t.yml}"}
    assert workflows.plan(of, seen(files)) == Wanted(files=("ci/t.yml",))
    files["ci/t.yml"] = unread("ci/t.yml")
    (coverage,) = read(of, seen(files)).coverage
    assert (coverage.expected, coverage.evaluated) == (2, 1)
    assert coverage.missing[0].subject == "ci/t.yml"


@pytest.mark.parametrize("content", [b"hosts: all", b"- hosts: all", b""])
def test_a_file_that_is_only_called_an_action_is_none(content: bytes) -> None:
    of = target(automation=("roles/action.yml",))
    assert isinstance(workflows.plan(of, seen({"roles/action.yml": content})), Skip)


def test_a_file_that_may_be_an_action_is_a_gap_when_it_cannot_be_read() -> None:
    of = target(automation=("roles/action.yml",))
    (coverage, _) = read(of, seen({"roles/action.yml": b"a: ["})).coverage
    assert coverage.missing[0].gap is Gap.PARSE_ERROR


# ------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"on: [", "not valid YAML"),
        (b"", "no table"),
        (b"[1]", "no table"),
        (b"\xff\xfe", "not UTF-8"),
        (b"on: push\non: push\njobs: {}", "already given"),
        (unread(WORKFLOW, "4 bytes too many", Gap.TOO_LARGE), "4 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_gap(content: bytes | Unread, why: str) -> None:
    reading = read(target(ci()), seen({WORKFLOW: content}))
    coverage = reading.coverage[0]
    assert (coverage.expected, coverage.evaluated, coverage.required) == (1, 0, True)
    assert why in coverage.missing[0].why


def test_a_workflow_that_zizmor_refuses_is_a_gap() -> None:
    of, with_ = target(ci()), seen({WORKFLOW: b"on: push\njobs: {}"})
    canary, job = workflows.plan(of, with_)  # type: ignore[misc]
    refused = Ran(job=job, exit_code=1, outputs={}, stderr="Caused by:\n    0: not a workflow\n")
    coverage = workflows.read(of, with_, [ran(canary), refused]).coverage[0]
    assert coverage.evaluated == 0
    assert "not a workflow" in coverage.missing[0].why


def test_a_workflow_that_was_not_asked_about_makes_the_reading_unreadable() -> None:
    of, with_ = target(ci()), seen({WORKFLOW: b"on: push\njobs: {}"})
    canary, _ = workflows.plan(of, with_)  # type: ignore[misc]
    with pytest.raises(UnreadableOutputError, match="not asked"):
        workflows.read(of, with_, [ran(canary)])


def test_a_system_that_nobody_reads_is_a_gap() -> None:
    of = target(ci(".travis.yml", "Travis CI"))
    assert workflows.plan(of, Options()) == ()
    (coverage,) = workflows.read(of, Options(), []).coverage
    assert coverage.missing[0].gap is Gap.UNSUPPORTED_INPUT
    assert "Travis CI" in coverage.missing[0].why


@pytest.mark.parametrize("path", [".", ".github", ".github/workflows/\ufffd.yml"])
def test_what_discovery_could_not_read_may_hold_ci(path: str) -> None:
    of = target(unread=(unread(path),))
    assert workflows.plan(of, Options()) == ()
    (coverage,) = workflows.read(of, Options(), []).coverage
    assert (coverage.expected, coverage.evaluated) == (1, 0)


def test_what_else_discovery_could_not_read_holds_no_ci() -> None:
    assert isinstance(workflows.plan(target(unread=(unread("setup.cfg"),)), Options()), Skip)


def test_an_audit_that_cannot_fail_is_a_finding() -> None:
    def step(*, fatal: bool, line: int) -> AuditStep:
        place = Location(path=WORKFLOW, line=line)
        return AuditStep(location=place, command="pip-audit", fatal=fatal)

    file = ci(audits=(step(fatal=False, line=7), step(fatal=True, line=9)))
    (finding,) = read(target(file), seen({WORKFLOW: CLEAN.encode()})).findings
    assert finding.rule == "workflows/swallowed-gate"
    assert [place.line for place in finding.locations] == [7]


def test_what_stands_elsewhere_is_told_and_not_required() -> None:
    of = target(ci(".gitlab-ci.yml", GITLAB), ci("Jenkinsfile", "Jenkins"))
    files: dict[str, bytes | Unread] = {
        ".gitlab-ci.yml": b"include:\n  - {project: a/b, ref: main, file: /c.yml}\n",
        "Jenkinsfile": b"node { sh 'make' }",
    }
    coverage, beyond = read(of, seen(files)).coverage
    assert coverage.complete
    assert not beyond.required
    assert [missing.subject for missing in beyond.missing] == [".gitlab-ci.yml:2", "Jenkinsfile"]


# ------------------------------------------------------------------------------- the real tool


def collected(of: Target, root: Path, output: Path) -> Evidence:
    made = Output(output)
    plan = made.begin(
        Plan(
            root=str(root),
            as_of=date(2026, 11, 1),
            offline=True,
            checks=("workflows",),
            target=of,
            policy=Policy(),
        )
    )
    return collect("workflows", plan, made)


def scan(tmp_path: Path, **files: str) -> Evidence:
    root = tmp_path / "repository"
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return collected(discover(Tree.at(root)), root, tmp_path / "out")


def rules(evidence: Evidence) -> dict[str, Severity]:
    return {
        finding.rule.removeprefix("workflows/"): finding.severity for finding in evidence.findings
    }


def test_the_projects_own_ci_is_clean_at_the_strictest(tmp_path: Path) -> None:
    listed = sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / ".github").rglob("*")
        if path.is_file()
    )
    of = target(*find_ci(Tree.at(ROOT), listed), automation=tuple(find_automation(listed)))
    assert WORKFLOW in {file.path for file in of.ci}
    evidence = collected(of, ROOT, tmp_path)
    assert evidence.findings == ()
    assert evidence.status is Status.CLEAN
    assert evidence.evaluated == len(of.ci) + len(of.automation)


def test_following_a_run_for_its_data_alone_is_worth_a_look_and_no_more(tmp_path: Path) -> None:
    comment = (ROOT / "templates/starters/github/comment.yml").read_text()
    found = scan(tmp_path, **{WORKFLOW: comment})
    assert rules(found)["dangerous-triggers"] is Severity.MEDIUM
    assert "fetches no code and starts no program" in found.findings[0].detail
    step = "      - name: Comment\n"
    found = scan(tmp_path, **{WORKFLOW: comment.replace(step, f"      - run: make\n{step}")})
    assert rules(found)["dangerous-triggers"] is Severity.HIGH


def test_the_demonstrations_ci_is_loose(tmp_path: Path) -> None:
    root = ROOT / "templates" / "demo" / "repository"
    evidence = collected(discover(Tree.at(root)), root, tmp_path)
    assert evidence.status is Status.FOUND
    assert {
        "unpinned-uses", "excessive-permissions", "template-injection", "swallowed-gate",
    } <= rules(evidence).keys()  # fmt: skip


def test_a_clean_workflow_is_clean(tmp_path: Path) -> None:
    evidence = scan(tmp_path, **{WORKFLOW: CLEAN})
    assert (evidence.status, evidence.findings) == (Status.CLEAN, ())


def test_the_repository_cannot_silence_zizmor(tmp_path: Path) -> None:
    loose = CLEAN.replace("- run: make", "- run: echo ${{ github.head_ref }}  # zizmor: ignore")
    evidence = scan(
        tmp_path,
        **{
            WORKFLOW: loose,
            "zizmor.yml": "rules: {template-injection: {disable: true}}\n",
            ".github/zizmor.yml": "rules: {template-injection: {disable: true}}\n",
        },
    )
    assert rules(evidence) == {"template-injection": Severity.HIGH}
    assert evidence.status is Status.FOUND


def test_one_broken_file_hides_no_other(tmp_path: Path) -> None:
    evidence = scan(
        tmp_path,
        **{
            WORKFLOW: CLEAN.replace("- run: make", "- uses: a/b@main"),
            ".github/workflows/broken.yml": "on: [",
            "action.yml": (
                "name: x\ndescription: y\nruns: {using: composite, steps: [{uses: a/b@v1}]}\n"
            ),
        },
    )
    assert evidence.status is Status.PARTIAL
    assert evidence.reason == "2 of 3 files were evaluated"
    assert {finding.subject for finding in evidence.findings} == {WORKFLOW, "action.yml"}


@pytest.mark.parametrize(
    "script",
    [
        "raise SystemExit(0)",
        "raise SystemExit(2)",
        "raise SystemExit(14)",
        "print('[]'); raise SystemExit(14)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    ],
)
def test_a_broken_zizmor_is_errored(
    tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "command", lambda **kind: (sys.executable, "-I", "-c", script))
    assert scan(tmp_path, **{WORKFLOW: CLEAN}).status is Status.ERRORED


def test_a_zizmor_that_fails_on_everything_is_errored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = (sys.executable, "-I", "-c", "raise SystemExit(1)")
    monkeypatch.setattr(python, "command", lambda **kind: command)
    assert scan(tmp_path, **{WORKFLOW: CLEAN}).status is Status.ERRORED
