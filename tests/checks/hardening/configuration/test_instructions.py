"""The lines of a Dockerfile as instructions, each with the lines on which it stands."""

from __future__ import annotations

import pytest

from pipeline.checks.hardening.configuration.dockerfile import Dockerfile, expanded, parse
from pipeline.checks.hardening.configuration.instructions import (
    Instruction,
    UnreadableDockerfileError,
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


def test_quotation_marks_go() -> None:
    assert unquoted("a\"b c\"'d\\e'\\ f") == "ab cd\\e f"


def test_on_behalf_of_a_later_build() -> None:
    one = only("ONBUILD COPY --from=x <<EOF /a\ntext\nEOF\n")
    assert (one.name, one.nested, one.flag("from")) == ("COPY", True, "x")
    assert one.documents[0].text == "text"


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


def test_on_behalf_of_a_later_build_over_several_lines() -> None:
    one = only("ONBUILD \\\n  RUN one \\\n  two\n")
    assert (one.name, one.nested, one.line_at(one.text.index("two"))) == ("RUN", True, 4)
    assert refusal("FROM a\nONBUILD\n").endswith("no instruction that is known")


def test_a_refusal_of_the_escape_directive_names_its_line() -> None:
    assert refusal("# escape=x\nFROM a\n").startswith("Dockerfile:1: escape")
