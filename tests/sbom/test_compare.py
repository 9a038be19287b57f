from __future__ import annotations

from dataclasses import replace

from pipeline.model import Origin
from pipeline.sbom.compare import compare
from tests.sbom.polyglot import lock, package, target, whole

OF = target(
    lock(
        package("mine", origin=Origin.WORKSPACE, url="."),
        package("part", origin=Origin.WORKSPACE, url="part"),
        package("a"),
        package("b", origin=Origin.INDEX, url="https://pypi.example/simple"),
        package("c", None),
    )
)


def test_an_sbom_of_the_locks_has_what_they_have() -> None:
    assert not compare(whole(OF), OF)
    assert not compare(whole(OF), OF, exact=True)


def test_a_component_that_was_deleted_is_named() -> None:
    document = whole(OF)
    document["components"] = [item for item in document["components"] if item["name"] != "b"]
    for exact in (True, False):
        found = compare(document, OF, exact=exact)
        assert [item.name for item in found.missing] == ["b"]
        assert found.surplus == ()
        assert found


def test_a_package_that_was_added_to_the_lock_is_named() -> None:
    (old,) = OF.locks
    grown = replace(OF, locks=(replace(old, packages=(*old.packages, package("new", "3"))),))
    assert [item.key for item in compare(whole(OF), grown).missing] == ["new==3"]
    assert compare(whole(grown), OF).surplus == ("pkg:pypi/new@3",)
    assert compare(whole(grown), OF, exact=True).surplus == ("pkg:pypi/new@3",)


def test_another_source_is_another_package_only_in_our_own_documents() -> None:
    document = whole(OF)
    for item in document["components"]:
        item["purl"] = item["purl"].partition("?")[0]
    assert not compare(document, OF)
    found = compare(document, OF, exact=True)
    assert [item.name for item in found.missing] == ["b"]
    assert found.surplus == ("pkg:pypi/b@1.0",)


def test_other_tools_name_the_repositorys_own_packages_or_not() -> None:
    others = [
        {"type": "library", "name": name, "purl": purl}
        for name, purl in (
            ("a", "pkg:pypi/A@1.0?type=wheel"),
            ("b", "pkg:pypi/b@1.0"),
            ("c", "pkg:pypi/c"),
            ("part", "pkg:pypi/part@1.0"),
            ("shop", "pkg:generic/shop@0123#elsewhere"),
        )
    ]
    assert not compare({"components": others}, OF)


def test_components_without_a_package_url_count_where_they_are_packages() -> None:
    others = [
        {"type": "library", "name": "nameless", "version": "1\u202e"},
        {"type": "file", "name": "README"},
    ]
    found = compare({"components": others}, target())
    assert found.surplus == ("nameless@1\ufffd",)
