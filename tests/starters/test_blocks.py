from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.starters.blocks import append

ENTRY = "- repo: ours\n  rev: abc\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("repos:\n  - repo: a\n", "repos:\n  - repo: a\n  - repo: ours\n    rev: abc\n"),
        ("repos:\n- repo: a\n", "repos:\n- repo: a\n- repo: ours\n  rev: abc\n"),
        ("repos:\n- repo: a", "repos:\n- repo: a\n- repo: ours\n  rev: abc\n"),
        (
            "# mine\nrepos:\n  - repo: a # why\n\n# of ci\nci: {}\n",
            "# mine\nrepos:\n  - repo: a # why\n  - repo: ours\n    rev: abc\n\n# of ci\nci: {}\n",
        ),
        (
            "default: x\nrepos:\n  - repo: a\n# the end\n\n",
            "default: x\nrepos:\n  - repo: a\n  - repo: ours\n    rev: abc\n# the end\n\n",
        ),
    ],
)
def test_the_entries_come_last_and_the_rest_stays(before: str, after: str) -> None:
    assert append(before, "repos", ENTRY) == after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x: 1\n",
        "repos: []\n",
        "repos: [{repo: a}]\n",
        "repos:\n",
        "repos: text\n",
        "- repos\n",
        "repos:\n  - a\nrepos:\n  - b\n",
        "repos:\n  - |\n    text # no comment\n    # nor this\n",
        "a: [\n",
    ],
)
def test_what_cannot_be_added_safely_is_not(text: str) -> None:
    assert append(text, "repos", ENTRY) is None


VALUES = st.recursive(
    st.sampled_from(["a", "b # c", "|", "x: y", "- z", "'", "#"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


@given(
    st.lists(VALUES, min_size=1, max_size=4),
    st.dictionaries(st.sampled_from(["x", "y"]), VALUES),
    st.integers(min_value=1, max_value=4),
)
@settings(deadline=None, max_examples=200)
def test_whatever_is_made_reads_as_the_old_file_with_the_entries(
    items: list[Any], others: dict[str, Any], indent: int
) -> None:
    text = yaml.safe_dump({"repos": items, **others}, indent=indent, sort_keys=False)
    made = append(text, "repos", ENTRY)
    if made is not None:
        wanted = {"repos": [*items, {"repo": "ours", "rev": "abc"}], **others}
        assert yaml.safe_load(made) == wanted
