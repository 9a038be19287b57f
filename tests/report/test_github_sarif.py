from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.model import (
    Decision,
    Disposition,
    Finding,
    Git,
    Judged,
    Kind,
    Location,
    Severity,
    Target,
    Verdict,
)
from pipeline.report import github_sarif
from pipeline.report.documents import check
from pipeline.report.github_sarif import SCHEMA_FILE, render

if TYPE_CHECKING:
    from pipeline.model import Report
    from tests.conftest import Golden


def run_of(report: Report) -> dict[str, Any]:
    """The only run of a report's SARIF, after it was held against the schema."""
    (run,) = check(render(report), SCHEMA_FILE, where="github.sarif")["runs"]
    return dict(run)


def results_of(report: Report) -> list[dict[str, Any]]:
    return list(run_of(report)["results"])


def rules_of(report: Report) -> dict[str, dict[str, Any]]:
    rules = run_of(report)["tool"]["driver"]["rules"]
    return {rule["id"]: rule for rule in rules}


def with_finding(report: Report, **changes: object) -> Report:
    """A violated report whose only finding is changed like that."""
    finding = replace(report.findings[1].finding, **changes)  # type: ignore[arg-type]
    judged = Judged(finding=finding, disposition=Disposition.VIOLATION, why="w")
    return replace(report, findings=(judged,))


def test_the_uploads_are_as_recorded(golden: Golden, reports: dict[str, Report]) -> None:
    for name in ("compliant", "violated", "incomplete", "leaked"):
        text = json.dumps(json.loads(render(reports[name])), indent=2, ensure_ascii=False)
        golden(f"{name}.sarif", text + "\n")


def test_what_is_removed_is_not_told_of_the_line_that_stands_there_today(
    reports: dict[str, Report],
) -> None:
    (run,) = json.loads(render(reports["leaked"]))["runs"]
    there, gone = run["results"]
    place = there["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (
        "shop/settings.py",
        7,
    )
    assert (
        "Still present, in the history since commit 1b1b1b1b1b1b of 2026-01-01."
        in (there["message"]["text"])
    )
    place = gone["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("deploy.sh", 1)
    assert (
        "Removed, in the history since commit 9d9d9d9d9d9d of 2025-12-24."
        in (gone["message"]["text"])
    )


def test_equal_reports_give_equal_bytes(sample: Report) -> None:
    assert render(sample) == render(replace(sample))


def test_only_open_violations_are_results(reports: dict[str, Report]) -> None:
    report = reports["violated"]
    wanted = [
        item.finding.fingerprint
        for item in report.findings
        if item.disposition is Disposition.VIOLATION
    ]
    found = [r["partialFingerprints"]["primaryLocationLineHash"] for r in results_of(report)]
    assert sorted(found) == sorted(wanted)
    assert results_of(reports["waived"]) == []
    assert results_of(reports["compliant"]) == []
    assert "suppressions" not in render(report).decode()


def test_what_the_base_held_is_sent_and_marked(reports: dict[str, Report]) -> None:
    (result,) = json.loads(render(reports["changed"]))["runs"][0]["results"]
    assert result["properties"] == {"disposition": "existing"}
    for other in json.loads(render(reports["violated"]))["runs"][0]["results"]:
        assert "properties" not in other


def test_every_result_points_to_its_rule_and_a_line(sample: Report) -> None:
    run = run_of(sample)
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for place in result["locations"]:
            assert place["physicalLocation"]["region"]["startLine"] >= 1


def test_one_advisory_in_two_packages_is_one_rule_with_the_worst_score(
    reports: dict[str, Report],
) -> None:
    report = reports["violated"]
    first = report.findings[1].finding
    second = replace(first, subject="pkg:pypi/other@1", score=9.8)
    judged = tuple(
        Judged(finding=f, disposition=Disposition.VIOLATION, why="w") for f in (first, second)
    )
    report = replace(report, findings=judged)
    (rule,) = rules_of(report).values()
    assert len(results_of(report)) == 2
    assert rule["properties"]["security-severity"] == "9.8"


@pytest.mark.parametrize(
    ("changes", "score", "level"),
    [
        ({"score": 8.1}, "8.1", "error"),
        ({"score": 10.0}, "10.0", "error"),
        ({"score": None}, "8.0", "error"),
        ({"score": None, "severity": Severity.CRITICAL}, "9.5", "error"),
        ({"score": None, "severity": Severity.UNKNOWN}, "7.0", "error"),
        ({"score": None, "severity": Severity.MEDIUM}, "5.5", "warning"),
        ({"score": None, "severity": Severity.LOW}, "2.0", "note"),
        ({"score": None, "severity": Severity.NONE}, "0.1", "note"),
        ({"score": None, "severity": Severity.LOW, "kind": Kind.MALWARE}, "9.5", "error"),
    ],
)
def test_severity_is_shown_as_github_wants_it(
    reports: dict[str, Report], changes: dict[str, object], score: str, level: str
) -> None:
    report = with_finding(reports["violated"], **changes)
    (rule,) = rules_of(report).values()
    (result,) = results_of(report)
    assert (rule["properties"]["security-severity"], result["level"]) == (score, level)
    assert "security" in rule["properties"]["tags"]


@pytest.mark.parametrize(
    ("locations", "uri", "region"),
    [
        ((Location(path="a b/ü#.lock", line=7, column=2),), "a%20b/%C3%BC%23.lock", (7, 2)),
        ((Location(path="c:x"),), "c%3Ax", (1, None)),
        ((Location(path="x", column=4),), "x", (1, None)),
        ((Location(path="\udcff", line=2),), "%3F", (2, None)),
        ((), "uv.lock", (1, None)),
        ((Location(path="../x", line=3),), "uv.lock", (1, None)),
        ((Location(path="a/../../x", line=3),), "uv.lock", (1, None)),
        ((Location(path="/etc/passwd", line=3),), "uv.lock", (1, None)),
        ((Location(path=".", line=3),), "uv.lock", (1, None)),
        ((Location(path="", line=3),), "uv.lock", (1, None)),
        ((Location(path="/x"), Location(path="in/side", line=4)), "in/side", (4, None)),
    ],
)
def test_places_are_inside_the_repository_and_encoded(
    reports: dict[str, Report],
    locations: tuple[Location, ...],
    uri: str,
    region: tuple[int, int | None],
) -> None:
    (result,) = results_of(with_finding(reports["violated"], locations=locations))
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": uri, "uriBaseId": "%SRCROOT%"}
    assert (place["region"]["startLine"], place["region"].get("startColumn")) == region


def test_places_in_built_images_are_no_files_of_the_repository(reports: dict[str, Report]) -> None:
    named = (
        Location(path="ghcr.io/example/shop:2.1"),
        Location(path="ghcr.io/example/shop:2.1!/app/x.jar", line=3),
        Location(path="ghcr.io/example/shop"),
    )
    (result,) = results_of(with_finding(reports["violated"], locations=named))
    uris = [one["physicalLocation"]["artifactLocation"]["uri"] for one in result["locations"]]
    assert uris == ["ghcr.io/example/shop"]
    (result,) = results_of(with_finding(reports["violated"], locations=named[:2]))
    uris = [one["physicalLocation"]["artifactLocation"]["uri"] for one in result["locations"]]
    assert uris == ["uv.lock"]


def test_without_a_lock_the_policy_file_is_the_anchor(reports: dict[str, Report]) -> None:
    report = with_finding(reports["violated"], locations=())
    report = replace(report, target=replace(report.target, locks=()))
    place = results_of(report)[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "supply-chain.yml"


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("example/shop", "supply-chain/example/shop/"),
        ("", "supply-chain/./"),
        ("/", "supply-chain/./"),
        ("a b\u202e\n", "supply-chain/a%20b%EF%BF%BD%20/"),
    ],
)
def test_each_target_has_its_own_category(
    reports: dict[str, Report], name: str, category: str
) -> None:
    report = reports["compliant"]
    run = run_of(replace(report, target=replace(report.target, name=name)))
    assert run["automationDetails"]["id"] == category


# ------------------------------------------------------------- silence must not pass for approval


def test_what_was_not_evaluated_is_one_result(reports: dict[str, Report]) -> None:
    (result,) = results_of(reports["incomplete"])
    assert result["ruleId"] == "gate/not-evaluated"
    assert result["level"] == "error"
    assert result["message"]["text"].startswith(
        "3 inputs were not evaluated: internal-auth 1.4.0 (not from a registry); "
    )
    (invocation,) = run_of(reports["incomplete"])["invocations"]
    assert invocation == {"executionSuccessful": False, "exitCode": 3}


def test_a_gap_that_blocks_nothing_is_a_note(reports: dict[str, Report]) -> None:
    harmless = reports["incomplete"].unevaluated[2]
    (result,) = results_of(replace(reports["compliant"], unevaluated=(harmless,)))
    assert (result["ruleId"], result["level"]) == ("gate/not-evaluated", "note")
    assert result["message"]["text"].startswith("1 input was not evaluated: secrets in history")


def test_many_gaps_are_counted(many: Report) -> None:
    first = results_of(many)[0]
    assert first["ruleId"] == "gate/not-evaluated"
    assert first["message"]["text"].startswith("10,000 inputs were not evaluated: package-0==1.0")
    assert first["message"]["text"].endswith("; and 9,990 more.")


def test_an_incomplete_verdict_without_a_list_is_a_result(reports: dict[str, Report]) -> None:
    verdict = Verdict(decision=Decision.INCOMPLETE, exit_code=3, headline="No check was run.")
    (result,) = results_of(replace(reports["compliant"], verdict=verdict))
    assert (result["ruleId"], result["level"]) == ("gate/not-evaluated", "error")
    assert result["message"]["text"] == "No check was run."


def test_a_failed_control_without_a_finding_is_a_result(reports: dict[str, Report]) -> None:
    verdict = Verdict(
        decision=Decision.VIOLATED, exit_code=1, headline="A control failed.", reasons=("DEP-01.",)
    )
    (result,) = results_of(replace(reports["compliant"], verdict=verdict))
    assert (result["ruleId"], result["level"]) == ("gate/violated", "error")
    assert result["message"]["text"] == "A control failed. DEP-01."


# ------------------------------------------------------------------------------ limits


def test_the_schema_carries_githubs_limits() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    run = schema["properties"]["runs"]["items"]["properties"]
    assert run["results"]["maxItems"] == github_sarif.MAX_RESULTS == 25_000
    rule = schema["$defs"]["rule"]["properties"]
    assert rule["properties"]["properties"]["tags"]["maxItems"] == 20
    assert schema["$defs"]["result"]["properties"]["locations"]["minItems"] == 1
    for part in re.findall(r'"type": "object",\n\s+"(\w+)"', SCHEMA_FILE.read_text("utf-8")):
        assert part == "additionalProperties"


@pytest.mark.parametrize("limit", [3, 4, 100])
def test_too_many_results_are_cut_from_the_end_and_counted(
    many: Report, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(github_sarif, "MAX_RESULTS", limit)
    results = results_of(many)
    sent = limit - 3
    assert len(results) == sent + 2
    assert results[0]["ruleId"] == "gate/results-left-out"
    assert results[0]["message"]["text"].startswith(f"{10_000 - sent:,} more violations did not")
    assert [r["ruleId"] for r in results[2:5]] == [
        f"GHSA-{number:04d}-aaaa-bbbb" for number in range(min(sent, 3))
    ]


def test_too_large_an_upload_is_cut_from_the_end_and_counted(
    many: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_sarif, "MAX_GZIP_BYTES", 50_000)
    content = render(many)
    assert len(gzip.compress(content)) <= 50_000
    results = json.loads(content)["runs"][0]["results"]
    assert results[0]["ruleId"] == "gate/results-left-out"
    left = int(results[0]["message"]["text"].split()[0].replace(",", ""))
    assert left + len(results) - 2 == 10_000
    assert len(results) > 100


def test_even_no_result_at_all_ends(
    reports: dict[str, Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_sarif, "MAX_GZIP_BYTES", 10)
    (result,) = results_of(reports["violated"])
    assert result["message"]["text"].startswith("5 more violations did not fit")


def test_long_and_hostile_text_is_cut_and_harmless(reports: dict[str, Report]) -> None:
    long = "[click](https://evil.example) \u202e\x1b[0m" + "](" * 2000
    finding = Finding(
        check=long,
        rule=long,
        kind=Kind.VULNERABILITY,
        severity=Severity.HIGH,
        title=long,
        subject=long,
        locations=tuple(Location(path=f"f{number}", line=number) for number in range(1, 99)),
        detail=long,
        fix=long,
        aliases=tuple(f"{number} {long}" for number in range(40)),
    )
    judged = Judged(finding=finding, disposition=Disposition.VIOLATION, why="w")
    report = replace(reports["violated"], findings=(judged,))
    run = run_of(report)
    (rule,) = run["tool"]["driver"]["rules"]
    assert len(rule["properties"]["tags"]) == 20
    assert len(run["results"][0]["locations"]) == 20
    text = render(report).decode()
    assert "](" not in text
    assert "\u202e" not in text
    assert "\\u001b" not in text
    assert "helpUri" not in rule


def test_empty_texts_are_never_sent(reports: dict[str, Report]) -> None:
    report = with_finding(
        reports["violated"], title="", detail="", fix="", kind=Kind.RULE, rule=" "
    )
    (rule,) = rules_of(report).values()
    assert rule["shortDescription"]["text"] == "-"
    assert rule["id"] == "-"


def test_the_version_and_no_machine_detail_is_in_it(reports: dict[str, Report]) -> None:
    report = replace(
        reports["incomplete"],
        target=Target(
            name="t",
            git=Git(commit=None, branch=None, dirty=None, remote=None, shallow=False),
            files=0,
        ),
    )
    run = run_of(report)
    assert run["tool"]["driver"]["version"] == "0.1.0"
    assert "2026-03-02T" not in render(report).decode()
