"""Manifests, counted as data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.discover.manifests import ecosystem_of, read
from pipeline.model import Gap
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.discover.manifests import Reading


def reading(root: Path, name: str, content: str | bytes) -> Reading:
    data = content.encode() if isinstance(content, str) else content
    (root / name).write_bytes(data)
    return read(Tree.at(root), name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", "[project\n"),
        ("pyproject.toml", "project = 3"),
        ("pyproject.toml", "[project]\ndependencies = 3"),
        ("pyproject.toml", "[project]\ndynamic = 3"),
        ("pyproject.toml", "x = " + "[" * 100_000),
        ("pyproject.toml", b"\xff"),
        ("setup.cfg", "no section"),
        ("package.json", "[]"),
        ("package.json", "{"),
        ("package.json", '{"dependencies": ["a"]}'),
        ("package.json", "[" * 100_000),
        ("composer.json", '{"require": 3}'),
        ("Cargo.toml", "dependencies = 3"),
        ("Pipfile", "packages = 3"),
        ("environment.yml", "a: [\n"),
        ("pyproject.toml", "#" * (1024 * 1024 + 1)),
    ],
)
def test_a_broken_manifest_is_reported_and_not_counted(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    found = reading(tmp_path, name, content)
    assert found.manifest
    assert found.manifest.declared is None
    assert found.unread
    assert found.unread.location.path == name
    assert found.unread.gap in {Gap.PARSE_ERROR, Gap.INPUT_MISSING, Gap.TOO_LARGE}


@pytest.mark.parametrize(
    ("path", "ecosystem"),
    [
        ("a/pyproject.toml", "PyPI"), ("requirements-dev.in", "PyPI"), ("package.json", "npm"),
        ("go.mod", "Go"), ("Cargo.toml", "crates.io"), ("x/Y.fsproj", "NuGet"),
        ("environment.yml", "conda"), ("Gemfile", "RubyGems"), ("build.gradle", "Maven"),
        ("composer.json", "Packagist"), ("my-package.json", None), ("requirements.inc", None),
        ("requirements/base.in", "PyPI"), ("requirements/x/base.in", None),
        ("environment-dev.yaml", "conda"), ("ci/py3_environment.yml", "conda"),
        ("conda.yml", "conda"), ("environments.yml", None), ("a.gemspec", "RubyGems"),
        ("Package.swift", "SwiftURL"), ("a/mix.exs", "Hex"), ("build.sbt", "Maven"),
        ("pyproject.toml/x", None),
    ],
)  # fmt: skip
def test_manifests_are_known_by_name(path: str, ecosystem: str | None) -> None:
    assert ecosystem_of(path) == ecosystem


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["dependencies", "workspaces", "packages", "require"]),
            inner,
            max_size=3,
        )
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["package.json", "composer.json", "environment.yml"]), data=_JSON)
def test_any_data_is_counted_or_reported(tmp_path: Path, name: str, data: object) -> None:
    found = reading(tmp_path, name, json.dumps(data))
    assert found.manifest
    assert (found.manifest.declared is None) is (found.unread is not None)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(
        ["pyproject.toml", "setup.cfg", "go.mod", "requirements.in", "Pipfile", "Cargo.toml"]
    ),
    content=st.binary(max_size=60) | st.text("[]=project.\n'\" #-:", max_size=60).map(str.encode),
)
def test_any_content_is_counted_or_reported(tmp_path: Path, name: str, content: bytes) -> None:
    found = reading(tmp_path, name, content)
    assert found.manifest is None or (found.manifest.declared is None) is (found.unread is not None)
