from __future__ import annotations

from typing import Any

from pipeline.sbom.complete import SIGNATURE, Field, measure
from tests.sbom.polyglot import lock, package, target, whole

ELEMENTS = [
    "SBOM Author",
    "SBOM Author Signature",
    "SBOM Data Format Name",
    "SBOM Data Format Version",
    "SBOM Generation Context",
    "SBOM Timestamp",
    "SBOM Tool Name",
    "SBOM Tool Version",
    "SBOM Version",
    "Component Producer",
    "Component Name",
    "Component Version",
    "Component Identifiers",
    "Component Hash Value",
    "Component Hash Algorithm",
    "Component License",
    "Component Dependency Relationship",
]


def fields(document: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {one.element: (one.stated, one.unknown, one.missing) for one in measure(document)}


def test_our_own_documents_pass_over_nothing_but_the_signature() -> None:
    tool = {"type": "application", "name": "t", "version": "1"}
    of = target(
        lock(package("a", hashes=("sha256:" + "0" * 64,))),
        lock(package("b", None), path="go.sum", format="go.sum"),
    )
    found = fields(whole(of, tools=(tool,)))
    assert list(found) == ELEMENTS
    assert [name for name, (_, _, missing) in found.items() if missing] == [SIGNATURE]
    assert found["SBOM Author"] == (0, 1, 0)
    assert found["Component Hash Value"] == (1, 3, 0)
    assert found["Component Version"] == (1, 3, 0)
    assert found["Component Dependency Relationship"] == (3, 1, 0)


def test_silence_is_missing_and_a_supplier_is_no_producer() -> None:
    document = {
        "components": [
            {"type": "library", "name": "a", "supplier": {"name": "x"}, "bom-ref": "1"},
            {
                "type": "library",
                "name": "b",
                "version": "1",
                "cpe": "cpe:/a:b:b",
                "bom-ref": "2",
                "authors": [{"name": "x"}],
                "licenses": [{"expression": "MIT"}],
                "hashes": [{"alg": "MD5", "content": "0" * 32}],
            },
        ],
        "dependencies": [{"ref": "2"}],
        "compositions": [{"aggregate": "complete", "dependencies": ["2"]}],
    }
    found = fields(document)
    assert {found[name] for name in ELEMENTS[:9]} == {(0, 0, 1)}
    assert found["Component Name"] == (2, 0, 0)
    assert {found[name] for name in ELEMENTS[9:] if name != "Component Name"} == {(1, 0, 1)}
    producer = next(one for one in measure(document) if one.element == "Component Producer")
    assert producer == Field(
        element="Component Producer", stated=1, unknown=0, missing=1, examples=("a",)
    )


def test_what_is_stated_counts_even_if_it_is_also_declared_unknown() -> None:
    unknown = [{"name": "supply-chain:unknown", "value": "version"}]
    document = {"components": [{"name": "a", "version": "1", "properties": unknown}]}
    assert fields(document)["Component Version"] == (1, 0, 0)


def test_tools_as_a_list_are_tools() -> None:
    document = {"metadata": {"tools": [{"name": "cli", "version": "1"}], "manufacturer": {"a": 1}}}
    found = fields(document)
    assert found["SBOM Tool Name"] == found["SBOM Tool Version"] == (1, 0, 0)
    assert found["SBOM Author"] == (1, 0, 0)
