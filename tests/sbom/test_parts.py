from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model import Origin, Project
from pipeline.sbom.parts import divide, has_graph, name_own
from tests.sbom.polyglot import lock, package, target


def test_locks_go_to_the_project_that_claims_them_and_else_to_their_folder() -> None:
    root = Project(path=".", ecosystem="PyPI", locks=("uv.lock", "requirements/dev.txt"))
    member = Project(path="members/a", ecosystem="PyPI", locks=("uv.lock",))
    locks = (
        lock(path="other/uv.lock"),
        lock(path="requirements/dev.txt"),
        lock(path="uv.lock"),
        lock(path="package-lock.json", ecosystem="npm"),
    )
    found = divide(target(*locks, projects=(root, member)))
    assert [(part.path, part.ecosystem, [one.path for one in part.locks]) for part in found] == [
        (".", "PyPI", ["requirements/dev.txt", "uv.lock"]),
        (".", "npm", ["package-lock.json"]),
        ("other", "PyPI", ["other/uv.lock"]),
    ]


@pytest.mark.parametrize(
    ("kind", "direct", "requires", "known"),
    [
        ("uv.lock", None, (), True),
        ("go.sum", True, (), False),
        ("requirements.txt", None, (), False),
        ("requirements.txt", True, (), True),
        ("pylock.toml", None, (), False),
        ("pylock.toml", None, ("b",), True),
    ],
)
def test_what_a_format_tells_of_edges(
    kind: str, direct: bool | None, requires: tuple[str, ...], known: bool
) -> None:
    one = package(direct=direct, requires=requires)
    assert has_graph(lock(one, format=kind)) is known


def test_a_requirements_file_without_packages_tells_no_edges() -> None:
    own = package(origin=Origin.WORKSPACE)
    assert not has_graph(lock(own, format="requirements.txt"))


def test_the_repositorys_own_names() -> None:
    own = package("web", origin=Origin.WORKSPACE, url="packages/web")
    unplaced = replace(own, name="core", source=replace(own.source, url=""))
    assert name_own(target(lock(own, unplaced, package("a")))) == {
        "pkg:generic/shop",
        "pkg:generic/shop#uv.lock",
        "pkg:generic/shop#packages/web",
        "pkg:generic/shop#uv.lock/core",
    }
