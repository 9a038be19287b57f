"""A real Debian root filesystem, unpacked by Debian's own tools and kept by its release.

mmdebstrap makes it in about 20 seconds from Debian's archive, without Docker and without root's
help where user namespaces are allowed. `SUPPLY_CHAIN_MMDEBSTRAP` names the program where it is
not installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.kit.golang import UnavailableError, cache, locked

RELEASE, NUMBER = "bookworm", "12"
ARCHIVE = "http://deb.debian.org/debian"
_PATIENCE = 300


def debian() -> Path:
    """A tar of Debian's essential packages; raises `UnavailableError` with the reason."""
    path = cache() / f"debian-{RELEASE}-essential.tar"
    if path.is_file():
        return path
    program = os.environ.get("SUPPLY_CHAIN_MMDEBSTRAP") or shutil.which("mmdebstrap")
    if program is None:
        raise UnavailableError("a Debian root filesystem is made by mmdebstrap: not installed")
    with locked(path.with_suffix(".lock")):
        if not path.is_file():
            _make(program, path)
    return path


def _make(program: str, path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        made = Path(scratch, "root.tar")
        arguments = [program, "--variant=essential", RELEASE, str(made), ARCHIVE]
        try:
            done = subprocess.run(
                arguments,
                cwd=scratch,
                env={**os.environ, "TMPDIR": scratch},
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UnavailableError(f"mmdebstrap did not do its work: {error}") from None
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise UnavailableError(f"mmdebstrap did not do its work: {said}")
        made.replace(path)
