from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace as Response
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.advisories import osv_online
from pipeline.advisories.osv_online import OsvSource
from pipeline.advisories.source import KNOWN_BAD, Answer, Question
from pipeline.errors import IncompleteError
from pipeline.model import Gap

if TYPE_CHECKING:
    from pathlib import Path

    from tests.advisories.conftest import MakeRecord
    from tests.fake import Fake, Request

TODAY = date(2024, 5, 2)
BAD = Question("PyPI", "demo", "1.0")
GOOD = Question("PyPI", "fine", "1.0")


class Service:
    """OSV in small: answers batches from `known`, page by page where `pages` says so."""

    def __init__(self, *records: dict[str, Any], known: dict[str, list[str]] | None = None) -> None:
        self.records: dict[str, Any] = {record["id"]: record for record in records}
        self.known = known or {"jinja2": ["PYSEC-J"], "demo": ["PYSEC-1"]}
        self.pages: dict[tuple[str, str], dict[str, Any]] = {}
        self.batches: list[list[Any]] = []
        self.twist: Any = lambda results: results

    def __call__(self, request: Request) -> Response:
        if request.path == "/v1/querybatch":
            queries = request.json["queries"]
            self.batches.append(queries)
            results = [self._result(query) for query in queries]
            twisted = self.twist(results)
            if isinstance(twisted, Response):
                return twisted
            return Response(body={"results": twisted})
        id_ = request.path.removeprefix("/v1/vulns/")
        record = self.records.get(id_)
        if isinstance(record, Response):
            return record
        return Response(body=record) if record else Response(status=404, body={"code": 5})

    def _result(self, query: Any) -> Any:
        name, token = query["package"]["name"], query.get("page_token", "")
        if (name, token) in self.pages:
            return self.pages[name, token]
        return {"vulns": [self.stub(id_) for id_ in self.known[name]]} if name in self.known else {}

    def stub(self, id_: str) -> dict[str, str]:
        return {"id": id_, "modified": "2024-05-01T00:00:00Z"}


@pytest.fixture
def service(fake: Fake, record: MakeRecord) -> Service:
    made = Service(
        record("PYSEC-J", ("introduced", "0"), name="jinja2"),
        record("PYSEC-1", ("introduced", "0"), ("fixed", "2")),
        record("PYSEC-2", ("introduced", "0")),
    )
    fake.handle = made
    return made


@pytest.fixture
def source(fake: Fake, tmp_path: Path, pauses: list[float]) -> OsvSource:
    return OsvSource(cache=tmp_path, today=TODAY, url=fake.url + "/", sleep=pauses.append)


def ids(answer: Answer) -> list[str]:
    assert answer.gap is None
    return [record["id"] for record in answer.records]


def test_one_batch_then_each_record_once(fake: Fake, service: Service, source: OsvSource) -> None:
    answers = source.ask([BAD, GOOD, BAD])
    assert ids(answers[BAD]) == ["PYSEC-1"]
    assert answers[GOOD] == Answer()
    assert set(answers) == {BAD, GOOD}
    assert len(service.batches) == 1
    assert len(fake.requests) == 2
    facts = source.records[0]
    assert (facts.name, facts.origin, facts.entries) == ("OSV advisories", fake.url, 1)
    assert (facts.as_of, facts.fresh) == (TODAY, True)


def test_kept_records_are_not_fetched_again(
    fake: Fake, service: Service, source: OsvSource, tmp_path: Path
) -> None:
    source.ask([BAD])
    digest = source.records[0].digest
    fake.requests.clear()
    again = OsvSource(cache=tmp_path, today=TODAY, url=fake.url)
    assert ids(again.ask([BAD])[BAD]) == ["PYSEC-1"]
    assert len(fake.requests) == 1
    assert again.records[0].digest == digest
    # A kept file that was tampered with counts as absent.
    (file,) = (path for path in (tmp_path / "osv").rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes().replace(b'"fixed":"2"', b'"fixed":"0"'))
    assert ids(again.ask([BAD])[BAD]) == ["PYSEC-1"]
    assert len(fake.requests) == 3


def test_a_record_newer_than_its_stub_is_used_but_not_kept(
    service: Service, source: OsvSource, tmp_path: Path
) -> None:
    service.records["PYSEC-1"]["modified"] = "2024-05-03T00:00:00Z"
    assert ids(source.ask([BAD])[BAD]) == ["PYSEC-1"]
    assert not (tmp_path / "osv").exists()


def test_what_nobody_could_answer_is_not_asked(service: Service, source: OsvSource) -> None:
    odd = Question("PyPI", "demo", "not a version")
    answer = source.ask([odd, GOOD])[odd]
    assert answer.gap is Gap.UNPARSABLE_VERSION
    assert [query["package"]["name"] for query in service.batches[0]] == ["jinja2", "fine"]


def test_other_ecosystems_are_asked_too(service: Service, source: OsvSource) -> None:
    service.known["left-pad"] = ["PYSEC-2"]
    question = Question("npm", "left-pad", "1.0.0")
    answer = source.ask([question])[question]
    assert ids(answer) == ["PYSEC-2"]
    assert "PYSEC-2 is reported by the service, though" in answer.why


def test_all_ecosystems_share_a_batch(service: Service, source: OsvSource) -> None:
    asked = [
        Question("Go", "example.com/a", "1.2.3"),
        Question("crates.io", "serde_yaml", "0.8.3"),
        Question("npm", "@scope/a", "1.0.0"),
        GOOD,
    ]
    answers = source.ask(asked)
    assert all(answer.gap is None for answer in answers.values())
    (batch,) = service.batches
    assert [(query["package"]["ecosystem"], query["version"]) for query in batch[1:]] == sorted(
        (question.ecosystem, question.version) for question in asked
    )


def test_names_that_the_service_would_not_recognise_are_not_asked(
    service: Service, source: OsvSource
) -> None:
    service.known["newtonsoft.json"] = ["PYSEC-2"]
    question = Question("NuGet", "newtonsoft.json", "12.0.1")
    answer = source.ask([question, GOOD])[question]
    assert (answer.records, answer.gap) == ((), Gap.DATA_MISSING)
    assert "downloaded store" in answer.why
    assert [query["package"]["name"] for query in service.batches[0]] == ["jinja2", "fine"]


def test_the_services_word_stands_against_ours(service: Service, source: OsvSource) -> None:
    question = Question("PyPI", "demo", "3.0")
    answer = source.ask([question])[question]
    assert ids(answer) == ["PYSEC-1"]
    assert answer.why == "PYSEC-1 is reported by the service, though its own ranges say otherwise"


def test_withdrawn_records_are_dropped(service: Service, source: OsvSource) -> None:
    service.records["PYSEC-1"]["withdrawn"] = "2024-05-01T00:00:00Z"
    assert source.ask([BAD])[BAD] == Answer()


def test_many_questions_go_in_batches(service: Service, source: OsvSource) -> None:
    questions = [Question("PyPI", f"p{n}", "1") for n in range(1500)]
    answers = source.ask([*questions, KNOWN_BAD])
    assert [len(batch) for batch in service.batches] == [1000, 501]
    assert ids(answers[KNOWN_BAD]) == ["PYSEC-J"]
    assert all(answers[question] == Answer() for question in questions)


def test_all_pages_are_read(service: Service, source: OsvSource) -> None:
    service.pages = {
        ("demo", ""): {"next_page_token": "a"},
        ("demo", "a"): {"vulns": [service.stub("PYSEC-1")], "next_page_token": "b"},
        ("demo", "b"): {"vulns": [service.stub("PYSEC-2")]},
    }
    assert ids(source.ask([BAD, GOOD])[BAD]) == ["PYSEC-1", "PYSEC-2"]
    assert [len(batch) for batch in service.batches] == [3, 1, 1]


def test_pages_that_do_not_end_are_a_gap(
    service: Service, source: OsvSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.pages = {
        ("demo", ""): {"next_page_token": "a"},
        ("demo", "a"): {"next_page_token": "a"},
    }
    answer = source.ask([BAD, GOOD])
    assert (answer[BAD].gap, answer[BAD].why) == (Gap.DATA_MISSING, "the service repeats a page")
    assert answer[GOOD] == Answer()
    monkeypatch.setattr(osv_online, "_MAX_PAGES", 1)
    assert source.ask([BAD])[BAD].why == "the service's answer does not end"


@pytest.mark.parametrize(
    "result",
    [
        *(None, [], "x", {"vulns": {}}, {"vulns": [3]}, {"vulns": [{"id": 1}]}),
        {"vulns": [{"id": "../x"}]},
        {"vulns": [{"id": "A", "modified": 3}]},
        {"next_page_token": 7},
    ],
)
def test_a_broken_result_is_a_gap_for_its_question(
    service: Service, source: OsvSource, result: Any
) -> None:
    service.pages = {("demo", ""): result}
    answers = source.ask([BAD, GOOD])
    assert answers[BAD].gap is Gap.DATA_MISSING
    assert answers[BAD].why
    assert answers[GOOD] == Answer()


@pytest.mark.parametrize(
    "twist",
    [
        lambda _: Response(body=b""),
        lambda _: Response(body=b"<html>maintenance</html>"),
        lambda _: Response(body=[]),
        lambda _: Response(body=b"null"),
        lambda _: Response(body={"vulns": []}),
        lambda results: results[:-1],
        lambda results: [*results, {}],
        lambda _: Response(status=500),
        lambda _: Response(status=429, headers={"Retry-After": "1"}),
        lambda _: Response(status=400, body={"code": 3}),
        lambda _: Response(reset=True),
        lambda _: Response(body={"results": [{}]}, cut=5),
        lambda results: [{} for _ in results],
        lambda results: [None, *results[1:]],
    ],
)
def test_a_broken_service_never_looks_clean(
    service: Service, source: OsvSource, twist: Any
) -> None:
    service.twist = twist
    with pytest.raises(IncompleteError) as caught:
        source.ask([BAD, GOOD])
    assert caught.value.fix


def test_a_service_without_knowledge_is_told(service: Service, source: OsvSource) -> None:
    service.known = {}
    with pytest.raises(IncompleteError, match="does not know a well-known vulnerability"):
        source.ask([GOOD])


@pytest.mark.parametrize(
    ("record_", "why"),
    [
        (Response(status=500), "PYSEC-1 could not be fetched: it answered 500, 5 times"),
        (Response(status=404), "PYSEC-1 could not be fetched: it answered 404"),
        (
            Response(body=b"<html>"),
            "PYSEC-1 could not be fetched: it sent something that is not JSON",
        ),
        (Response(body=[]), "the service sent another record than PYSEC-1"),
        (Response(body={"id": "PYSEC-9"}), "the service sent another record than PYSEC-1"),
    ],
)
def test_a_record_that_cannot_be_had_is_a_gap(
    service: Service, source: OsvSource, record_: Any, why: str
) -> None:
    service.records["PYSEC-1"] = record_
    answers = source.ask([BAD, GOOD])
    assert (answers[BAD].gap, answers[BAD].why) == (Gap.DATA_MISSING, why)
    assert answers[GOOD] == Answer()


def test_a_cache_that_cannot_be_written_stops_nothing(
    fake: Fake, service: Service, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    source = OsvSource(cache=blocked, today=TODAY, url=fake.url)
    assert ids(source.ask([BAD])[BAD]) == ["PYSEC-1"]


def test_a_kept_copy_must_be_a_record(service: Service, source: OsvSource) -> None:
    source._keep.put("PYSEC-1", "2024-05-01T00:00:00Z", json.dumps([1]).encode())
    assert source.ask([BAD])[BAD].why == "the kept copy of PYSEC-1 is no record"


@pytest.mark.online
def test_the_real_service(tmp_path: Path) -> None:
    source = OsvSource(cache=tmp_path, today=TODAY)
    assert "PYSEC-2019-217" in ids(source.ask([KNOWN_BAD])[KNOWN_BAD])
