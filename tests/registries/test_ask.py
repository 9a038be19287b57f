"""Asking registries: one document per package, honest about everything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.model import Gap
from pipeline.registries.ask import Told, ask
from pipeline.registries.heard import PATIENCE, Heard
from pipeline.registries.kept import Kept
from pipeline.registries.release import Pin
from tests.fake import Fake, Request, Response
from tests.registries.documents import NPM, PYPI

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Ask = Callable[..., Told]


def served(documents: dict[str, Any]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        found = documents.get(request.path)
        return Response(status=404) if found is None else Response(body=found)

    return answer


@pytest.fixture
def asked(fake: Fake, tmp_path: Path, pauses: list[float]) -> Ask:
    """Ask the fake server for both ecosystems."""
    fake.handle = served({"/pypi/demo/json": PYPI, "/demo": NPM})

    def run(*pins: Pin, **options: Any) -> Told:
        return ask(
            pins,
            urls={"PyPI": f"{fake.url}/", "npm": fake.url},
            kept=Kept(tmp_path / "kept"),
            sleep=pauses.append,
            **{"now": lambda: NOW, **options},
        )

    return run


def test_one_document_answers_for_all_versions_of_a_package(asked: Ask, fake: Fake) -> None:
    pins = [Pin("PyPI", "demo", "1.0"), Pin("PyPI", "demo", "v1.1"), Pin("npm", "demo", "1.1.0")]
    told = asked(*pins)
    assert [told.releases[pin].published for pin in pins] == [
        date(2024, 5, 1),
        date(2024, 6, 1),
        date(2020, 2, 1),
    ]
    assert sorted(request.path for request in fake.requests) == ["/demo", "/pypi/demo/json"]
    assert all(request.body == b"" for request in fake.requests)


def test_what_told_is_on_record(asked: Ask, fake: Fake) -> None:
    told = asked(Pin("PyPI", "demo", "1.0"), Pin("npm", "gone", "1.0.0"))
    (record,) = told.data
    assert (record.name, record.origin, record.entries) == ("PyPI releases", fake.url, 1)
    assert record.as_of == NOW.date()


def test_kept_answers_are_not_asked_for_again(asked: Ask, fake: Fake) -> None:
    first = asked(Pin("PyPI", "demo", "1.0"))
    fake.handle = lambda _: Response(status=500)
    assert asked(Pin("PyPI", "demo", "1.0")) == first
    assert len(fake.requests) == 1


def test_the_licence_of_an_old_release_has_a_document_of_its_own(asked: Ask, fake: Fake) -> None:
    documents = {"/pypi/demo/json": PYPI, "/pypi/demo/1.0/json": {"info": {"license": "BSD"}}}
    fake.handle = served(documents)
    pins = [Pin("PyPI", "demo", version) for version in ("1.0", "2.0", "1.2")]
    assert [asked(*pins).releases[pin].licence for pin in pins] == ["", "MIT", ""]
    assert [asked(*pins, licences=True).releases[pin].licence for pin in pins] == ["BSD", "MIT", ""]
    fake.handle = lambda _: Response(status=500)
    assert asked(pins[0], licences=True).releases[pins[0]].licence == "BSD"


def test_questioners_at_the_same_time_share_each_answer_and_each_silence(
    asked: Ask, fake: Fake
) -> None:
    documents = {f"/pypi/p{n}/json": PYPI for n in range(10)}
    documents |= {f"/pypi/p{n}/1.0/json": {"info": {"license": "BSD"}} for n in range(9)}
    answer = served(documents)
    fake.handle = lambda request: Response(**{**vars(answer(request)), "slow": 0.01})
    pins = [Pin("PyPI", f"p{n}", "1.0") for n in range(11)]
    heard = Heard()
    with ThreadPoolExecutor(2) as pool:
        few, many = pool.map(
            lambda licences: asked(*pins, licences=licences, heard=heard), [False, True]
        )
    assert [few.releases[pin].licence for pin in pins] == [""] * 11
    assert [many.releases[pin].licence for pin in pins] == ["BSD"] * 9 + [""] * 2
    assert few.releases[pins[10]] == many.releases[pins[10]]
    paths = sorted(request.path for request in fake.requests)
    assert len(paths) == 11 + 10, "each document once, the missing ones too"
    assert paths == sorted(set(paths))


def test_a_registry_lost_to_one_is_lost_to_all_who_share(asked: Ask, fake: Fake) -> None:
    fake.handle = lambda _: Response(status=500)
    heard = Heard()
    pins = [Pin("npm", f"p{number:03}", "1.0.0") for number in range(PATIENCE)]
    asked(*pins, heard=heard)
    count = len(fake.requests)
    told = asked(*pins, Pin("npm", "other", "1.0.0"), heard=heard)
    assert len(fake.requests) == count
    assert told.releases[Pin("npm", "other", "1.0.0")].why == "the registry is out of reach"


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (Response(status=404), "the registry does not know this package"),
        (Response(status=403), "the registry answered 403"),
        (Response(status=500), "the registry gave no answer: it answered 500, 3 times"),
        (
            Response(body=b"<html>"),
            "the registry gave no answer: it sent something that is not JSON",
        ),
        (Response(body=[]), "the registry's document is not what its interface promises"),
        (Response(body={}), "the registry's document is not what its interface promises"),
        (Response(body={"versions": {}}), "the registry does not list this version"),
    ],
)
def test_no_answer_is_a_gap(asked: Ask, fake: Fake, response: Response, why: str) -> None:
    fake.handle = lambda _: response
    (release,) = asked(Pin("npm", "demo", "1.0.0")).releases.values()
    assert (release.gap, release.why) == (Gap.DATA_MISSING, why)


def test_an_ecosystem_without_a_registry_is_a_gap(asked: Ask, fake: Fake) -> None:
    (release,) = asked(Pin("Go", "demo", "v1")).releases.values()
    assert release.gap is Gap.UNSUPPORTED_INPUT
    assert fake.requests == []


def test_a_registry_out_of_reach_is_soon_left_alone(asked: Ask, fake: Fake) -> None:
    fake.handle = lambda _: Response(status=500)
    told = asked(*(Pin("npm", f"p{number:03}", "1.0.0") for number in range(200)))
    assert all(release.gap is Gap.DATA_MISSING for release in told.releases.values())
    assert any(release.why == "the registry is out of reach" for release in told.releases.values())
    # Those under way when patience ends are finished: eight at a time, three attempts each.
    assert len(fake.requests) <= (PATIENCE + 8) * 3
    assert told.data == ()


def test_one_bad_package_does_not_put_a_registry_out_of_reach(asked: Ask, fake: Fake) -> None:
    def answer(request: Request) -> Response:
        return Response(body=NPM) if request.path == "/demo" else Response(status=500)

    fake.handle = answer
    asked(Pin("npm", "demo", "1.0.0"))
    pins = [Pin("npm", "demo", "1.1.0"), *(Pin("npm", f"p{n}", "1") for n in range(3))]
    assert asked(*pins).releases[pins[0]].gap is None


def test_plain_http_to_another_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="plain http"):
        ask([Pin("npm", "a", "1")], urls={"npm": "http://npm.example.com"}, kept=Kept(tmp_path))


def test_nothing_to_ask_asks_nobody(asked: Ask, fake: Fake) -> None:
    assert asked() == Told({}, ())
    assert fake.requests == []


@pytest.mark.online
def test_real_registries_tell_what_became_of_releases(tmp_path: Path) -> None:
    yanked, good = Pin("PyPI", "urllib3", "2.0.0"), Pin("PyPI", "urllib3", "2.2.1")
    old = Pin("npm", "left-pad", "1.3.0")
    told = ask([yanked, good, old], kept=Kept(tmp_path))
    assert "2.0.2" in told.releases[yanked].yanked
    assert told.releases[good].yanked == ""
    assert told.releases[good].published == date(2024, 2, 18)
    assert told.releases[old].gap is None
    assert told.releases[old].published is not None
    assert json.dumps([record.origin for record in told.data])
