from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UnreadableOutputError
from pipeline.model import Origin
from pipeline.sbom.pins import pins, take
from tests.sbom.polyglot import package


def test_what_comes_from_an_index_in_one_version_is_pinned_once() -> None:
    found = pins(
        [
            package("b", "2"),
            package("a", "1.0+local"),
            package("a", "1.0+local"),
            package("i", origin=Origin.INDEX),
            package("v", origin=Origin.VCS),
            package("u", None),
            package("n", ecosystem="npm"),
            package("odd", "not a version"),
            package("a b", "1"),
            package("-r other.txt\nx", "1"),
        ]
    )
    assert found == {
        "pkg:pypi/a@1.0%2Blocal": "a==1.0+local",
        "pkg:pypi/b@2": "b==2",
        "pkg:pypi/i@1.0": "i==1.0",
    }


@settings(deadline=None)
@given(name=st.text(), version=st.text())
def test_no_name_and_no_version_can_add_a_line(name: str, version: str) -> None:
    for line in pins([package(name, version)]).values():
        assert line.splitlines() == [line]
        assert not line.startswith("-")
        assert not set(line) & set(" ;#@\\")


def output(**more: object) -> bytes:
    tools = {"components": [{"type": "library", "name": "lib", "version": "1", "licenses": []}]}
    component = {
        "bom-ref": "requirements-L1",
        "description": "requirements line 1: A==1",
        "type": "library",
        "name": "A",
        "version": "1",
        "purl": "pkg:pypi/A@1",
    }
    return json.dumps({"metadata": {"tools": tools}, "components": [component], **more}).encode()


def test_components_are_taken_without_what_counts_lines() -> None:
    components, tools = take(output())
    assert components == {
        "pkg:pypi/a@1": {"type": "library", "name": "A", "version": "1", "purl": "pkg:pypi/A@1"}
    }
    assert tools == ({"type": "library", "name": "lib", "version": "1"},)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"[]", b"{}", output(metadata={}), output(components=[{}]), output(components=[1])],
)
def test_output_that_is_no_sbom_is_refused(content: bytes | None) -> None:
    with pytest.raises(UnreadableOutputError):
        take(content)
