"""Compose files: what is put together, what stands elsewhere. `test_corpus` has the rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.hardening.configuration import compose
from pipeline.checks.hardening.problem import Read
from pipeline.errors import IncompleteError
from pipeline.model import Gap
from tests.checks.hardening.cases import DAY


def read(text: str) -> Read:
    return compose.read(text, "compose.yml", DAY)


def rules(text: str) -> set[tuple[str, int]]:
    return {(one.rule, one.place.line or 0) for one in read(text).problems}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it holds no table of keys"),
        ("- a\n", "it holds no table of keys"),
        ("a: 1\n", "it names no services"),
        ("services: {{ x }}\n", "a key must be a text"),
        ("a: [\n", "not valid YAML"),
        ("a: !secret x\n", "a tag"),
    ],
)
def test_what_is_no_compose_file(text: str, why: str) -> None:
    with pytest.raises(IncompleteError) as caught:
        read(text)
    assert why in caught.value.what


def test_a_service_without_an_image_is_a_part_of_one() -> None:
    """An override: what is not in it may stand in the file that it changes."""
    assert rules("services:\n  a:\n    privileged: true\n") == {("privileged", 3)}
    assert read("services: {}\n") == Read()
    assert read("services:\n  a:\n  b: text\n") == Read()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("services:\n  a:\n    extends: {file: x.yml, service: b}\n", 2),
        ("services:\n  a:\n    extends: nobody\n", 2),
        ("services:\n  a: {extends: b}\n  b: {extends: a}\n", 2),
    ],
)
def test_a_service_that_stands_elsewhere_is_not_evaluated(text: str, line: int) -> None:
    found = read(text)
    assert found.problems == ()
    assert (found.open[0].place.line, found.open[0].gap) == (line, Gap.UNSUPPORTED_INPUT)


def test_what_is_included_is_not_evaluated() -> None:
    (one,) = read("include: [other.yml]\n").open
    assert (one.place.line, one.gap) == (1, Gap.UNSUPPORTED_INPUT)


def test_what_is_put_together() -> None:
    text = """\
x-a: &a {read_only: true, cap_drop: [NET_RAW], environment: {A: 1}}
x-b: &b {read_only: false, mem_limit: 1g}
services:
  base:
    <<: [*a, *b]
    cpus: 1
    security_opt: ["no-new-privileges:true"]
  child:
    extends: base
    image: x@sha256:4f
    cap_drop: [ALL]
    environment: {TOKEN: $OPEN}
"""
    assert rules(text) == {("unpinned-image", 10)}
    kept = text.replace("    cap_drop: [ALL]\n", "    cap_drop: !override []\n")
    assert ("capabilities-kept", 8) in rules(kept)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("image: $IMAGE", "the image of a"),
        ("privileged: ${P}", "whether a is privileged"),
        ("user: ${U}", "the user of a"),
        ("cap_add: ['${C}']", "a capability of a"),
        ("image: '<name>'", "the image of a"),
    ],
)
def test_what_the_environment_decides_is_told(line: str, why: str) -> None:
    found = read(f"services:\n  a:\n    {line}\n")
    assert [(one.place.line, one.gap) for one in found.open] == [(3, Gap.INPUT_MISSING)]
    assert why in found.open[0].why


def test_defaults_of_variables_count() -> None:
    text = "services:\n  a:\n    privileged: ${P:-true}\n    user: ${U-0}\n"
    assert rules(text) == {("privileged", 3), ("root-workload", 4)}
    assert rules("services:\n  a:\n    environment: {TOKEN: $$abcdefg1}\n") == set()


def written(items: dict[str, str]) -> str:
    return f"{{{', '.join(f'{key}: {value}' for key, value in items.items())}}}"


@settings(deadline=None)
@given(
    st.recursive(
        st.sampled_from(["true", "ALL", "$X", "host", "~", "'{{ x }}'", "0"]),
        lambda inner: (
            st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]")
            | st.dictionaries(
                st.sampled_from(
                    ["image", "build", "args", "extends", "service", "environment", "volumes",
                     "source", "cap_drop", "deploy", "resources", "limits", "user", "privileged"]
                ),
                inner,
                max_size=4,
            ).map(written)
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_no_shape_makes_it_stumble(service: str) -> None:
    found = read(f"services:\n  a: {service}\n")
    places = [one.place for one in found.problems] + [one.place for one in found.open]
    assert all(place.line == 2 for place in places)


@pytest.mark.parametrize(
    ("build", "why"),
    [
        ("{context: web, dockerfile: ../Dockerfile}", ""),
        ("{dockerfile: web/prod.build}", ""),
        ("web", ""),
        ("{context: web, dockerfile: other.build}", "not known as a Dockerfile"),
        ("{context: https://example.com/a.git, dockerfile: Dockerfile}", "not known as"),
        ("{dockerfile: $FILE}", "depends on who starts it"),
        ("{dockerfile: '${FILE:-web/prod.build}'}", ""),
        ("{dockerfile_inline: FROM a}", "stands in the file"),
    ],
)
def test_what_a_service_is_built_from_is_evaluated_by_itself_or_open(build: str, why: str) -> None:
    known = ("deploy/Dockerfile", "deploy/web/prod.build")
    text = f"services:\n  a:\n    build: {build}\n"
    found = compose.read(text, "deploy/compose.yml", DAY, dockerfiles=known).open
    assert [one.place.line for one in found] == ([3] if why else [])
    assert all(why in one.why for one in found)
