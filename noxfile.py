"""The sessions: the pipeline itself, from the registry of checks, and the project's own work.

`nox` runs the whole pipeline on the folder it is called from; `nox -l` explains every session.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))  # Nox does not look beside the noxfile

from pipeline import sessions  # noqa: E402

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
    """Run every test with branch coverage (-- PYTEST ARGUMENTS for some of them)."""
    sessions.install(session, "tests")
    with session.chdir(ROOT):
        if session.posargs:
            session.run("python", "-m", "pytest", *session.posargs)
            return
        session.run("coverage", "erase")
        session.run("coverage", "run", "-m", "pytest", "-n", "auto")
        session.run("coverage", "combine", "--quiet")
        session.run("coverage", "report")


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
