from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.review.pairs import moved, pairs
from tests.review.builders import lock, package, target

MANY = tuple(package(name) for name in "abcd")


def paths(before: list[str], after: list[str]) -> list[tuple[str | None, str | None]]:
    found = pairs(
        target(*(lock(*MANY, path=path) for path in before)),
        target(*(lock(*MANY, path=path) for path in after)),
    )
    return [(one.path if one else None, two.path if two else None) for one, two in found]


def test_locks_of_one_path_are_the_same_whatever_they_hold() -> None:
    (pair,) = pairs(target(lock(package("a"))), target(lock(package("z"))))
    assert pair.before
    assert pair.after
    assert moved(target(lock(package("a"))), target(lock(package("z")))) == {}


def test_a_lock_that_took_anothers_place_in_its_folder() -> None:
    before, after = (
        lock(package("a"), path="x/requirements.txt"),
        lock(package("z"), path="x/uv.lock"),
    )
    assert moved(target(before), target(after)) == {"x/requirements.txt": "x/uv.lock"}


def test_a_lock_that_went_to_another_folder() -> None:
    assert paths(["old/uv.lock"], ["new/uv.lock"]) == [("old/uv.lock", "new/uv.lock")]


def test_a_lock_of_other_packages_in_another_folder_is_another_one() -> None:
    before = lock(*MANY, path="old/uv.lock")
    after = lock(package("a"), package("y"), package("z"), path="new/uv.lock")
    assert moved(target(before), target(after)) == {}
    assert len(pairs(target(before), target(after))) == 2


def test_two_locks_without_packages_are_not_the_same_for_that() -> None:
    assert moved(target(lock(path="a/uv.lock")), target(lock(path="b/uv.lock"))) == {}


def test_another_ecosystem_is_another_lock() -> None:
    before, after = (
        lock(*MANY, path="uv.lock"),
        lock(*MANY, path="Cargo.lock", ecosystem="crates.io"),
    )
    assert moved(target(before), target(after)) == {}


def test_the_nearest_one_is_taken() -> None:
    assert paths(["a/old.lock", "b/uv.lock"], ["a/new.lock", "c/uv.lock"]) == [
        ("a/old.lock", "a/new.lock"),
        ("b/uv.lock", "c/uv.lock"),
    ]


@settings(deadline=None)
@given(
    before=st.sets(st.sampled_from(["a/x", "a/y", "b/x", "c/x", "z"])),
    after=st.sets(st.sampled_from(["a/x", "a/y", "b/x", "c/x", "z"])),
)
def test_every_lock_is_in_exactly_one_pair(before: set[str], after: set[str]) -> None:
    found = paths(sorted(before), sorted(after))
    assert sorted(old for old, _ in found if old) == sorted(before)
    assert sorted(new for _, new in found if new) == sorted(after)
    assert all(old == new for old, new in found if old in after and old is not None)
    again = paths(sorted(before, reverse=True), sorted(after, reverse=True))
    assert again == found
