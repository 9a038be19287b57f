from __future__ import annotations

import pytest

from pipeline.model import Gap, Origin, Source

from .conftest import Reading

NAME = "pdm.lock"
HEAD = '[metadata]\nlock_version = "4.5.0"\ncontent_hash = "sha256:x"\n'


def entry(name: str, rest: str = "", version: str = "1") -> str:
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\n{rest}\n'


@pytest.mark.parametrize("version", ['"5.0"', '"2"', "[]"])
def test_other_versions_are_refused(lock_of: Reading, version: str) -> None:
    lock = lock_of(NAME, f"[metadata]\nlock_version = {version}\n{entry('a')}")
    assert lock.packages == ()
    assert [unread.gap for unread in lock.unread] == [Gap.UNSUPPORTED_INPUT]


@pytest.mark.parametrize(
    ("rest", "wanted"),
    [
        ("", Source()),
        (
            'git = "https://u:secret@h.example/a"\nrevision = "0"',
            Source(origin=Origin.VCS, url="https://h.example/a"),
        ),
        ('hg = "https://h.example/a"', Source(origin=Origin.VCS, url="https://h.example/a")),
        ('path = "./lib"', Source(origin=Origin.PATH, url="lib")),
        ('path = "./lib"\neditable = true', Source(origin=Origin.WORKSPACE, url="lib")),
        ('path = "../lib"\neditable = true', Source(origin=Origin.PATH, url="../lib")),
        (
            'url = "https://h.example/a.whl"',
            Source(origin=Origin.URL, url="https://h.example/a.whl"),
        ),
        (
            'files = [{url = "https://x.example/a.whl", hash = "sha256:aa"}]',
            Source(origin=Origin.INDEX, url="https://x.example/a.whl"),
        ),
        ('files = [{url = "https://files.pythonhosted.org/a.whl"}, {file = "b"}]', Source()),
    ],
)
def test_sources(lock_of: Reading, rest: str, wanted: Source) -> None:
    lock = lock_of(NAME, HEAD + entry("a", rest))
    assert lock.unread == ()
    assert lock.packages[0].source == wanted
    assert "secret" not in repr(lock)


def test_all_of_an_entry(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        HEAD
        + entry(
            "A.b",
            'extras = ["z", "x"]\ngroups = ["dev", "default"]\nmarker = "os_name == \'nt\'"\n'
            'dependencies = ["c>=1; os_name == \'nt\'", "a.b==1", "gone", ">1", 1]\n'
            'files = [{file = "f", hash = "sha256:AA"}, {file = "g", hash = "nonsense"}]',
        )
        + entry("c"),
        {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["a-b"]\n'},
    )
    package, other = lock.packages
    assert lock.unread == ()
    assert package.name == "a-b"
    assert (package.extras, package.groups) == (("x", "z"), ("default", "dev"))
    assert (package.markers, package.hashes) == ("os_name == 'nt'", ("sha256:AA",))
    assert (package.requires, package.direct, other.direct) == (("c",), True, False)


def test_files_by_name_and_version(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        entry("A")
        + '[metadata]\nlock_version = "4.1"\n[metadata.files]\n"A 1" = [{hash = "sha256:aa"}]\n',
    )
    assert lock.packages[0].hashes == ("sha256:aa",)


def test_faulty_entries_do_not_hide_the_others(lock_of: Reading) -> None:
    lock = lock_of(NAME, HEAD + entry("-") + entry("ok"))
    assert [(u.gap, u.location.line) for u in lock.unread] == [(Gap.PARSE_ERROR, 5)]
    assert [p.name for p in lock.packages] == ["ok"]
    assert lock_of(NAME, "package = 1\n" + HEAD).unread[0].gap is Gap.PARSE_ERROR
