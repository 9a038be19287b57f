"""What a signing certificate says of its holder.

Fulcio writes the claims of the identity token into extensions below 1.3.6.1.4.1.57264.1:
https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_ARC = "1.3.6.1.4.1.57264.1"
_OTHER_NAME = f"{_ARC}.7"
_CLAIMS = {
    8: "issuer",
    9: "build_signer",
    10: "build_signer_digest",
    11: "runner_environment",
    12: "repository",
    13: "commit",
    14: "ref",
    15: "repository_id",
    17: "owner_id",
    18: "build_config",
    19: "build_config_digest",
    20: "trigger",
    21: "run",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a certificate: `identity` as `issuer` vouched for it, and the claims of a CI job.

    `build_signer` is the workflow that signed, `build_config` the one that was started; both end
    in "@" and a ref. `run` is the address of the run. "" means that the certificate does not say.
    """

    identity: str
    issuer: str
    build_signer: str = ""
    build_signer_digest: str = ""
    runner_environment: str = ""
    repository: str = ""
    commit: str = ""
    ref: str = ""
    repository_id: str = ""
    owner_id: str = ""
    build_config: str = ""
    build_config_digest: str = ""
    trigger: str = ""
    run: str = ""


def holder(certificate: Certificate, where: str = "") -> Holder:
    """The holder of a certificate; raises `RefusedError` when it does not name exactly one."""
    from cryptography.x509 import UnrecognizedExtension  # noqa: PLC0415 - start-up stays light

    claims = {}
    old_issuer = ""
    for extension in certificate.extensions:
        oid = extension.oid.dotted_string
        if not oid.startswith(_ARC + ".") or not isinstance(extension.value, UnrecognizedExtension):
            continue
        number = int(oid.rpartition(".")[2])
        if number == 1:
            old_issuer = extension.value.value.decode()
        elif number in _CLAIMS:
            claims[_CLAIMS[number]] = _text(extension.value.value, where)
    issuer = claims.pop("issuer", "") or old_issuer
    if not issuer or old_issuer not in {"", issuer}:
        raise RefusedError("certificate", "it does not name one issuer", where=where)
    return Holder(identity=_identity(certificate, where), issuer=issuer, **claims)


def _identity(certificate: Certificate, where: str) -> str:
    from cryptography.x509 import (  # noqa: PLC0415 - start-up stays light
        ExtensionNotFound,
        OtherName,
        RFC822Name,
        SubjectAlternativeName,
        UniformResourceIdentifier,
    )

    try:
        found = certificate.extensions.get_extension_for_class(SubjectAlternativeName)
    except ExtensionNotFound:
        raise RefusedError("certificate", "it names nobody", where=where) from None
    names = [
        _text(name.value, where) if isinstance(name, OtherName) else str(name.value)
        for name in found.value
        if isinstance(name, RFC822Name | UniformResourceIdentifier)
        or (isinstance(name, OtherName) and name.type_id.dotted_string == _OTHER_NAME)
    ]
    if len(names) != 1 or len(list(found.value)) != 1:
        raise RefusedError("certificate", "it does not name exactly one identity", where=where)
    return names[0]


def _text(value: bytes, where: str) -> str:
    """A UTF8String in DER."""
    from cryptography.hazmat import asn1  # noqa: PLC0415 - start-up stays light

    try:
        return asn1.decode_der(str, value)
    except ValueError as error:
        raise RefusedError(
            "certificate", f"an extension is no text: {error}", where=where
        ) from error
