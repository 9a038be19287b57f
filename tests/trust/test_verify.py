"""One bundle, step by step: no byte of it changes unseen, and every refusal says what it was."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.trust.bundle import WRITTEN, read
from pipeline.trust.expect import Expected
from pipeline.trust.refused import RefusedError
from pipeline.trust.roots import Root
from pipeline.trust.statement import STATEMENT_TYPE
from pipeline.trust.verify import Verified, verify, verify_release
from tests.signing.conftest import Trusted

FILE = b"what was built"
DIGEST = hashlib.sha256(FILE).hexdigest()
STATEMENT = json.dumps(
    {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": "a", "digest": {"sha256": DIGEST}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {},
    }
).encode()


@pytest.fixture(scope="module")
def made(trusted: Trusted) -> bytes:
    """A bundle over the file."""
    return trusted.signer().sign_file("a", DIGEST, lambda: FILE)


@pytest.fixture(scope="module")
def attested(trusted: Trusted) -> bytes:
    """A bundle over the statement."""
    return trusted.signer().sign_statement(STATEMENT)


@pytest.fixture(scope="module")
def expected(trusted: Trusted) -> Expected:
    return Expected(identity=trusted.stack.identity, issuer=trusted.stack.issuer.url)


Check = Callable[..., Verified]


@pytest.fixture(scope="module")
def check(trusted: Trusted, expected: Expected) -> Check:
    root = trusted.root

    def run(content: bytes, digest: str = DIGEST, root: Root = root, **more: str) -> Verified:
        return verify(read(content, "b"), root, replace(expected, **more), digest=digest)

    return run


def refused(check: Check, content: bytes, *rest: Any, **more: Any) -> RefusedError:
    with pytest.raises(RefusedError) as error:
        check(content, *rest, **more)
    return error.value


def test_a_file_and_a_statement_are_accepted(
    check: Check, made: bytes, attested: bytes, trusted: Trusted
) -> None:
    found = check(made)
    assert found.holder
    assert found.holder.identity == trusted.stack.identity
    assert found.holder.run == "https://github.com/acme/shop/actions/runs/42/attempts/1"
    assert len(found.times) == 1
    assert check(attested, "").payload == STATEMENT
    assert check(attested, "").payload_type == "application/vnd.in-toto+json"


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_no_byte_of_a_bundle_changes_unseen(
    check: Check, made: bytes, attested: bytes, data: st.DataObject
) -> None:
    content, digest = data.draw(st.sampled_from([(made.strip(), DIGEST), (attested.strip(), "")]))
    at = data.draw(st.integers(0, len(content) - 1))
    flip = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    changed = bytearray(content)
    changed[at] ^= flip
    refused(check, bytes(changed), digest)


def change(content: bytes, path: str, value: Any) -> bytes:
    """The bundle with one value replaced; a byte is flipped in base64 where `value` is `FLIP`."""
    document = json.loads(content)
    *names, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
    place: Any = document
    for name in names:
        place = place[name]
    if value is FLIP:
        raw = bytearray(base64.b64decode(place[last]))
        raw[len(raw) // 2] ^= 1
        place[last] = base64.b64encode(raw).decode()
    elif value is GONE:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document).encode()


FLIP, GONE = object(), object()
ENTRY = "verificationMaterial/tlogEntries/0"
TIMES = "verificationMaterial/timestampVerificationData"


@pytest.mark.parametrize(
    ("path", "value", "steps"),
    [
        ("mediaType", "application/json", {"media type"}),
        ("unknown", 1, {"media type"}),
        ("messageSignature/signature", FLIP, {"signature"}),
        ("messageSignature/messageDigest/digest", FLIP, {"digest"}),
        ("messageSignature/messageDigest/algorithm", "SHA3_256", {"digest"}),
        ("verificationMaterial/certificate/rawBytes", FLIP, {"certificate", "signature"}),
        (f"{ENTRY}/canonicalizedBody", FLIP, {"transparency log"}),
        (f"{ENTRY}/inclusionProof/rootHash", FLIP, {"transparency log"}),
        (f"{ENTRY}/inclusionProof", GONE, {"media type"}),
        (f"{ENTRY}/logId/keyId", FLIP, {"transparency log"}),
        (f"{ENTRY}/logIndex", "999999999", {"transparency log"}),
        (f"{ENTRY}/integratedTime", "1700000000", {"transparency log"}),
        (f"{ENTRY}/kindVersion/version", "0.0.3", {"transparency log"}),
        ("verificationMaterial/tlogEntries", [], {"transparency log"}),
        (f"{TIMES}/rfc3161Timestamps/0/signedTimestamp", FLIP, {"timestamp"}),
        (f"{TIMES}/rfc3161Timestamps", [], {"timestamp"}),
        (TIMES, GONE, {"timestamp"}),
    ],
)
def test_each_part_is_refused_with_its_own_reason(
    check: Check, made: bytes, path: str, value: Any, steps: set[str]
) -> None:
    error = refused(check, change(made, path, value))
    assert error.step in steps
    assert (error.where, error.exit_code) == ("b", 4)


@pytest.mark.parametrize("more", [1, 2, 64, 10**6])
def test_a_proof_is_of_the_tree_that_the_checkpoint_tells_of(
    check: Check, made: bytes, more: int
) -> None:
    proof = json.loads(made)["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    size = str(int(proof["treeSize"]) + more)
    error = refused(check, change(made, f"{ENTRY}/inclusionProof/treeSize", size))
    assert error.step == "transparency log"


def test_a_checkpoint_is_signed_by_the_log_that_it_names(check: Check, made: bytes) -> None:
    text = json.loads(made)["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    note = text["checkpoint"]["envelope"].replace("\u2014 ", "\u2014 x", 1)
    error = refused(check, change(made, f"{ENTRY}/inclusionProof/checkpoint/envelope", note))
    assert error.step == "transparency log"
    assert "another name" in error.why


def test_a_timestamp_twice_or_too_many(check: Check, made: bytes) -> None:
    one = json.loads(made)["verificationMaterial"]["timestampVerificationData"]
    path = f"{TIMES}/rfc3161Timestamps"
    assert refused(check, change(made, path, one["rfc3161Timestamps"] * 2)).step == "timestamp"
    assert refused(check, change(made, path, one["rfc3161Timestamps"] * 33)).step == "timestamp"


def test_a_timestamp_says_nothing_beside_what_is_signed(check: Check, made: bytes) -> None:
    path = f"{TIMES}/rfc3161Timestamps/0/signedTimestamp"
    stamps = json.loads(made)["verificationMaterial"]["timestampVerificationData"]
    raw = base64.b64decode(stamps["rfc3161Timestamps"][0]["signedTimestamp"])
    by_sha256, by_sha384 = bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040303")
    head, _, tail = raw.rpartition(by_sha256)
    other = base64.b64encode(head + by_sha384 + tail).decode()
    error = refused(check, change(made, path, other))
    assert (error.step, error.why) == ("timestamp", "it is written in another way")


def test_the_timestamp_of_another_signature(check: Check, made: bytes, attested: bytes) -> None:
    foreign = json.loads(attested)["verificationMaterial"]["timestampVerificationData"]
    assert refused(check, change(made, TIMES, foreign)).step == "timestamp"
    both = copy.deepcopy(foreign)
    both["rfc3161Timestamps"] += json.loads(made)["verificationMaterial"][
        "timestampVerificationData"
    ]["rfc3161Timestamps"]
    error = refused(check, change(made, TIMES, both))
    assert error.why == "no trusted authority gave it", "one good timestamp excuses no other"


def test_the_entry_of_another_signature(check: Check, made: bytes, trusted: Trusted) -> None:
    twin = json.loads(trusted.signer().sign_file("a", DIGEST, lambda: FILE))
    entries = twin["verificationMaterial"]["tlogEntries"]
    error = refused(check, change(made, "verificationMaterial/tlogEntries", entries))
    assert error.step == "transparency log"


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("dsseEnvelope/payload", "signature"),
        ("dsseEnvelope/signatures/0/sig", "signature"),
        ("verificationMaterial/tlogEntries/0/canonicalizedBody", "transparency log"),
    ],
)
def test_a_changed_attestation(check: Check, attested: bytes, path: str, step: str) -> None:
    assert refused(check, change(attested, path, FLIP), "").step == step


def test_an_attestation_has_one_signature_and_its_type(check: Check, attested: bytes) -> None:
    signatures = json.loads(attested)["dsseEnvelope"]["signatures"]
    twice = change(attested, "dsseEnvelope/signatures", signatures * 2)
    assert refused(check, twice, "").step in {"signature", "media type"}
    typed = change(attested, "dsseEnvelope/payloadType", "text/plain")
    assert refused(check, typed, "").step == "signature"


def test_a_signature_is_no_attestation(check: Check, made: bytes, attested: bytes) -> None:
    assert refused(check, made, "").step == "media type"
    assert refused(check, attested).step == "media type"


def test_another_file(check: Check, made: bytes) -> None:
    other = hashlib.sha256(b"other").hexdigest()
    error = refused(check, made, other)
    assert error.step == "digest"
    assert other in error.why
    silent = change(made, "messageSignature/messageDigest", GONE)
    assert refused(check, silent, other).step in {"signature", "media type"}


@pytest.mark.parametrize(
    ("claim", "step"),
    [
        ({"identity": "https://github.com/evil/shop"}, "identity"),
        ({"issuer": "https://evil.example.org"}, "issuer"),
        ({"repository": "evil/shop"}, "repository"),
        ({"workflow": ".github/workflows/evil.yml"}, "workflow"),
        ({"ref": "refs/heads/evil"}, "ref"),
        ({"runner_environment": "self-hosted"}, "runner environment"),
        ({"commit": "0" * 40}, "commit"),
    ],
)
def test_another_signer(check: Check, made: bytes, claim: dict[str, str], step: str) -> None:
    assert refused(check, made, **claim).step == step


# ---------------------------------------------------------------------------------- the root


def limited(root: Root, part: str, **span: str) -> Root:
    document = json.loads(root.content)
    for item in document[part]:
        (item.get("publicKey") or item)["validFor"].update(span)
    return replace(root, content=json.dumps(document).encode())


@pytest.mark.parametrize(
    "part", ["certificateAuthorities", "tlogs", "ctlogs", "timestampAuthorities"]
)
@pytest.mark.parametrize(
    "span", [{"end": "2021-01-01T00:00:00Z"}, {"start": "2999-01-01T00:00:00Z"}]
)
def test_an_expired_root_is_refused_as_such(
    check: Check, made: bytes, trusted: Trusted, part: str, span: dict[str, str]
) -> None:
    error = refused(check, made, root=limited(trusted.root, part, **span))
    assert error.step == "trusted root"
    assert "did not trust" in error.why


def test_authorities_of_somebody_else(check: Check, made: bytes) -> None:
    from pipeline.trust.roots import pinned  # noqa: PLC0415 - only here

    assert refused(check, made, root=pinned()).step == "transparency log"


@pytest.mark.parametrize(
    ("part", "step"),
    [
        ("certificateAuthorities", "certificate"),
        ("ctlogs", "certificate"),
        ("tlogs", "transparency log"),
        ("timestampAuthorities", "timestamp"),
    ],
)
def test_a_root_that_lacks_one_of_them(
    check: Check, made: bytes, trusted: Trusted, part: str, step: str
) -> None:
    document = json.loads(trusted.root.content)
    document[part] = []
    root = replace(trusted.root, content=json.dumps(document).encode())
    assert refused(check, made, root=root).step == step


def test_a_root_that_the_library_cannot_read(check: Check, made: bytes, trusted: Trusted) -> None:
    document = json.loads(trusted.root.content) | {"mediaType": "x"}
    broken = replace(trusted.root, content=json.dumps(document).encode())
    with pytest.raises(UsageError, match="cannot be used"):
        check(made, root=broken)


# ---------------------------------------------------------------------- hostile and foreign


def test_a_plain_key_is_not_a_certificate(check: Check) -> None:
    content = json.dumps(
        {"mediaType": WRITTEN, "verificationMaterial": {"publicKey": {"hint": "a"}}}
    ).encode()
    assert refused(check, content).step == "certificate"


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_bundle_with_a_part_of_another_shape_is_refused(
    check: Check, made: bytes, data: st.DataObject
) -> None:
    document = json.loads(made)
    place: Any = document
    while True:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    optional = key in {"messageDigest", "integratedTime"}
    place[key] = data.draw(st.sampled_from([None, 7, "", [], {}, "eA==", [[]], {"x": 1}, -1, True]))
    assume(not (optional and place[key] is None))
    refused(check, json.dumps(document).encode())


def test_a_release_is_verified_by_a_signature_or_an_attestation(
    made: bytes, attested: bytes, trusted: Trusted, expected: Expected
) -> None:
    for content in (made, attested):
        found = verify_release(content, DIGEST, trusted.root, expected, where="b")
        assert found.holder
    with pytest.raises(RefusedError) as error:
        verify_release(attested, "0" * 64, trusted.root, expected, where="b")
    assert error.value.step == "subject"


def test_one_s_own_work_needs_no_expectation(made: bytes, trusted: Trusted) -> None:
    assert verify(read(made, "b"), trusted.root, None, digest=DIGEST).holder
