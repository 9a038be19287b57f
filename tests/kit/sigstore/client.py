"""The real client, sigstore-python, at a private Sigstore."""

from __future__ import annotations

import json

from sigstore.dsse import DigestSet, Statement, StatementBuilder, Subject
from sigstore.models import ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import Signer, SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from tests.kit.sigstore.parts import Sigstore


def config(stack: Sigstore) -> ClientTrustConfig:
    return ClientTrustConfig.from_json(json.dumps(stack.trust_config()))


def signer(stack: Sigstore, token: str | None = None) -> Signer:
    """Signs with a certificate of the stack, for its own claims unless a token is given."""
    context = SigningContext.from_trust_config(config(stack))
    return Signer(IdentityToken(token or stack.token()), context)


def verifier(stack: Sigstore) -> Verifier:
    return Verifier(trusted_root=config(stack).trusted_root)


def expected(stack: Sigstore) -> Identity:
    """The policy that the stack's own claims meet."""
    return Identity(identity=stack.identity, issuer=stack.issuer.url)


def statement(name: str = "a", digest: str = "0" * 64) -> Statement:
    """A provenance statement about one subject."""
    subject = Subject(name=name, digest=DigestSet(root={"sha256": digest}))
    return StatementBuilder([subject], "https://slsa.dev/provenance/v1", {}).build()
