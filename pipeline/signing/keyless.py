"""A signer with the identity of a CI job: one certificate for all signatures.

The certificate lives for ten minutes and outlives the token. When it is about to end, a new token
and a new certificate are asked for; both certificates have to name the same holder.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.errors import PipelineError, SignatureError
from pipeline.signing import ambient
from pipeline.signing.transport import AgainError, PerThread, Transport, carry
from pipeline.text import plain
from pipeline.trust import roots
from pipeline.trust.bundle import read
from pipeline.trust.certificate import holder
from pipeline.trust.expect import Expected
from pipeline.trust.refused import library
from pipeline.trust.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sigstore.models import Bundle, ClientTrustConfig
    from sigstore.oidc import IdentityToken
    from sigstore.sign import Signer as LibrarySigner
    from sigstore.sign import SigningContext

    from pipeline.signing.deadline import Deadline
    from pipeline.trust.certificate import Holder
    from pipeline.trust.roots import Root

RENEW_BEFORE = timedelta(seconds=60)
"""How long a certificate must still live when a signature is begun; less for a short-lived one."""

_TRIES = 3
"""How often a signature is made anew when the log has the same entry already."""


class Keyless:
    """Signs with certificates of a Sigstore instance, each for what `ask` gives as a token."""

    def __init__(
        self,
        config: ClientTrustConfig,
        root: Root,
        ask: Callable[[], IdentityToken],
        deadline: Deadline,
    ) -> None:
        """Ask for a token and a certificate; raises `SignatureError`."""
        self._root = root
        self._ask = ask
        self._lock = threading.Lock()
        self._context, self._clients = _context(config, deadline)
        self._signer, self._renewal, self._holder = self._certified()

    @property
    def holder(self) -> Holder:
        """Who signs, by the certificate."""
        return self._holder

    @property
    def told(self) -> str:
        """Who signs, and who vouches for it."""
        return f"{self._holder.identity} (by {self._holder.issuer})"

    def sign_file(self, name: str, sha256: str, content: Callable[[], bytes]) -> bytes:  # noqa: ARG002 - the digest is enough here
        """The bundle over a file, verified."""
        from sigstore.hashes import Hashed  # noqa: PLC0415 - loaded by now
        from sigstore_models.common.v1 import HashAlgorithm  # noqa: PLC0415

        hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(sha256))
        return self._made(lambda signer: signer.sign_artifact(hashed), name, sha256)

    def sign_statement(self, payload: bytes) -> bytes:
        """The bundle over a statement, verified."""
        from sigstore.dsse import Statement  # noqa: PLC0415 - loaded by now

        statement = Statement(payload)
        content = self._made(lambda signer: signer.sign_dsse(statement), "a statement", "")
        if hashlib.sha256(read(content, "").payload).digest() != hashlib.sha256(payload).digest():
            raise SignatureError("the library signed another statement than it was given")
        return content

    def _made(self, make: Callable[[LibrarySigner], Bundle], what: str, sha256: str) -> bytes:
        """A bundle that verifies; whatever goes wrong becomes a `SignatureError`."""
        for client in self._clients:
            client.prepare()
        for _ in range(_TRIES):
            try:
                content = make(self._current()).to_json().encode() + b"\n"
                break
            except AgainError:
                continue
            except PipelineError:
                raise
            # The services' answers can break the library in any way.
            except Exception as error:
                raise _unusable(what, error) from error
        else:
            raise SignatureError("the log has this signature already", where=what)
        found = self._holder
        expected = Expected(identity=found.identity, issuer=found.issuer)
        verify(read(content, what), self._root, expected, digest=sha256)
        return content

    def _current(self) -> LibrarySigner:
        """The signer, with a certificate that lives long enough."""
        with self._lock:
            if datetime.now(UTC) >= self._renewal:
                self._signer, self._renewal, found = self._certified()
                if found != self._holder:
                    raise SignatureError("the renewed certificate names another holder")
            return self._signer

    def _certified(self) -> tuple[LibrarySigner, datetime, Holder]:
        """A signer with a certificate of its own, when to renew it, and whom it names."""
        from sigstore.sign import Signer  # noqa: PLC0415 - loaded by now

        token = self._ask()
        try:
            signer = Signer(token, self._context)
            certificate = signer._signing_cert()  # noqa: SLF001 - the one it asked for just now
            end = certificate.not_valid_after_utc
            margin = min(RENEW_BEFORE, (end - certificate.not_valid_before_utc) / 4)
            return signer, end - margin, holder(certificate)
        except PipelineError:
            raise
        # The certificate authority's answer can break the library in any way.
        except Exception as error:
            raise _unusable("the certificate", error) from error


def _context(
    config: ClientTrustConfig, deadline: Deadline
) -> tuple[SigningContext, tuple[PerThread, ...]]:
    """The library's context with our transport in all of its sessions."""
    from sigstore.errors import Error  # noqa: PLC0415 - loaded by now
    from sigstore.sign import SigningContext  # noqa: PLC0415

    try:
        context = SigningContext.from_trust_config(config)
    except (Error, ValueError) as error:
        raise SignatureError(f"the trust configuration cannot sign: {error}") from error
    fulcio: Any = context._fulcio  # noqa: SLF001 - the library has no way to set a time limit
    carry(fulcio.session, Transport("the certificate authority", deadline))
    log = PerThread(context._rekor, Transport("the transparency log", deadline))  # noqa: SLF001
    clocks = [
        PerThread(client, Transport("the timestamp authority", deadline))
        for client in context._tsa_clients  # noqa: SLF001
    ]
    return context, (log, *clocks)


def open_keyless(
    token: IdentityToken, token_file: Path | None, config: Path | None, deadline: Deadline
) -> Keyless:
    """A signer for the identity in `token`, with a private instance where `config` names one.

    A renewed certificate takes another token, from the file or the CI service. Raises
    `SignatureError` and `UsageError`.
    """
    if config is None:
        trusted = public_good()
        content = trusted.trusted_root._inner.to_json()  # noqa: SLF001 - no public way to its JSON
        root = roots.Root("Sigstore's public good instance", content.encode())
    else:
        root = roots.read_config(config)
        trusted = roots.parse_config(root)
    held = [token]

    def ask() -> IdentityToken:
        if held:
            return held.pop()
        found = ambient.read(token_file) if token_file else ambient.find()
        if found is None:
            raise SignatureError("the CI service gives no identity any more")
        return found

    return Keyless(trusted, root, ask, deadline)


def public_good() -> ClientTrustConfig:
    """The configuration of Sigstore's public good instance, as of today; `SignatureError`."""
    with library():
        from sigstore.errors import Error  # noqa: PLC0415 - only keyless signing needs it
        from sigstore.models import ClientTrustConfig  # noqa: PLC0415
    try:
        return ClientTrustConfig.production()
    except (Error, OSError, ValueError) as error:
        raise SignatureError(
            f"Sigstore's addresses and keys cannot be had: {error.__cause__ or error}",
            where="tuf-repo-cdn.sigstore.dev",
            fix="try again with a network, or name a private instance with --trust-config",
        ) from error


def _unusable(what: str, error: Exception) -> SignatureError:
    text = plain(str(error), limit=300) or type(error).__name__
    return SignatureError(
        f"no signature could be made: {text}", where=what, fix="try again; nothing was written"
    )
