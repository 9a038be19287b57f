from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.actions import install
from pipeline.actions.runner import Runner
from pipeline.errors import IncompleteError
from tests.actions.conftest import Scanning
from tests.actions.test_check import start

Make = Callable[..., Scanning]
ROOT = Path(install.__file__).parents[2]


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] not in sys.stdlib_module_names | {'pipeline'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from pipeline.actions import entry, install\n"
        "from pipeline.checks import CHECKS\n"
        "print(*(check.TOOL for check in CHECKS.values()))\n"
    )
    subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_a_leg_gets_the_tools_of_its_checks(scanning: Make) -> None:
    run = scanning(checks="dependencies\nlockfiles\nsecrets\nhardening\ncontainer")
    start(run)
    assert install.tools(run.job("a", KEY="repository.dependencies")) == ("pip-audit",)
    assert install.tools(run.job("b", KEY="repository.lockfiles")) == ()
    assert install.tools(run.job("c")) == ()
    assert install.tools(run.job("e", GROUPS="sigstore zizmor")) == ("sigstore", "zizmor")
    assert install.tools(run.job("d", KEY="repository.hardening")) == ("sigstore",)
    assert install.tools(run.job("f", KEY="repository.container")) == ("images", "sigstore")
    assert install.tools(run.job("g", KEY="repository.secrets")) == ("kingfisher-bin", "layers")


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"legs": 1}', '{"legs": [{"key": "x", "tasks": [{"check": "y"}]}]}'],
)
def test_a_plan_that_cannot_be_read(tmp_path: Path, content: str) -> None:
    (tmp_path / "parts" / "plan").mkdir(parents=True)
    (tmp_path / "parts" / "plan" / "scan.json").write_text(content)
    with pytest.raises(IncompleteError, match="cannot be read"):
        install.tools(Runner({"RUNNER_TEMP": str(tmp_path), "KEY": "x"}))
    with pytest.raises(IncompleteError, match="cannot be read"):
        install.tools(Runner({"RUNNER_TEMP": str(tmp_path / "parts"), "KEY": "x"}))


def test_what_is_installed_is_locked_hashed_and_never_built() -> None:
    exported = install.export(("zizmor",))
    assert {"--frozen", "--no-config", "--no-default-groups"} <= set(exported)
    assert exported[exported.index("--group") + 1] == "zizmor"
    _, filled = install.fill(Path("/x"), Path("/x/bin/python"))
    assert {"--require-hashes", "--no-deps", "--no-config"} <= set(filled)
    assert filled[filled.index("--only-binary") + 1] == ":all:"


@pytest.mark.slow
def test_the_environment_runs_the_tool_and_nothing_of_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / "tool").symlink_to(ROOT)
    python = install.install(Runner({"RUNNER_TEMP": str(tmp_path)}))
    checkout = tmp_path / "checkout"
    (checkout / "pipeline").mkdir(parents=True)
    for name in ("pipeline/__init__.py", "json.py", "sitecustomize.py", "msgspec.py"):
        (checkout / name).write_text("raise SystemExit('the checkout was imported')\n")
    done = subprocess.run(
        [python, "-I", "-m", "pipeline", "--version"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "PYTHONHOME": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("supply-chain ")


def test_an_index_that_cannot_be_reached_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").write_text("#!/bin/sh\necho '::error::no route' >&2\nexit 2\n")
    (tmp_path / "bin" / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    with pytest.raises(IncompleteError, match=r"uv export failed: exit code 2; ::error::no route"):
        install.install(Runner({"RUNNER_TEMP": str(tmp_path)}))


def test_uv_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IncompleteError, match="uv export failed"):
        install.install(Runner({"RUNNER_TEMP": str(tmp_path)}))


def test_the_machines_index_and_cache_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("UV_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://index.example/simple")
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert install._environment() == {
        "UV_DEFAULT_INDEX": "https://index.example/simple",
        "HOME": "/home/somebody",
    }
