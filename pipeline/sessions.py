"""The Nox sessions, made from the registry of checks; any project's noxfile can have them.

    # noxfile.py of another project
    from pipeline import sessions
    sessions.register()

    plan -> one session per check, side by side -> report -> gate
         -> tools, for those that need some                -> sign

A check session succeeds as soon as its evidence is recorded: only `gate` goes red. Every session
has an environment of its own, with its tool from the pipeline's own lock file, hashes checked,
and this very copy of the pipeline. Imports nothing beyond Nox and the standard library's reach:
the interpreter that runs Nox has none of the pipeline's dependencies.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nox

from pipeline.checks import CHECKS, question
from pipeline.resources import project_file

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGE = Path(__file__).resolve().parent
_SHARED = _PACKAGE / "_shared"
TOOL_GROUPS = tuple(
    sorted({group for check in CHECKS.values() if check.TOOL for group in check.TOOL.groups})
)
"""The dependency groups of all checks, for a session that runs them in one process."""
USAGE = "arguments after --: those of `supply-chain plan`, and --target PATH"
SIGNING_GROUP = "sigstore"
"""The dependency group of what signs."""
IMAGES_GROUP = "images"
"""The dependency group that the report needs to put images into the SBOM."""
_NOT_ALL_THERE = 3
"""How the command line ends where a program could not be installed."""


def register() -> None:
    """Define the sessions `plan`, `tools`, one per check, `report`, `gate` and `sign`.

    `nox` without `-s` then runs them all; sessions that the noxfile defines itself stay as they
    are. Run in parallel unless the noxfile or the command line says otherwise.
    """
    nox.options.default_venv_backend = "uv"
    nox.options.reuse_venv = "yes"
    nox.options.parallel = os.cpu_count() or 1
    nox.options.sessions = ["gate"]
    nox.session(name="plan")(_plan)
    nox.session(name="tools", requires=["plan"], allow_parallel=True)(_tools)
    for name in CHECKS:
        _register_check(name)
    nox.session(name="report", requires=list(CHECKS))(_report)
    nox.session(name="gate", requires=["report"])(_gate)
    nox.session(name="sign", requires=["report"])(_sign)


def _register_check(name: str) -> None:
    def check(session: nox.Session) -> None:
        tool = CHECKS[name].TOOL
        supply_chain(
            session,
            "check",
            name,
            *_output(session),
            groups=tool.groups if tool else (),
        )

    check.__doc__ = question(CHECKS[name])
    tool = CHECKS[name].TOOL
    before = "tools" if tool and tool.binary else "plan"
    nox.session(name=name, requires=[before], allow_parallel=True)(check)


def _plan(session: nox.Session) -> None:
    """Find out what is in the repository and start a run (-- --target PATH for another)."""
    target, rest = split(session)
    supply_chain(session, "plan", str(target), *_output(session), *rest)


def _tools(session: nox.Session) -> None:
    """Fetch programs that the run needs from outside the package index, verified; else nothing."""
    _, folder = _output(session)
    # What cannot be had is told here, and by the checks that needed it: they say what they lack.
    codes = (0, _NOT_ALL_THERE)
    arguments = ("tools", "install", "--planned", folder)
    supply_chain(session, *arguments, groups=(SIGNING_GROUP,), success_codes=codes)


def _report(session: nox.Session) -> None:
    """Judge the evidence and write the report in every format."""
    supply_chain(session, "report", *_output(session), "--quiet", groups=(IMAGES_GROUP,))


def _gate(session: nox.Session) -> None:
    """Fail unless the report says that the repository is compliant."""
    supply_chain(session, "gate", *_output(session))


def _sign(session: nox.Session) -> None:
    """Sign the report, whatever its verdict (-- [OF PLAN] -- [ARTEFACT ...] for built files)."""
    arguments = list(session.posargs)
    own = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    supply_chain(session, "sign", *_output(session), *own, groups=(SIGNING_GROUP,))


def supply_chain(
    session: nox.Session,
    *arguments: str,
    groups: Sequence[str] = (),
    success_codes: Sequence[int] = (0,),
) -> None:
    """Run the pipeline's command line in the session's environment.

    `groups` are dependency groups of the pipeline's lock file to have beside it. The working
    folder is the one Nox was called from.
    """
    install(session, *groups)
    root = import_root(session)
    with session.chdir(session.invoked_from):
        session.run(
            "python",
            "-P",  # the working folder belongs to the scanned repository: import nothing from it
            "-m",
            "pipeline",
            *arguments,
            env={"PYTHONPATH": str(root), "PYTHONSAFEPATH": "1"},
            success_codes=list(success_codes),
        )


def install(session: nox.Session, *groups: str) -> None:
    """Install what the pipeline needs, and `groups`, as locked: exact versions, hashes checked.

    Does nothing where the environment already has just that.
    """
    lock = project_file("uv.lock")
    wanted = hashlib.sha256(lock.read_bytes() + repr(groups).encode()).hexdigest()
    stamp = Path(session.virtualenv.location) / ".supply-chain-lock"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    # An empty folder and --no-config: neither the scanned repository's nor a user's uv settings
    # may change what is installed or where from. UV_INDEX_URL and its like still hold. Nox's own
    # temporary folder would not do: it lies in the repository, and becomes TMPDIR for all that
    # follows, as if the repository were around it.
    with tempfile.TemporaryDirectory(prefix="supply-chain-") as name, session.chdir(name):
        folder = Path(name)
        for file in ("pyproject.toml", "uv.lock"):
            shutil.copyfile(project_file(file), folder / file)
        session.run(
            *("uv", "export", "--no-config", "--frozen", "--quiet", "--no-emit-project"),
            *("--no-default-groups", "--format", "requirements-txt"),
            *(part for group in groups for part in ("--group", group)),
            *("--output-file", "requirements.txt"),
            external=True,
        )
        session.run(
            *("uv", "pip", "install", "--no-config", "--quiet", "--require-hashes"),
            *("--only-binary", ":all:", "--compile-bytecode", "--no-deps"),
            *("--requirements", "requirements.txt"),
            external=True,
        )
    stamp.write_text(wanted)


def import_root(session: nox.Session) -> Path:
    """A folder with this copy of the package in it and nothing that could get in the way.

    A checkout is one already. An installed package stands among its neighbours, so the session
    gets a copy of it.
    """
    if not _SHARED.is_dir():
        return _PACKAGE.parent
    root = Path(session.virtualenv.location) / "supply-chain"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(_PACKAGE, root / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def split(session: nox.Session) -> tuple[Path, list[str]]:
    """The target and the remaining arguments after `--`.

    The target defaults to the folder Nox was called from. Relative paths are seen from there.
    What follows a second `--` is for the session `sign` alone.
    """
    rest = list(session.posargs)
    if "--" in rest:
        del rest[rest.index("--") :]
    target = Path(session.invoked_from)
    if "--target" in rest:
        at = rest.index("--target")
        if at + 1 == len(rest):
            session.error(f"--target needs a path; {USAGE}")
        target = target / rest[at + 1]
        del rest[at : at + 2]
    return Path(os.path.normpath(target)), rest


def _output(session: nox.Session) -> tuple[str, str]:
    """Where the run is kept, the same for every session of a run."""
    target, rest = split(session)
    if "--output" in rest:
        at = rest.index("--output")
        folder = Path(session.invoked_from, *rest[at + 1 : at + 2])
        return ("--output", str(folder))
    return ("--output", str(target / ".supply-chain"))
