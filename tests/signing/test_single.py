"""A single file against bundles of anybody."""

from __future__ import annotations

import json
from collections.abc import Callable

from pipeline.signing.single import check_file
from pipeline.trust.bundle import WRITTEN, Bundle, read
from pipeline.trust.refused import RefusedError
from pipeline.trust.statement import PAYLOAD_TYPE, STATEMENT_TYPE
from pipeline.trust.verify import Verified

DIGEST, OTHER = "ab" * 32, "cd" * 32
SIGNED = read(json.dumps({"mediaType": WRITTEN, "messageSignature": {}}).encode(), "signed")
ATTESTED = read(json.dumps({"mediaType": WRITTEN, "dsseEnvelope": {}}).encode(), "attested")


def judge(subject: str = DIGEST) -> Callable[[Bundle, str], Verified]:
    payload = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": "a", "digest": {"sha256": subject}}],
        "predicateType": "https://example.org/x",
    }

    def run(_: Bundle, digest: str) -> Verified:
        if digest:
            return Verified(holder=None)
        content = json.dumps(payload).encode()
        return Verified(holder=None, payload_type=PAYLOAD_TYPE, payload=content)

    return run


def test_signatures_and_attestations_both_count() -> None:
    item, statements = check_file("a", DIGEST, [SIGNED, ATTESTED], judge())
    assert item.ok
    assert item.steps[0] == "digest"
    assert "subject" in item.steps
    assert [found.predicate_type for found in statements] == ["https://example.org/x"]


def test_attestations_about_others_count_for_nothing() -> None:
    item, statements = check_file("a", DIGEST, [ATTESTED, ATTESTED], judge(OTHER))
    assert (item.step, statements) == ("subject", ())
    item, statements = check_file("a", DIGEST, [SIGNED, ATTESTED], judge(OTHER))
    assert (item.ok, statements) == (True, ())
    item, _ = check_file("a", DIGEST, [ATTESTED], judge(OTHER))
    assert item.step == "subject"


def test_one_bad_signature_spoils_all() -> None:
    def refuse(bundle: Bundle, digest: str) -> Verified:
        if bundle is ATTESTED:
            raise RefusedError("signature", "bad")
        return judge()(bundle, digest)

    item, statements = check_file("a", DIGEST, [SIGNED, ATTESTED], refuse)
    assert (item.step, statements) == ("signature", ())


def test_no_bundle_proves_nothing() -> None:
    item, _ = check_file("a", DIGEST, [], judge())
    assert (item.ok, item.step) == (False, "signature")
