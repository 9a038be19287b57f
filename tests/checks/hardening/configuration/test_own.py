"""What our own rules say of files, and what is told of those that they cannot read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.checks.hardening.configuration.own import evaluate
from pipeline.model import Gap, Location, Unread
from tests.checks.hardening.seen import gaps, inputs, required, unread


def test_what_our_rules_could_not_read() -> None:
    files: dict[str, bytes | Unread] = {
        "Dockerfile": b"FROM scratch\nUSER 5\nHEALTHCHECK CMD x\n",
        "b.dockerfile": b"\xff",
        "c.dockerfile": b"nothing",
        "compose.yml": unread("compose.yml"),
        "x.yaml": b"kind: Pod\nspec: {containers: [{name: a, image: '{{ x }}'}]}\n",
    }
    own = evaluate(
        inputs(
            files,
            dockerfiles=("Dockerfile", "b.dockerfile", "c.dockerfile"),
            compose=("compose.yml",),
            kubernetes=("x.yaml",),
        )
    )
    assert own.read == {"Dockerfile", "x.yaml"}
    missing = ("b.dockerfile", "c.dockerfile", "compose.yml", "x.yaml:2")
    assert required(own.coverage) == {"files": (2, 6, missing)}
    assert [one.gap for one in gaps(own.coverage)] == [
        Gap.PARSE_ERROR, Gap.PARSE_ERROR, Gap.TOO_LARGE, Gap.INPUT_MISSING,
    ]  # fmt: skip
    assert own.data == ()


def test_images_that_were_looked_up_are_counted_beside_the_question() -> None:
    content = b"FROM python:3.14\nFROM nobody/knows:1\nUSER 5\nHEALTHCHECK CMD x\n"
    own = evaluate(inputs({"Dockerfile": content}, dockerfiles=("Dockerfile",)))
    (part,) = [part for part in own.coverage if not part.required]
    assert (part.unit, part.evaluated, part.expected) == ("images", 1, 2)
    assert part.missing[0].subject == "Dockerfile:2"
    (record,) = own.data
    assert record.as_of
    assert record.entries


def test_an_image_that_nobody_knows_is_told_once() -> None:
    files: dict[str, bytes | Unread] = {
        f"{name}/Dockerfile": b"FROM nobody/knows:1\nUSER 5\nHEALTHCHECK CMD x\n" for name in "abc"
    }
    files["Dockerfile"] = b"FROM python:3.14\nFROM nobody/else\nUSER 5\nHEALTHCHECK CMD x\n"
    own = evaluate(inputs(files, dockerfiles=tuple(sorted(files))))
    (part,) = [part for part in own.coverage if not part.required]
    assert (part.evaluated, part.expected) == (1, 3)
    assert [(one.subject, one.why.rpartition(" know ")[2]) for one in part.missing] == [
        ("Dockerfile:2", "nobody/else"),
        ("a/Dockerfile:1", "nobody/knows:1, nor in 2 other places"),
    ]


def test_a_folder_that_could_not_be_listed() -> None:
    part = Unread(location=Location(path="."), why="no rights", gap=Gap.INPUT_MISSING)
    found = inputs({}, unread=(part, unread("other")))
    assert [one.gap for one in found.lost] == [Gap.INPUT_MISSING]
    assert required(evaluate(found).coverage) == {"files": (0, 1, (".",))}


@pytest.mark.parametrize("holds", [True, False])
def test_an_ignore_file_is_the_dockerfile_s_own_business(holds: bool) -> None:
    content = b"FROM scratch\nCOPY . /\nUSER 5\nHEALTHCHECK CMD x\n"
    files: dict[str, bytes | Unread] = {"a/Dockerfile": content, ".dockerignore": b".git\n"}
    own = evaluate(
        inputs(files if holds else {"a/Dockerfile": content}, dockerfiles=("a/Dockerfile",))
    )
    assert [one.rule for one in own.problems] == ([] if holds else ["no-dockerignore"])


def test_images_from_where_the_policy_does_not_allow_them() -> None:
    files: dict[str, bytes | Unread] = {
        "Dockerfile": b"FROM quay.io/a/b:1\nUSER 5\nHEALTHCHECK CMD x\n",
        "compose.yml": b"services: {db: {image: 'ghcr.io/acme/db:1'}}\n",
    }
    found = inputs(files, dockerfiles=("Dockerfile",), compose=("compose.yml",))
    foreign = [one for one in evaluate(found).problems if one.rule == "foreign-registry"]
    assert foreign == []
    strict = replace(found, registries=("ghcr.io/acme",))
    (only,) = (one for one in evaluate(strict).problems if one.rule == "foreign-registry")
    assert only.place == Location(path="Dockerfile", line=1)
