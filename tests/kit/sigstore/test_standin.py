"""The parts of the stand-in that the real services have of their own."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore.models import TransparencyLogEntry
from sigstore_models.rekor.v1 import TransparencyLogEntry as _Entry

from tests.kit.sigstore import client, clock, der
from tests.kit.sigstore.asked import status_of
from tests.kit.sigstore.certificates import make_clock
from tests.kit.sigstore.log import Log
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.standin import StandIn, serving_sigstore

_KIND = {"kind": "hashedrekord", "version": "0.0.2"}


def test_an_old_or_changed_token_gets_no_certificate(sigstore_stack: Sigstore) -> None:
    old = sigstore_stack.issuer.token(lifetime=-3)
    signed, _, signature = sigstore_stack.token().rpartition(".")
    assert _ask(sigstore_stack, old) == 400
    assert _ask(sigstore_stack, f"{signed}.{signature[::-1]}") == 400


def _ask(stack: Sigstore, token: str) -> int:
    request = urllib.request.Request(
        f"{stack.fulcio}/api/v2/signingCert",
        data=b"{}",
        headers={"Authorization": f"Bearer {token}"},
    )
    return status_of(request)


def test_the_log_proves_every_entry() -> None:
    """The real client's check of a proof, for trees of every shape."""
    log = Log()
    for number in range(1, 40):
        entry = {**log.append(str(number).encode()), "kindVersion": _KIND}
        verify_merkle_inclusion(TransparencyLogEntry(_Entry.from_dict(entry)))


@pytest.mark.parametrize("query", [b"", b"\x30", b"\x30\x03\x02\x01\x01", b"\x30\x05\x02\x01"])
def test_a_broken_query_gets_no_time(query: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each says something else
        clock.stamp(query, make_clock())


def test_der_reads_what_it_writes() -> None:
    for size in (0, 127, 128, 255, 256, 70_000):
        (value,) = der.read(der.sequence(der.write(der.OCTETS, b"x" * size)))
        (inner,) = der.read(value.content)
        assert inner.content == b"x" * size
    assert der.oid("1.2.840.113549.1.7.2").hex() == "06092a864886f70d010702"
    assert [der.integer(n).hex() for n in (0, 127, 128, 256)] == [
        "020100",
        "02017f",
        "02020080",
        "02020100",
    ]


@pytest.fixture
def slow() -> Iterator[Sigstore]:
    parts = StandIn()
    parts.delay = 0.01
    with serving_sigstore(parts) as stack:
        yield stack


def test_it_remembers_what_it_was_asked(slow: Sigstore) -> None:
    signer = client.signer(slow)
    signer.sign_artifact(b"1")
    signer.sign_artifact(b"2")
    asked = {name: len(server.requests) for name, server in slow.servers.items()}
    assert asked == {"issuer": 0, "fulcio": 1, "rekor": 2, "tsa": 2}


def test_the_identity_follows_the_claims(slow: Sigstore) -> None:
    slow.issuer.claims["job_workflow_ref"] = "acme/other/.github/workflows/x.yml@refs/tags/v1"
    assert slow.identity == "https://github.com/acme/other/.github/workflows/x.yml@refs/tags/v1"
