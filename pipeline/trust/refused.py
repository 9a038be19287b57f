"""How a refusal is told, and what to say when the library is missing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import SignatureError
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

_INSTALL = "install it with `pip install 'supply-chain-pipeline[tools]'`, or use the Nox session"


class RefusedError(SignatureError):
    """A signature was not accepted. `step` names the check that refused it."""

    def __init__(self, step: str, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(f"{step}: {plain(what, limit=600)}", where=where, fix=fix)
        self.step = step
        self.why = plain(what, limit=600)


@contextmanager
def library() -> Iterator[None]:
    """Turn a missing `sigstore` or `pypi-attestations` into a `SignatureError` with the cure."""
    try:
        yield
    except ImportError as error:
        name = (error.name or "sigstore").partition(".")[0].replace("_", "-")
        raise SignatureError(f"the library {name!r} is not installed", fix=_INSTALL) from error
