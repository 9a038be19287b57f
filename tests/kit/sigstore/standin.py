"""A Sigstore in this process, for where the real one cannot be had: every signature is checked.

It speaks Fulcio's `/api/v2/signingCert`, Rekor v2's `/api/v2/log/entries`, RFC 3161 and GitHub's
token endpoint. What clients get from it verifies like the real thing against `trusted_root()`.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from tests.fake import Fake, Request, Response, serving
from tests.kit.sigstore import clock, identity
from tests.kit.sigstore.certificates import Authority, CtLog, issue, make_clock, make_issuer, spki
from tests.kit.sigstore.identity import Issuer, RefusedError
from tests.kit.sigstore.log import Log
from tests.kit.sigstore.parts import Roots, Sigstore

_INVALID = 3
"""gRPC's number for an argument that makes no sense."""


@dataclass
class StandIn:
    """The services' keys and answers; `delay` is what Rekor waits before it answers, in seconds."""

    issuer: Issuer = field(default_factory=Issuer)
    authority: Authority = field(default_factory=make_issuer)
    clock: Authority = field(default_factory=make_clock)
    ct: CtLog = field(default_factory=lambda: CtLog(ec.generate_private_key(ec.SECP256R1())))
    log: Log = field(default_factory=Log)
    delay: float = 0.0

    def roots(self) -> Roots:
        return Roots(
            fulcio=self.authority.chain,
            tsa=self.clock.chain,
            ct=spki(self.ct.key.public_key()),
            ct_id=self.ct.id,
            rekor=spki(self.log.key.public_key()),
            rekor_id=self.log.id,
        )

    def certify(self, request: Request) -> Response:
        """Fulcio."""
        if request.path != "/api/v2/signingCert":
            return Response(status=404, body={"code": 5, "message": "Not Found"})
        claims = self.issuer.check(request.headers.get("Authorization", "").removeprefix("Bearer "))
        pem = base64.b64decode(request.json["certificateSigningRequest"], validate=True)
        wanted = x509.load_pem_x509_csr(pem)
        if not wanted.is_signature_valid:
            raise RefusedError("The signature supplied in the request could not be verified")
        extensions = {
            number: identity.filled(template, claims)
            for number, (_, template) in identity.TEMPLATES.items()
        }
        leaf = issue(
            self.authority,
            self.ct,
            wanted.public_key(),
            subject=identity.filled(identity.SUBJECT, claims),
            # Issuer, issuer again as UTF8String, and the token's subject, whatever the templates.
            extensions={**extensions, 1: claims["iss"], 8: claims["iss"], 24: claims["sub"]},
        )
        chain = [
            one.public_bytes(serialization.Encoding.PEM).decode()
            for one in (leaf, *self.authority.chain)
        ]
        return Response(body={"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}})

    def enter(self, request: Request) -> Response:
        """Rekor v2."""
        if request.path != "/api/v2/log/entries":
            return Response(status=404, body={"code": 5, "message": "Not Found"})
        wanted = request.json["hashedRekordRequestV002"]
        digest, signature = wanted["digest"], wanted["signature"]
        _check(
            base64.b64decode(signature["content"], validate=True),
            base64.b64decode(digest, validate=True),
            signature["verifier"],
        )
        data = {"algorithm": "SHA2_256", "digest": digest}
        spec = {"hashedRekordV002": {"data": data, "signature": signature}}
        body = {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": spec}
        time.sleep(self.delay)
        entry = self.log.append(canonical(body))
        return Response(
            status=201, body={**entry, "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"}}
        )

    def tell_time(self, request: Request) -> Response:
        """The timestamp authority."""
        if request.path != "/api/v1/timestamp":
            return Response(status=404)
        return Response(
            status=201,
            body=clock.stamp(request.body, self.clock),
            headers={"Content-Type": "application/timestamp-reply"},
        )


@contextmanager
def serving_sigstore(parts: StandIn | None = None) -> Iterator[Sigstore]:
    """All services on loopback, each on a free port."""
    parts = parts or StandIn()
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(serving()) for name in ("issuer", "fulcio", "rekor", "tsa")
        }
        identity.serve_tokens(parts.issuer, servers["issuer"])
        _answer(servers["fulcio"], parts.certify)
        _answer(servers["rekor"], parts.enter)
        _answer(servers["tsa"], parts.tell_time)
        yield Sigstore(
            real=False,
            issuer=parts.issuer,
            roots=parts.roots(),
            fulcio=servers["fulcio"].url,
            rekor=servers["rekor"].url.replace("127.0.0.1", "localhost"),
            tsa=f"{servers['tsa'].url}/api/v1/timestamp",
            servers=servers,
        )


def canonical(value: Any) -> bytes:
    """RFC 8785, for values of plain ASCII texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _answer(server: Fake, service: Callable[[Request], Response]) -> None:
    """Let `server` answer with a service, and refuse what makes no sense as gRPC's gateway does."""

    def handle(request: Request) -> Response:
        try:
            return service(request)
        except (RefusedError, InvalidSignature, ValueError, KeyError, TypeError) as error:
            return Response(status=400, body={"code": _INVALID, "message": str(error)})

    server.handle = handle


def _check(signature: bytes, digest: bytes, verifier: dict[str, Any]) -> None:
    """Whether a signature of a P-256 key over a digest holds; raises `InvalidSignature`."""
    if "x509Certificate" in verifier:
        raw = base64.b64decode(verifier["x509Certificate"]["rawBytes"])
        key: PublicKeyTypes = x509.load_der_x509_certificate(raw).public_key()
    else:
        key = serialization.load_der_public_key(base64.b64decode(verifier["publicKey"]["rawBytes"]))
    if verifier["keyDetails"] != "PKIX_ECDSA_P256_SHA_256" or not isinstance(
        key, ec.EllipticCurvePublicKey
    ):
        raise RefusedError("unsupported key")
    key.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
