from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.model import Base, Disposition, Gap, Image, Location, Severity, Unevaluated
from pipeline.report.github_annotations import MOST, render
from pipeline.text import plain
from tests.report.samples import compliant, violated

if TYPE_CHECKING:
    from pipeline.model import Report
    from tests.conftest import Golden

PROPERTIES = {"file", "title", "line", "col"}


def runner(output: str) -> list[tuple[str, dict[str, str], str]]:
    """What GitHub's runner makes of it: `ActionCommand.TryParseV2` of actions/runner."""
    found = []
    for line in re.split(r"\r\n|\r|\n", output.removesuffix("\n")):
        text = line.lstrip()
        assert text.startswith("::"), line
        end = text.index("::", 2)
        name, _, told = text[2:end].partition(" ")
        properties = {}
        for pair in filter(None, told.strip().split(",")):
            key, _, value = pair.partition("=")
            for escape, char in (("%3A", ":"), ("%2C", ","), *DATA):
                value = value.replace(escape, char)
            properties[key] = value
        data = text[end + 2 :]
        for escape, char in DATA:
            data = data.replace(escape, char)
        found.append((name, properties, data))
    return found


DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))


def test_the_annotations_are_as_recorded(golden: Golden, reports: dict[str, Report]) -> None:
    for name in ("compliant", "violated", "incomplete", "changed", "hostile", "leaked"):
        golden(f"{name}.annotations.txt", render(reports[name]))


def test_equal_reports_give_equal_lines(sample: Report) -> None:
    assert render(sample) == render(replace(sample))


def test_the_first_one_is_the_verdict(sample: Report) -> None:
    (level, properties, data), *_ = runner(render(sample))
    assert level == ("notice" if sample.verdict.exit_code == 0 else "error")
    assert properties.keys() == {"title"}
    assert data.startswith(plain(sample.verdict.headline)[:20].replace("##[", "# #["))


def test_an_incomplete_verdict_is_an_error_where_nobody_looked(reports: dict[str, Report]) -> None:
    found = runner(render(reports["incomplete"]))
    assert [level for level, _, _ in found] == ["error", "error"]
    assert found[1][1] == {"file": "uv.lock", "title": "Not evaluated", "line": "102"}


def test_files_are_named_from_the_repositorys_root(reports: dict[str, Report]) -> None:
    found = runner(render(reports["violated"], folder="services/a"))
    assert found[1][1]["file"] == "services/a/uv.lock"
    assert found[1][1]["line"] == "131"


def test_what_does_not_fit_is_counted_in_the_first(many: Report) -> None:
    found = runner(render(many))
    assert len(found) == MOST
    assert "19,991 more annotations left out here." in found[0][2]
    assert len(runner(render(many, most=3))) == 3
    assert len(runner(render(many, most=0))) == 1


def test_a_base_is_told(reports: dict[str, Report]) -> None:
    base = Base(asked="main", why="there is no such commit")
    (_, _, data), *_ = runner(render(replace(reports["compliant"], base=base)))
    assert "not against a base: there is no such commit." in data


def test_what_the_base_held_is_not_annotated(reports: dict[str, Report]) -> None:
    assert len(runner(render(reports["changed"]))) == 1


def test_what_only_the_history_holds_has_no_line_of_today(reports: dict[str, Report]) -> None:
    report = reports["leaked"]
    gone = [item for item in report.findings if item.finding.removed]
    assert gone
    _, *found = runner(render(replace(report, findings=tuple(gone))))
    assert all("file" not in properties for _, properties, _ in found)


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.UNKNOWN, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "notice"),
    ],
)
def test_the_level_follows_the_severity(severity: Severity, level: str) -> None:
    report = with_finding(compliant(), severity=severity)
    assert runner(render(report))[1][0] == level


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", "a\nb", "a\u202eb", "", ".", "x" * 2000]
)
def test_a_place_outside_is_not_named(path: str) -> None:
    report = with_finding(compliant(), locations=(Location(path=path, line=3),))
    assert runner(render(report))[1][1].keys() == {"title"}


def test_a_file_in_an_image_is_no_file_of_the_change() -> None:
    images = (Image(name="shop:1", transport="registry"),)
    inside = Location(path="shop:1!/etc/passwd", line=1)
    report = with_finding(compliant(), locations=(inside, Location(path="Dockerfile", line=2)))
    report = replace(report, target=replace(report.target, images=images))
    assert runner(render(report))[1][1]["file"] == "Dockerfile"
    report = with_finding(report, locations=(inside,))
    assert "file" not in runner(render(report))[1][1]
    gap = Unevaluated(what="x", gap=Gap.TOO_LARGE, why="y", location=inside)
    assert len(runner(render(replace(report, unevaluated=(gap,))))) == 2


def test_a_column_is_named_with_its_line() -> None:
    report = with_finding(compliant(), locations=(Location(path="a,b:c%", line=3, column=9),))
    assert runner(render(report))[1][1] == {
        "file": "a,b:c%",
        "title": runner(render(report))[1][1]["title"],
        "line": "3",
        "col": "9",
    }


@given(st.text(max_size=300))
@example("::error::x")
@example("a\n::set-output name=verdict::pass\r\n::add-mask::x")
@example("%0A::error::x%3A%2C,file=x")
@example(":::: ##[error]x \u2028::stop-commands::x \x00\x85\u0085::")
@settings(deadline=None, max_examples=200)
def test_nothing_from_outside_becomes_a_command(text: str) -> None:
    report = with_finding(
        violated(),
        title=text,
        subject=text,
        rule=f"r{text}",
        fix=f"f{text}",
        locations=(Location(path=text, line=1),),
    )
    report = replace(
        report,
        target=replace(report.target, name=text),
        verdict=replace(report.verdict, headline=text),
        unevaluated=(
            Unevaluated(what=text, gap=Gap.TOO_LARGE, why=text, location=Location(path=text)),
        ),
    )
    output = render(report)
    assert len(output.splitlines()) == 3
    for line in output.splitlines():
        assert line.count("::") == 2
        assert "##[" not in line
    for level, properties, _ in runner(output):
        assert level == "error"
        assert properties.keys() <= PROPERTIES
        if "file" in properties:
            assert properties["file"] == PurePosixPath(text).as_posix()


def with_finding(report: Report, **changes: object) -> Report:
    """`report` with one open finding."""
    judged = violated().findings[0]
    finding = replace(judged.finding, exploited=None, **changes)  # type: ignore[arg-type]  # fields by name
    return replace(
        report,
        findings=(replace(judged, finding=finding, disposition=Disposition.VIOLATION),),
    )
