"""Start a private Sigstore on loopback, and keep it up until Ctrl-C or SIGTERM.

    python -m tests.kit.sigstore [--stand-in] [FOLDER]

FOLDER gets the services' logs, `trust_config.json`, `trusted_root.json` and `environment.sh`; with
that, `supply-chain sign` finds an identity and the services as it would in a workflow.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
import threading
from contextlib import AbstractContextManager
from pathlib import Path

from tests.kit.golang import UnavailableError
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.stack import running_sigstore
from tests.kit.sigstore.standin import StandIn, serving_sigstore


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kit.sigstore", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--stand-in", action="store_true", help="need neither Go nor its modules")
    parser.add_argument(
        "--delay",
        type=float,
        default=0.0,
        help="seconds that the stand-in's log takes for an entry",
    )
    parser.add_argument("folder", nargs="?", help="where things are written; a new one if absent")
    chosen = parser.parse_args()
    folder = Path(chosen.folder or tempfile.mkdtemp(prefix="sigstore-")).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        made = _standing(chosen.delay) if chosen.stand_in else running_sigstore(folder)
        with made as stack:
            _tell(stack, folder)
            _wait()
    except UnavailableError as error:
        sys.stderr.write(f"error: {error}\nThe stand-in needs nothing: --stand-in\n")
        return 1
    return 0


def _wait() -> None:
    """Until somebody wants an end; also in the background, where Ctrl-C is ignored at first."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


def _standing(delay: float) -> AbstractContextManager[Sigstore]:
    return serving_sigstore(StandIn(delay=delay))


def _tell(stack: Sigstore, folder: Path) -> None:
    stack.write(folder)
    variables = {**stack.ambient(), "SIGSTORE_TRUST_CONFIG": str(folder / "trust_config.json")}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    environment = folder / "environment.sh"
    environment.write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = [
        f"{'real services' if stack.real else 'stand-in'}, logs and keys in {folder}",
        f"identity   {stack.identity}",
        f"issuer     {stack.issuer.url}",
        f"fulcio     {stack.fulcio}",
        f"rekor      {stack.rekor}",
        f"timestamps {stack.tsa}",
        f"ready: . {environment}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
