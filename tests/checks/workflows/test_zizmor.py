"""zizmor's answers, as it writes them and spoilt in every way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.checks.job import Job, Ran
from pipeline.checks.workflows import zizmor
from pipeline.errors import UnreadableOutputError
from pipeline.model import Gap, Location, Severity
from tests.checks.workflows.cases import DATA

PATH = ".github/workflows/ci.yml"
RECORDED = DATA / "zizmor"


def recorded(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(recorded("workflow.json"))
    return found


def job(content: str | None = None) -> Job:
    return zizmor.job(PATH, (content or recorded("workflow.yml")).encode())


def ran(of: Job, answer: Any, code: int = 14, stderr: str | None = None) -> Ran:
    return Ran(
        job=of,
        exit_code=code,
        outputs={},
        stdout=answer if isinstance(answer, bytes) else json.dumps(answer).encode(),
        stderr=recorded("workflow.stderr") if stderr is None else stderr,
    )


def changed(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**row, **changes}


def rated(severity: str, persona: str, ident: str = "artipacked") -> Severity:
    row = next(row for row in rows() if row["ident"] == "artipacked")
    rating = {"severity": severity, "confidence": "Low", "persona": persona}
    canary = [row for row in rows() if row["locations"][0]["symbolic"]["key"]["Local"]
              ["verbatim_path"] == "zz-canary.yml"]  # fmt: skip
    answer = zizmor.answer(ran(job(), [*canary, changed(row, ident=ident, determinations=rating)]))
    (problem,) = answer.problems
    return problem.severity


# ------------------------------------------------------------------------------------ planning


def test_the_call_is_the_safe_one() -> None:
    of = job()
    assert {"--offline", "--no-config", "--no-ignores", "--strict-collection"} <= set(of.arguments)
    assert of.arguments[of.arguments.index("--persona") + 1] == "auditor"
    assert of.arguments[-2:] == ("zz-canary.yml", "workflow.yml")
    assert set(of.inputs) == {"zz-canary.yml", "workflow.yml"}
    assert of.accept == {1, 14}, "the canary is rated high: less can only mean that it was not seen"
    assert zizmor.canary_job().accept == {14}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".github/workflows/a b\n--fix.yml", "workflow.yml"),
        (".github/workflows/action.yml", "workflow.yml"),
        (".github/workflows/dependabot.yml", "workflow.yml"),
        ("tools/action.yaml", "action.yml"),
        ("action.yml", "action.yml"),
        (".github/dependabot.yaml", "dependabot.yml"),
    ],
)
def test_the_repository_chooses_no_file_name(path: str, name: str) -> None:
    of = zizmor.job(path, b"x")
    assert of.arguments[-1] == name
    assert set(of.inputs) == {"zz-canary.yml", name}


def test_a_byte_order_mark_is_left_out() -> None:
    assert zizmor.job(PATH, b"\xef\xbb\xbfon: push").inputs["workflow.yml"] == b"on: push"


# ------------------------------------------------------------------------------------- reading


def test_what_was_recorded() -> None:
    answer = zizmor.answer(ran(job(), rows()))
    assert answer.missing is None
    found = {problem.rule: problem for problem in answer.problems}
    places = {
        name: (one.severity.value, one.place.line, one.place.column) for name, one in found.items()
    }
    assert places == {
        "anonymous-definition": ("none", 5, 3),
        "artipacked": ("medium", 8, 9),
        "concurrency-limits": ("low", 2, 1),
        "excessive-permissions": ("high", 3, 1),
        "template-injection": ("high", 11, 33),
        "unpinned-uses": ("high", 8, 15),
    }
    assert found["artipacked"].detail == (
        "does not set persist-credentials: false (zizmor: Medium, confidence Low, Regular)"
    )
    assert found["artipacked"].url == "https://docs.zizmor.sh/audits/#artipacked"
    assert found["artipacked"].seen_by == "zizmor"


def test_columns_count_characters() -> None:
    content = b"a: \xc3\xa9\xc3\xa9 x\n\xc3\xa9: y\n"
    assert zizmor._place("p", content, 8) == Location(path="p", line=1, column=7)
    assert zizmor._place("p", content, 14) == Location(path="p", line=2, column=4)
    assert zizmor._place("p", content, 0) == Location(path="p", line=1, column=1)


def test_an_ignore_comment_is_noted_and_not_heeded() -> None:
    answer = zizmor.answer(ran(job(), [changed(row, ignored=True) for row in rows()]))
    assert len(answer.problems) == 6
    assert all("ignore comment" in problem.detail for problem in answer.problems)


@pytest.mark.parametrize(
    ("severity", "persona", "wanted"),
    [
        ("High", "Regular", Severity.HIGH),
        ("Medium", "Regular", Severity.MEDIUM),
        ("Unknown", "Regular", Severity.UNKNOWN),
        ("Informational", "Regular", Severity.NONE),
        ("High", "Pedantic", Severity.LOW),
        ("Medium", "Auditor", Severity.LOW),
        ("Unknown", "Auditor", Severity.LOW),
        ("Informational", "Auditor", Severity.NONE),
    ],
)
def test_what_is_told_to_strict_readers_only_is_low(
    severity: str, persona: str, wanted: Severity
) -> None:
    assert rated(severity, persona) is wanted


def test_what_this_check_asks_for_itself_counts_as_rated() -> None:
    assert rated("High", "Pedantic", "excessive-permissions") is Severity.HIGH
    assert rated("Medium", "Pedantic", "excessive-permissions") is Severity.MEDIUM
    assert rated("High", "Pedantic", "unpinned-images") is Severity.MEDIUM


def test_a_finding_without_a_primary_place_keeps_its_first() -> None:
    def related(row: dict[str, Any]) -> dict[str, Any]:
        places = [
            {**place, "symbolic": {**place["symbolic"], "kind": "Related", "annotation": ""}}
            for place in row["locations"]
        ]
        return changed(row, locations=places)

    answer = zizmor.answer(ran(job(), [related(row) for row in rows()]))
    assert len(answer.problems) == 6
    assert all(problem.detail.startswith(problem.title) for problem in answer.problems)


# ---------------------------------------------------------------------------------------- gaps


@pytest.mark.parametrize(
    ("stderr", "why"),
    [
        ("syntax.stderr", "invalid YAML syntax"),
        ("schema.stderr", "does not match expected validation schema"),
    ],
)
def test_a_file_that_zizmor_cannot_read_is_a_gap(stderr: str, why: str) -> None:
    missing = zizmor.answer(ran(job(), b"", 1, recorded(stderr))).missing
    assert missing
    assert (missing.subject, missing.gap) == (PATH, Gap.PARSE_ERROR)
    assert why in missing.why
    assert "secret_value" not in missing.why


def test_a_failure_without_a_reason_is_a_gap() -> None:
    missing = zizmor.answer(ran(job(), b"", 1, "")).missing
    assert missing
    assert "does not say why" in missing.why
    missing = zizmor.answer(
        ran(job(), b"", 1, "Caused by:\n  0: failed to load file://x\n")
    ).missing
    assert missing
    assert "file://" not in missing.why


def test_a_file_that_zizmor_does_not_name_is_a_gap() -> None:
    missing = zizmor.answer(ran(job(), rows(), stderr="completed zz-canary.yml\n")).missing
    assert missing
    assert missing.gap is Gap.NOT_ACCOUNTED_FOR


def test_audits_that_ask_the_network_are_named_and_not_required() -> None:
    of = zizmor.canary_job()
    answer = json.loads(recorded("canary.json"))
    coverage = zizmor.audits(ran(of, answer, stderr=recorded("canary.stderr")))
    assert coverage.required is False
    assert {missing.subject for missing in coverage.missing} == set(zizmor.ONLINE)
    assert coverage.evaluated > 30
    assert coverage.expected == coverage.evaluated + 5
    said = recorded("canary.stderr")
    assert all(f"skipping {name}: " in said for name in zizmor.ONLINE)
    assert said.count("zizmor::registry: skipping") == len(zizmor.ONLINE)


# ----------------------------------------------------------------- output that is no answer


def only(path: str) -> Callable[[dict[str, Any]], bool]:
    return lambda row: row["locations"][0]["symbolic"]["key"]["Local"]["verbatim_path"] == path


def test_an_answer_that_ends_early_lacks_the_canary() -> None:
    whole = rows()
    known = [only("zz-canary.yml")(row) for row in whole].index(True)
    assert zizmor.answer(ran(job(), whole[: known + 1])).problems
    for number in range(known):
        with pytest.raises(UnreadableOutputError, match="canary"):
            zizmor.answer(ran(job(), whole[:number]))


@pytest.mark.parametrize("answer", [[], [row for row in rows() if only("workflow.yml")(row)]])
def test_silence_about_the_canary_makes_the_output_unreadable(answer: Any) -> None:
    with pytest.raises(UnreadableOutputError, match="canary"):
        zizmor.answer(ran(job(), answer))
    with pytest.raises(UnreadableOutputError, match="canary"):
        zizmor.audits(ran(zizmor.canary_job(), answer))


def test_a_file_that_zizmor_was_not_given_makes_the_output_unreadable() -> None:
    text = json.dumps(rows()).replace('"workflow.yml"', '"/etc/passwd"').encode()
    with pytest.raises(UnreadableOutputError, match="not given"):
        zizmor.answer(ran(job(), text))


def spoilt(change: Callable[[dict[str, Any]], Any]) -> bytes:
    found = rows()
    change(found[0])
    return json.dumps(found).encode()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b"null",
        b"[1]",
        b"[{}]",
        b"[" * 100_000,
        b"\xff\xfe",
        spoilt(lambda row: row.pop("ident")),
        spoilt(lambda row: row.update(ident="x/../y")),
        spoilt(lambda row: row.update(desc=3)),
        spoilt(lambda row: row.update(ignored="no")),
        spoilt(lambda row: row.update(locations=[])),
        spoilt(lambda row: row["determinations"].update(severity="Terrible")),
        spoilt(lambda row: row["determinations"].update(persona=None)),
        spoilt(lambda row: row["locations"][0]["symbolic"].update(key={"Remote": {}})),
        spoilt(lambda row: row["locations"][0]["symbolic"].update(annotation=None)),
        spoilt(lambda row: row["locations"][0]["concrete"]["location"].pop("offset_span")),
        spoilt(
            lambda row: row["locations"][0]["concrete"]["location"]["offset_span"].update(start=-1)
        ),
        spoilt(
            lambda row: row["locations"][0]["concrete"]["location"]["offset_span"].update(start="1")
        ),
    ],
)
def test_output_of_another_shape_is_unreadable(answer: bytes) -> None:
    with pytest.raises(UnreadableOutputError):
        zizmor.answer(ran(job(), answer))
