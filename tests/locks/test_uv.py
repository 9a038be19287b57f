from __future__ import annotations

import pytest

from pipeline.model import Gap, Lock, Origin, Package, Source

from .conftest import Reading

NAME = "uv.lock"
HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
PYPI = '{ registry = "https://pypi.org/simple" }'
FILES = "https://files.pythonhosted.org/packages"


def entry(name: str, source: str = PYPI, rest: str = "", version: str = "1") -> str:
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {source}\n{rest}\n'


def by_key(lock: Lock) -> dict[str, Package]:
    return {package.key: package for package in lock.packages}


@pytest.mark.parametrize("version", ["2", "0", '"1"', "true", "1.5"])
def test_other_versions_are_refused(lock_of: Reading, version: str) -> None:
    lock = lock_of(NAME, f"version = {version}\n{entry('a')}")
    assert lock.packages == ()
    assert [unread.gap for unread in lock.unread] == [Gap.UNSUPPORTED_INPUT]


def test_a_lock_without_packages_is_complete(lock_of: Reading) -> None:
    lock = lock_of(NAME, HEAD)
    assert (lock.packages, lock.unread) == ((), ())


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (PYPI, Source()),
        (
            '{ registry = "https://u:secret@x.example/simple" }',
            Source(origin=Origin.INDEX, url="https://x.example/simple"),
        ),
        ('{ registry = "../wheels" }', Source(origin=Origin.INDEX, url="../wheels")),
        (
            '{ git = "https://u:secret@h.example/a?rev=x#0123" }',
            Source(origin=Origin.VCS, url="https://h.example/a"),
        ),
        (
            '{ url = "https://h.example/a.whl" }',
            Source(origin=Origin.URL, url="https://h.example/a.whl"),
        ),
        ('{ path = "a.whl" }', Source(origin=Origin.PATH, url="w/a.whl")),
        ('{ directory = "lib" }', Source(origin=Origin.PATH, url="w/lib")),
        ('{ directory = "u:secret@h" }', Source(origin=Origin.PATH)),
        ('{ editable = "lib" }', Source(origin=Origin.WORKSPACE, url="w/lib")),
        ('{ editable = "../lib" }', Source(origin=Origin.WORKSPACE, url="lib")),
        ('{ editable = "../../lib" }', Source(origin=Origin.PATH, url="../lib")),
        ('{ editable = "/srv/lib" }', Source(origin=Origin.PATH, url="/srv/lib")),
        ('{ virtual = "." }', Source(origin=Origin.WORKSPACE, url="w")),
        ("{ virtual = 1 }", Source(origin=Origin.PATH)),
    ],
)
def test_sources(lock_of: Reading, source: str, wanted: Source) -> None:
    lock = lock_of("w/uv.lock", HEAD + entry("a", source))
    assert lock.unread == ()
    assert [package.source for package in lock.packages] == [wanted]
    assert "secret" not in repr(lock)


@pytest.mark.parametrize("source", ["{ ipfs = 'x' }", "{}", "1", "{ git = 1 }", "{ registry = 1 }"])
def test_an_unknown_source_is_unread_and_never_the_registry(lock_of: Reading, source: str) -> None:
    lock = lock_of(NAME, HEAD + entry("a", source))
    assert [(u.gap, u.location.line) for u in lock.unread] == [(Gap.UNSUPPORTED_INPUT, 5)]
    assert [package.source.origin for package in lock.packages] == [Origin.URL]


def test_a_file_from_elsewhere_is_not_the_registrys(lock_of: Reading) -> None:
    rest = f'wheels = [{{ url = "{FILES}/a.whl" }}, {{ url = "https://evil.example/a.whl" }}]'
    lock = lock_of(NAME, HEAD + entry("a", rest=rest))
    assert lock.packages[0].source == Source(origin=Origin.INDEX, url="https://evil.example/a.whl")
    assert lock.indexes == ("https://pypi.org/simple",)


def test_an_index_that_cannot_be_shown_is_unread(lock_of: Reading) -> None:
    lock = lock_of(NAME, HEAD + entry("a", '{ registry = "user:secret@host" }'))
    assert [unread.gap for unread in lock.unread] == [Gap.UNSUPPORTED_INPUT]
    assert lock.packages[0].source == Source(origin=Origin.INDEX)
    assert "secret" not in repr(lock)


def test_direct_groups_extras_and_edges(lock_of: Reading) -> None:
    root = entry(
        "Root_Pkg",
        '{ virtual = "." }',
        'dependencies = [{ name = "a", version = "1", extra = ["x"] }, { name = "member" }]\n'
        '[package.optional-dependencies]\ncli = [{ name = "b" }]\n'
        '[package.dev-dependencies]\ndev = [{ name = "A", version = "2" }]',
    )
    lock = lock_of(
        NAME,
        HEAD
        + root
        + entry("member", '{ editable = "m" }', 'dependencies = [{ name = "c" }]')
        + entry("a", rest='dependencies = [{ name = "d" }]')
        + entry(
            "a",
            rest='dependencies = [{ name = "d" }, { name = "gone" }, { name = 1 }]',
            version="2",
        )
        + entry("b")
        + entry("c")
        + entry("d", rest='dependencies = [{ name = "a" }]')
        + entry("orphan"),
    )
    packages = by_key(lock)
    assert lock.unread == ()
    assert {key: package.direct for key, package in packages.items()} == {
        "root-pkg==1": None,
        "member==1": None,
        "a==1": True,
        "a==2": True,
        "b==1": True,
        "c==1": True,
        "d==1": False,
        "orphan==1": False,
    }
    assert {key: package.groups for key, package in packages.items()} == {
        "root-pkg==1": (),
        "member==1": ("default",),
        "a==1": ("default", "dev"),
        "a==2": ("default", "dev"),
        "b==1": ("cli",),
        "c==1": ("default",),
        "d==1": ("default", "dev"),
        "orphan==1": (),
    }
    assert packages["root-pkg==1"].requires == ("a==1", "a==2", "b", "member")
    assert packages["d==1"].requires == ("a==1", "a==2")
    assert packages["a==1"].extras == ("x",)


def test_a_script_or_a_workspace_without_root_asks_in_the_manifest(lock_of: Reading) -> None:
    head = HEAD + (
        '[manifest]\nrequirements = [{ name = "a" }]\n'
        '[manifest.dependency-groups]\ndev = [{ name = "b" }]\n'
    )
    lock = lock_of("job.py.lock", head + entry("a") + entry("b") + entry("c"))
    assert {p.name: (p.direct, p.groups) for p in lock.packages} == {
        "a": (True, ("default",)),
        "b": (True, ("dev",)),
        "c": (False, ()),
    }


def test_without_a_root_nothing_is_known_to_be_direct(lock_of: Reading) -> None:
    lock = lock_of(NAME, HEAD + entry("a"))
    assert [package.direct for package in lock.packages] == [None]


def test_markers_of_forks(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        HEAD
        + entry("a", rest="resolution-markers = [\"os_name == 'nt'\"]")
        + entry("a", rest="resolution-markers = ['x', 'y', 1]", version="2"),
    )
    assert [package.markers for package in lock.packages] == ["os_name == 'nt'", "(x) or (y)"]


def test_faulty_entries_do_not_hide_the_others(lock_of: Reading) -> None:
    text = HEAD + entry("a b") + '[[package]]\nversion = "1"\n' + entry("ok", version="")
    lock = lock_of(NAME, text)
    assert [(u.gap, u.location.line) for u in lock.unread] == [
        (Gap.PARSE_ERROR, 5),
        (Gap.PARSE_ERROR, 9),
    ]
    assert [(p.name, p.version) for p in lock.packages] == [("ok", None)]


@pytest.mark.parametrize("text", ["package = 1", "package = { a = 1 }"])
def test_packages_of_another_shape_are_unread(lock_of: Reading, text: str) -> None:
    lock = lock_of(NAME, f"{HEAD}{text}\n")
    assert [unread.gap for unread in lock.unread] == [Gap.PARSE_ERROR]


def test_many_groups_and_forks_cost_little(lock_of: Reading) -> None:
    groups = "".join(f'g{number} = [{{ name = "a" }}]\n' for number in range(101))
    text = HEAD + entry("root", '{ virtual = "." }', "[package.dev-dependencies]\n" + groups)
    text += "".join(entry("a", rest="", version=str(number)) for number in range(70))
    lock = lock_of(NAME, text + entry("b", rest='dependencies = [{ name = "a" }]'))
    first, last = lock.packages[1], lock.packages[-2]
    assert lock.packages[0].requires == ("a",)
    assert lock.packages[-1].requires == ("a",)
    assert (len(first.groups), len(last.groups)) == (101, 0)
    assert (first.direct, last.direct) == (True, True)


def test_a_thousand_forks_of_a_cycle(lock_of: Reading) -> None:
    text = HEAD + entry("root", '{ virtual = "." }', 'dependencies = [{ name = "p0" }]')
    for number in range(1000):
        text += entry(f"p{number}", rest=f'dependencies = [{{ name = "p{(number + 1) % 1000}" }}]')
    lock = lock_of(NAME, text)
    assert len(lock.packages) == 1001
    assert all(p.groups == ("default",) for p in lock.packages[1:])
