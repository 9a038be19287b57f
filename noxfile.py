"""The sessions: the pipeline itself, from the registry of checks, and the project's own work.

`nox` runs the whole pipeline on the folder it is called from; `nox -l` explains every session.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))  # Nox does not look beside the noxfile

from pipeline import __version__, sessions  # noqa: E402

sessions.register()


@nox.session
def demo(session: nox.Session) -> None:
    """Show the whole job on a bundled example with planted problems; needs no other network."""
    sessions.supply_chain(session, "demo", *session.posargs, groups=sessions.TOOL_GROUPS)


@nox.session(allow_parallel=True)
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    sessions.install(session, "lint")
    with session.chdir(ROOT):
        session.run("ruff", "check", ".")
        session.run("ruff", "format", "--check", ".")


@nox.session(allow_parallel=True)
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    sessions.install(session, "types")
    with session.chdir(ROOT):
        session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test (-- PYTEST ARGUMENTS for some of them)."""
    sessions.install(session, "tests")
    with session.chdir(ROOT):
        session.run("python", "-m", "pytest", *(session.posargs or ["-n", "auto"]))


@nox.session
def coverage(session: nox.Session) -> None:
    """Run every test, and fail where too many branches of the code are never taken."""
    sessions.install(session, "tests")
    with session.chdir(ROOT):
        session.run("coverage", "erase")
        session.run("coverage", "run", "-m", "pytest", "-n", "auto")
        session.run("coverage", "combine", "--quiet")
        session.run("coverage", "report")


@nox.session
def workflows_e2e(session: nox.Session) -> None:
    """Run the reusable workflows with act, on this machine (-- PYTEST ARGUMENTS for some)."""
    sessions.install(session, "tests")
    with session.chdir(ROOT):
        command = ("python", "-m", "pytest", "-m", "workflows_e2e", "-n", "auto")
        session.run(*command, *(session.posargs or ["tests/workflows"]))


@nox.session
def build(session: nox.Session) -> None:
    """Build a release into dist/ (-- TAG OWNER/REPO COMMIT: what it is made of)."""
    if len(session.posargs) != len(made_of := ("version", "repository", "commit")):
        session.error("name the tag, the repository and the commit after --")
    told = dict(zip(made_of, session.posargs, strict=True))
    if told["version"] != f"v{__version__}":
        session.error(f"the tag {told['version']} is not that of version {__version__}")
    sessions.install(session, "build")
    # The wheel says which commit it is: nothing in a commit can hold that commit's own id.
    release = ROOT / "pipeline" / "release.json"
    release.write_text(json.dumps(told) + "\n")
    try:
        with session.chdir(ROOT):
            session.run("python", "-m", "hatchling", "build", "--clean")
    finally:
        release.unlink()


@nox.session
def installed(session: nox.Session) -> None:
    """Try the wheel in dist/, installed as it is beside what it needs as locked."""
    (wheel,) = (ROOT / "dist").glob("*.whl")
    sessions.install(session, *sessions.TOOL_GROUPS)
    session.run("uv", "pip", "install", "--no-config", "--no-deps", str(wheel), external=True)
    with session.chdir(session.create_tmp()):
        session.run("supply-chain", "--version")
        session.run("supply-chain", "demo", "--output", "demo")


@nox.session(allow_parallel=True)
def docs(session: nox.Session) -> None:
    """Check that the generated parts of the documentation are up to date (-- --write mends)."""
    sessions.install(session)
    with session.chdir(ROOT):
        session.run("python", "docs/generate.py", *session.posargs, env={"PYTHONPATH": str(ROOT)})


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure speed as ratios, side by side (-- NAME for one of them)."""
    sessions.install(session, "tests")
    with session.chdir(ROOT):
        session.run("python", "-m", "benchmarks", *session.posargs)
