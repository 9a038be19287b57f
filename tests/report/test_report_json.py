from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.errors import IncompleteError, UnreadableOutputError
from pipeline.model import RunFacts, Verdict
from pipeline.report import report_json
from pipeline.report.documents import check
from pipeline.report.report_json import SCHEMA_FILE, render, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Report
    from tests.conftest import Golden


def schema() -> dict[str, Any]:
    return dict(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def objects(part: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of the schema that describes an object, with its place."""
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield at, part
        for key, value in part.items():
            yield from objects(value, f"{at}/{key}")
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from objects(value, f"{at}/{index}")


def test_every_report_follows_the_schema(sample: Report) -> None:
    check(render(sample), SCHEMA_FILE, where="report.json")


def test_the_schema_is_closed_complete_and_described() -> None:
    found = list(objects(schema()))
    assert len(found) > 30
    for at, part in found:
        assert part["additionalProperties"] is False, at
        assert sorted(part["required"]) == sorted(part["properties"]), at
        assert part["description"].endswith("."), at
        for name, value in part["properties"].items():
            assert value.get("description"), f"{at}/{name}"


def test_every_described_field_is_really_written(reports: dict[str, Report]) -> None:
    """With a value, not only null, in one sample or another: so that the schema describes it."""
    definitions = schema()["$defs"]
    seen: set[str] = set()

    def walk(value: Any, part: dict[str, Any], at: str) -> None:
        while "$ref" in part:
            at = part["$ref"].rpartition("/")[2]
            part = definitions[at]
        if "anyOf" in part and value is not None:
            return walk(value, part["anyOf"][0], at)
        if value is None:
            return None
        seen.add(at)
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, part["properties"][key], f"{at}.{key}")
        elif isinstance(value, list):
            for inner in value:
                walk(inner, part["items"], f"{at}[]")
        return None

    for report in reports.values():
        walk(json.loads(render(report)), schema(), "")
    wanted = {
        f"{owner}.{name}"
        for owner, part in definitions.items()
        if "properties" in part
        for name, value in part["properties"].items()
        if "$ref" not in value and "anyOf" not in value
    }
    assert wanted - seen == set()
    assert definitions.keys() - seen == set()


def test_the_sample_reports_are_as_recorded(golden: Golden, reports: dict[str, Report]) -> None:
    for name in ("compliant", "violated", "incomplete", "leaked"):
        golden(f"{name}.json", render(reports[name]))


def test_the_history_of_a_finding_is_data(reports: dict[str, Report]) -> None:
    still, gone, file = json.loads(render(reports["leaked"]))["findings"]
    assert [finding["removed"] for finding in (still, gone, file)] == [False, True, True]
    assert len(still["commits"]) == 5
    assert gone["commits"] == [
        {"id": "9d" * 20, "day": "2025-12-24", "path": "deploy.sh", "line": 31}
    ]
    assert file["commits"] == [{"id": "7a" * 20, "day": None, "path": ".env", "line": None}]


def test_equal_reports_give_equal_bytes(sample: Report) -> None:
    assert render(sample) == render(replace(sample))


def test_equal_runs_differ_in_one_block_alone(reports: dict[str, Report]) -> None:
    first = reports["incomplete"]
    assert first.run is not None
    second = replace(first, run=replace(first.run, seconds=9.9, started=datetime.now(UTC)))
    one, two = json.loads(render(first)), json.loads(render(second))
    assert one.pop("run") != two.pop("run")
    assert one == two
    assert json.loads(render(replace(first, run=None)))["run"] is None


def test_a_plain_folder_has_no_git(reports: dict[str, Report]) -> None:
    report = reports["compliant"]
    content = render(replace(report, target=replace(report.target, git=None)))
    assert check(content, SCHEMA_FILE, where="report.json")["target"]["git"] is None


@pytest.mark.parametrize(
    ("zone", "text"),
    [(UTC, "2026-03-02T09:30:12Z"), (timezone(timedelta(hours=2)), "2026-03-02T09:30:12+02:00")],
)
def test_moments_carry_their_zone(reports: dict[str, Report], zone: timezone, text: str) -> None:
    facts = RunFacts(
        started=datetime(2026, 3, 2, 9, 30, 12, tzinfo=zone), seconds=1, python="", platform=""
    )
    content = render(replace(reports["compliant"], run=facts))
    assert json.loads(content)["run"]["started"] == text
    check(content, SCHEMA_FILE, where="report.json")


def test_no_character_can_deceive_a_terminal_and_none_is_lost(reports: dict[str, Report]) -> None:
    title = "a\u202eb\x1b[31m\x9b\u2066ü\U000e0041\ue000\x7f \U0001f600\n"
    report = reports["violated"]
    judged = report.findings[0]
    judged = replace(judged, finding=replace(judged.finding, title=title))
    content = render(replace(report, findings=(judged,)))
    text = content.decode()
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert {char for char in text if unicodedata.category(char) in hidden} == {"\n"}
    assert json.loads(text)["findings"][0]["title"] == title
    assert "ü\\udb40\\udc41\\ue000" in text
    assert "\U0001f600" in text


def test_half_a_surrogate_pair_does_not_end_the_run(reports: dict[str, Report]) -> None:
    content = render(reports["hostile"])
    assert "\ufffd" in json.loads(content)["target"]["name"]


def test_links_in_the_data_are_web_addresses(reports: dict[str, Report]) -> None:
    urls = [item["url"] for item in json.loads(render(reports["hostile"]))["findings"]]
    assert urls == ["", "", "", ""]
    urls = [item["url"] for item in json.loads(render(reports["violated"]))["findings"]]
    assert "https://github.com/advisories/GHSA-j7hp-h8jx-5ppr" in urls


def test_the_inventory_is_complete(many: Report) -> None:
    document = json.loads(render(many))
    (lock,) = document["target"]["locks"]
    assert lock["package_count"] == len(lock["packages"]) == 10_000
    assert len(document["findings"]) == document["counts"]["findings"]["violation"] == 10_000
    assert document["counts"]["unevaluated"] == 10_000


# ------------------------------------------------------------------------------ the verdict


def test_the_verdict_comes_back(reports: dict[str, Report]) -> None:
    for name in ("compliant", "violated", "incomplete", "waived"):
        assert verdict_of(render(reports[name])) == reports[name].verdict


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"{}", b"\xff", b'"\xff"', b'{"verdict": {"exit_code": 0}}'],
)
def test_what_is_no_report_has_no_verdict(content: bytes) -> None:
    with pytest.raises(UnreadableOutputError, match=r"report\.json"):
        verdict_of(content)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(UnreadableOutputError):
        verdict_of(b"[" * 100_000)


def test_no_shortened_report_has_a_verdict(reports: dict[str, Report]) -> None:
    content = render(reports["compliant"]).rstrip()
    for end in range(0, len(content), 997):
        with pytest.raises(UnreadableOutputError):
            verdict_of(content[:end])


def changed(report: Report, *path: str | int, value: Any) -> bytes:
    document = json.loads(render(report))
    part = document
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("schema",), "supply-chain-report/2", "/schema"),
        (("verdict", "exit_code"), 1, "/verdict"),
        (("verdict", "decision"), "fine", "/verdict"),
        (("verdict", "headline"), "", "/verdict/headline"),
        (("extra",), 1, "/"),
        (("as_of",), "yesterday", "/as_of"),
        (("evidence", 0, "status"), "ok", "/evidence/0/status"),
        (("evidence", 0, "coverage", 0, "expected"), -1, "/evidence/0/coverage/0/expected"),
        (("target", "locks", 0, "packages", 0, "x\x1b"), "y" * 10_000, "/target/locks"),
    ],
)
def test_a_changed_report_has_no_verdict(
    reports: dict[str, Report], path: tuple[str | int, ...], value: Any, place: str
) -> None:
    with pytest.raises(UnreadableOutputError, match=f" at {place}") as caught:
        verdict_of(changed(reports["compliant"], *path, value=value))
    assert len(str(caught.value)) < 700
    assert "\x1b" not in str(caught.value)


def test_a_verdict_that_its_report_denies_is_refused(reports: dict[str, Report]) -> None:
    verdict = Verdict(decision=reports["compliant"].verdict.decision, exit_code=0, headline="Fine.")
    for name, why in (("incomplete", "were not evaluated"), ("violated", "a violation")):
        with pytest.raises(IncompleteError, match=why):
            verdict_of(render(replace(reports[name], verdict=verdict)))
    harmless = replace(reports["incomplete"].unevaluated[2])
    assert not harmless.blocking
    report = replace(reports["compliant"], unevaluated=(harmless,))
    assert verdict_of(render(report)) == report.verdict


def test_the_layout_is_named(reports: dict[str, Report]) -> None:
    assert json.loads(render(reports["compliant"]))["schema"] == report_json.SCHEMA
    assert schema()["properties"]["schema"]["const"] == report_json.SCHEMA
