"""Which files count, and what is read of them."""

from __future__ import annotations

import pytest

from pipeline.checks.hardening.configuration.copies import HELM
from pipeline.checks.hardening.configuration.inputs import at, counted, holds_back, missing
from pipeline.model import Gap, Location, Unread
from tests.checks.hardening.seen import inputs, unread


def test_files_are_wanted_with_whatever_may_hold_something_back() -> None:
    found = inputs({}, dockerfiles=("a/b/Dockerfile",), helm=("c/Chart.yaml",))
    assert found.wanted == (
        ".dockerignore",
        "a/.dockerignore",
        "a/b/.dockerignore",
        "a/b/Dockerfile",
        "a/b/Dockerfile.dockerignore",
        "c/Chart.yaml",
    )


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        (".dockerignore", True),
        ("a/.dockerignore", True),
        ("a/Dockerfile.dockerignore", True),
        ("b/.dockerignore", False),
    ],
)
def test_an_ignore_file_counts_where_it_can_be_the_build_s(path: str, holds: bool) -> None:
    files: dict[str, bytes | Unread] = {"a/Dockerfile": b"FROM x\n", path: b".git\n"}
    assert inputs(files, dockerfiles=("a/Dockerfile",)).ignores_for("a/Dockerfile") is holds


@pytest.mark.parametrize(
    ("content", "holds"),
    [(b".git\n", True), (b"# none\n\n!x\n", False), (b"", False), (None, False)],
)
def test_an_ignore_file_has_to_leave_something_out(content: bytes | None, holds: bool) -> None:
    assert holds_back(content) is holds
    assert not holds_back(unread("x"))


def test_what_was_read_and_what_was_not() -> None:
    found = inputs({"a": b"1", "b": unread("b")}, compose=("a", "b", "c"))
    assert found.files == ("a", "b", "c")
    assert found.contents == found.read(("a", "b", "c")) == {"a": b"1"}
    assert found.unread["b"].gap is Gap.TOO_LARGE
    assert found.wanted == ("c",)


def test_a_chart_inside_another_one_is_a_part_of_it() -> None:
    paths = ("a/Chart.yaml", "a/charts/b/Chart.yaml", "a/charts/b/templates/x.yaml", "c/Chart.yaml")
    found = inputs(dict.fromkeys(paths, b""), helm=paths)
    assert found.charts() == ("a/", "c/")
    made = dict(found.copies())[HELM]
    assert "0/charts/b/templates/x.yaml" in made.given


def test_gaps_count_beside_the_files_that_they_are_in() -> None:
    gaps = {"a": missing("a", Gap.TOO_LARGE, "-"), "b:1": missing("b:1", Gap.INPUT_MISSING, "-")}
    found = counted("scope", "files", ["a", "b"], gaps)
    assert (found.expected, found.evaluated) == (3, 1)
    assert [one.subject for one in found.missing] == ["a", "b:1"]


def test_places() -> None:
    assert at(Location(path="a", line=3)) == "a:3"
    assert at(Location(path="a")) == "a"
