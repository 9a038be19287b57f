"""Requirements files, as pip reads them.

https://pip.pypa.io/en/stable/reference/requirements-file-format/. Lines are joined, comments cut
and options parsed exactly as pip does it, because a line that pip sees and we do not is a package
that nobody audits. Two things differ on purpose: no variable of the environment is expanded, and
nothing is fetched.

lines        text, joined lines, comments        options   what a line sets, and the indexes
requirement  a name, a URL or a local project    reading   a file and what it includes
settle       what only all files together tell
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.locks import draft as drafts
from pipeline.locks.requirements.reading import fill
from pipeline.locks.requirements.requirement import ECOSYSTEM

if TYPE_CHECKING:
    from pipeline.model import Lock
    from pipeline.tree import Tree

__all__ = ["ECOSYSTEM", "FORMAT", "matches", "read"]

FORMAT = "requirements.txt"

_FILE_NAME = re.compile(r"(?:.*[-_.])?requirements.*\.txt", re.IGNORECASE | re.DOTALL)


def matches(path: str) -> bool:
    """`requirements*.txt`, `*-requirements.txt`, and every `.txt` in a folder `requirements`."""
    folder, _, name = path.rpartition("/")
    if folder.rpartition("/")[2].lower() == "requirements" and name.lower().endswith(".txt"):
        return True
    return _FILE_NAME.fullmatch(name) is not None


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path` with every file it includes.

    - Without an exact version ("==1.2" or "===text", exactly one of them) `version` is `None`.
    - A constraint (`-c`) adds no package, but its pin, source and hashes are what pip would use
      for an unpinned requirement, so the package takes them over. A constraint with a marker
      holds only sometimes and gives nothing.
    - `direct` and `requires` come from the "via" comments of pip-compile and uv.
    - A local project installs its own dependencies. Those that the file does not pin too are
      reported, and so is a project that does not declare them as plain data.
    - `${VARIABLE}` is `Unread` outside of URLs, where it stands for credentials.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, fill)
