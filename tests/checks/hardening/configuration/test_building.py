"""Dockerfiles: what only the build decides, and rules at their edges; the rest: `test_corpus`."""

from __future__ import annotations

import pytest

from pipeline.checks.hardening.configuration import building
from pipeline.checks.hardening.problem import Read
from pipeline.model import Gap, Severity
from tests.checks.hardening.cases import DAY

DIGEST = "sha256:" + "4f" * 32
END = 'USER 10001\nHEALTHCHECK CMD true\nCMD ["x"]\n'


def read(text: str) -> Read:
    return building.read(text, "Dockerfile", ignores=True, today=DAY)


def base(text: str = "") -> str:
    return f"FROM python:3.14-slim@{DIGEST}\n{text}"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (f"ARG BASE\nFROM $BASE\n{END}", 2, "built on"),
        ("ARG BASE\nFROM $BASE\n", 2, "built on"),
        (f"FROM a:$TARGETARCH\n{END}", 1, "built on"),
        (f"FROM <image>\n{END}", 1, "built on"),
        (base("ARG WHO\nUSER $WHO\nHEALTHCHECK CMD x\n"), 3, "user"),
        (base(f"COPY --from=$STAGE /a /b\n{END}"), 2, "image files"),
        (base(f"ADD $URL /x\n{END}"), 2, "added"),
        (base(f"ADD https://github.com/a/b.git#$REF /x\n{END}"), 2, "added"),
    ],
)
def test_what_only_the_build_decides_is_told(text: str, line: int, why: str) -> None:
    found = read(text)
    assert found.problems == ()
    (one,) = found.open
    assert (one.place.line, one.gap) == (line, Gap.INPUT_MISSING)
    assert why in one.why


def test_images_that_the_table_does_not_know_are_counted() -> None:
    found = read(
        f"FROM python:3.14@{DIGEST} AS a\nFROM x@{DIGEST} AS b\nFROM scratch AS c\nFROM a\n{END}"
    )
    assert found.images == 2
    assert [one.place.line for one in found.undated] == [2]
    assert found.problems == ()


def test_scratch_has_no_user_either() -> None:
    (found,) = read("FROM scratch\nHEALTHCHECK CMD x\n").problems
    assert (found.rule, found.severity) == ("root-user", Severity.HIGH)


@pytest.mark.parametrize("user", ["0", "00:5", "root", "'root'", "ContainerAdministrator"])
def test_root_by_any_name(user: str) -> None:
    (found,) = read(base(f"USER {user}\nHEALTHCHECK CMD x\n")).problems
    assert (found.rule, found.place.line) == ("root-user", 2)


@pytest.mark.parametrize("user", ["1", "app", "rooty", "65532:0", "${WHO:-app}"])
def test_not_root(user: str) -> None:
    assert read(base(f"USER {user}\nHEALTHCHECK CMD x\n")).problems == ()


def test_what_stands_behind_onbuild_is_not_the_image_s_own() -> None:
    rules = {
        one.rule for one in read(base("ONBUILD USER app\nONBUILD HEALTHCHECK CMD x\n")).problems
    }
    assert rules == {"root-user", "no-healthcheck"}


def test_how_bad_a_secret_is() -> None:
    found = read(base(f"ARG TOKEN\nENV TOKEN=abc123def\n{END}")).problems
    assert [(one.severity, one.place.line) for one in found] == [
        (Severity.MEDIUM, 2),
        (Severity.HIGH, 3),
    ]
    assert "abc123def" not in repr(found)
