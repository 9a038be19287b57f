"""The whole comparison: what is asked of registries, and what could not be compared."""

from __future__ import annotations

from pipeline.model import Location, Manifest, Origin, Project, Source, Unread
from pipeline.review import versions
from tests.review.builders import lock, package, review, target


def test_registries_are_asked_of_what_changed_and_comes_from_them() -> None:
    foreign = package("vcs", source=Source(origin=Origin.VCS, url="https://git.example.com/a"))
    before = target(lock(package(), package("same"), package("gone")))
    after = target(lock(package(version="1.1"), package("same"), foreign, package("open", None)))
    assert versions(before, after) == (
        ("PyPI", "a", "1.0"),
        ("PyPI", "a", "1.1"),
        ("PyPI", "gone", "1.0"),
    )


def test_what_nobody_could_read_is_told_for_its_side() -> None:
    place = Location(path="uv.lock", line=4)
    before = target(
        lock(unread=(Unread(location=place, why="nobody understands it"),)),
        unread=(Unread(location=Location(path="link"), why="leaves the repository"),),
    )
    after = target(
        lock(),
        projects=(
            Project(path=".", ecosystem="PyPI", locks=("uv.lock", "odd.lock")),
            Project(
                path="open",
                ecosystem="PyPI",
                manifests=(
                    Manifest(path="open/setup.py"),
                    Manifest(path="open/pyproject.toml", declared=0),
                ),
            ),
        ),
    )
    assert [(one.side, one.path, one.line) for one in review(before, after).unseen] == [
        ("base", "link", None),
        ("base", "uv.lock", 4),
        ("head", "odd.lock", None),
        ("head", "open/setup.py", None),
    ]


def test_equal_locks_are_counted_and_not_told() -> None:
    made = review(target(lock(package())), target(lock(package())))
    assert (made.locks, made.unchanged) == ((), 1)
