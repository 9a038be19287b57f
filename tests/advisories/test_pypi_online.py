from __future__ import annotations

from datetime import date
from types import SimpleNamespace as Response
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.advisories import osv, problems
from pipeline.advisories.pypi_online import PypiSource
from pipeline.advisories.source import KNOWN_BAD, Answer, Question
from pipeline.errors import IncompleteError
from pipeline.model import Gap

if TYPE_CHECKING:
    from tests.fake import Fake, Request

TODAY = date(2024, 5, 2)
BAD = Question("PyPI", "demo", "1.0")
GOOD = Question("PyPI", "fine", "1.0+local")
JINJA = "/pypi/jinja2/2.4.1/json"


def release(name: str, version: str, *vulnerabilities: Any) -> dict[str, Any]:
    return {"info": {"name": name, "version": version}, "vulnerabilities": list(vulnerabilities)}


def vulnerability(id_: str, *fixed: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "aliases": ["CVE-1"], "details": "Bad.", "summary": None, "withdrawn": None,
            "fixed_in": list(fixed), "link": "https://osv.dev/x", **more}  # fmt: skip


@pytest.fixture
def pages(fake: Fake) -> dict[str, Any]:
    found: dict[str, Any] = {
        JINJA: release("Jinja2", "2.4.1", vulnerability("PYSEC-J")),
        "/pypi/demo/1.0/json": release(
            "Demo", "1.0.0", vulnerability("PYSEC-1", "0.9", "2.0", "1.5", "?")
        ),
        "/pypi/fine/1.0%2Blocal/json": release("fine", "1.0+local"),
    }

    def handle(request: Request) -> Response:
        page = found.get(request.path, Response(status=404, body={}))
        return page if isinstance(page, Response) else Response(body=page)

    fake.handle = handle
    return found


@pytest.fixture
def source(fake: Fake, pages: dict[str, Any], pauses: list[float]) -> PypiSource:
    return PypiSource(today=TODAY, url=fake.url, sleep=pauses.append)


def test_each_release_is_asked(source: PypiSource, fake: Fake) -> None:
    answers = source.ask([BAD, GOOD, BAD])
    (record,) = answers[BAD].records
    assert osv.affects(record, *BAD).effect is osv.Effect.AFFECTED
    (advisory,) = problems.group([record], "PyPI", "demo")
    assert (advisory.id, advisory.aliases) == ("CVE-1", ("PYSEC-1",))
    assert advisory.fixed_after("1.0") == ("1.5",)
    assert advisory.url == "https://osv.dev/x"
    assert answers[GOOD] == Answer()
    assert len(fake.requests) == 3
    facts = source.records[0]
    assert (facts.name, facts.origin, facts.entries) == ("PyPI vulnerabilities", fake.url, 1)


def test_withdrawn_vulnerabilities_are_dropped(source: PypiSource, pages: dict[str, Any]) -> None:
    taken = vulnerability("PYSEC-1", withdrawn="2024-01-01T00:00:00Z")
    pages["/pypi/demo/1.0/json"] = release("demo", "1.0", taken)
    assert source.ask([BAD])[BAD] == Answer()


def test_no_fix_is_no_fix(source: PypiSource, pages: dict[str, Any]) -> None:
    pages["/pypi/demo/1.0/json"] = release(
        "demo", "1.0", vulnerability("PYSEC-1", fixed_in=None, link=None)
    )
    (record,) = source.ask([BAD])[BAD].records
    (advisory,) = problems.group([record], "PyPI", "demo")
    assert advisory.fixed_after("1.0") == ()


@pytest.mark.parametrize(
    ("question", "gap", "why"),
    [
        (Question("PyPI", "unknown", "1"), Gap.DATA_MISSING, "PyPI does not know this release"),
        (Question("npm", "x", "1"), Gap.DATA_MISSING, "PyPI's service knows nothing of npm"),
        (Question("PyPI", "x", "?"), Gap.UNPARSABLE_VERSION, "? is no version of PyPI"),
    ],
)
def test_gaps(source: PypiSource, question: Question, gap: Gap, why: str) -> None:
    assert source.ask([question])[question] == Answer(gap=gap, why=why)


@pytest.mark.parametrize(
    "page",
    [
        Response(status=500),
        Response(status=403),
        Response(reset=True),
        Response(body=b""),
        Response(body=b"<html>"),
        [],
        {},
        {"info": {"name": "demo"}},
        {"info": {"name": "demo", "version": "1.0"}},
        {"info": {"name": "demo", "version": "1.0"}, "vulnerabilities": {}},
        release("other", "1.0"),
        release("demo", "1.1"),
        release("demo", "?"),
        release("demo", "1.0", "bad"),
        release("demo", "1.0", {"id": 3}),
        release("demo", "1.0", {"id": "X", "aliases": "Y"}),
    ],
)
def test_a_broken_answer_never_looks_clean(
    source: PypiSource, pages: dict[str, Any], page: Any
) -> None:
    pages["/pypi/demo/1.0/json"] = page
    answers = source.ask([BAD, GOOD])
    assert answers[BAD].gap is Gap.DATA_MISSING
    assert answers[BAD].why
    assert answers[GOOD] == Answer()
    pages[JINJA] = page
    with pytest.raises(IncompleteError, match=r"no answer about jinja2 2\.4\.1"):
        source.ask([GOOD])


def test_a_service_without_knowledge_is_told(source: PypiSource, pages: dict[str, Any]) -> None:
    pages[JINJA] = release("jinja2", "2.4.1")
    with pytest.raises(IncompleteError, match="does not know a well-known vulnerability"):
        source.ask([GOOD])


@pytest.mark.online
def test_the_real_service() -> None:
    assert PypiSource(today=TODAY).ask([KNOWN_BAD])[KNOWN_BAD].records
