from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from datetime import date
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pytest
from packaging.version import Version

from pipeline.advisories import osv
from pipeline.advisories.relay import CANARY_ID, Relay, lean_record, serve
from pipeline.advisories.source import CANARY, Answer, Question, StoreSource
from pipeline.advisories.store import Store, import_osv
from pipeline.errors import IncompleteError
from pipeline.model import DataRecord, Gap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.advisories.conftest import MakeRecord

BAD = Question("PyPI", "demo-package", "1.0")
GOOD = Question("PyPI", "fine", "1.0")
UNKNOWN = Question("PyPI", "unknown", "1.0")


@pytest.fixture
def full(record: MakeRecord) -> dict[str, Any]:
    return record(
        "PYSEC-1",
        ("introduced", "0"),
        ("fixed", "1.5"),
        ("introduced", "2"),
        ("fixed", "not a version"),
        name="Demo_Package",
        aliases=["CVE-2024-0001"],
        details="Long.",
        schema_version="9.9.9",
    )


@pytest.fixture
def relay(full: dict[str, Any]) -> Iterator[Relay]:
    answers = {
        BAD: Answer(records=(full,)),
        GOOD: Answer(),
        UNKNOWN: Answer(gap=Gap.DATA_MISSING, why="nobody knows"),
        Question("npm", "left-pad", "1.0.0"): Answer(records=({"id": "N-1"},)),
    }
    with serve(answers) as running:
        yield running


def call(relay: Relay, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    parts = urlsplit(relay.base_url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        prefix = "" if path.startswith("!") else parts.path
        connection.request(
            "GET" if body is None else "POST", prefix + path.removeprefix("!"), content, headers
        )
        response = connection.getresponse()
        assert response.headers["Content-Type"] == "application/json"
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def query(name: str, version: Any = "1.0", ecosystem: Any = "PyPI") -> dict[str, Any]:
    return {"package": {"name": name, "ecosystem": ecosystem}, "version": version}


def test_a_query_is_answered_leanly(relay: Relay) -> None:
    package = {"ecosystem": "PyPI", "name": "demo-package"}
    events = [{"introduced": "0"}, {"fixed": "1.5"}]
    vulnerability = {
        "id": "PYSEC-1",
        "aliases": ["CVE-2024-0001"],
        "summary": "Long.",
        "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
    }
    for asked in (
        query("demo-package"),
        query("Demo.Package", "v1.0"),
        {"package": {"purl": "pkg:pypi/demo-package@1.0"}},
        {"package": {"purl": "pkg:pypi/demo_package?x=y#z"}, "version": "1.0"},
    ):
        assert call(relay, "/v1/query", asked) == (200, {"vulns": [vulnerability]})
    assert call(relay, "/v1/query", query("fine")) == (200, {})
    assert relay.stats == {"answered": 5}


def test_full_records_where_they_are_wanted(full: dict[str, Any]) -> None:
    with serve({BAD: Answer(records=(full,))}, lean=False) as relay:
        assert call(relay, "/v1/query", query("demo-package")) == (200, {"vulns": [full]})


def test_batches_and_single_records(relay: Relay, full: dict[str, Any]) -> None:
    status, value = call(
        relay, "/v1/querybatch", {"queries": [query("demo-package"), query("fine")]}
    )
    stub = {"id": "PYSEC-1", "modified": "2024-05-01T00:00:00Z"}
    assert (status, value) == (200, {"results": [{"vulns": [stub]}, {}]})
    purl = {"package": {"purl": "pkg:npm/left-pad@1.0.0"}}
    assert call(relay, "/v1/querybatch", {"queries": [purl]})[1]["results"][0]["vulns"] == [
        {"id": "N-1", "modified": ""}
    ]
    assert call(relay, "/v1/vulns/PYSEC-1") == (200, full)
    assert call(relay, "/v1/vulns/PYSEC-2")[0] == 404


def test_the_canary(relay: Relay) -> None:
    status, value = call(relay, "/v1/query", query(CANARY.name))
    assert (status, value["vulns"][0]["id"]) == (200, CANARY_ID)
    assert call(relay, "/v1/query", query(CANARY.name, "1.1"))[0] == 503


def test_no_answer_is_never_an_empty_success(relay: Relay) -> None:
    status, value = call(relay, "/v1/query", query("unknown"))
    assert (status, value["message"]) == (503, "data_missing: nobody knows")
    status, value = call(relay, "/v1/query", query("fine", "1.1"))
    assert (status, value["message"]) == (503, "this question was not answered beforehand")
    assert call(relay, "/v1/query", query("fine", "what?"))[0] == 503
    assert call(relay, "/v1/querybatch", {"queries": [query("fine"), query("unknown")]})[0] == 503
    assert relay.stats == {"unanswered": 4}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/query", b"", 400),
        ("/v1/query", b"{", 400),
        ("/v1/query", b"\xff", 400),
        ("/v1/query", b"[" * 99999, 400),
        ("/v1/query", [], 400),
        ("/v1/query", {}, 400),
        ("/v1/query", {"commit": "abc"}, 400),
        ("/v1/query", {"package": "demo", "version": "1"}, 400),
        ("/v1/query", query("", "1"), 400),
        ("/v1/query", query("fine", ""), 400),
        ("/v1/query", query("fine", 1), 400),
        ("/v1/query", query("fine", "1", None), 400),
        ("/v1/query", query("fine") | {"page_token": "x"}, 400),
        ("/v1/query", {"package": {"purl": "pkg:deb/x@1"}}, 400),
        ("/v1/query", {"package": {"purl": 3}}, 400),
        ("/v1/query", {"package": {"purl": "pkg:pypi/x@1"}, "version": "1"}, 400),
        ("/v1/query", {"package": {"purl": "pkg:pypi/x"}}, 400),
        ("/v1/querybatch", {}, 400),
        ("/v1/querybatch", {"queries": [3]}, 400),
        ("/v1/querybatch", {"queries": [{}] * 1001}, 400),
        ("/v1/other", {}, 404),
        ("/v1/query", None, 404),
        ("/v1/vulns/", None, 404),
        ("!/v1/query", query("fine"), 404),
        ("!/guess/v1/query", query("fine"), 404),
        ("!/", None, 404),
    ],
)
def test_bad_requests(relay: Relay, path: str, body: Any, status: int) -> None:
    found, value = call(relay, path, body)
    assert found == status
    assert value["code"] == status
    assert value["message"]
    assert call(relay, "/v1/query", query("fine")) == (200, {})


def test_a_request_of_unknown_length(relay: Relay) -> None:
    parts = urlsplit(relay.query_url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    # The head alone: whoever goes on writing may find that the relay has already hung up.
    connection.putrequest("POST", parts.path)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()


def test_a_request_that_is_too_long(relay: Relay) -> None:
    length = {"Content-Length": str(4 * 1024 * 1024 + 1)}
    assert call(relay, "/v1/query", b"", **length)[0] == 413


def test_another_host_name_is_refused(relay: Relay) -> None:
    status, _ = call(relay, "/v1/query", query("fine"), Host="attacker.example:80")
    assert status == 403
    assert relay.stats == {"refused": 1}


def test_a_source_is_asked_as_questions_come(full: dict[str, Any]) -> None:
    class Slow:
        name = "slow"
        records = (DataRecord(name="slow", origin="here"),)
        asked = 0

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *reason: object) -> None: ...

        def ask(self, questions: Sequence[Question]) -> dict[Question, Answer]:
            self.asked += 1
            if questions[0].name == "fails":
                raise IncompleteError("out of order")
            return dict.fromkeys(questions, Answer(records=(full,)))

    source = Slow()
    with serve(source) as relay:
        for _ in range(2):
            assert call(relay, "/v1/query", query("demo-package"))[0] == 200
        assert source.asked == 1
        assert call(relay, "/v1/query", query("fails")) == (
            503,
            {"code": 503, "message": "out of order"},
        )


def test_a_taken_port_is_told(relay: Relay) -> None:
    port = urlsplit(relay.base_url).port
    assert port
    with (
        pytest.raises(IncompleteError, match="the advisory relay cannot listen") as caught,
        serve({}, port=port),
    ):
        pass
    assert caught.value.where == f"127.0.0.1:{port}"


def test_nothing_is_left_behind(full: dict[str, Any]) -> None:
    before = threading.active_count()
    with serve({BAD: Answer(records=(full,))}) as relay:
        parts = urlsplit(relay.query_url)
        alive = [http.client.HTTPConnection(parts.netloc, timeout=10) for _ in range(5)]
        for connection in alive:
            for _ in range(2):
                connection.request("POST", parts.path, json.dumps(query("demo-package")))
                assert connection.getresponse().read()
    assert threading.active_count() == before
    for connection in alive:
        connection.close()


def test_two_relays_have_two_secrets() -> None:
    with serve({}) as one, serve({}) as other:
        assert urlsplit(one.base_url).path != urlsplit(other.base_url).path
        assert len(urlsplit(one.base_url).path) > 30


def test_a_lean_record_is_about_one_package(full: dict[str, Any], record: MakeRecord) -> None:
    full["affected"] += record("PYSEC-1", ("introduced", "0"), ("fixed", "0.1"))["affected"]
    full["withdrawn"] = "2024-01-01T00:00:00Z"
    lean = lean_record(full, BAD)
    assert len(lean["affected"]) == 1
    assert lean["affected"][0]["package"]["name"] == "demo-package"


# ------------------------------------------------------------------------------ with pip-audit


def pip_audit(relay: Relay, folder: Path, *pins: str) -> dict[tuple[str, str], set[str]]:
    """The ids that the real pip-audit reports for each pin, asking the relay."""
    folder.mkdir()
    (folder / "pins.txt").write_text("".join(f"{pin}\n" for pin in pins))
    argv = [sys.executable, "-I", "-m", "pip_audit", "-r", "pins.txt", "--no-deps", "--disable-pip"]
    argv += ["-s", "osv", "--osv-url", relay.query_url, "--cache-dir", "cache", "-f", "json"]
    argv += ["-o", "out.json", "--progress-spinner", "off"]
    done = subprocess.run(
        argv, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1, done.stderr
    rows = json.loads((folder / "out.json").read_text())["dependencies"]
    assert not [row for row in rows if "skip_reason" in row]
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        ids = {id_ for vuln in row["vulns"] for id_ in (vuln["id"], *vuln["aliases"])}
        found[row["name"], row["version"]] = ids
        for vuln in row["vulns"]:
            assert all(Version(fix) > Version(row["version"]) for fix in vuln["fix_versions"])
    return found


@pytest.mark.slow
def test_pip_audit_reports_what_the_answers_say(relay: Relay, tmp_path: Path) -> None:
    found = pip_audit(
        relay, tmp_path / "x", "demo_package==1.0", "fine==1.0", "supply-chain-canary==1.0"
    )
    assert found == {
        ("demo-package", "1.0"): {"PYSEC-1", "CVE-2024-0001"},
        ("fine", "1.0"): set(),
        ("supply-chain-canary", "1.0"): {CANARY_ID},
    }


@pytest.mark.slow
def test_pip_audit_on_real_data_equals_our_own_matching(shared: Path, tmp_path: Path) -> None:
    database = tmp_path / "a.sqlite"
    import_osv([shared / "osv" / "PyPI" / "all.zip"], database)
    with Store.open(database) as store:
        source = StoreSource(store, today=date(2024, 10, 11), max_age_days=7)
        questions = [
            Question("PyPI", name, "1.0")
            for (name,) in store._rows("SELECT DISTINCT name FROM package ORDER BY name")
        ]
        questions += [Question("PyPI", "a-package-nobody-knows", "1.0")]
        answers = source.ask(questions)
        pins = [f"{question.name}=={question.version}" for question in questions]
        with serve(answers) as relay:
            found = pip_audit(relay, tmp_path / "x", *pins)
    expected = {
        (question.name, question.version): set().union(*map(osv.ids, answers[question].records))
        for question in questions
    }
    assert found == expected
    assert sum(map(bool, expected.values())) > 100
