"""Which working tree a folder lies in. Imports next to nothing: most commands ask that first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def top_of(root: Path) -> Path | None:
    """The top of the working tree that `root` lies in, if it lies in one."""
    folders = (root, *root.parents)
    return next((folder for folder in folders if os.path.lexists(folder / ".git")), None)
