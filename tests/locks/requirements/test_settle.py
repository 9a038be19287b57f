"""What all files together tell: constraints, edges, what local projects bring in."""

from __future__ import annotations

import pytest

from pipeline.model import Gap, Origin, Source

from .conftest import NAME, PROJECT, A, Reading, gaps, one, one_package


def test_a_projects_own_dependencies_must_be_pinned_too(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-e .[CLI]\nb-x==1\n", {"pyproject.toml": PROJECT})
    assert gaps(lock) == [(1, Gap.NO_VERSION)]
    assert lock.packages[0].extras == ("CLI",)


@pytest.mark.parametrize(
    "files",
    [
        {"lib/pyproject.toml": '[project]\nname = "lib"\ndynamic = ["dependencies"]\n'},
        {"lib/pyproject.toml": '[tool.poetry]\nname = "lib"\n'},
    ],
)
def test_what_a_build_decides_is_unread(lock_of: Reading, files: dict[str, str]) -> None:
    lock = lock_of(NAME, "./lib", dict(files))
    assert one_package(lock).source == Source(origin=Origin.PATH, url="lib")
    assert gaps(lock) == [(1, Gap.UNSUPPORTED_INPUT)]


def test_constraints_add_no_package_but_their_pins_hold(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        "-c c.txt\na\nb>=2\nc==1\nd\ne\nf\ng\nh~=1.0\n",
        {
            "c.txt": f"a==1 --hash=sha256:{A}\nb==1\nc==2\nd==1 ; os_name == 'nt'\ne==1\ne==2\n"
            "f @ https://h.example/f-3-py3-none-any.whl\ng>=1\nh===1.0\nz==1\n"
        },
    )
    assert lock.unread == ()
    assert {p.name: p.version for p in lock.packages} == {
        "a": "1",
        "b": None,
        "c": "1",
        "d": None,
        "e": None,
        "f": "3",
        "g": None,
        "h": "1.0",
    }
    packages = {p.name: p for p in lock.packages}
    assert packages["a"].hashes == (f"sha256:{A}",)
    assert packages["a"].location.path == NAME
    assert packages["f"].source.origin is Origin.URL
    assert lock.files == (NAME, "c.txt")


def test_an_unparsable_constraint_gives_nothing(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-c c.txt\na>=1", {"c.txt": "a===x!y"})
    assert one(lock).version is None


def test_via_comments(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        "a==1 # via -r x.in\nb==1  # via a, -c c.txt\nc==1\n    # via\n    #   a\n    #   app\n"
        "d==1\n    # via app (pyproject.toml)\ne==1\n    # via unknown\nf==1\n# why\n"
        "g==1 # via -c c.txt\nh==1\n    # via\n    #   a[x]\n\n    #   -r x.in\ni==1 # viable\n",
        {"pyproject.toml": '[project]\nname = "App"\n'},
    )
    assert lock.unread == ()
    assert {p.name: p.direct for p in lock.packages} == {
        "a": True,
        "b": False,
        "c": True,
        "d": True,
        "e": None,
        "f": None,
        "g": None,
        "h": False,
        "i": None,
    }
    assert lock.packages[0].requires == ("b", "c", "h")


def test_via_comments_without_a_manifest(lock_of: Reading) -> None:
    lock = lock_of(NAME, "a==1 # via app\n")
    assert one(lock).direct is None


def test_many_forks_and_children_cost_little(lock_of: Reading) -> None:
    forks = "".join(f"a=={number}\n" for number in range(2000))
    lock = lock_of(NAME, forks + "".join(f"b{number}==1 # via a\n" for number in range(2000)))
    assert len(lock.packages) == 4000
    assert len(lock.packages[0].requires) == 2000
    assert lock.packages[1999].requires == ()
