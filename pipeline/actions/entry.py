"""One verb per step of the workflows; faults become exit codes, as on the command line."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, NamedTuple

from pipeline.actions.runner import Runner, muted, tell_error
from pipeline.errors import ExitCode, PipelineError, UsageError
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MOST = 5
"""Errors that are shown; the summary has all of them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do one step; its exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    runner = Runner(os.environ)
    # A cancelled job gets SIGTERM: end the tools that we started, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if len(words) != 1 or words[0] not in VERBS:
            raise UsageError(f"one verb is needed: {', '.join(VERBS)}")  # noqa: TRY301 - told below
        with muted():
            code, errors, shown = VERBS[words[0]](runner)
        sys.stdout.write(shown)
    except PipelineError as error:
        code, errors = error.exit_code, (str(error),)
    except KeyboardInterrupt:
        code, errors = ExitCode.INTERRUPTED, ("interrupted",)
    except Exception as error:  # noqa: BLE001 - Python's own code for a crash would read as a verdict
        import traceback  # noqa: PLC0415 - on a crash only

        with muted():
            traceback.print_exc()
        code = ExitCode.INCOMPLETE
        errors = (f"a fault in the pipeline itself ({type(error).__name__}); please report it",)
    for text in errors:
        tell_error(". ".join(text.splitlines()))
    return int(code)


class _Ended(NamedTuple):
    """How a step ended: `errors` of the job, and `shown` as workflow commands made elsewhere."""

    code: int = ExitCode.COMPLIANT
    errors: tuple[str, ...] = ()
    shown: str = ""


def _install(runner: Runner) -> _Ended:
    from pipeline.actions.install import install  # noqa: PLC0415 - before there is anything else

    sys.stdout.write(f"installed: {install(runner)}\n")
    return _Ended()


def _plan(runner: Runner) -> _Ended:
    from pipeline.actions import plan  # noqa: PLC0415 - one verb pays for itself only

    made = plan.make(runner)
    sys.stdout.write(
        f"{len(made.projects)} projects, {len(made.legs)} jobs, commit {made.commit}\n"
        f"{made.basis}\n"
    )
    return _Ended()


def _programs(runner: Runner) -> _Ended:
    from pipeline.actions import check, programs  # noqa: PLC0415 - as above
    from pipeline.stages import today  # noqa: PLC0415 - as above

    names = check.needs(check.open_leg(runner))
    runner.output(cache_key=programs.cache_key(names, today().isoformat()))
    sys.stdout.write(f"programs: {', '.join(names) or 'none'}\n")
    return _Ended()


def _check(runner: Runner) -> _Ended:
    from pipeline.actions import check  # noqa: PLC0415 - as above

    check.run(runner)
    return _Ended()


def _report(runner: Runner) -> _Ended:
    from pipeline.actions import inputs  # noqa: PLC0415 - as above
    from pipeline.actions.gather import gather  # noqa: PLC0415 - as above
    from pipeline.actions.publish import publish  # noqa: PLC0415 - as above

    try:
        asked = inputs.read(runner.given("INPUTS"))
        name, signed = asked.artifact_name, asked.signed
    except UsageError:  # said by the job that plans, and a problem that the gather finds
        name, signed = inputs.ARTIFACT_NAME, False
    signer = runner.environment.get("SIGNER", "") if signed else ""
    done = publish(runner, gather(runner), name=name, signer=signer)
    sys.stdout.write(f"{done.whole.verdict.value}: {len(done.whole.projects)} projects\n")
    return _Ended(shown=done.annotations)


def _gate(runner: Runner) -> _Ended:
    from pipeline.actions import verdict  # noqa: PLC0415 - as above

    whole = verdict.read(runner.artifact)
    sys.stdout.write(f"{whole.verdict.value}, exit code {whole.exit_code}\n")
    return _Ended(whole.exit_code, whole.problems[:_MOST])


def _submit(runner: Runner) -> _Ended:
    from pipeline.actions.submission import submit  # noqa: PLC0415 - as above

    sys.stdout.write(f"submitted: {submit(runner)}\n")
    return _Ended()


def _sign(runner: Runner) -> _Ended:
    from pipeline.actions.signature import sign_all  # noqa: PLC0415 - as above

    sys.stdout.write(f"signed: {plain(sign_all(runner))}\n")
    return _Ended()


VERBS: dict[str, Callable[[Runner], _Ended]] = {
    "install": _install,
    "plan": _plan,
    "programs": _programs,
    "check": _check,
    "report": _report,
    "gate": _gate,
    "sign": _sign,
    "submit": _submit,
}
