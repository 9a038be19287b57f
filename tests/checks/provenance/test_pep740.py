"""Real attestations from PyPI hold, offline, and nothing that was changed does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.provenance import pep740
from pipeline.checks.provenance.pep740 import Attester, attesters, release_of
from pipeline.checks.provenance.signers import NotEvaluatedError
from pipeline.trust import roots
from pipeline.trust.certificate import Holder
from pipeline.trust.refused import RefusedError
from pipeline.trust.verify import Verified
from tests.checks.provenance.released import CONTENT, DATA, DIGEST, GITHUB, NAME, flipped

ROOT = roots.pinned()
FIRST = ("attestation_bundles", 0, "attestations", 0)


def test_the_publisher_is_the_repository() -> None:
    assert attesters(CONTENT, NAME, ROOT) == {Attester(DIGEST, GITHUB)}


@pytest.mark.parametrize(
    ("name", "publisher"),
    [
        (
            "gcb_attestation_test-0.0.0.tar.gz",
            "919436158236-compute@developer.gserviceaccount.com by https://accounts.google.com",
        ),
        (
            "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl",
            "github.com/CircleCI-Public/sign-and-publish-examples by https://oidc.circleci.com",
        ),
    ],
)
def test_other_issuers_are_named(name: str, publisher: str) -> None:
    content = (DATA / f"{name}.provenance").read_bytes()
    ((_, found),) = attesters(content, name, ROOT)
    assert found == publisher


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ((*FIRST, "envelope", "signature"), "signature"),
        ((*FIRST, "envelope", "statement"), "signature"),
        ((*FIRST, "verification_material", "certificate"), "certificate"),
        (
            (
                *FIRST,
                *("verification_material", "transparency_entries", 0, "canonicalizedBody"),
            ),
            "transparency log",
        ),
    ],
)
def test_what_was_changed_is_refused(path: tuple[str | int, ...], step: str) -> None:
    with pytest.raises(RefusedError) as caught:
        attesters(flipped(CONTENT, *path), NAME, ROOT)
    assert caught.value.step in {step, "signature", "media type"}


def test_the_index_cannot_name_another_publisher() -> None:
    document = json.loads(CONTENT)
    document["attestation_bundles"][0]["publisher"]["repository"] = "evil/pypi-attestations"
    with pytest.raises(RefusedError, match="declares another publisher"):
        attesters(json.dumps(document), NAME, ROOT)


def test_it_is_about_its_own_file_only() -> None:
    with pytest.raises(RefusedError, match=r"it is about pypi_attestations-0\.0\.19\.tar\.gz"):
        attesters(CONTENT, "pypi_attestations-0.0.20.tar.gz", ROOT)
    with pytest.raises(RefusedError, match="it is about"):
        attesters(CONTENT, "evil.txt", ROOT)


def _without(content: str, *path: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(content)
    for bundle in document["attestation_bundles"]:
        for attestation in bundle["attestations"]:
            attestation["verification_material"][path[0]] = path[1]
    return document


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"attestation_bundles": 1}', b"\xff"])
def test_what_is_no_provenance_object_is_not_evaluated(content: bytes) -> None:
    with pytest.raises(NotEvaluatedError, match="provenance object is not understood"):
        attesters(content, NAME, ROOT)


def test_a_certificate_that_is_none_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"invalid X\.509 certificate"):
        attesters(json.dumps(_without(CONTENT, "certificate", "AAAA")), NAME, ROOT)


def test_no_attestation_is_nobody() -> None:
    assert attesters(json.dumps({"version": 1, "attestation_bundles": []}), NAME, ROOT) == set()


@pytest.mark.parametrize(
    ("name", "release"),
    [
        (NAME, ("pypi-attestations", "0.0.19")),
        ("Some_Thing-1.0rc1-py3-none-any.whl", ("some-thing", "1.0rc1")),
        ("thing.exe", None),
        ("thing.whl", None),
    ],
)
def test_which_release_a_file_is_of(name: str, release: tuple[str, str] | None) -> None:
    assert release_of(name) == release


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for step, one in inside:
        yield (*above, step)
        if isinstance(one, dict | list):
            yield from _places(one, (*above, step))


@given(
    place=st.sampled_from(sorted(_places(json.loads(CONTENT)), key=str)),
    odd=st.none() | st.integers() | st.text(max_size=8) | st.just([]) | st.just({}) | st.just([{}]),
)
@settings(deadline=None)
def test_what_an_index_sends_is_refused_or_not_understood_and_never_more(
    place: tuple[Any, ...], odd: Any
) -> None:
    document = json.loads(CONTENT)
    part = document
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = odd
    with suppress(RefusedError, NotEvaluatedError):
        assert attesters(json.dumps(document), NAME, ROOT) <= {Attester(DIGEST, GITHUB)}


# A statement that an index would not have accepted, in an attestation that holds.

PUBLISH = "https://docs.pypi.org/attestations/publish/v1"
SUBJECT = {"name": NAME, "digest": {"sha256": DIGEST}}


def _says(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let every attestation hold, whatever its statement."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [SUBJECT],
        "predicateType": PUBLISH,
        "predicate": None,
        **changes,
    }
    holder = Holder(
        identity="x", issuer="https://token.actions.githubusercontent.com", repository=GITHUB
    )
    proven = Verified(
        holder=holder,
        payload_type="application/vnd.in-toto+json",
        payload=json.dumps(statement).encode(),
    )
    monkeypatch.setattr(pep740, "verified", lambda *_: proven)


def test_an_attestation_is_about_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    _says(monkeypatch)
    assert attesters(CONTENT, NAME, ROOT) == {Attester(DIGEST, GITHUB)}
    _says(monkeypatch, subject=[SUBJECT, {**SUBJECT, "name": "other-1.0.tar.gz"}])
    with pytest.raises(RefusedError, match="about one file"):
        attesters(CONTENT, NAME, ROOT)


def test_a_statement_of_an_unknown_kind_is_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    _says(monkeypatch, predicateType="https://example.org/other")
    with pytest.raises(NotEvaluatedError, match=r"example\.org/other"):
        attesters(CONTENT, NAME, ROOT)
