from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import IncompleteError
from pipeline.sbom import Json
from pipeline.sbom import validate as room
from pipeline.sbom.validate import MAX_PROBLEMS, keep_sound, validate
from tests.sbom.polyglot import lock, package, target, whole


@pytest.fixture
def sound() -> Json:
    return whole(target(lock(package("a", requires=("b",)), package("b"))))


def duplicate(document: Json) -> None:
    document["components"].append(dict(document["components"][-1], version="9"))


def dangle(document: Json) -> None:
    document["dependencies"].append({"ref": "pkg:pypi/a@1.0", "dependsOn": ["nowhere"]})


SPOILED: dict[str, tuple[Callable[[Json], Any], str]] = {
    "timestamp": (lambda it: it["metadata"].update(timestamp="soon"), "date-time"),
    "serial": (lambda it: it.update(serialNumber="7"), "serialNumber"),
    "unknown key": (lambda it: it.update(extra=1), "extra"),
    "licence": (
        lambda it: it["components"][0].update(licenses=[{"license": {"id": "NOT-A-LICENCE"}}]),
        "components/0/licenses",
    ),
    "hash": (
        lambda it: it["components"][0].update(hashes=[{"alg": "SHA-256", "content": "x"}]),
        "components/0/hashes",
    ),
    "type": (lambda it: it["components"][0].update(type="thing"), "components/0/type"),
    "url": (
        lambda it: it["components"][0].update(
            externalReferences=[{"type": "vcs", "url": "https://[x"}]
        ),
        "externalReferences",
    ),
    "duplicate": (duplicate, "stands for two things"),
    "dangling": (dangle, "two entries of the graph"),
    "nowhere": (
        lambda it: it["dependencies"][0].update(dependsOn=["nowhere"]),
        "nowhere leads nowhere",
    ),
    "no such ref": (lambda it: it["dependencies"].append({"ref": "none"}), "none leads nowhere"),
    "composition": (
        lambda it: it.update(compositions=[{"aggregate": "unknown", "assemblies": ["none"]}]),
        "none leads nowhere",
    ),
    "vulnerability": (
        lambda it: it.update(vulnerabilities=[{"id": "x", "affects": [{"ref": "none"}]}]),
        "none leads nowhere",
    ),
    "annotation": (
        lambda it: it.update(
            annotations=[
                {
                    "subjects": ["none"],
                    "annotator": {"individual": {"name": "x"}},
                    "timestamp": "2026-01-01T00:00:00Z",
                    "text": "x",
                }
            ]
        ),
        "none leads nowhere",
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_each_fault_is_seen_and_named(sound: Json, name: str) -> None:
    assert validate(sound) == ()
    spoil, told = SPOILED[name]
    spoiled = copy.deepcopy(sound)
    spoil(spoiled)
    problems = validate(spoiled)
    assert any(told in problem for problem in problems), problems


@pytest.mark.parametrize("document", [None, [], {}, {"specVersion": "2.0"}, {"specVersion": 1.6}])
def test_what_is_no_document_of_a_known_version_is_told(document: Any) -> None:
    assert "no CycloneDX document" in validate(document)[0]


def test_bom_links_lead_elsewhere(sound: Json) -> None:
    link = "urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1#x"
    sound["dependencies"][0]["dependsOn"] = [link]
    assert validate(sound) == ()


def test_problems_are_told_up_to_a_limit(sound: Json) -> None:
    sound["components"] = [{"type": "x", "name": "y"}] * 100
    assert len(validate(sound)) == MAX_PROBLEMS


def test_unsound_components_of_a_tool_are_dropped_alone() -> None:
    good = {"licenses": [{"license": {"id": "MIT"}}]}
    bad = {"licenses": [{"license": {"id": "MINE"}}]}
    assert keep_sound({"a": good}) == {"a": good}
    assert keep_sound({"a": good, "b": bad}) == {"a": good}


def test_without_the_schemas_nothing_passes_for_valid(
    sound: Json, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    room._validator.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(IncompleteError, match="not installed") as caught:
        validate(sound)
    assert "cyclonedx-bom" in caught.value.fix
    monkeypatch.setattr(room, "schema_folder", lambda: tmp_path)
    with pytest.raises(IncompleteError, match="is not there"):
        validate(sound)


def test_no_schema_is_ever_fetched() -> None:
    with pytest.raises(LookupError, match="not bundled"):
        room._refuse("http://cyclonedx.org/schema/spdx.schema.json")
