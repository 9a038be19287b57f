"""Each fault is seen by whoever asks, and is gone afterwards."""

from __future__ import annotations

import time

import pytest
import requests

from tests.kit.sigstore import client
from tests.kit.sigstore.faults import SERVICES, Fault, faulty
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.standin import serving_sigstore


def _ask(stack: Sigstore) -> requests.Response:
    return requests.get(
        stack.ambient()["ACTIONS_ID_TOKEN_REQUEST_URL"],
        headers={"Authorization": f"Bearer {stack.issuer.secret}"},
        timeout=10,
    )


def test_every_fault_is_one(sigstore_stack: Sigstore) -> None:
    for fault in (Fault.DOWN, Fault.HALF):
        with faulty(sigstore_stack, "issuer", fault), pytest.raises(requests.RequestException):
            _ask(sigstore_stack)
    with faulty(sigstore_stack, "issuer", Fault.ERROR):
        assert _ask(sigstore_stack).status_code == 500
    with faulty(sigstore_stack, "issuer", Fault.GARBAGE):
        assert _ask(sigstore_stack).text.startswith("<html>")
    with faulty(sigstore_stack, "issuer", Fault.SLOW, seconds=0.2):
        started = time.monotonic()
        assert _ask(sigstore_stack).ok
        assert time.monotonic() - started >= 0.2
    assert "value" in _ask(sigstore_stack).json()


def test_a_fault_may_pass(sigstore_stack: Sigstore) -> None:
    with faulty(sigstore_stack, "issuer", Fault.ERROR, times=2):
        assert [_ask(sigstore_stack).status_code for _ in range(4)] == [500, 500, 200, 200]


def test_another_key_is_not_trusted() -> None:
    """The client itself sees it in what Fulcio gives; the other services' are for who verifies."""
    for service in SERVICES:
        with serving_sigstore() as stack:
            signer, verifier = client.signer(stack), client.verifier(stack)
            with faulty(stack, service, Fault.WRONG_KEY):
                if service in {"issuer", "fulcio"}:
                    token = _ask(stack).json()["value"]
                    with pytest.raises(Exception):  # noqa: B017, PT011  each library's own
                        client.signer(stack, token)
                    continue
                bundle = signer.sign_artifact(b"x")
            with pytest.raises(Exception):  # noqa: B017, PT011  as above
                verifier.verify_artifact(b"x", bundle, client.expected(stack))
