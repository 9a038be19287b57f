"""A repository that tries everything: nothing of it runs, nothing of it changes the verdict."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.e2e.conftest import Ran

ROOT = Path(__file__).parents[2]
PINS = "jinja2==2.10\nidna==3.10\n"
OPTIONS = ("--as-of", "2026-11-01", "--offline")


@pytest.fixture
def hostile(repository: Callable[..., Path], tmp_path: Path) -> tuple[Path, Path]:
    """The repository, and the file that appears when anything of it was run."""
    alarm = tmp_path / "alarm"
    python = f"open({str(alarm)!r}, 'a').write(__name__)\n"
    shell = f"echo run >> '{alarm}'"
    waiver = "waivers:\n" + "".join(
        f"  - {{id: {id_}, reason: no, owner: me, expires: 2030-01-01}}\n"
        for id_ in ("CVE-2019-10906", "CVE-2020-28493")
    )
    root = repository(
        **{
            "requirements.txt": PINS,
            "setup.py": python + "from setuptools import setup; setup()\n",
            "conftest.py": python,
            "sitecustomize.py": python,
            "usercustomize.py": python,
            "pip_audit.py": python,
            "pip_audit/__init__.py": python,
            "pipeline/__init__.py": python,
            "noxfile.py": python,
            "backend/build_me.py": python,
            "evil.pth": f"import os; {python}",
            ".venv/lib/evil.pth": f"import os; {python}",
            "pyproject.toml": (
                "[build-system]\nrequires = []\nbuild-backend = 'build_me'\n"
                "backend-path = ['backend']\n"
                "[tool.uv]\nindex-url = 'http://127.0.0.1:9/simple'\n"
                "[tool.uv.audit]\nignore = ['PYSEC-2019-217']\n"
                "[tool.pip-audit]\nignore-vulns = ['PYSEC-2019-217']\n"
            ),
            "pip.conf": "[global]\nindex-url = http://127.0.0.1:9/simple\n",
            ".netrc": "machine 127.0.0.1 login a password b\n",
            "uv.toml": "index-url = 'http://127.0.0.1:9/simple'\n",
            ".pip-audit.toml": "ignore = ['PYSEC-2019-217']\n",
            "osv-scanner.toml": "[[IgnoredVulns]]\nid = 'PYSEC-2019-217'\n",
            "supply-chain.yml": f"policy: {{fail-on: never}}\n{waiver}",
            ".supply-chain/report/report.json": "{}",
            ".supply-chain/evidence/dependencies.json": json.dumps(
                {"token": "", "evidence": {"check": "dependencies", "status": "clean"}}
            ),
        }
    )
    git(root, "init", "--quiet")
    git(root, "add", "--force", "requirements.txt", "setup.py")
    hook = root / ".git" / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\n{shell}\n")
    hook.chmod(0o755)
    script = root / "monitor.sh"
    script.write_text(f"#!/bin/sh\n{shell}\n")
    script.chmod(0o755)
    with (root / ".git" / "config").open("a") as config:
        config.write(
            f'[core]\n\tfsmonitor = "{script}"\n\tsshCommand = "{script}"\n\tpager = "{script}"\n'
            f'[filter "evil"]\n\tclean = "{script}"\n\tsmudge = "{script}"\n\trequired = true\n'
            f'[diff]\n\texternal = "{script}"\n'
        )
    (root / ".gitattributes").write_text("* filter=evil\n")
    os.utime(root / "requirements.txt", (1, 1))
    return root, alarm


def rules(ran: Ran) -> set[str]:
    """What the dependencies check found."""
    return {one["rule"] for one in ran.report["findings"] if one["check"] == "dependencies"}


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def test_nothing_runs_and_nothing_is_silenced(
    hostile: tuple[Path, Path], run: Callable[..., Ran], small_store: Path
) -> None:
    root, alarm = hostile
    ran = run(root, "--advisories", str(small_store), *OPTIONS)
    assert not alarm.exists()
    assert rules(ran) == {
        "CVE-2019-10906",
        "CVE-2020-28493",
    }
    assert {finding["disposition"] for finding in ran.report["findings"]} >= {"violation"}
    assert ran.report["policy"]["fail_on"] == "high"
    assert ran.code == 1
    assert any("supply-chain.yml" in notice for notice in ran.report["notices"])


def test_not_even_when_one_stands_in_it(
    hostile: tuple[Path, Path], small_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy is then the repository's own, as asked; its code still never runs."""
    root, alarm = hostile
    monkeypatch.chdir(root)
    code = subprocess.run(
        [sys.executable, "-P", "-m", "pipeline", "run", "--advisories", str(small_store), *OPTIONS],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
    ).returncode
    assert not alarm.exists()
    assert code in {0, 1, 3}


def test_the_environment_changes_nothing(
    hostile: tuple[Path, Path],
    run: Callable[..., Ran],
    small_store: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root, _ = hostile
    for name, value in {
        "PIP_AUDIT_OUTPUT": "elsewhere.json",
        "PIP_AUDIT_FORMAT": "columns",
        "PIP_AUDIT_OSV_URL": "http://127.0.0.1:9/",
        "PIP_AUDIT_VULNERABILITY_SERVICE": "pypi",
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PYTHONPATH": str(root),
        "HTTP_PROXY": "http://127.0.0.1:9/",
        "http_proxy": "http://127.0.0.1:9/",
        "GIT_DIR": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    ran = run(root, "--advisories", str(small_store), *OPTIONS)
    assert rules(ran) == {
        "CVE-2019-10906",
        "CVE-2020-28493",
    }


def test_discovery_alone_runs_nothing(
    hostile: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    root, alarm = hostile
    assert main(["discover", str(root)]) == 0
    assert main(["discover", str(root), "--json"]) == 0
    assert not alarm.exists()
    assert "requirements.txt" in capsys.readouterr().out
