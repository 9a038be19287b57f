"""Which files count, who read them, and what is told of the others."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.checks.hardening.configuration import trivy
from pipeline.checks.hardening.configuration.inputs import Inputs, holds_back
from pipeline.checks.job import Options
from pipeline.model import Coverage, Gap, Location, Missing, Target, Unread
from tests.checks.hardening.cases import DAY

GOOD = b"FROM scratch\nUSER 5\nHEALTHCHECK CMD x\n"


def inputs(files: dict[str, bytes | Unread], **kinds: Any) -> Inputs:
    target = Target(name="t", git=None, files=1, **kinds)
    return Inputs.of(target, Options(files=files, as_of=DAY))


def unread(path: str, gap: Gap = Gap.TOO_LARGE) -> Unread:
    return Unread(location=Location(path=path), why="too large", gap=gap)


def required(parts: tuple[Coverage, ...]) -> dict[str, tuple[int, int, tuple[str, ...]]]:
    return {
        part.unit: (part.evaluated, part.expected, tuple(one.subject for one in part.missing))
        for part in parts
        if part.required
    }


def gaps(parts: tuple[Coverage, ...]) -> list[Missing]:
    return [one for part in parts for one in part.missing]


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
    content = b"FROM scratch\nCOPY . /\nUSER 5\nHEALTHCHECK CMD x\n"
    files: dict[str, bytes | Unread] = {"a/Dockerfile": content, path: b".git\n"}
    own = inputs(files, dockerfiles=("a/Dockerfile",)).evaluate()
    assert [one.rule for one in own.problems] == ([] if holds else ["no-dockerignore"])


@pytest.mark.parametrize(
    ("content", "holds"),
    [(b".git\n", True), (b"# none\n\n!x\n", False), (b"", False), (None, False)],
)
def test_an_ignore_file_has_to_leave_something_out(content: bytes | None, holds: bool) -> None:
    assert holds_back(content) is holds
    assert not holds_back(unread("x"))


def test_what_our_rules_could_not_read() -> None:
    files: dict[str, bytes | Unread] = {
        "Dockerfile": GOOD,
        "b.dockerfile": b"\xff",
        "c.dockerfile": b"nothing",
        "compose.yml": unread("compose.yml"),
        "x.yaml": b"kind: Pod\nspec: {containers: [{name: a, image: '{{ x }}'}]}\n",
    }
    own = inputs(
        files,
        dockerfiles=("Dockerfile", "b.dockerfile", "c.dockerfile"),
        compose=("compose.yml",),
        kubernetes=("x.yaml",),
    ).evaluate()
    assert own.read == {"Dockerfile", "x.yaml"}
    missing = ("b.dockerfile", "c.dockerfile", "compose.yml", "x.yaml:2")
    assert required(own.coverage) == {"files": (2, 6, missing)}
    assert [one.gap for one in gaps(own.coverage)] == [
        Gap.PARSE_ERROR, Gap.PARSE_ERROR, Gap.TOO_LARGE, Gap.INPUT_MISSING,
    ]  # fmt: skip
    assert own.data == ()


def test_images_that_were_looked_up_are_counted_beside_the_question() -> None:
    content = b"FROM python:3.14\nFROM nobody/knows:1\nUSER 5\nHEALTHCHECK CMD x\n"
    own = inputs({"Dockerfile": content}, dockerfiles=("Dockerfile",)).evaluate()
    (part,) = [part for part in own.coverage if not part.required]
    assert (part.unit, part.evaluated, part.expected) == ("images", 1, 2)
    assert part.missing[0].subject == "Dockerfile:2"
    (record,) = own.data
    assert record.as_of
    assert record.entries


def test_a_folder_that_could_not_be_listed() -> None:
    part = Unread(location=Location(path="."), why="no rights", gap=Gap.INPUT_MISSING)
    found = inputs({}, unread=(part, unread("other")))
    assert [one.gap for one in found.lost] == [Gap.INPUT_MISSING]
    assert required(found.evaluate().coverage) == {"files": (0, 1, (".",))}


# ------------------------------------------------------------------------------------- Trivy


def answers(found: Inputs, *, but: tuple[str, ...] = ()) -> dict[str, trivy.Answer]:
    """As if Trivy had read every copy but those of these files."""
    return {
        kind: trivy.Answer(
            sightings=(),
            read=frozenset(name for name, one in copies.given.items() if one.path not in but),
        )
        for kind, copies in found.copies()
    }


FILES: dict[str, bytes | Unread] = {
    "Dockerfile": GOOD,
    "x.yaml": b"kind: Pod\nmetadata: {}\n---\nkind: Pod\nmetadata: {}\n",
    "k.yaml": b"kind: Kustomization\n",
    "main.tf": b'module "a" { source = "./a" }\nmodule "b" {\n  source = "hashicorp/x"\n}\n',
    "stack.yaml": b"Resources: {}\n",
    "c/Chart.yaml": b"name: c\n",
    "c/templates/a.yaml": b"x",
    "c/templates/b.yaml": b"x",
    "compose.yml": b"services: {}\n",
}
KINDS: dict[str, Any] = {
    "dockerfiles": ("Dockerfile",),
    "kubernetes": ("k.yaml", "x.yaml"),
    "terraform": ("main.tf",),
    "cloudformation": ("stack.yaml",),
    "helm": ("c/Chart.yaml", "c/templates/a.yaml", "c/templates/b.yaml"),
    "compose": ("compose.yml",),
}


def test_every_file_that_trivy_should_know_is_accounted_for() -> None:
    found = inputs(FILES, **KINDS)
    theirs = found.account(answers(found), present=True)
    assert required(theirs.coverage) == {"files for Trivy": (5, 5, ())}
    assert theirs.seen == {"Dockerfile", "x.yaml", "main.tf", "stack.yaml", "c/Chart.yaml"}


@pytest.mark.parametrize("path", ["Dockerfile", "main.tf", "stack.yaml", "x.yaml"])
def test_a_file_that_trivy_passed_over_is_a_gap(path: str) -> None:
    found = inputs(FILES, **KINDS)
    theirs = found.account(answers(found, but=(path,)), present=True)
    assert required(theirs.coverage) == {"files for Trivy": (4, 5, (path,))}
    assert theirs.coverage[0].missing[0].gap is Gap.NOT_ACCOUNTED_FOR


def test_one_document_that_was_passed_over_makes_a_gap_of_its_file() -> None:
    found = inputs(FILES, **KINDS)
    told = answers(found)
    read = told["kubernetes"].read - {max(told["kubernetes"].read)}
    theirs = found.account(
        told | {"kubernetes": trivy.Answer(sightings=(), read=read)}, present=True
    )
    assert required(theirs.coverage)["files for Trivy"][2] == ("x.yaml",)


def test_a_chart_counts_when_it_was_rendered_and_the_rest_is_told() -> None:
    found = inputs(FILES, **KINDS)
    theirs = found.account(answers(found, but=("c/templates/b.yaml",)), present=True)
    assert required(theirs.coverage)["files for Trivy"] == (5, 5, ())
    beside = [one.subject for part in theirs.coverage if not part.required for one in part.missing]
    assert beside == ["c/templates/b.yaml", "main.tf:3"]
    but = ("c/templates/a.yaml", "c/templates/b.yaml")
    nothing = found.account(answers(found, but=but), present=True)
    assert required(nothing.coverage)["files for Trivy"] == (4, 5, ("c/Chart.yaml",))


def test_a_chart_without_templates_asks_for_nothing() -> None:
    found = inputs({"c/Chart.yaml": b"name: c\n"}, helm=("c/Chart.yaml",))
    assert found.account(answers(found), present=True).coverage == ()


def test_a_chart_of_which_a_part_is_not_there_is_not_evaluated() -> None:
    files = FILES | {"c/templates/b.yaml": unread("c/templates/b.yaml")}
    found = inputs(files, **KINDS)
    theirs = found.account(answers(found), present=True)
    assert required(theirs.coverage)["files for Trivy"] == (4, 5, ("c/Chart.yaml",))


@pytest.mark.parametrize(("present", "gap"), [(True, Gap.TOOL_FAILED), (False, Gap.TOOL_MISSING)])
def test_without_an_answer_everything_is_a_gap(present: bool, gap: Gap) -> None:
    found = inputs(FILES, **KINDS)
    theirs = found.account({}, present=present)
    assert required(theirs.coverage)["files for Trivy"][:2] == (0, 5)
    assert {one.gap for part in theirs.coverage if part.required for one in part.missing} == {gap}
    assert theirs.seen == frozenset()


def test_what_could_not_be_read_or_given_is_a_gap_of_its_own_kind() -> None:
    files = FILES | {"x.yaml": unread("x.yaml"), "stack.yaml": unread("stack.yaml"), "ä.tf": b""}
    kinds = KINDS | {"terraform": ("main.tf", "ä.tf")}
    found = inputs(files, **kinds)
    theirs = found.account(answers(found), present=True)
    missing = {one.subject: one.gap for one in theirs.coverage[0].missing}
    assert missing == {
        "stack.yaml": Gap.TOO_LARGE,
        "x.yaml": Gap.TOO_LARGE,
        "ä.tf": Gap.NOT_ACCOUNTED_FOR,
    }


def test_compose_files_are_not_trivy_s_business() -> None:
    found = inputs({"compose.yml": b"services: {}\n"}, compose=("compose.yml",))
    assert found.account({}, present=False).coverage == ()
