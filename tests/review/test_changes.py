from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Origin, Package, Source
from pipeline.review.changes import change_order, changes
from pipeline.review.model import Change
from tests.review.builders import evidence, finding, lock, package, review, target

Told = tuple[str, str, str | None, str | None]


def told(before: list[Package], after: list[Package]) -> list[Told]:
    return [
        (kind.value, name, old.version if old else None, new.version if new else None)
        for kind, _, name, old, new in changes(lock(*before), lock(*after))
    ]


def test_every_kind_of_change() -> None:
    before = [package("gone"), package("up"), package("down", "2.0"), package("same")]
    after = [package("new"), package("up", "1.1"), package("down"), package("same", line=9)]
    assert told(before, after) == [
        ("downgraded", "down", "2.0", "1.0"),
        ("removed", "gone", "1.0", None),
        ("added", "new", None, "1.0"),
        ("upgraded", "up", "1.0", "1.1"),
    ]


def test_versions_are_compared_as_their_ecosystem_does() -> None:
    assert told([package(version="1.9")], [package(version="1.10")])[0][0] == "upgraded"
    assert told([package(version="1.0")], [package(version="1.0.0")])[0][0] == "replaced"


@pytest.mark.parametrize(
    ("before", "after"), [("nonsense", "1.0"), ("1.0", None), (None, "1.0"), ("x", "y")]
)
def test_versions_that_cannot_be_compared(before: str | None, after: str | None) -> None:
    (change,) = told([package(version=before)], [package(version=after)])
    assert change[0] == "replaced"
    foreign = [package(version=version, ecosystem="Nobody's") for version in ("1", "2")]
    assert told(foreign[:1], foreign[1:])[0][0] == "replaced"


@pytest.mark.parametrize(
    "other",
    [
        {"hashes": ("sha256:ff",)},
        {"source": Source(origin=Origin.VCS, url="https://git.example.com/a")},
        {"install_script": True},
        {"deprecated": "use b"},
    ],
)
def test_the_same_version_with_other_content(other: dict[str, Any]) -> None:
    assert told([package()], [package(**other)]) == [("altered", "a", "1.0", "1.0")]


@pytest.mark.parametrize(
    "other", [{"markers": "x"}, {"groups": ("dev",)}, {"direct": True}, {"requires": ("b",)}]
)
def test_what_is_no_change_of_the_package(other: dict[str, Any]) -> None:
    assert told([package()], [package(**other)]) == []


def test_several_versions_of_one_name_are_taken_in_order() -> None:
    before = [package(version=version) for version in ("1.0", "2.0", "3.0")]
    after = [package(version=version) for version in ("10.0", "2.0", "3.1", "11.0")]
    assert told(before, after) == [
        ("upgraded", "a", "1.0", "3.1"),
        ("upgraded", "a", "3.0", "10.0"),
        ("added", "a", None, "11.0"),
    ]
    mixed = [package(version=version) for version in ("x", "1.0")]
    assert told(mixed, []) == [("removed", "a", "1.0", None), ("removed", "a", "x", None)]


def test_the_repositorys_own_code_is_no_dependency() -> None:
    own = package("shop", source=Source(origin=Origin.WORKSPACE))
    assert told([own], []) == []


def test_new_and_gone_locks() -> None:
    assert [one.kind for one in changes(None, lock(package()))] == [Change.ADDED]
    assert [one.kind for one in changes(lock(package()), None)] == [Change.REMOVED]


def test_by_what_way_it_came_in() -> None:
    top = package("top", direct=True, requires=("a",))
    (change,) = changes(lock(top), lock(top, package("a", direct=False)))
    assert change.after
    assert change.after.direct is False
    assert change.after.chains == (("top==1.0", "a==1.0"),)
    (alone,) = changes(None, lock(package()))
    assert alone.after
    assert (alone.after.direct, alone.after.chains) == (None, ())


def test_the_worst_comes_first() -> None:
    after = lock(*(package(name, line=number) for number, name in enumerate("abcd", 1)))
    made = review(
        target(lock()),
        target(after),
        evidence_after=evidence(finding(subject="pkg:pypi/c@1.0")),
    )
    assert [one.name for one in sorted(made.changes(), key=change_order)] == ["c", "a", "b", "d"]


packages_ = st.lists(
    st.builds(
        package,
        st.sampled_from("ab"),
        st.sampled_from([None, "1.0", "2.0", "x"]),
        st.integers(1, 5),
        hashes=st.sampled_from([(), ("sha256:aa",)]),
    ),
    max_size=5,
)


@settings(deadline=None)
@given(before=packages_, after=packages_)
def test_every_difference_is_told_once(before: list[Package], after: list[Package]) -> None:
    found = list(changes(lock(*before), lock(*after)))
    olds = {(one.name, one.version) for one in before}
    news = {(one.name, one.version) for one in after}
    other = [one for one in found if one.kind is not Change.ALTERED]
    gone = [(one.name, one.before.version) for one in other if one.before]
    came = [(one.name, one.after.version) for one in other if one.after]
    assert sorted(gone, key=str) == sorted(olds - news, key=str)
    assert sorted(came, key=str) == sorted(news - olds, key=str)
    assert list(changes(lock(*before), lock(*before))) == []
