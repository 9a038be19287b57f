"""One bundle, checked in order; whatever does not hold is refused with a reason of its own.

The library `sigstore` decides on the certificate, the transparency log and the signature. Around
it stands what it leaves open: authorities and logs that were not valid at the time, timestamps
beside the one that suffices, and fields of a bundle that nothing else binds.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.errors import PipelineError
from pipeline.trust import intoto
from pipeline.trust.certificate import Holder, holder
from pipeline.trust.refused import RefusedError, library
from pipeline.trust.timestamps import check_timestamps

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.models import Bundle as Parsed
    from sigstore.models import TrustedRoot
    from sigstore.verify import Verifier

    from pipeline.trust.bundle import Bundle
    from pipeline.trust.expect import Expected
    from pipeline.trust.roots import Root

STEPS = ("media type", "signature", "certificate", "transparency log", "timestamp", "identity")
"""What is checked of every bundle, in this order; more follows for what it signs."""

_REFUSALS = (
    ("failed to load bundle", "media type"),
    ("unsupported bundle format", "media type"),
    ("not enough sources of verified time", "timestamp"),
    ("too many signed timestamp", "timestamp"),
    ("duplicate timestamp", "timestamp"),
    ("no Timestamp Authorities", "timestamp"),
    ("Invalid Timestamp Response", "timestamp"),
    ("Integrated time only", "timestamp"),
    ("invalid signing cert: expired", "timestamp"),
    ("invalid log entry", "transparency log"),
    ("invalid DSSE log entry", "transparency log"),
    ("invalid hashedrekord log entry", "transparency log"),
    ("log entry", "transparency log"),
    ("transparency log entry", "transparency log"),
    ("expected SHA256 payload hash", "transparency log"),
    ("entry must contain", "transparency log"),
    ("Expected entry type", "transparency log"),
    ("Unsupported", "transparency log"),
    ("Did not find any Rekor keys", "transparency log"),
    ("trusted root contains no transparency log", "transparency log"),
    ("expected exactly one log entry", "transparency log"),
    ("bundle must contain an inclusion promise", "timestamp"),
    ("Expected log entry version", "transparency log"),
    ("expected checkpoint", "transparency log"),
    ("Signature is invalid", "signature"),
    ("DSSE", "signature"),
    ("Bundle message digest mismatch", "digest"),
)
"""How the library's reasons begin, and which step they belong to; the others: the certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a bundle proves: who signed, at which times, and for an attestation what it says.

    `holder` is `None` where a plain key signed; then nothing proves a time either.
    """

    holder: Holder | None
    times: tuple[datetime, ...] = ()
    payload_type: str = ""
    payload: bytes = b""


def verify(bundle: Bundle, root: Root, expected: Expected | None, *, digest: str = "") -> Verified:
    """Check a bundle with a certificate; `digest` is the signed file's SHA-256, in hexadecimal.

    An attestation needs no digest: its payload comes back, and whoever reads it has to compare
    the subjects. Without `expected` anybody may have signed: only for a look at one's own work.
    Raises `RefusedError`, whose `step` names what did not hold.
    """
    where = bundle.where
    with library():
        from sigstore.errors import Error  # noqa: PLC0415 - start-up stays light
        from sigstore.models import Bundle as Parsed  # noqa: PLC0415
    if bundle.by_key:
        raise RefusedError("certificate", "a plain key signed, no certificate", where=where)
    check_kind(bundle, digest)
    try:
        certificate = _certificate(bundle)
        parsed = Parsed.from_json(bundle.content)
        _check_signature(bundle, certificate, digest)
        moments = _claimed(bundle, parsed)
        _check_fields(bundle, root)
        payload_type, payload = _ask(bundle, parsed, root, moments, digest)
    except PipelineError:
        raise
    except Error as error:
        raise _refusal(str(error), where) from error
    # A hostile bundle can break the library in any way; every one of them is a refusal.
    except Exception as error:
        raise RefusedError(
            "media type", f"it cannot be read: {type(error).__name__}", where=where
        ) from error
    found = holder(certificate, where)
    if expected is not None:
        expected.check(found, where)
    return Verified(holder=found, times=moments, payload_type=payload_type, payload=payload)


def verify_release(
    content: bytes, digest: str, root: Root, expected: Expected, *, where: str
) -> Verified:
    """Check that the file with this SHA-256 was signed by whom is expected.

    `content` is a bundle over the file itself, or an attestation that has it among its subjects.
    For programs that are fetched: it needs no network. Raises `RefusedError`.
    """
    from pipeline.trust.bundle import read  # noqa: PLC0415 - bundle needs nothing of this module
    from pipeline.trust.statement import parse  # noqa: PLC0415

    bundle = read(content, where)
    found = verify(bundle, root, expected, digest=digest if bundle.envelope is None else "")
    if bundle.envelope is not None:
        parse(found.payload_type, found.payload, where).check_subject(digest)
    return found


# ------------------------------------------------------------------------------- step by step


def check_kind(bundle: Bundle, digest: str) -> None:
    """A file needs a signature over a message, an attestation an envelope: never the other one."""
    if digest and bundle.envelope is not None:
        raise RefusedError(
            "media type", "it holds an attestation, not a signature", where=bundle.where
        )
    if not digest and bundle.envelope is None:
        raise RefusedError(
            "media type", "it holds a signature, not an attestation", where=bundle.where
        )
    if digest and bundle.algorithm not in {"", "SHA2_256"}:
        raise RefusedError("digest", f"it is by {bundle.algorithm}", where=bundle.where)
    if digest and bundle.digest and bundle.digest != digest:
        raise RefusedError(
            "digest",
            f"the file is not the one that was signed: sha256:{digest}, signed was"
            f" sha256:{bundle.digest}",
            where=bundle.where,
        )


def _certificate(bundle: Bundle) -> Certificate:
    """The signing certificate: the only one, or the first of the chain in old bundles."""
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415 - start-up stays light

    chain = (bundle.material.get("x509CertificateChain") or {}).get("certificates") or [{}]
    found = bundle.material.get("certificate") or chain[0]
    try:
        return load_der_x509_certificate(base64.b64decode(found["rawBytes"]))
    except (ValueError, LookupError, TypeError) as error:
        raise RefusedError("certificate", "there is none", where=bundle.where) from error


def _check_signature(bundle: Bundle, certificate: Certificate, digest: str) -> None:
    """The signature alone, so that its fault is told as such; the library checks it again."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - start-up stays light
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415

    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise RefusedError("certificate", "its key is of another kind", where=bundle.where)
    algorithm = hashes.SHA256()
    try:
        if bundle.envelope is not None:
            key.verify(*signed_by(bundle), ec.ECDSA(algorithm))
        else:
            signature = base64.b64decode(bundle.document["messageSignature"]["signature"])
            key.verify(signature, bytes.fromhex(digest), ec.ECDSA(utils.Prehashed(algorithm)))
    except InvalidSignature:
        raise RefusedError(
            "signature", "it does not fit to what it signs", where=bundle.where
        ) from None


def signed_by(bundle: Bundle) -> tuple[bytes, bytes]:
    """The one signature of an envelope, and the bytes that it signs: DSSE's PAE, version 1."""
    from pipeline.trust.statement import pae  # noqa: PLC0415 - statement needs nothing of this

    envelope = bundle.envelope or {}
    signatures = envelope.get("signatures") or []
    if len(signatures) != 1:
        raise RefusedError("signature", "an envelope has one signature", where=bundle.where)
    kind = str(envelope.get("payloadType", ""))
    return base64.b64decode(signatures[0]["sig"]), pae(kind, bundle.payload)


def _claimed(bundle: Bundle, parsed: Parsed) -> tuple[datetime, ...]:
    """All times that the bundle claims; the library then has to confirm them."""
    data = parsed.verification_material.timestamp_verification_data
    found = [response.tst_info.gen_time for response in (data.rfc3161_timestamps if data else [])]
    for entry in bundle.entries:
        seconds = int(entry.get("integratedTime") or 0)
        if seconds and entry.get("inclusionPromise"):
            found.append(datetime.fromtimestamp(seconds, tz=UTC))
    return tuple(sorted(found))


def _check_fields(bundle: Bundle, root: Root) -> None:
    """Fields of an entry that nothing signs must at least agree with those that are signed."""
    for entry in bundle.entries:
        if (entry.get("logId") or {}).get("keyId") not in root.logs:
            raise _log("the trusted root does not know the log", bundle)
        proof = entry.get("inclusionProof") or {}
        text = str((proof.get("checkpoint") or {}).get("envelope", ""))
        origin, size, *_ = [*text.split("\n"), ""]
        name = text.rpartition("\u2014 ")[2].split(" ")[0]
        if origin != name and not origin.startswith(f"{name} - "):
            raise _log("its checkpoint is signed under another name", bundle)
        if size != str(proof.get("treeSize")):
            raise _log("its checkpoint and the proof tell of two sizes", bundle)
        if entry.get("kindVersion") != {"kind": "hashedrekord", "version": "0.0.2"}:
            continue
        if entry.get("logIndex") != proof.get("logIndex"):
            raise _log("its entry and the proof name two places", bundle)
        if entry.get("inclusionPromise") or str(entry.get("integratedTime") or "0") != "0":
            raise _log("its entry claims a time that such a log does not vouch for", bundle)


def _log(what: str, bundle: Bundle) -> RefusedError:
    return RefusedError("transparency log", what, where=bundle.where)


def _ask(
    bundle: Bundle, parsed: Parsed, root: Root, moments: tuple[datetime, ...], digest: str
) -> tuple[str, bytes]:
    """The library's answer, given only what the root trusted at the claimed times."""
    from sigstore.errors import Error  # noqa: PLC0415 - start-up stays light

    try:
        answer = _consult(parsed, root.at(moments), digest)
    except Error as error:
        if moments and _holds(parsed, root.ever(), digest):
            when = ", ".join(f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments)
            raise RefusedError(
                "trusted root",
                f"it did not trust the signer's authorities at {when} UTC",
                where=bundle.where,
                fix="use the root that was valid then: --trusted-root, --refresh-trust",
            ) from error
        raise
    check_timestamps(bundle, parsed, root.at(moments))
    return answer


def _consult(parsed: Parsed, root: TrustedRoot, digest: str) -> tuple[str, bytes]:
    from sigstore.hashes import Hashed  # noqa: PLC0415 - start-up stays light
    from sigstore_models.common.v1 import HashAlgorithm  # noqa: PLC0415

    verifier = _verifier(root)
    if not digest and intoto.is_older(parsed):
        return intoto.verify_older(verifier, parsed, _Anybody())
    if not digest:
        return verifier.verify_dsse(parsed, _Anybody())
    hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(digest))
    verifier.verify_artifact(hashed, parsed, _Anybody())
    return "", b""


@lru_cache(maxsize=16)
def _verifier(root: TrustedRoot) -> Verifier:
    """One verifier per root: making one parses all of its certificates."""
    from sigstore.verify import Verifier  # noqa: PLC0415 - start-up stays light

    return Verifier(trusted_root=root)


def _holds(parsed: Parsed, root: TrustedRoot, digest: str) -> bool:
    from sigstore.errors import Error  # noqa: PLC0415 - start-up stays light

    try:
        _consult(parsed, root, digest)
    except Error:
        return False
    return True


def _refusal(text: str, where: str) -> RefusedError:
    step = next((step for start, step in _REFUSALS if text.startswith(start)), "certificate")
    return RefusedError(step, text, where=where)


class _Anybody:
    """The library's policy that accepts every holder; ours is asked afterwards."""

    def verify(self, cert: Certificate) -> None:
        """Accept."""
