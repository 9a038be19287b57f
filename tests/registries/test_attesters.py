"""Asking registries what proves releases: once, in time, and honest about the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.model import Gap
from pipeline.registries.attesters import Told, ask_attested
from pipeline.registries.kept import MAX_AGE, Kept
from pipeline.registries.release import Pin
from tests.fake import Fake, Request, Response

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEMO = Pin("PyPI", "demo", "1.0")
SHOP = Pin("npm", "shop", "1.0.0")
INDEX = {
    "meta": {"api-version": "1.4"},
    "files": [{"filename": "demo-1.0.tar.gz", "hashes": {"sha256": "aa"}, "provenance": "x"}],
}
DIST = {"integrity": f"sha512-{'A' * 86}==", "signatures": [{"keyid": "k", "sig": "s"}]}
HASHES = {DEMO: frozenset({"sha256:aa", "sha512:00"}), SHOP: frozenset({f"sha512:{'00' * 64}"})}
DOCUMENTS = {
    "/simple/demo/": INDEX,
    "/integrity/demo/1.0/demo-1.0.tar.gz/provenance": {"version": 1},
    "/shop/1.0.0": {"dist": DIST},
}
Ask = Callable[..., Told]


@pytest.fixture
def asked(fake: Fake, tmp_path: Path, pauses: list[float]) -> Ask:
    def answer(request: Request) -> Response:
        found = DOCUMENTS.get(request.path)
        return Response(status=404) if found is None else Response(body=found)

    fake.handle = answer

    def run(wanted: Any = None, **options: Any) -> Told:
        return ask_attested(
            wanted or HASHES,
            urls={"PyPI": f"{fake.url}/", "npm": fake.url},
            kept=Kept(tmp_path / "kept"),
            sleep=pauses.append,
            **{"now": lambda: NOW, **options},
        )

    return run


def test_both_registries_are_asked(asked: Ask, fake: Fake) -> None:
    told = asked()
    assert json.loads(told.attested[DEMO].files[0].attestations) == {"version": 1}
    assert told.attested[SHOP].signatures == (("k", "s"),)
    assert [(record.name, record.entries) for record in told.data] == [
        ("PyPI attestations", 1),
        ("npm attestations", 1),
    ]
    (index,) = (one for one in fake.requests if one.path == "/simple/demo/")
    assert index.headers["Accept"] == "application/vnd.pypi.simple.v1+json"


def test_what_was_told_lately_is_not_asked_again(asked: Ask, fake: Fake) -> None:
    first = asked()
    count = len(fake.requests)
    assert asked() == first
    assert len(fake.requests) == count
    later = NOW + MAX_AGE + timedelta(seconds=1)
    assert asked(now=lambda: later).attested == first.attested
    assert len(fake.requests) == 2 * count


def test_other_hashes_are_another_question(asked: Ask, fake: Fake) -> None:
    asked()
    found = asked({DEMO: frozenset({"sha256:bb"})}).attested[DEMO]
    assert (found.gap, found.why) == (
        Gap.DATA_MISSING,
        "the index lists no file with a hash of the lock",
    )


def test_a_release_without_the_right_hash_is_not_asked_about(asked: Ask, fake: Fake) -> None:
    found = asked({DEMO: frozenset({"sha512:00"}), SHOP: frozenset()})
    assert {one.gap for one in found.attested.values()} == {Gap.INPUT_MISSING}
    assert (found.data, fake.requests) == ((), [])


def test_other_ecosystems_are_not_asked_about(asked: Ask) -> None:
    pin = Pin("crates.io", "demo", "1.0")
    assert asked({pin: frozenset()}).attested[pin].gap is Gap.UNSUPPORTED_INPUT


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (Response(status=403), "the registry answered 403"),
        (Response(body=b"<html>"), "it sent something that is not JSON"),
        (Response(status=500), "it answered 500"),
        (Response(reset=True), "no connection"),
    ],
)
def test_a_silent_registry_is_a_gap(asked: Ask, fake: Fake, response: Any, why: str) -> None:
    fake.handle = lambda _: response
    found = asked()
    assert {one.gap for one in found.attested.values()} == {Gap.DATA_MISSING}
    assert all(why in one.why for one in found.attested.values())
    assert found.data == ()


def test_a_lost_registry_is_not_asked_forever(asked: Ask, fake: Fake) -> None:
    fake.handle = lambda _: Response(status=500)
    wanted = {Pin("PyPI", f"p{number}", "1"): frozenset({"sha256:aa"}) for number in range(60)}
    found = asked(wanted)
    assert {one.gap for one in found.attested.values()} == {Gap.DATA_MISSING}
    assert any(one.why == "the registry is out of reach" for one in found.attested.values())
    assert len(fake.requests) < 3 * len(wanted)


def test_an_address_has_to_be_safe(asked: Ask) -> None:
    with pytest.raises(UsageError, match="plain http"):
        ask_attested({DEMO: HASHES[DEMO]}, urls={"PyPI": "http://pypi.example"})
