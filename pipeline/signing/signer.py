"""What every way of signing offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.trust.certificate import Holder


class Signer(Protocol):
    """Makes bundles, from several threads at once. `holder` is the certificate's, if there is one.

    Both methods raise `SignatureError`; what they return was verified.
    """

    @property
    def holder(self) -> Holder | None:
        """Who signs, as far as a certificate says so."""

    @property
    def told(self) -> str:
        """Who signs, in words."""

    def sign_file(self, name: str, sha256: str, content: Callable[[], bytes]) -> bytes:
        """The bundle over a file; `sha256` is its digest in hexadecimal.

        `content` reads it, for signers that need all of it.
        """

    def sign_statement(self, payload: bytes) -> bytes:
        """The bundle over an in-toto statement."""
