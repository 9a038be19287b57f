"""One certificate for all signatures, renewed in time, and every fault of a service told."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SignatureError
from pipeline.signing import ambient, keyless, transport
from pipeline.signing.deadline import Deadline
from pipeline.signing.keyless import Keyless, open_keyless
from pipeline.trust import roots
from pipeline.trust.bundle import read
from pipeline.trust.refused import RefusedError
from tests.fake import Request, Response
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.standin import serving_sigstore

DIGEST = hashlib.sha256(b"x").hexdigest()


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sigstore]:
    """One of its own, as these tests spoil it; pauses are not waited for."""
    monkeypatch.setattr(transport.Transport.__init__, "__kwdefaults__", {"sleep": lambda _: None})
    with serving_sigstore() as served:
        yield served


def open_signer(stack: Sigstore, tmp_path: Path, seconds: float = 30, **config: Any) -> Keyless:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(stack.trust_config() | config))
    token = tmp_path / "token"
    token.write_text(stack.token())
    return open_keyless(ambient.read(token), token, path, Deadline(seconds))


def sign(signer: Keyless) -> bytes:
    return signer.sign_file("a", DIGEST, lambda: b"x")


def asked(stack: Sigstore, name: str) -> int:
    return len(stack.servers[name].requests)


def test_one_certificate_for_all_threads(stack: Sigstore, tmp_path: Path) -> None:
    signer = open_signer(stack, tmp_path)
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(sign(signer))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    certificates = {read(one, "a").material["certificate"]["rawBytes"] for one in made}
    assert (len(made), len(certificates)) == (6, 1)
    assert (asked(stack, "fulcio"), asked(stack, "rekor"), asked(stack, "tsa")) == (1, 6, 6)
    assert signer.told == f"{stack.identity} (by {stack.issuer.url})"
    assert signer.holder.commit == stack.issuer.claims["sha"]


def test_a_certificate_is_renewed_with_a_new_token(
    stack: Sigstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = open_signer(stack, tmp_path)
    assert timedelta(minutes=8) < signer._renewal - datetime.now(UTC) < timedelta(minutes=9)
    sign(signer)
    monkeypatch.setattr(signer, "_renewal", datetime.now(UTC))
    sign(signer)
    sign(signer)
    assert asked(stack, "fulcio") == 2
    monkeypatch.setattr(signer, "_renewal", datetime.now(UTC))
    (tmp_path / "token").write_text(stack.token(run_id="43"))
    with pytest.raises(SignatureError, match="another holder"):
        sign(signer)


def test_a_renewal_without_an_identity(
    stack: Sigstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(stack.trust_config()))
    token = ambient._token(stack.token(), "a test")
    signer = open_keyless(token, None, path, Deadline(30))
    monkeypatch.setattr(signer, "_renewal", datetime.now(UTC))
    with pytest.raises(SignatureError, match="no identity any more"):
        sign(signer)


# ----------------------------------------------------------------------------------- faults

GARBAGE = {
    "not JSON": Response(body=b"garbage"),
    "empty": Response(body=b""),
    "a list": Response(body=b"[1]"),
    "another object": Response(body={"a": 1}),
    "nested nothing": Response(body={"signedCertificateEmbeddedSct": {"chain": None}}),
    "certificates that are none": Response(
        body={"signedCertificateEmbeddedSct": {"chain": {"certificates": ["a", "b"]}}}
    ),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_for_a_certificate(stack: Sigstore, tmp_path: Path, name: str) -> None:
    stack.servers["fulcio"].handle = lambda _: GARBAGE[name]
    with pytest.raises(SignatureError, match="no signature could be made"):
        open_signer(stack, tmp_path)


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("service", ["rekor", "tsa"])
def test_garbage_for_a_signature(stack: Sigstore, tmp_path: Path, service: str, name: str) -> None:
    signer = open_signer(stack, tmp_path)
    stack.servers[service].handle = lambda _: GARBAGE[name]
    with pytest.raises(SignatureError):
        sign(signer)


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("fulcio", "the certificate authority: it answered 500"),
        ("rekor", "the transparency log: it answered 500"),
        ("tsa", "the timestamp authority: it answered 500"),
    ],
)
def test_a_service_that_is_down_is_named(
    stack: Sigstore, tmp_path: Path, service: str, words: str
) -> None:
    stack.servers[service].handle = lambda _: Response(status=500)
    with pytest.raises(SignatureError, match=words):
        sign(open_signer(stack, tmp_path))
    if service == "tsa":
        assert asked(stack, "rekor") == 0, "nothing is entered that could not be used"


def test_a_token_that_is_refused(stack: Sigstore, tmp_path: Path) -> None:
    stack.servers["fulcio"].handle = lambda _: Response(
        status=401, body={"code": 16, "message": "who are you"}
    )
    with pytest.raises(SignatureError, match="answered 401: who are you") as error:
        open_signer(stack, tmp_path)
    assert "eyJ" not in str(error.value)


@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
def test_a_passing_fault_is_outlived(stack: Sigstore, tmp_path: Path, service: str) -> None:
    server = stack.servers[service]
    handle = server.handle
    faults = [503, 429]

    def first_fails(request: Request) -> Response:
        return Response(status=faults.pop()) if faults else handle(request)

    server.handle = first_fails
    assert sign(open_signer(stack, tmp_path))


def test_a_conflict_makes_another_signature(stack: Sigstore, tmp_path: Path) -> None:
    server = stack.servers["rekor"]
    handle = server.handle
    conflicts = [409]

    def once(request: Request) -> Response:
        return Response(status=conflicts.pop()) if conflicts else handle(request)

    server.handle = once
    signer = open_signer(stack, tmp_path)
    assert sign(signer)
    assert asked(stack, "tsa") == 2
    server.handle = lambda _: Response(status=409)
    with pytest.raises(SignatureError, match="already"):
        sign(signer)


@pytest.mark.parametrize("part", ["tlogs", "certificateAuthorities", "timestampAuthorities"])
def test_a_service_with_another_key_than_the_trusted_one(
    stack: Sigstore, tmp_path: Path, part: str
) -> None:
    with serving_sigstore() as other:
        config = stack.trust_config()
        config["trustedRoot"][part] = other.trust_config()["trustedRoot"][part]
        with pytest.raises((SignatureError, RefusedError)):
            sign(open_signer(stack, tmp_path, trustedRoot=config["trustedRoot"]))


def test_time_runs_out(stack: Sigstore, tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="longer than"):
        open_signer(stack, tmp_path, seconds=0.0)


def test_a_configuration_without_services(stack: Sigstore, tmp_path: Path) -> None:
    config = stack.trust_config()["signingConfig"] | {"rekorTlogUrls": []}
    with pytest.raises(SignatureError, match="cannot sign"):
        open_signer(stack, tmp_path, signingConfig=config)


def test_the_public_good_instance_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    import sigstore.models  # noqa: PLC0415 - only here

    monkeypatch.setattr(sigstore.models, "DEFAULT_TUF_URL", "http://127.0.0.1:1")
    with pytest.raises(SignatureError, match="cannot be had") as error:
        keyless.public_good()
    assert "--trust-config" in error.value.fix


def test_without_a_configuration_the_public_good_instance_signs(
    stack: Sigstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = stack.write(tmp_path)
    ours = roots.parse_config(roots.read_config(path))
    monkeypatch.setattr(keyless, "public_good", lambda: ours)
    signer = open_keyless(ambient._token(stack.token(), "a test"), None, None, Deadline(30))
    assert sign(signer)


def test_the_root_of_the_configuration_is_the_one_that_is_trusted(
    stack: Sigstore, tmp_path: Path
) -> None:
    made = sign(open_signer(stack, tmp_path))
    config, _ = stack.write(tmp_path)
    assert roots.read_config(config).logs == {
        entry["logId"]["keyId"] for entry in read(made, "a").entries
    }
