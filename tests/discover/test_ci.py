"""CI files: triggers, and where dependencies are audited."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.discover.ci import find_automation, find_ci
from pipeline.model import AuditStep, CiFile, Location
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = ".github/workflows/ci.yml"
NOXFILE = "import nox\nfrom pipeline.sessions import *  # noqa: F403\n"


def find(root: Path, files: dict[str, str]) -> list[CiFile]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(content))
    return find_ci(Tree.at(root), sorted(files))


def workflow(root: Path, content: str, **more: str) -> CiFile:
    found = find(root, {WORKFLOW: content, **more})
    assert len(found) == 1
    return found[0]


def steps(file: CiFile) -> list[tuple[int | None, str, bool]]:
    assert file.unread == ""
    return [(step.location.line, step.command, step.fatal) for step in file.audits]


def test_a_workflow(tmp_path: Path) -> None:
    found = workflow(
        tmp_path,
        """\
        name: CI
        on:
          push: {branches: [main]}
          pull_request:
        jobs:
          audit:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v5
              - uses: pypa/gh-action-pip-audit@v1
                with: {inputs: requirements.txt}
              - name: by hand
                run: |
                  pip install pip-audit

                  pip-audit -r requirements.txt
                  npm audit || true
              - run: osv-scanner .
        """,
    )
    assert found == CiFile(
        path=WORKFLOW,
        system="GitHub Actions",
        triggers=("pull_request", "push"),
        audits=tuple(
            AuditStep(location=Location(path=WORKFLOW, line=line), command=command, fatal=fatal)
            for line, command, fatal in (
                (10, "pypa/gh-action-pip-audit@v1", True),
                (16, "pip-audit", True),
                (17, "npm audit", False),
                (18, "osv-scanner", True),
            )
        ),
    )


@pytest.mark.parametrize(
    ("on", "triggers"),
    [
        ("on: push", ("push",)),
        ("'on': push", ("push",)),
        ("on: [push, pull_request, push]", ("pull_request", "push")),
        ("on:\n  schedule:\n  - cron: '0 0 * * *'", ("schedule",)),
        ("on:", ()),
        ("name: x", ()),
    ],
)
def test_triggers(tmp_path: Path, on: str, triggers: tuple[str, ...]) -> None:
    assert workflow(tmp_path, f"{on}\njobs: {{}}\n").triggers == triggers


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ("steps: [{run: pip-audit}]", True),
        ("continue-on-error: true\nsteps: [{run: pip-audit}]", False),
        ("continue-on-error: ${{ matrix.x }}\nsteps: [{run: pip-audit}]", False),
        ("continue-on-error: false\nsteps: [{run: pip-audit}]", True),
        ("steps: [{run: pip-audit, continue-on-error: true}]", False),
        ("steps: [{uses: pypa/gh-action-pip-audit@v1, continue-on-error: true}]", False),
        ("steps: [{run: pip-audit | tee log}]", False),
        ("steps: [{run: pip-audit | tee log, shell: bash}]", True),
        ("defaults: {run: {shell: bash}}\nsteps: [{run: pip-audit | tee log}]", True),
        ('steps: [{run: "pip-audit\\ntrue", shell: "bash {0}"}]', False),
        ('steps: [{run: "pip-audit\\ntrue", shell: "bash -e {0}"}]', True),
        ('steps: [{run: "pip-audit|cat", shell: "bash --norc -eo pipefail {0}"}]', True),
        ('steps: [{run: "pip-audit\\ntrue", shell: sh}]', True),
        ('steps: [{run: "pip-audit\\ntrue", shell: pwsh}]', False),
        ("steps: [{run: pip-audit, shell: pwsh}]", True),
        ('runs-on: windows-latest\nsteps: [{run: "pip-audit\\ntrue"}]', False),
        ('runs-on: [self-hosted, windows]\nsteps: [{run: "pip-audit\\ntrue"}]', False),
        ("steps: [{run: pip-audit, shell: python}]", None),
        ("if: false\nsteps: [{run: pip-audit}]", None),
        ("if: ${{ false }}\nsteps: [{run: pip-audit}]", None),
        ("if: always()\nsteps: [{run: pip-audit}]", True),
        ("steps: [{run: pip-audit, if: false}]", None),
        ("uses: a/b/.github/workflows/scan.yml@v1", True),
        ("uses: a/b/.github/workflows/scan.yml@v1\ncontinue-on-error: true", False),
        ("uses: a/b/.github/workflows/x.yml@v1", None),
        ("steps: [{uses: aquasecurity/trivy-action@v1, with: {exit-code: 1}}]", True),
        ("steps: pip-audit", None),
        ("steps: [pip-audit, {run: [pip-audit]}, {uses: {a: b}}]", None),
        ("steps:", None),
    ],
)
def test_whether_an_audit_fails_its_job(tmp_path: Path, job: str, expected: bool | None) -> None:
    content = "on: push\njobs:\n  a:\n" + textwrap.indent(job, "    ")
    found = [fatal for _, _, fatal in steps(workflow(tmp_path, content))]
    assert found == ([] if expected is None else [expected])


def test_the_shell_of_the_whole_workflow(tmp_path: Path) -> None:
    content = """\
        defaults: {run: {shell: bash}}
        jobs:
          a: {steps: [{run: pip-audit | tee log}]}
          b: {defaults: {run: {shell: sh}}, steps: [{run: pip-audit | tee log}]}
        """
    assert steps(workflow(tmp_path, content)) == [(3, "pip-audit", True), (4, "pip-audit", False)]


def test_anchors_are_followed(tmp_path: Path) -> None:
    content = "jobs:\n  a: &job\n    steps: [{run: pip-audit}]\n  b: *job\n"
    assert steps(workflow(tmp_path, content)) == [(3, "pip-audit", True)]


def test_another_workflow_of_the_repository_counts_by_what_it_does(tmp_path: Path) -> None:
    def called(script: str) -> str:
        return f"on: workflow_call\njobs: {{a: {{steps: [{{run: {script}}}]}}}}\n"

    found = find(
        tmp_path,
        {
            ".github/workflows/ci.yml": """\
                on: push
                jobs:
                  hard: {uses: ./.github/workflows/hard.yml}
                  soft: {uses: ./.github/workflows/soft.yml}
                  none: {uses: ./.github/workflows/scan.yml}
                  gone: {uses: ./.github/workflows/gone.yml}
                  lax: {uses: ./.github/workflows/hard.yml, continue-on-error: true}
                """,
            ".github/workflows/hard.yml": called("pip-audit"),
            ".github/workflows/soft.yml": called("pip-audit || true"),
            ".github/workflows/scan.yml": called("true"),
        },
    )
    assert steps(found[0]) == [
        (3, "./.github/workflows/hard.yml", True),
        (4, "./.github/workflows/soft.yml", False),
        (7, "./.github/workflows/hard.yml", False),
    ]


@pytest.mark.parametrize(
    ("noxfile", "audits"),
    [
        (NOXFILE, True),
        ("from pipeline import sessions\n", True),
        ("import pipeline.sessions as s\n", True),
        ("# from pipeline.sessions import x\n", False),
        ("import nox\n", False),
        (None, False),
    ],
)
def test_nox_audits_when_its_sessions_come_from_here(
    tmp_path: Path, noxfile: str | None, audits: bool
) -> None:
    more = {} if noxfile is None else {"noxfile.py": noxfile}
    found = find(tmp_path, {WORKFLOW: "jobs: {a: {steps: [{run: nox}]}}", **more})
    assert steps(found[0]) == ([(1, "nox", True)] if audits else [])


def test_a_noxfile_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").write_bytes(b"\xff from pipeline import sessions")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / WORKFLOW).write_text("jobs: {a: {steps: [{run: nox}]}}")
    assert steps(find_ci(Tree.at(tmp_path), [WORKFLOW, "noxfile.py"])[0]) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a: [", "not valid YAML"),
        ("a: 1\na: 2", "the key 'a' was already given"),
        ("- x", "there are no jobs in it"),
        ("jobs: 3", "there are no jobs in it"),
        ("", "there are no jobs in it"),
        ("a: " + "[" * 100, "nested deeper"),
        ("#" * (4 * 1024 * 1024 + 1), "more than the limit"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"a{n}: &a{n} [{','.join(['*a'] * 99)}]\n" for n in range(100))
            + "jobs: {}",
            "unfolds to more than",
        ),
    ],
)
def test_a_workflow_that_cannot_be_read_says_so(tmp_path: Path, content: str, why: str) -> None:
    found = workflow(tmp_path, content)
    assert why in found.unread
    assert found.audits == ()


@pytest.mark.parametrize(
    ("path", "system"),
    [
        (".gitlab-ci.yml", "GitLab CI"),
        ("azure-pipelines.yml", "Azure Pipelines"),
        (".azure-pipelines/build.yaml", "Azure Pipelines"),
        ("Jenkinsfile", "Jenkins"),
        ("ci/Jenkinsfile", "Jenkins"),
        ("ci/release.jenkinsfile", "Jenkins"),
        ("ci/azure-pipelines-release.yml", "Azure Pipelines"),
        (".semaphore/semaphore.yml", "Semaphore"),
        (".builds/a.yml", "SourceHut builds"),
        (".build.yml", "SourceHut builds"),
        ("ci/buildspec.yml", "CodeBuild"),
        ("codemagic.yaml", "Codemagic"),
        ("screwdriver.yaml", "Screwdriver"),
        (".teamcity/settings.kts", "TeamCity"),
        (".circleci/config.yml", "CircleCI"),
        ("sub/.gitlab-ci.yml", None),
        ("sub/.github/workflows/ci.yml", None),
        (".github/workflows/sub/ci.yml", None),
        (".github/workflows/ci.json", None),
        (".github/dependabot.yml", None),
    ],
)
def test_other_systems_are_recognised_and_said_to_be_unread(
    tmp_path: Path, path: str, system: str | None
) -> None:
    found = find(tmp_path, {path: ""})
    assert found == (
        [CiFile(path=path, system=system, unread="this CI system is not read yet")]
        if system
        else []
    )


_KEYS = ["on", "jobs", "a", "steps", "run", "uses", "with", "shell", "if", "defaults", "runs-on",
         "continue-on-error"]  # fmt: skip
_SCAN = "a/b/.github/workflows/scan.yml"
_TREE = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["pip-audit", "push", "bash", _SCAN]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4)
    ),
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["on", "jobs", "defaults"]), _TREE) | _TREE)
def test_any_workflow_is_read_or_said_to_be_unread(tmp_path: Path, data: object) -> None:
    found = workflow(tmp_path, yaml.safe_dump(data))
    assert not (found.unread and found.audits)
    assert all(step.location.line for step in found.audits)


@pytest.mark.parametrize(
    ("path", "system"),
    [
        ("bitbucket-pipelines.yml", "Bitbucket Pipelines"),
        (".travis.yml", "Travis CI"),
        (".drone.yml", "Drone"),
        (".woodpecker.yaml", "Woodpecker CI"),
        (".woodpecker/test.yml", "Woodpecker CI"),
        (".buildkite/pipeline.yml", "Buildkite"),
        ("appveyor.yml", "AppVeyor"),
        (".cirrus.star", "Cirrus CI"),
        ("cloudbuild.yaml", "Cloud Build"),
        ("images/web/cloudbuild-release.yml", "Cloud Build"),
        (".prow.yaml", "Prow"),
        (".prow/jobs/a.yaml", "Prow"),
        (".forgejo/workflows/ci.yml", "Forgejo Actions"),
        (".gitea/workflows/ci.yml", "Forgejo Actions"),
    ],
)
def test_ci_that_nobody_reads_is_told_all_the_same(tmp_path: Path, path: str, system: str) -> None:
    (found,) = find(tmp_path, {path: "x: 1\n"})
    assert (found.path, found.system) == (path, system)
    assert found.unread


def test_automation_beside_the_ci_files() -> None:
    files = [
        ".github/dependabot.yml", "action.yml", "tools/x/action.yaml", "x/dependabot.yml",
        "reaction.yml", ".github/workflows/ci.yml",
    ]  # fmt: skip
    assert find_automation(files) == files[:3]
