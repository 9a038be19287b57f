"""Dockerfiles as stages: what each starts from, and what is known of its variables."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.hardening.configuration.dockerfile import Dockerfile, expanded, parse
from pipeline.checks.hardening.configuration.instructions import (
    MAX_LINES,
    UnreadableDockerfileError,
)


def read(text: str) -> Dockerfile:
    return parse(text, "Dockerfile")


def refusal(text: str) -> str:
    with pytest.raises(UnreadableDockerfileError) as caught:
        read(text)
    return f"{caught.value.where}: {caught.value.what}"


def test_stages_and_what_they_start_from() -> None:
    file = read(
        "# a comment\nARG version=3.14\nFROM python:${version} AS Build\nRUN one\n\n"
        "from build\nrun two\nFROM --platform=$BUILDPLATFORM $unknown as last\n"
    )
    build, second, last = file.stages
    assert (build.name, build.image, build.base, build.start.line) == (
        "Build",
        "python:3.14",
        None,
        3,
    )
    assert (second.image, second.base) == ("build", 0)
    assert (last.name, last.image, last.written) == ("last", None, "$unknown")
    assert last.start.flag("platform") == "$BUILDPLATFORM"
    assert [one.name for one in build.instructions] == ["RUN"]
    assert file.lineage(second) == (second, build)
    assert [one.name for one in file.before] == ["ARG"]


def test_a_stage_cannot_start_from_itself_or_a_later_one() -> None:
    first, second = read("FROM b AS a\nFROM b AS b\n").stages
    assert first.base is None
    assert second.base is None


def test_what_is_known_at_the_end_of_a_stage() -> None:
    file = read(
        "ARG outer=1\nARG bare\nFROM x AS base\nARG inner=2\nENV kept=$inner\nFROM base\n"
        "ARG outer\nARG bare\nARG other\nENV both=${kept}-${outer} lost=$bare plain=3\n"
        "ENV lost2 $inner\n"
    )
    assert file.variables(file.stages[1]) == {
        "outer": "1",
        "bare": None,
        "other": None,
        "kept": "2",
        "both": "2-1",
        "lost": None,
        "plain": "3",
        "lost2": None,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$a", "1"), ("${a}x", "1x"), ("$b", None), ("${b:-2}", "2"), ("${b-2}", "2"),
        ("${a:-2}", "1"), ("${a:+2}", "2"), ("${a:?x}", "1"),
        ("${b:+2}", ""), ("${b:?x}", None), ("${a%x}", None),
        ("\\$a", "$a"), ("a$", "a$"), ("", ""), ("${empty:-3}", "3"), ("${open:-4}", "4"),
        ("$open", None),
    ],
)  # fmt: skip
def test_variables_are_replaced(text: str, value: str | None) -> None:
    assert expanded(text, {"a": "1", "empty": "", "open": None}) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Dockerfile: it has no FROM"),
        ("ARG a\n", "Dockerfile: it has no FROM"),
        ("RUN x\nFROM a\n", "Dockerfile:1: RUN before the first FROM"),
        ("FROM a\n{% if x %}\n", "Dockerfile:2: it begins with no instruction that is known"),
        ("FROM a\nINSTALL x\n", "Dockerfile:2: it begins with no instruction that is known"),
        ("FROM {{ image }}\n", "Dockerfile:1: FROM wants an image"),
        ("FROM\n", "Dockerfile:1: FROM wants an image"),
        ("FROM a AS\n", "Dockerfile:1: FROM wants an image"),
        ("FROM a\nRUN <<EOF\nx\n", "Dockerfile:2: a here-document has no end"),
        ("FROM a\nONBUILD ONBUILD RUN x\n", ""),
        ("\n" * (MAX_LINES + 1), "Dockerfile: more than"),
    ],
)
def test_what_is_no_dockerfile(text: str, why: str) -> None:
    if why:
        assert refusal(text).startswith(why)
    else:
        assert read(text)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "FROM a AS b\n", "RUN ", "ENV a=", "ARG x\n", "\\\n", "<<EOF", "EOF\n", "#", "\n",
                "'", '"', "ONBUILD ", "COPY --from=b ", "$a", "${a:-", "}", "[", "# escape=`\n",
                "`\n", "\t", "x",
            ]
        ),
        max_size=30,
    ).map("".join)
)  # fmt: skip
def test_no_text_makes_it_stumble(text: str) -> None:
    try:
        file = read("FROM a\n" + text)
    except UnreadableDockerfileError:
        return
    lines = text.count("\n") + 2
    for stage in file.stages:
        file.variables(stage)
        for one in (stage.start, *stage.instructions):
            assert 1 <= one.line <= one.end <= lines
            assert all(1 <= one.line_at(at) <= lines for at in range(len(one.text)))
            for _, _, line in one.pairs():
                assert one.line <= line <= one.end
