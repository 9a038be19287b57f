"""From nothing to green: `supply-chain init`, then `nox`; every starter under our own checks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.cli import main
from pipeline.starters.propose import STARTERS
from pipeline.tools.binaries import Binary
from tests.e2e.conftest import Ran
from tests.kit.trivy import trivy, trivy_program

__all__ = ["trivy", "trivy_program"]  # fixtures

ROOT = Path(__file__).parents[2]
COMMIT = "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10"
PINNED = (
    *("--tool-repository", "acme/supply-chain", "--tool-ref", COMMIT),
    *("--tool-version", "v1.2.3"),
)
EVERYTHING = tuple(part for name in STARTERS for part in ("--with", name))


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [
            *("git", "-c", "user.name=x", "-c", "user.email=x@example.org"),
            *("-c", "commit.gpgsign=false", *arguments),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository that we stand in."""
    folder = tmp_path / "empty"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    monkeypatch.chdir(folder)
    return folder


def evidence(report: Mapping[str, Any]) -> dict[str, str]:
    return {one["check"]: one["status"] for one in report["evidence"]}


def test_an_empty_repository_is_not_green_by_itself(empty: Path, run: Callable[..., Ran]) -> None:
    assert run(empty, "--offline").code == 3


@pytest.mark.parametrize("committed", [False, True])
def test_after_init_it_is_green_for_what_was_looked_at(
    empty: Path, run: Callable[..., Ran], committed: bool
) -> None:
    assert main(["init", "--quiet", *PINNED]) == 0
    if committed:
        git(empty, "add", "--all")
        git(empty, "commit", "--quiet", "--message", "x")
    ran = run(empty, "--offline")
    assert ran.code == 0, ran.report["verdict"]
    found = evidence(ran.report)
    assert found["workflows"] == "clean"
    assert found["secrets"] == "clean"
    assert found["dependencies"] == "not_applicable"
    assert ran.report["findings"] == []


def test_a_plain_folder_is_green_too_with_noxs_environments_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert main(["init", "--quiet", *PINNED]) == 0
    (folder / ".nox" / "plan").mkdir(parents=True)
    (folder / ".nox" / "plan" / "requirements.txt").write_text("idna\n", encoding="utf-8")
    ran = run(folder, "--offline")
    assert ran.code == 0, ran.report["verdict"]
    assert [one["path"] for one in ran.report["target"]["excluded"]] == [".nox"]


def test_what_comes_later_is_judged_from_its_first_day(
    empty: Path, run: Callable[..., Ran]
) -> None:
    """The policy that makes an empty repository green excuses nothing that is added to it."""
    main(["init", "--quiet", *PINNED])
    (empty / "requirements.in").write_text("idna\n", encoding="utf-8")
    (empty / "requirements.txt").write_text("idna==3.10\n", encoding="utf-8")
    ran = run(empty, "--offline")
    assert ran.code == 3  # nobody has asked for advisories
    assert "dependencies" in str([one for one in ran.report["unevaluated"] if one["blocking"]])


def test_every_starter_passes_our_own_checks(
    empty: Path,
    run: Callable[..., Ran],
    trivy: Binary,
) -> None:
    assert main(["init", "--quiet", *PINNED, *EVERYTHING]) == 0
    ran = run(empty, "--offline")
    assert ran.code == 0, ran.report["verdict"]
    # What comments on a fork's pull request has to start after the scan, with rights of its own.
    assert [(one["rule"], one["severity"], one["subject"]) for one in ran.report["findings"]] == [
        ("workflows/dangerous-triggers", "medium", ".github/workflows/supply-chain-comment.yml")
    ]
    found = evidence(ran.report)
    assert {found[name] for name in ("secrets", "hardening")} == {"clean"}
    assert {"errored", "partial"}.isdisjoint(found.values())


def test_what_the_documentation_shows_passes_our_own_checks(
    empty: Path, run: Callable[..., Ran]
) -> None:
    page = (ROOT / "docs" / "github-actions.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (whole,) = (block for block in blocks if "jobs:" in block)
    (more,) = (block for block in blocks if "code-scanning:" in block)
    text = f"{whole}\n{more}"
    for blank, value in (("OWNER", "acme"), ("FULL-COMMIT-ID", COMMIT), ("vX.Y.Z", "v1.2.3")):
        assert blank in text
        text = text.replace(blank, value)
    main(["init", "--quiet", "--without", "workflow", *PINNED])
    (empty / ".github" / "workflows").mkdir()
    (empty / ".github" / "workflows" / "by-hand.yml").write_text(text, encoding="utf-8")
    ran = run(empty, "--offline")
    assert ran.report["findings"] == []
    assert ran.code == 0
    assert evidence(ran.report)["workflows"] == "clean"


@pytest.mark.slow
def test_init_and_then_nox(empty: Path, tmp_path: Path) -> None:
    """The noxfile that was written, run by the Nox that stands beside this package."""
    main(["init", "--quiet", *PINNED])
    done = subprocess.run(
        [sys.executable, "-m", "nox", "--envdir", str(tmp_path / "sessions"), "--", "--offline"],
        cwd=empty,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((empty / ".supply-chain" / "report" / "report.json").read_bytes())
    assert report["verdict"]["decision"] == "compliant"
    assert evidence(report)["workflows"] == "clean"


@pytest.mark.slow
def test_a_release_says_by_itself_which_commit_to_call(
    empty: Path, tmp_path: Path, tool: tuple[Path, str]
) -> None:
    """The README's quick start, with a wheel as the release builds it: no option, and green."""
    folder = tmp_path / "release"
    shutil.copytree(tool[0], folder)
    release = {"repository": "acme/supply-chain", "commit": COMMIT, "version": "v1.2.3"}
    (folder / "pipeline" / "release.json").write_text(json.dumps(release), encoding="utf-8")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv, "uv comes with the tests' dependency group"
    call(
        uv, "build", "--no-config", "--quiet", "--out-dir", tmp_path / "dist", folder, cwd=tmp_path
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    call(uv, "venv", "--no-config", "--quiet", "--python", sys.executable, "env", cwd=tmp_path)
    programs = tmp_path / "env" / "bin"
    python = programs / "python"
    call(
        *(uv, "pip", "install", "--no-config", "--quiet", "--python", python, f"{wheel}[nox]"),
        cwd=tmp_path,
    )
    said = call(programs / "supply-chain", "init", cwd=empty)
    assert "written      .github/workflows/supply-chain.yml" in said
    workflow = (empty / ".github" / "workflows" / "supply-chain.yml").read_text(encoding="utf-8")
    assert f"uses: acme/supply-chain/.github/workflows/scan.yml@{COMMIT} # v1.2.3\n" in workflow
    call(programs / "nox", "--", "--offline", cwd=empty)
    report = json.loads((empty / ".supply-chain" / "report" / "report.json").read_bytes())
    assert report["verdict"]["decision"] == "compliant"


def call(*argv: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in argv],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def environment() -> dict[str, str]:
    """Ours without what belongs to these tests."""
    left = ("COVERAGE", "COV_", "PYTHON", "NOX", "VIRTUAL_ENV", "PYTEST", "CI_")
    return {name: value for name, value in os.environ.items() if not name.startswith(left)}


# ------------------------------------------------------------------------- other platforms

UNPINNED = """\
on: pull_request_target
permissions: write-all
jobs:
  x:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@main
"""


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository with this copy of the tool as its only commit, and that commit."""
    folder = tmp_path_factory.mktemp("tool")
    for name in ("pipeline", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("noxfile.py", "pyproject.toml", "uv.lock", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message", "x")
    return folder, git(folder, "rev-parse", "HEAD")


def gitlab(text: str) -> list[str]:
    """What a runner executes: all lines of the job, in one shell."""
    job = yaml.safe_load(text)["supply-chain"]
    return ["\n".join((*job["before_script"], *job["script"]))]


def azure(text: str) -> list[str]:
    """What an agent executes: each step in a shell of its own."""
    (job,) = yaml.safe_load(text)["jobs"]
    return [step["bash"] for step in job["steps"] if "bash" in step]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "path", "scripts", "planted", "code"),
    [
        ("gitlab", ".gitlab-ci.yml", gitlab, {".github/workflows/x.yml": UNPINNED}, 1),
        ("gitlab", ".gitlab-ci.yml", gitlab, {"package-lock.json": "{"}, 3),
        ("azure", "azure-pipelines.yml", azure, {}, 0),
    ],
)
def test_the_job_of_another_platform_really_runs(
    empty: Path,
    tmp_path: Path,
    tool: tuple[Path, str],
    name: str,
    path: str,
    scripts: Callable[[str], list[str]],
    planted: dict[str, str],
    code: int,
) -> None:
    """Its script, in a shell as the platform starts one, with the tool from a git repository."""
    folder, commit = tool
    main(["init", "--quiet", *PINNED, "--tool-ref", commit, "--with", name])
    for place, content in planted.items():
        (empty / place).write_text(content, encoding="utf-8")
    git(empty, "add", "--all")
    git(empty, "commit", "--quiet", "--message", "x")
    text = (empty / path).read_text(encoding="utf-8")
    assert f'SUPPLY_CHAIN_COMMIT: "{commit}"' in text
    variables = {
        **environment(),
        "SUPPLY_CHAIN_REPOSITORY": folder.as_uri(),
        "SUPPLY_CHAIN_COMMIT": commit,
        "AGENT_TEMPDIRECTORY": str(tmp_path),
    }
    codes = []
    for script in scripts(text.replace("/tmp/supply-chain", str(tmp_path / "supply-chain"))):
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=empty,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        codes.append(done.returncode)
        if done.returncode:
            break
    assert codes[-1] == code, done.stdout + done.stderr
    report = json.loads((empty / ".supply-chain" / "report" / "report.json").read_bytes())
    assert report["verdict"]["exit_code"] == code


@pytest.mark.parametrize(
    ("name", "path", "scripts"),
    [("gitlab", ".gitlab-ci.yml", gitlab), ("azure", "azure-pipelines.yml", azure)],
)
def test_a_job_that_could_not_start_is_never_green(
    empty: Path, name: str, path: str, scripts: Callable[[str], list[str]]
) -> None:
    """A report that stands in the repository does not speak for a run that did not happen."""
    main(["init", "--quiet", *PINNED, "--with", name])
    report = empty / ".supply-chain" / "report" / "report.json"
    report.parent.mkdir(parents=True)
    report.write_text('{"verdict": {"exit_code": 0}}', encoding="utf-8")
    script = scripts((empty / path).read_text(encoding="utf-8"))[-1]
    script = script[script.index("code=0") :].replace("nox --noxfile", "false --noxfile")
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", f"TOOL=x tool=x base=()\n{script}"],
        cwd=empty,
        env=environment(),
        check=False,
    )
    assert done.returncode == 3
    report.unlink()
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", f"TOOL=x tool=x base=()\n{script}"],
        cwd=empty,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3
