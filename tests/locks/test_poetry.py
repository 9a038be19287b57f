from __future__ import annotations

import pytest

from pipeline.model import Gap, Origin, Source

from .conftest import Reading

NAME = "poetry.lock"
TAIL = '[metadata]\nlock-version = "2.1"\ncontent-hash = "x"\n'
MANIFEST = (
    '[project]\nname = "app"\ndependencies = ["a"]\n[tool.poetry.group.dev.dependencies]\nb = "*"\n'
)


def entry(name: str, rest: str = "", version: str = "1") -> str:
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\n{rest}\n'


@pytest.mark.parametrize("version", ['"3.0"', '"0.9"', "1", "[]", '""'])
def test_other_versions_are_refused(lock_of: Reading, version: str) -> None:
    lock = lock_of(NAME, f"{entry('a')}[metadata]\nlock-version = {version}\n")
    assert lock.packages == ()
    assert [unread.gap for unread in lock.unread] == [Gap.UNSUPPORTED_INPUT]


@pytest.mark.parametrize("head", ["", "metadata = 1\n"])
def test_a_lock_without_a_version_is_refused(lock_of: Reading, head: str) -> None:
    lock = lock_of(NAME, head + entry("a"))
    assert lock.packages == ()
    assert [unread.gap for unread in lock.unread] == [Gap.UNSUPPORTED_INPUT]


def test_lock_version_1(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        entry("Foo_Bar", 'category = "main"\noptional = false\n[package.dependencies]\nBaz = "*"\n')
        + entry("baz", 'category = "dev"\n')
        + '[metadata]\nlock-version = "1.1"\n[metadata.files]\n'
        'Foo_Bar = [{file = "f", hash = "sha256:aa"}, {file = "g", hash = "md5:bb"}]\nbaz = []\n',
        {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.8"\nfoo-bar = "*"\n'},
    )
    foo, baz = lock.packages
    assert lock.unread == ()
    assert (foo.name, foo.hashes, foo.groups) == ("foo-bar", ("sha256:aa", "md5:bb"), ("default",))
    assert (foo.direct, foo.requires) == (True, ("baz",))
    assert (baz.hashes, baz.groups, baz.direct) == ((), ("dev",), False)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            'type = "legacy"\nurl = "https://u:secret@x.example/simple"',
            Source(origin=Origin.INDEX, url="https://x.example/simple"),
        ),
        ('type = "legacy"\nurl = "https://pypi.org/simple"', Source()),
        (
            'type = "git"\nurl = "git@h.example:a/b.git"',
            Source(origin=Origin.VCS, url="git@h.example:a/b.git"),
        ),
        (
            'type = "url"\nurl = "https://h.example/a.whl"',
            Source(origin=Origin.URL, url="https://h.example/a.whl"),
        ),
        ('type = "file"\nurl = "a.whl"', Source(origin=Origin.PATH, url="a.whl")),
        ('type = "directory"\nurl = "lib"', Source(origin=Origin.PATH, url="lib")),
    ],
)
def test_sources(lock_of: Reading, source: str, wanted: Source) -> None:
    lock = lock_of(NAME, entry("a", f"[package.source]\n{source}\n") + TAIL)
    assert lock.unread == ()
    assert lock.packages[0].source == wanted
    assert "secret" not in repr(lock)


def test_own_code_is_editable_in_the_repository(lock_of: Reading) -> None:
    rest = 'develop = true\n[package.source]\ntype = "directory"\nurl = "lib"\n'
    lock = lock_of(NAME, entry("a", rest) + TAIL)
    assert lock.packages[0].source == Source(origin=Origin.WORKSPACE, url="lib")


@pytest.mark.parametrize("source", ['type = "ipfs"\nurl = "x"', 'type = "git"', "url = 1"])
def test_an_unknown_source_is_unread(lock_of: Reading, source: str) -> None:
    lock = lock_of(NAME, entry("a", f"[package.source]\n{source}\n") + TAIL)
    assert [(u.gap, u.location.line) for u in lock.unread] == [(Gap.UNSUPPORTED_INPUT, 2)]
    assert lock.packages[0].source.origin is Origin.URL


def test_groups_markers_and_direct(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        entry("a", 'groups = ["main", "dev"]\nmarkers = "os_name == \\"nt\\""')
        + entry("b", 'groups = ["dev"]\nmarkers = {main = "x", dev = "y"}')
        + entry("c")
        + TAIL,
        {"pyproject.toml": MANIFEST},
    )
    assert [p.groups for p in lock.packages] == [("default", "dev"), ("dev",), ()]
    assert [p.markers for p in lock.packages] == ['os_name == "nt"', "(x) or (y)", ""]
    assert [p.direct for p in lock.packages] == [True, True, False]


def test_without_a_readable_manifest_nothing_is_known_to_be_direct(lock_of: Reading) -> None:
    assert lock_of(NAME, entry("a") + TAIL).packages[0].direct is None
    lock = lock_of(NAME, entry("a") + TAIL, {"pyproject.toml": "["})
    assert lock.packages[0].direct is None
    assert lock.unread == ()


def test_a_marker_with_a_url_is_dropped(lock_of: Reading) -> None:
    lock = lock_of(NAME, entry("a", 'markers = "https://u:secret@h"') + TAIL)
    assert "secret" not in repr(lock)


def test_faulty_entries_do_not_hide_the_others(lock_of: Reading) -> None:
    lock = lock_of(NAME, entry("") + entry("ok") + TAIL)
    assert [(u.gap, u.location.line) for u in lock.unread] == [(Gap.PARSE_ERROR, 2)]
    assert [p.name for p in lock.packages] == ["ok"]
    assert lock_of(NAME, "package = 1\n" + TAIL).unread[0].gap is Gap.PARSE_ERROR
