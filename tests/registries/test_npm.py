"""npm's documents."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.registries import npm
from pipeline.registries.release import Release
from tests.registries.documents import NPM


def test_versions_have_their_day_licence_and_deprecation() -> None:
    found = npm.releases(NPM)
    assert found["1.0.0"] == Release(published=date(2020, 1, 1), licence="MIT")
    assert found["1.1.0"] == Release(
        published=date(2020, 2, 1), licence="ISC", deprecated="use other"
    )
    assert found["1.2.0"] == Release(licence="MIT OR Apache-2.0")
    assert found["1.3.0"].deprecated == "no reason given"


def test_a_version_that_was_taken_back_is_yanked() -> None:
    found = npm.releases(NPM)
    assert found["6.6.6"].yanked == "it was taken back from the registry"
    assert {"created", "modified"}.isdisjoint(found)


@pytest.mark.parametrize("document", [{}, {"versions": []}, {"error": "not_found"}])
def test_another_shape_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no releases"):
        npm.releases(document)


def test_odd_entries_are_passed_over() -> None:
    assert npm.releases({"versions": {"1.0.0": 3, "2.0.0": {"license": 3}}, "time": 1}) == {
        "2.0.0": Release()
    }


def test_the_slash_of_a_scope_is_escaped() -> None:
    assert npm.address("https://x", "@a/b") == "https://x/@a%2Fb"
