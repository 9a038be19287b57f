"""Trivy's answers held against what it was given."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.checks.hardening.configuration import copies
from pipeline.checks.hardening.configuration.accounts import Theirs, account
from pipeline.checks.hardening.configuration.copies import ALONE
from pipeline.checks.hardening.configuration.inputs import Inputs
from pipeline.checks.hardening.configuration.own import evaluate
from pipeline.checks.hardening.configuration.trivy import Answer
from pipeline.model import Gap, Unread
from tests.checks.hardening.seen import gaps, inputs, required, unread


def heard(found: Inputs, told: dict[str, Answer], *, present: bool) -> Theirs:
    return account(found, told, evaluate(found), present=present)


def answers(found: Inputs, *, but: tuple[str, ...] = ()) -> dict[str, Answer]:
    """As if Trivy had read every copy but those of these files."""
    return {
        job.name: Answer(
            sightings=(),
            read=frozenset(name for name, one in job.notes.items() if one.path not in but),
        )
        for job in copies.jobs(found.copies())
    }


FILES: dict[str, bytes | Unread] = {
    "Dockerfile": b"FROM scratch\n",
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
    theirs = heard(found, answers(found), present=True)
    assert required(theirs.coverage) == {"files for Trivy": (5, 5, ())}
    assert theirs.seen == {"Dockerfile", "x.yaml", "main.tf", "stack.yaml", "c/Chart.yaml"}


@pytest.mark.parametrize("path", ["Dockerfile", "main.tf", "stack.yaml", "x.yaml"])
def test_a_file_that_trivy_passed_over_is_a_gap(path: str) -> None:
    found = inputs(FILES, **KINDS)
    theirs = heard(found, answers(found, but=(path,)), present=True)
    assert required(theirs.coverage) == {"files for Trivy": (4, 5, (path,))}
    assert theirs.coverage[0].missing[0].gap is Gap.NOT_ACCOUNTED_FOR


def test_one_document_that_was_passed_over_makes_a_gap_of_its_file() -> None:
    found = inputs(FILES, **KINDS)
    told = answers(found)
    read = told[ALONE].read - {"1-1.yaml"}
    theirs = heard(found, told | {ALONE: Answer(sightings=(), read=read)}, present=True)
    assert required(theirs.coverage)["files for Trivy"][2] == ("x.yaml",)


def test_a_chart_counts_when_it_was_rendered_and_the_rest_is_told() -> None:
    found = inputs(FILES, **KINDS)
    theirs = heard(found, answers(found, but=("c/templates/b.yaml",)), present=True)
    assert required(theirs.coverage)["files for Trivy"] == (5, 5, ())
    beside = [one.subject for part in theirs.coverage if not part.required for one in part.missing]
    assert beside == ["c/templates/b.yaml", "main.tf:3"]
    but = ("c/templates/a.yaml", "c/templates/b.yaml")
    nothing = heard(found, answers(found, but=but), present=True)
    assert required(nothing.coverage)["files for Trivy"] == (4, 5, ("c/Chart.yaml",))


def test_a_chart_without_templates_asks_for_nothing() -> None:
    found = inputs({"c/Chart.yaml": b"name: c\n"}, helm=("c/Chart.yaml",))
    assert heard(found, answers(found), present=True).coverage == ()


@pytest.mark.parametrize(
    ("chart", "inside", "expected"),
    [
        (b"dependencies: [{name: db}, {name: cache}]\n", "cache-1.0.tgz", "not rendered: db;"),
        (b"dependencies: [{name: db}]\n", "db/Chart.yaml", "does not speak of it"),
        (b"name: c\n", "db/Chart.yaml", "does not speak of it"),
        (b"dependencies: [3]\n", "db/Chart.yaml", "does not speak of it"),
        (b"a: [\n", "db/Chart.yaml", "does not speak of it"),
        (b"text\n", "db/Chart.yaml", "does not speak of it"),
    ],
)
def test_a_chart_that_lacks_others_says_which(chart: bytes, inside: str, expected: str) -> None:
    path = f"c/charts/{inside}"
    files: dict[str, bytes | Unread] = {
        "c/Chart.yaml": chart, "c/templates/a.yaml": b"x", path: b"x",
    }  # fmt: skip
    found = inputs(files, helm=tuple(files))
    theirs = heard(found, answers(found, but=tuple(files)), present=True)
    (gap,) = gaps(theirs.coverage)
    assert gap.subject == "c/Chart.yaml"
    assert expected in gap.why
    untold = heard(found, {}, present=True)
    assert gaps(untold.coverage)[0].gap is Gap.TOOL_FAILED


@pytest.mark.parametrize("name", ["Chart.yaml", "requirements.yaml"])
def test_a_chart_made_of_others_alone_is_not_evaluated_without_them(name: str) -> None:
    files: dict[str, bytes | Unread] = {"c/Chart.yaml": b"name: c\n"}
    files[f"c/{name}"] = b"dependencies: [{name: db}]\n"
    found = inputs(files, helm=tuple(files))
    (gap,) = gaps(heard(found, answers(found), present=True).coverage)
    assert (gap.subject, gap.gap) == ("c/Chart.yaml", Gap.INPUT_MISSING)
    assert "not rendered: db;" in gap.why


def test_providers_are_from_elsewhere() -> None:
    files: dict[str, bytes | Unread] = {
        "main.tf": b'terraform {\n  required_providers {\n    a = { source = "x/a" }\n  }\n}\n'
    }
    found = inputs(files, terraform=("main.tf",))
    theirs = heard(found, answers(found), present=True)
    assert [(one.subject, one.gap) for one in gaps(theirs.coverage)] == [
        ("main.tf:2", Gap.INPUT_MISSING)
    ]


def test_a_chart_of_which_a_part_is_not_there_is_not_evaluated() -> None:
    files = FILES | {"c/templates/b.yaml": unread("c/templates/b.yaml")}
    found = inputs(files, **KINDS)
    theirs = heard(found, answers(found), present=True)
    assert required(theirs.coverage)["files for Trivy"] == (4, 5, ("c/Chart.yaml",))


@pytest.mark.parametrize(("present", "gap"), [(True, Gap.TOOL_FAILED), (False, Gap.TOOL_MISSING)])
def test_without_an_answer_everything_is_a_gap(present: bool, gap: Gap) -> None:
    found = inputs(FILES, **KINDS)
    theirs = heard(found, {}, present=present)
    assert required(theirs.coverage)["files for Trivy"][:2] == (0, 5)
    assert {one.gap for part in theirs.coverage if part.required for one in part.missing} == {gap}
    assert theirs.seen == frozenset()


def test_what_could_not_be_read_or_given_is_a_gap_of_its_own_kind() -> None:
    files = FILES | {"x.yaml": unread("x.yaml"), "stack.yaml": unread("stack.yaml"), "ä.tf": b""}
    kinds = KINDS | {"terraform": ("main.tf", "ä.tf")}
    found = inputs(files, **kinds)
    theirs = heard(found, answers(found), present=True)
    missing = {one.subject: one.gap for one in theirs.coverage[0].missing}
    assert missing == {
        "stack.yaml": Gap.TOO_LARGE,
        "x.yaml": Gap.TOO_LARGE,
        "ä.tf": Gap.NOT_ACCOUNTED_FOR,
    }


def test_compose_files_are_not_trivy_s_business() -> None:
    found = inputs({"compose.yml": b"services: {}\n"}, compose=("compose.yml",))
    assert heard(found, {}, present=False).coverage == ()


POD = b"{containers: [{name: a}]}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"kind: List\nitems: [{kind: Pod, metadata: {name: x}, spec: %b}]\n" % POD, "lists"),
        (b"kind: Pod\nmetadata: {labels: {}}\nspec: %b\n" % POD, "without a name"),
        (b"kind: Pod\nspec: %b\n" % POD, "without a name"),
    ],
)
def test_what_trivy_passes_over_though_it_read_the_file(text: bytes, why: str) -> None:
    found = inputs({"x.yaml": text}, kubernetes=("x.yaml",))
    theirs = heard(found, answers(found), present=True)
    (gap,) = theirs.coverage[0].missing
    assert required(theirs.coverage) == {"files for Trivy": (0, 1, (gap.subject,))}
    assert gap.subject.startswith("x.yaml:")
    assert gap.gap is Gap.UNSUPPORTED_INPUT
    assert why in gap.why
    assert theirs.seen == frozenset()


def test_kinds_of_objects_that_trivy_does_not_know_are_told() -> None:
    text = b"kind: Rollout\nmetadata: {name: x}\nspec: {template: {spec: %b}}\n" % POD
    found = inputs({"x.yaml": text}, kubernetes=("x.yaml",))
    theirs = heard(found, answers(found), present=True)
    assert required(theirs.coverage) == {"files for Trivy": (1, 1, ())}
    (part,) = [part for part in theirs.coverage if not part.required]
    assert "Rollout" in part.missing[0].why
    # Whoever does not look has missed nothing.
    assert theirs.seen == frozenset()
