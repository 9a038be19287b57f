"""A starter's text: a file of `templates/starters/` with the blanks filled in.

The files are complete and valid as they stand, so that linters read them too; only a pin differs
from one repository to the next. Its blanks are a repository, a commit and a version that cannot
exist. What a lock file of ours knows is filled in from there, so that it stands in one place.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.resources import project_file, template_folder

if TYPE_CHECKING:
    from pipeline.starters.pin import Pin

REPOSITORY = "OWNER/REPO"
COMMIT = "0" * 40
VERSION = "vX.Y.Z"
UV = "UV_REQUIREMENT"
"""The blanks."""

_COMMIT = re.compile(rf"\b{COMMIT}\b")  # a digest of nothing has more of them
_PLATFORMS = re.compile(r"manylinux\w*_(?:x86_64|aarch64)")


def text(name: str, pin: Pin | None = None) -> str:
    """The starter `name`, filled in; `ValueError` when it needs a `pin` and gets none."""
    content = raw(name)
    if needs_pin(content):
        if pin is None:
            raise ValueError(f"{name} calls the project, and no commit of it is named")
        content = _COMMIT.sub(pin.commit, content)
        content = content.replace(REPOSITORY, pin.repository).replace(VERSION, pin.version)
    return content.replace(UV, uv_requirement()) if UV in content else content


def raw(name: str) -> str:
    """The starter with its blanks; raises `IncompleteError` where the installation lacks it."""
    file = template_folder() / "starters" / name
    if not file.is_file():
        raise IncompleteError(
            "this installation lacks a starter",
            where=str(file),
            fix="install supply-chain-pipeline anew",
        )
    return file.read_text(encoding="utf-8")


def needs_pin(content: str) -> bool:
    """Whether a starter calls the project."""
    return bool(_COMMIT.search(content))


def uv_requirement() -> str:
    """One line for pip with uv's version and the digests of its wheels for Linux, as locked."""
    lock = tomllib.loads(project_file("uv.lock").read_text(encoding="utf-8"))
    (uv,) = (package for package in lock["package"] if package["name"] == "uv")
    hashes = [wheel["hash"] for wheel in uv["wheels"] if _PLATFORMS.search(wheel["url"])]
    return " ".join((f"uv=={uv['version']}", *(f"--hash={digest}" for digest in hashes)))
