"""From nothing to green in one sitting: `supply-chain init`, `nox`, and the caller under act."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from pipeline.cli import main
from tests.kit.act import platform
from tests.workflows.conftest import FILE, Caller

pytestmark = pytest.mark.workflows_e2e

Make = Callable[..., Caller]
PINNED = (
    *("--tool-repository", platform.REPOSITORY, "--tool-ref", platform.REF),
    *("--tool-version", "v0.1.0"),
)


def test_the_quick_start(caller: Make) -> None:
    made = caller({})
    assert main(["init", str(made.root), "--quiet", *PINNED]) == 0
    done = subprocess.run(
        [sys.executable, "-m", "nox", "--", "--offline"],
        cwd=made.root,
        env={
            **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
            "PYTHONPATH": str(platform.ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = made.root / ".supply-chain" / "report" / "report.json"
    assert json.loads(report.read_bytes())["verdict"]["decision"] == "compliant"

    # What was written is committed by its own names, as anybody would: nox left nothing to add.
    made.git("add", ".")
    made.git("commit", "--quiet", "--message", "The supply chain")
    assert made.git("status", "--porcelain") == ""
    assert ".supply-chain" not in made.git("ls-files")
    assert ".nox" not in made.git("ls-files")

    # act does not tell a workflow where it came from: the tool is named as on a server of one's
    # own. Nothing else of the file is touched.
    written = (made.root / FILE).read_text(encoding="utf-8")
    head, uses, rest = written.partition(f"uses: {platform.REPOSITORY}/.github/workflows/scan.yml")
    line, _, after = rest.partition("\n")
    assert uses
    given = f"    with:\n      tool-path: {platform.ROOT}\n"
    (made.root / FILE).write_text(f"{head}{uses}{line}\n{given}{after}", encoding="utf-8")
    made.git("commit", "--quiet", "--all", "--message", "Where the tool is on this machine")
    ran = made.run("push")
    assert ran.code == 0, ran.log
    assert ran.job("report and gate") == "success"
    assert set(ran.jobs.values()) == {"success"}
    verdict = ran.verdict()
    assert verdict["verdict"] == "compliant"
    assert "## ✅ Compliant" in ran.summary
