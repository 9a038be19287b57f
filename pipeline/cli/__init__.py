"""The command line: what can be asked for, and faults into exit codes.

here      which verbs there are, and how one of them ends
verbs     the arguments of each
shared    the arguments of several
examples  how each is used

Imports nothing that a verb does not need: `--help` answers as fast as the interpreter starts.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys

from pipeline import __version__
from pipeline.errors import ExitCode, PipelineError, UsageError

TYPE_CHECKING = False  # importing it from `typing` takes a tenth of the whole time
if TYPE_CHECKING:
    from collections.abc import Sequence

_EPILOG = """\
examples:
  supply-chain run                          everything, on the folder you stand in
  supply-chain run ../service --offline     another repository, from the local advisories
  supply-chain run --image ./build/app:1.0  a built image, too: a layout, archive or registry's
  supply-chain diff main...HEAD             what this branch does to the dependencies
  supply-chain run --base origin/main       judge only what it brings in
  supply-chain advisories update            fetch today's advisories, for offline runs
  supply-chain demo                         a report to look at, from a bundled example
  supply-chain sbom -o bom.json             its software bill of materials
  supply-chain secrets scan --staged        no secret in the next commit
  supply-chain init --dry-run               what a repository needs to be judged from today on
  supply-chain sign dist/*                  the report and what was built
  supply-chain verify --help                how to check such signatures
  supply-chain explain DEP-03               what a rule, control, status or exit code means

exit codes:
  0 compliant   1 policy violated   2 usage or configuration
  3 evidence incomplete   4 signature not made or not verified   130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer with its exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    chosen = next((word for word in words if not word.startswith("-")), "")
    arguments = make_parser(chosen).parse_args(words)

    import gc  # noqa: PLC0415 - not for `--help`
    import signal  # noqa: PLC0415 - as above
    from importlib import import_module  # noqa: PLC0415

    # Runs are short and keep what they make: looking through it again and again frees nothing.
    gc.set_threshold(100_000, 50, 100)
    # A cancelled CI job sends SIGTERM: end the tools we started, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _settle()
        command = import_module(f"pipeline.commands.{arguments.verb}")
        code = int(command.execute(arguments))
        sys.stdout.flush()
        # The interpreter looks through everything once more at its end, to no purpose.
        gc.freeze()
    except PipelineError as error:
        _complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return ExitCode.INTERRUPTED
    except OSError as error:
        return _unwritten(error)
    # Python's own exit code for a crash is 1, which would read as "policy violated".
    except Exception:  # noqa: BLE001
        return _fault()
    return code


_UNWRITABLE = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EBADF})


def _settle() -> None:
    """Make sure that there is somewhere to write to, in UTF-8, and somewhere to stand.

    Names in repositories are in every script, and reports have signs: no other encoding holds all
    of them. Raises `UsageError` when the working folder is gone.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - for as long as we run
        elif isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        os.getcwd()  # noqa: PTH109 - `pathlib` is not imported here
    except OSError:
        raise UsageError(
            "the folder that you stand in is gone", fix="change into another"
        ) from None


def _unwritten(error: OSError) -> ExitCode:
    """What is left to say when the answer cannot be written; any other error is a fault."""
    if isinstance(error, BrokenPipeError):
        # The reader of our output went away; nothing more can be said to it.
        sys.stderr.close()
    elif error.errno in _UNWRITABLE and not error.filename:
        sys.stderr.write(f"error: the answer cannot be written: {error.strerror}\n")
        # Or the interpreter would try again at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    else:
        return _fault()
    return ExitCode.INCOMPLETE


def _fault() -> ExitCode:
    import traceback  # noqa: PLC0415 - on a crash only

    traceback.print_exc()
    sys.stderr.write("error: a fault in the pipeline itself; please report it\n")
    return ExitCode.INCOMPLETE


def _complain(error: PipelineError) -> None:
    from pipeline.text import plain  # noqa: PLC0415 - on an error only

    first, *rest = str(error).splitlines()
    sys.stderr.write(f"error: {plain(first)}\n")
    for line in rest:
        sys.stderr.write(f"  {plain(line)}\n")


def make_parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The command line: all of it, or with the arguments of the `chosen` verb only.

    The arguments of verbs that nobody asked for would cost a third of the time of `--help`.
    """
    parser = argparse.ArgumentParser(
        prog="supply-chain",
        description="Is this supply chain acceptable, and how do you know?",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"supply-chain {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND", required=True)
    for name, text in _VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text + ".", allow_abbrev=False)
        if chosen in {None, name}:
            from pipeline.cli.verbs import fill  # noqa: PLC0415 - not for `--help`

            fill(verb, name)
    return parser


_VERBS = {
    "run": "the whole pipeline: plan, every check, report, gate",
    "plan": "start a run: discover the target, settle the policy",
    "check": "run checks of the planned run and record their evidence",
    "report": "judge the evidence and write the report",
    "gate": "turn the report's verdict into the exit code",
    "diff": "what a change does to the dependencies; judges nothing",
    "discover": "show what is in a repository; writes nothing",
    "advisories": "the local store of advisories",
    "demo": "the whole job on a bundled example; needs no network",
    "sbom": "the software bill of materials, as one document",
    "secrets": "search for secrets, or record accepted ones",
    "init": "files for a repository: policy, workflow, updates, hook, sessions",
    "sign": "sign the report, its files and build artefacts, and attest the verdict",
    "verify": "check signatures of a report or an artefact, and what they sign",
    "tools": "programs from outside the package index: look at them, install them",
    "explain": "what a rule, control, status, reason or exit code means",
}
