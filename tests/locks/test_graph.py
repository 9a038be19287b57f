from __future__ import annotations

from typing import Any

from pipeline.locks.graph import MAX_PATHS, Graph, shortest
from pipeline.model import Location, Lock, Origin, Package, Source


def package(name: str, *requires: str, version: str = "1", **changes: Any) -> Package:
    return Package(
        ecosystem="PyPI",
        name=name,
        version=version,
        location=Location(path="lock", line=1),
        requires=requires,
        **changes,
    )


def graph(*packages: Package) -> Graph:
    return Graph.of(Lock(path="lock", format="x", ecosystem="PyPI", digest="", packages=packages))


def test_the_chain_down_to_a_package() -> None:
    found = graph(package("a", "b"), package("b", "c"), package("c"))
    assert found.paths("c==1") == (("a==1", "b==1", "c==1"),)
    assert found.paths("a==1") == (("a==1",),)


def test_a_direct_package_is_its_own_chain_and_may_have_others() -> None:
    found = graph(package("a", "b"), package("b", direct=True))
    assert found.paths("b==1") == (("b==1",), ("a==1", "b==1"))


def test_cycles_end() -> None:
    found = graph(package("a", "b", direct=True), package("b", "a", "c"), package("c"))
    assert found.paths("c==1") == (("a==1", "b==1", "c==1"),)
    assert graph(package("a", "b"), package("b", "a")).paths("a==1") == ()


def test_a_version_is_told_from_another() -> None:
    found = graph(
        package("a", "x==1"),
        package("b", "x==2"),
        package("x", version="1"),
        package("x", version="2"),
    )
    assert found.paths("x==2") == (("b==1", "x==2"),)


def test_a_bare_name_means_every_version() -> None:
    found = graph(package("a", "x"), package("x", version="1"), package("x", version="2"))
    assert found.paths("x==1") == (("a==1", "x==1"),)
    assert found.paths("x==2") == (("a==1", "x==2"),)


def test_the_repositorys_own_packages_are_no_way_in() -> None:
    own = Source(origin=Origin.WORKSPACE)
    found = graph(package("mine", "a", source=own), package("a", direct=True))
    assert found.paths("a==1") == (("a==1",),)


def test_only_the_shortest_are_told() -> None:
    many = [package(f"p{number}", "x") for number in range(9)]
    found = graph(*many, package("x"))
    assert len(found.paths("x==1")) == MAX_PATHS
    assert shortest([[("a", "b")], [("a",), ("a", "b")]]) == (("a",), ("a", "b"))


def test_many_versions_asked_for_by_name_stay_cheap() -> None:
    size = 20_000
    versions = [package("x", version=str(number)) for number in range(size)]
    askers = [package(f"p{number}", "x") for number in range(size)]
    assert len(graph(*versions, *askers).paths("x==7")) == MAX_PATHS
