"""Dockerfiles as stages and instructions, line for line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.hardening.configuration.dockerfile import (
    MAX_LINES,
    Dockerfile,
    Instruction,
    UnreadableDockerfileError,
    expanded,
    parse,
    unquoted,
)


def read(text: str) -> Dockerfile:
    return parse(text, "Dockerfile")


def only(text: str) -> Instruction:
    """The one instruction behind FROM on the first line."""
    (one,) = read(f"FROM a\n{text}").stages[0].instructions
    return one


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


def test_continued_lines_keep_their_numbers() -> None:
    one = only(
        "RUN apt-get update && \\\n  # a comment in between\n\n  apt-get install \\  \n  gcc\n"
    )
    assert one.text == "apt-get update && \n  apt-get install \n  gcc"
    assert (one.line, one.end) == (2, 6)
    places = [one.line_at(one.text.index(word)) for word in ("update", "install", "gcc")]
    assert places == [2, 5, 6]


def test_a_backslash_before_the_last_one_continues_nothing() -> None:
    first, second = read("FROM a\nRUN echo \\\\\nRUN two\n").stages[0].instructions
    assert (first.text, second.line) == ("echo \\\\", 3)


def test_the_escape_directive() -> None:
    file = read(
        "# syntax=docker/dockerfile:1\n# Escape = `\nFROM a\nRUN dir C:\\\nRUN one `\n two\n"
    )
    first, second = file.stages[0].instructions
    assert first.text == "dir C:\\"
    assert second.text == "one \n two"
    late = read("# a comment\n# escape=`\nFROM a\nRUN one \\\n two\n")
    assert len(late.stages[0].instructions) == 1
    assert "escape" in refusal("# escape=x\nFROM a\n")


def test_embedded_documents() -> None:
    file = read(
        "FROM a\nRUN <<EOF\nnot an instruction\nEOF\n"
        'COPY <<-"one" <<two /x/\n1\n\tone\n2\ntwo\nUSER a\n'
    )
    one, two, three = file.stages[0].instructions
    (document,) = one.documents
    assert (document.name, document.line, document.text) == ("EOF", 3, "not an instruction")
    assert (one.line, one.end) == (2, 4)
    assert [(part.name, part.text, part.line) for part in two.documents] == [
        ("one", "1", 6),
        ("two", "2", 8),
    ]
    assert (three.name, three.line) == ("USER", 10)


@pytest.mark.parametrize(
    "text",
    ["RUN echo $((1<<X))", "RUN cat <<< word", 'RUN echo "a <<EOF b"', "ENV A=<<EOF", "CMD <<EOF"],
)
def test_what_looks_like_an_embedded_document(text: str) -> None:
    assert only(text + "\n").documents == ()


def test_flags_come_before_everything_else() -> None:
    one = only('COPY --from=build --chown="1:1" --link /a --from=x /b\n')
    assert one.flags == (("from", "build"), ("chown", "1:1"), ("link", ""))
    assert one.words == ("/a", "--from=x", "/b")
    assert one.flag("none") == ""
    assert only("HEALTHCHECK --interval=3s \\\n --retries=2 \\\n CMD x\n").text == "CMD x"


def test_lists_and_what_is_none() -> None:
    assert only('CMD ["a", "b c"]\n').array == ("a", "b c")
    assert only('CMD ["a",\\\n "b"]\n').array == ("a", "b")
    for text in ("a b", "['a']", "[1]", '{"a": 1}', "[ x ]", "[" * 100_000):
        assert only(f"CMD {text}\n").array is None


def test_variables_in_both_forms() -> None:
    assert list(only('ENV a=1 "b"="x y" \\\n c=\'d\' e=\n').pairs()) == [
        ("a", "1", 2),
        ("b", "x y", 2),
        ("c", "d", 3),
        ("e", "", 3),
    ]
    assert list(only("ENV NAME some value = more\n").pairs()) == [("NAME", "some value = more", 2)]
    assert list(only("ARG a b=1\n").pairs()) == [("a", None, 2), ("b", "1", 2)]


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


def test_quotation_marks_go() -> None:
    assert unquoted("a\"b c\"'d\\e'\\ f") == "ab cd\\e f"


def test_on_behalf_of_a_later_build() -> None:
    one = only("ONBUILD COPY --from=x <<EOF /a\ntext\nEOF\n")
    assert (one.name, one.nested, one.flag("from")) == ("COPY", True, "x")
    assert one.documents[0].text == "text"


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


def test_line_ends_and_marks_of_other_systems() -> None:
    file = read("\ufeffFROM a \\\r\n AS b\r\nRUN <<EOF\r\nx\r\nEOF\r\n")
    assert file.stages[0].name == "b"
    assert file.stages[0].instructions[0].documents[0].text == "x"


@pytest.mark.parametrize("piece", ['"', "'", "\\", "${", "<<", "--a ", "[", "a=", "$a"])
def test_a_long_line_is_read_once(piece: str) -> None:
    for name in ("RUN", "ENV", "COPY", "CMD"):
        one = only(f"{name} x{piece * 50_000}\n")
        assert one.name == name
        assert len(one.words) >= 0
        expanded(one.text, {})
        list(one.pairs())


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
