"""Tools that come from the Python package index, installed beside the pipeline itself."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

from pipeline.files import digest
from pipeline.model import ToolRecord

_INSTALLER_FILES = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json")


def find(distribution: str) -> ToolRecord | None:
    """The installed distribution, or `None`."""
    found = _beside(distribution) or _anywhere(distribution)
    if found is None:
        return None
    version, record = found
    return ToolRecord(
        name=distribution,
        version=version,
        digest=_digest(record),
        obtained="installed beside the pipeline",
    )


def command(*, module: str = "", program: str = "", inside: str = "") -> tuple[str, ...]:
    """How a tool is started: its module in isolation, or its program by its full path.

    `inside` is where the module keeps a program of which it is but the wrapper, seen from the
    folder of installed packages: started by itself, without Python, if it is there.
    Neither the working directory nor `PATH`, `PYTHON*` variables or the user's own packages can
    then put other code in its place.
    """
    direct = Path(sysconfig.get_path("platlib"), inside)
    if inside and os.access(direct, os.X_OK) and direct.is_file():
        return (str(direct),)
    if module:
        return (sys.executable, "-I", "-m", module)
    return (str(Path(sysconfig.get_path("scripts"), program)),)


def _beside(distribution: str) -> tuple[str, str] | None:
    """The version of an installed distribution and its list of files, from where installers put it.

    https://packaging.python.org/specifications/recording-installed-packages/#the-dist-info-directory
    """
    wanted = _normal(distribution)
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for path in Path(folder).glob("*.dist-info"):
            name, _, version = path.name.removesuffix(".dist-info").partition("-")
            if _normal(name) == wanted:
                with suppress(OSError, UnicodeError):
                    return version, (path / "RECORD").read_text(encoding="utf-8")
    return None


def _anywhere(distribution: str) -> tuple[str, str] | None:
    """The same wherever and however it is installed."""
    from importlib import metadata  # noqa: PLC0415 - slow, and hardly ever needed

    try:
        found = metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return None
    return found.version, found.read_text("RECORD") or ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(record: str) -> str:
    """A digest of RECORD, the wheel format's list of every installed file with its hash.

    What differs from one installation to the next is left out: start scripts, compiled files,
    and the installer's own notes.
    """
    if not record:
        return ""
    lines = sorted(
        line
        for line in record.splitlines()
        if "sha256=" in line
        and not line.startswith("..")
        and not line.split(",", 1)[0].endswith((".pyc", *_INSTALLER_FILES))
    )
    return digest("\n".join(lines).encode())
