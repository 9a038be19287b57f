"""What a program sees of the machine: where others are found, and an environment from scratch."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_LOOPBACK = "127.0.0.1,::1,localhost"
_NETWORK = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)
"""Variables that a program on the network is handed."""

_shunned: Path | None = None


def shun(folder: Path) -> None:
    """Take no program from `folder` from now on, whatever `PATH` says: it is what is scanned.

    A `PATH` with the checkout's `node_modules/.bin` or `.venv/bin` in front is common, and a
    repository can bring a `git` along. The folder of an earlier call is forgotten.
    """
    global _shunned  # noqa: PLW0603 - one process scans one repository, and all its threads
    _shunned = folder.resolve()


def in_path(program: str) -> str | None:
    """The absolute path of a program in `PATH`, as far as `PATH` is believed."""
    return shutil.which(program, path=_path())


def find(program: str, path: str) -> str | None:
    """The absolute path of `program`; the current folder is never searched."""
    if Path(program).is_absolute():
        return program
    return None if os.sep in program else shutil.which(program, path=path)


def environment(home: Path, *, network: bool) -> dict[str, str]:
    """All that a program finds in its environment: nothing of ours that could steer it or leak.

    `home` serves as its home and for temporary files. `network` hands on which certificates to
    trust and which proxies to ask.
    """
    found = {
        "PATH": _path(),
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home),
        "NO_PROXY": _LOOPBACK,
        "no_proxy": _LOOPBACK,
    }
    for name in _NETWORK if network else ():
        if value := os.environ.get(name):
            is_exception = name.lower() == "no_proxy"
            found[name] = f"{_LOOPBACK},{value}" if is_exception else value
    return found


def _path() -> str:
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(filter(_is_believed, entries))


def _is_believed(entry: str) -> bool:
    """Whether programs are looked for in an entry of `PATH`."""
    path = Path(entry)
    if not path.is_absolute():
        return False
    return _shunned is None or not path.resolve().is_relative_to(_shunned)
