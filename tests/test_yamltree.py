"""YAML nodes: nothing is guessed, everything is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.yamltree import Items, Scalar, Table, UnreadableYamlError, compose, compose_all

if TYPE_CHECKING:
    from pipeline.yamltree import Node


def read(text: str, *, aliases: bool = True) -> Node | None:
    return compose(text, "file.yml", aliases=aliases)


def refusal(text: str, *, aliases: bool = True) -> str:
    with pytest.raises(UnreadableYamlError) as caught:
        read(text, aliases=aliases)
    return f"{caught.value.where}: {caught.value.what}"


def test_scalars_stay_text_and_know_their_places() -> None:
    node = read("on: 4.10\nday: 2025-01-01\nlist:\n  - yes\n  - 'no'\n")
    assert isinstance(node, Table)
    assert list(node.entries) == ["on", "day", "list"]
    assert node.get("on") == Scalar(1, 5, "4.10")
    assert (node.text("day"), node.text("list"), node.text("none")) == ("2025-01-01", "", "")
    assert node.get("none") is None
    assert node.get("list") == Items(4, 3, (Scalar(4, 5, "yes"), Scalar(5, 5, "no", "'")))


def test_lines_inside_a_block_are_exact() -> None:
    node = read("a:\n  run: |\n    one\n    two\n  folded: >\n    x\n")
    assert isinstance(node, Table)
    table = node.get("a")
    assert isinstance(table, Table)
    block, folded = table.get("run"), table.get("folded")
    assert isinstance(block, Scalar)
    assert isinstance(folded, Scalar)
    assert (block.line_of(0), block.line_of(1)) == (3, 4)
    assert folded.line_of(3) == folded.line == 5


@pytest.mark.parametrize(
    ("text", "null"), [("", True), ("~", True), ("null", True), ("'null'", False), ("none", False)]
)
def test_nothing_is_told_apart_from_text(text: str, null: bool) -> None:
    node = read(f"a: {text}")
    assert isinstance(node, Table)
    value = node.get("a")
    assert isinstance(value, Scalar)
    assert value.is_null is null


def test_an_empty_text_has_no_document() -> None:
    assert read("") is None
    assert read("# only a comment\n") is None


def test_an_alias_repeats_a_node() -> None:
    node = read("a: &x [1]\nb: *x\n")
    assert isinstance(node, Table)
    assert node.get("a") is node.get("b")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\nb: 2\na: 3", "file.yml:3: the key 'a' was already given on line 1"),
        ("a: 1\n'a': 3", "file.yml:2: the key 'a' was already given on line 1"),
        ("[a]: 1", "file.yml:1: a key must be a text"),
        ("a\n---\nb", "file.yml:2: a second document is not allowed"),
        ("a: !!python/object:os.system x", "file.yml:1: a tag (“!…”) is not allowed here"),
        ("a: !x [1]", "file.yml:1: a tag (“!…”) is not allowed here"),
        ("a: *gone", "file.yml:1: an alias of nothing that is complete before it"),
        ("&a [*a]", "file.yml:1: an alias of nothing that is complete before it"),
        ("a:\n- [1,\n", "file.yml:3: not valid YAML: "),
        ("a: \0", "file.yml: not valid YAML: "),
        ("a: \ud800", "file.yml: not valid YAML: a lone surrogate"),
        ("[" * 500_000, "file.yml:1: nested deeper than 64 levels"),
        ("{" * 65, "file.yml:1: nested deeper than 64 levels"),
        ("- x\n" * 100_000, "file.yml:100000: unfolds to more than 100000 nodes"),
        (" " * (4 * 1024 * 1024 + 1), "file.yml: 4194305 characters are more than the limit"),
    ],
)
def test_what_is_refused_and_where(text: str, why: str) -> None:
    assert refusal(text).startswith(why)


def test_an_alias_is_refused_where_it_is_not_wanted() -> None:
    assert refusal("a: &x 1\nb: *x", aliases=False).startswith("file.yml:2: an alias")


def test_a_few_bytes_cannot_unfold_into_billions_of_nodes() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert "unfolds to more than" in refusal("\n".join(lines))


def test_without_the_compiled_parser_the_answer_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "a: &x\n- |\n  one\n- *x1\n"
    good = "on:\n  push: {branches: [main]}\nrun: |\n  x\n"
    compiled = (refusal(text), read(good))
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert (refusal(text), read(good)) == compiled


def _flatten(node: Node | None) -> object:
    if isinstance(node, Table):
        return {key: _flatten(value) for key, (_, value) in node.entries.items()}
    if isinstance(node, Items):
        return [_flatten(item) for item in node.items]
    return node.text if node else None


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)
_DATA = st.recursive(
    _TEXT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4)
)


@settings(deadline=None)
@given(_DATA)
def test_it_reads_what_was_written(data: object) -> None:
    assert _flatten(read(yaml.safe_dump(data, default_style='"'))) == data


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("a:-[]{}&*!|> \n'\"#,?", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found: object = read(text)
    except UnreadableYamlError as error:
        found = error.where
    assert found is None or isinstance(found, Scalar | Items | Table | str)


def test_tags_that_are_allowed_mean_nothing() -> None:
    text = "a: !reference [b, c]\n"
    found = compose(text, "x", aliases=False, tags={"!reference"})
    assert isinstance(found, Table)
    assert isinstance(found.get("a"), Items)
    for tags in ((), {"!other"}):
        with pytest.raises(UnreadableYamlError, match="tag"):
            compose(text, "x", aliases=False, tags=tags)


def test_several_documents_know_their_lines() -> None:
    one, nothing, two = compose_all("a: 1\n---\n---\nb: 2\n", "file.yml", aliases=True)
    assert isinstance(one, Table)
    assert isinstance(two, Table)
    assert isinstance(nothing, Scalar)
    assert nothing.is_null
    assert (one.line, two.line, two.text("b")) == (1, 4, "2")
    assert compose_all("# nothing\n", "file.yml", aliases=True) == ()


def test_an_anchor_ends_with_its_document() -> None:
    with pytest.raises(UnreadableYamlError, match="an alias of nothing"):
        compose_all("a: &x 1\n---\nb: *x\n", "file.yml", aliases=True)


def test_nodes_are_counted_over_all_documents() -> None:
    text = "a: [" + "1, " * 30_000 + "1]\n"
    assert len(compose_all(f"{text}---\n{text}", "file.yml", aliases=True)) == 2
    with pytest.raises(UnreadableYamlError, match="unfolds to more than"):
        compose_all("---\n".join([text] * 4), "file.yml", aliases=True)


def test_what_keys_lead_to() -> None:
    node = read("a:\n  b:\n    c: [1, 2]\n  d: x\n")
    assert isinstance(node, Table)
    assert [one.line for one in node.below("a", "b").items("c")] == [3, 3]
    assert node.below("a").items("d") == node.below("a").items("none") == ()
    assert node.below("a", "d", "e").entries == {}
