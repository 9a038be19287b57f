from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from pipeline.checks import (
    CHECKS,
    Check,
    container,
    dependencies,
    hardening,
    lockfiles,
    provenance,
    sbom,
    secrets,
    workflows,
)

MODULES: dict[str, Check] = {
    "dependencies": dependencies,
    "lockfiles": lockfiles,
    "provenance": provenance,
    "sbom": sbom,
    "container": container,
    "secrets": secrets,
    "workflows": workflows,
    "hardening": hardening,
}
"""Written out, so that the type checker holds each module against what a check provides."""


def test_every_check_is_in_the_registry() -> None:
    assert dict(CHECKS) == MODULES
    assert len(CHECKS) == len(MODULES)


def test_there_is_no_check_of_another_name() -> None:
    with pytest.raises(KeyError):
        CHECKS["job"]
    assert "job" not in CHECKS


def test_one_check_is_imported_without_the_others() -> None:
    program = (
        "import sys; from pipeline.checks import CHECKS; CHECKS['sbom'];"
        "sys.exit('pipeline.checks.workflows' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("name", MODULES)
def test_what_a_check_says_of_itself_is_prose(name: str) -> None:
    """`supply-chain explain` shows it: a map of modules is for comments."""
    told = inspect.getdoc(MODULES[name]) or ""
    assert told.count("\n\n") >= 1
    assert "  " not in told
