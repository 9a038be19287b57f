"""An OIDC issuer on loopback that mints tokens as GitHub Actions does, and how Fulcio reads them.

Claims: https://docs.github.com/actions/reference/security/oidc. Fulcio's templates and the numbers
of the extensions: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md. The templates here
are those of the public-good instance for `github-workflow`.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt  # comes with sigstore
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.fake import Fake, Request, Response

AUDIENCE = "sigstore"
REPOSITORY = "acme/shop"
WORKFLOW = f"{REPOSITORY}/.github/workflows/release.yml@refs/heads/main"
COMMIT = "c0ffee" * 6 + "c0de"

CLAIMS: dict[str, str] = {
    "sub": f"repo:{REPOSITORY}:ref:refs/heads/main",
    "actor": "octocat",
    "actor_id": "1",
    "event_name": "push",
    "job_workflow_ref": WORKFLOW,
    "job_workflow_sha": COMMIT,
    "ref": "refs/heads/main",
    "ref_type": "branch",
    "repository": REPOSITORY,
    "repository_id": "1001",
    "repository_owner": "acme",
    "repository_owner_id": "1000",
    "repository_visibility": "public",
    "run_attempt": "1",
    "run_id": "42",
    "run_number": "7",
    "runner_environment": "github-hosted",
    "sha": COMMIT,
    "workflow": "release",
    "workflow_ref": WORKFLOW,
    "workflow_sha": COMMIT,
}

URL = "https://github.com"
SUBJECT = "{{ .url }}/{{ .job_workflow_ref }}"
TEMPLATES: dict[int, tuple[str, str]] = {
    2: ("github-workflow-trigger", "event_name"),
    3: ("github-workflow-sha", "sha"),
    4: ("github-workflow-name", "workflow"),
    5: ("github-workflow-repository", "repository"),
    6: ("github-workflow-ref", "ref"),
    9: ("build-signer-uri", SUBJECT),
    10: ("build-signer-digest", "job_workflow_sha"),
    11: ("runner-environment", "runner_environment"),
    12: ("source-repository-uri", "{{ .url }}/{{ .repository }}"),
    13: ("source-repository-digest", "sha"),
    14: ("source-repository-ref", "ref"),
    15: ("source-repository-identifier", "repository_id"),
    16: ("source-repository-owner-uri", "{{ .url }}/{{ .repository_owner }}"),
    17: ("source-repository-owner-identifier", "repository_owner_id"),
    18: ("build-config-uri", "{{ .url }}/{{ .workflow_ref }}"),
    19: ("build-config-digest", "workflow_sha"),
    20: ("build-trigger", "event_name"),
    21: (
        "run-invocation-uri",
        "{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}",
    ),
    22: ("source-repository-visibility-at-signing", "repository_visibility"),
}
"""By the last number of its OID: Fulcio's name of an extension, and what it is made from."""

LIFETIME = 600


class RefusedError(Exception):
    """A service says no; the message is its answer."""


@dataclass
class Issuer:
    """Mints tokens and, as a handler of `tests.fake`, answers as GitHub's services do.

    `url` is set once its server is up. `lifetime` is in seconds; `minted` counts the tokens that
    the ambient endpoint gave away.
    """

    url: str = ""
    lifetime: int = LIFETIME
    claims: dict[str, str] = field(default_factory=lambda: dict(CLAIMS))
    minted: int = 0
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        repr=False,
    )

    def token(self, *, audience: str = AUDIENCE, lifetime: int | None = None, **claims: str) -> str:
        """A signed token; `claims` replace those of the issuer."""
        now = int(time.time())
        end = now + (self.lifetime if lifetime is None else lifetime)
        fixed: dict[str, Any] = {"iss": self.url, "aud": audience, "iat": now, "nbf": now - 1}
        fixed |= {"exp": end, "jti": secrets.token_hex(8)}
        return jwt.encode(
            {**self.claims, **fixed, **claims}, self.key, "RS256", headers={"kid": "one"}
        )

    def check(self, token: str) -> dict[str, Any]:
        """The claims of a token of this issuer for Sigstore; raises `RefusedError`."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self.key.public_key(), ["RS256"], audience=AUDIENCE, issuer=self.url
            )
        except jwt.PyJWTError as error:
            raise RefusedError(
                f"There was an error processing the identity token: {error}"
            ) from None
        return claims

    def ambient(self) -> dict[str, str]:
        """The environment of a job with `id-token: write`."""
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.secret,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
        }

    def answer(self, request: Request) -> Response:
        parts = urlsplit(request.path)
        match parts.path:
            case "/.well-known/openid-configuration":
                return Response(body=self._discovery())
            case "/keys":
                return Response(body=self._keys())
            case "/token":
                return self._give(request, parse_qs(parts.query))
        return Response(status=404, body={"message": "not found"})

    def _give(self, request: Request, query: dict[str, list[str]]) -> Response:
        if request.headers.get("Authorization", "").lower() != f"bearer {self.secret}".lower():
            return Response(status=401, body={"message": "unauthorized"})
        self.minted += 1
        return Response(body={"value": self.token(audience=query.get("audience", [AUDIENCE])[0])})

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _keys(self) -> dict[str, Any]:
        key = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [key | {"kid": "one", "use": "sig", "alg": "RS256"}]}


def serve_tokens(issuer: Issuer, server: Fake) -> None:
    """Let `server` answer for `issuer`."""
    issuer.url = server.url
    server.handle = issuer.answer


def filled(template: str, claims: dict[str, Any]) -> str:
    """A template of Fulcio's: the name of a claim, or a text with `{{ .names }}` in it."""
    values = {"url": URL, **claims}
    if "{{" not in template:
        return str(values[template])
    return re.sub(r"\{\{ ?\.(\w+) ?\}\}", lambda found: str(values[found[1]]), template)
