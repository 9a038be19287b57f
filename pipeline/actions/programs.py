"""Programs from outside the package index, for the checks of a leg that have work for them.

Most repositories have nothing for Trivy to look at, so nobody fetches it for them. What is
fetched is verified each time it is found, wherever it comes from, a cache of the platform
included. A program that cannot be had is told, and its check says that it was not evaluated.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline.errors import PipelineError
from pipeline.files import cache_folder
from pipeline.text import plain
from pipeline.tools import binaries
from pipeline.tools.pins import pin

if TYPE_CHECKING:
    from collections.abc import Sequence


def fetch(names: Sequence[str]) -> None:
    """Install those of the programs that are not there yet, and tell what came of it."""
    for name in names:
        try:
            binary = binaries.find(name) or _install(name)
        except PipelineError as error:
            sys.stdout.write(f"{name} cannot be had: {plain(str(error))}\n")
        else:
            sys.stdout.write(f"{name} {binary.record.version}: {binary.record.verified}\n")


def cache_key(names: Sequence[str], day: str) -> str:
    """What the cache of these programs and their data is called; "" for none of them."""
    if not names:
        return ""
    return "-".join(("supply-chain", *(f"{name}-{pin(name).version}" for name in names), day))


def _install(name: str) -> binaries.Binary:
    from pipeline.tools.install import install  # noqa: PLC0415 - only where it is not there
    from pipeline.trust.roots import newest  # noqa: PLC0415 - as above

    return install(pin(name), root=newest(cache_folder() / "trust"))
