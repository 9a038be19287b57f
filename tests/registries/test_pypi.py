"""PyPI's documents."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.registries import pypi
from pipeline.registries.release import Release
from tests.registries.documents import PYPI, file, project


def test_the_day_of_a_release_is_its_first_files() -> None:
    assert pypi.releases(PYPI)["1.0"] == Release(published=date(2024, 5, 1))


def test_a_release_is_yanked_when_all_of_its_files_are() -> None:
    found = pypi.releases(PYPI)
    assert found["1.1"].yanked == "broken build"
    assert found["1.2"].yanked == ""
    assert found["1.3"].yanked == "no reason given"


def test_a_release_without_files_is_none() -> None:
    assert "1.4" not in pypi.releases(PYPI)


def test_the_licence_is_told_of_the_newest_release_only() -> None:
    found = pypi.releases(PYPI)
    assert (found["2.0"].licence, found["1.0"].licence) == ("MIT", "")


def test_an_inactive_project_is_deprecated() -> None:
    of = project(
        {"1.0": [file("2024-01-01")]}, classifiers=["Development Status :: 7 - Inactive", 3]
    )
    assert pypi.releases(of)["1.0"].deprecated == "its maintainers declare the project inactive"


def test_versions_are_compared_by_pep_440() -> None:
    assert list(pypi.releases(project({"v1.0.0-RC1": [file("2024-01-01")]}))) == ["1.0.0rc1"]
    assert pypi.normalised("not a version") == "not a version"


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"license_expression": "MIT", "license": "other"}, "MIT"),
        ({"classifiers": ["License :: OSI Approved :: MIT License"]}, "MIT License"),
        ({"license": "BSD"}, "BSD"),
        ({"license": "UNKNOWN"}, ""),
        ({"license": "Permission is hereby granted\nto anybody"}, ""),
        ({"license": "x" * 300}, ""),
        ({"license": 3, "classifiers": "x"}, ""),
        ({}, ""),
    ],
)
def test_licences(info: dict[str, Any], expected: str) -> None:
    assert pypi.licence(info) == expected


@pytest.mark.parametrize("document", [{}, {"releases": []}, {"releases": {}, "info": 1}])
def test_another_shape_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no releases"):
        pypi.releases(document)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=9), values), values, values)
@settings(deadline=None)
def test_no_content_breaks_it(listed: dict[str, Any], info: Any, one: Any) -> None:
    document = {"releases": {**listed, "1.0": [{"upload_time_iso_8601": one, "yanked": one}]}}
    try:
        found = pypi.releases({**document, "info": info})
    except (ValueError, TypeError):
        return
    assert all(isinstance(release, Release) for release in found.values())


def test_addresses_are_escaped() -> None:
    assert pypi.address("https://x", "a/b") == "https://x/pypi/a%2Fb/json"
    assert pypi.address_of_release("https://x", "a", "1/2") == "https://x/pypi/a/1%2F2/json"
