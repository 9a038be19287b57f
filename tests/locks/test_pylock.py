from __future__ import annotations

import logging

import pytest

from pipeline.model import Gap, Origin, Source

from .conftest import Reading

NAME = "pylock.toml"
HEAD = 'lock-version = "1.0"\ncreated-by = "hand"\n'
HASHES = 'hashes = { sha256 = "aa" }'
FILES = "https://files.pythonhosted.org/packages"


def wheel(name: str, url: str = FILES) -> str:
    return f'wheels = [{{ url = "{url}/{name}-1-py3-none-any.whl", {HASHES} }}]'


def entry(name: str, rest: str) -> str:
    return f'[[packages]]\nname = "{name}"\nversion = "1"\n{rest}\n'


@pytest.mark.parametrize("version", ['"2.0"', "1.0", '"1.0rc1"', '"one"'])
def test_other_versions_are_refused(lock_of: Reading, version: str) -> None:
    lock = lock_of(NAME, f"lock-version = {version}\ncreated-by = 'x'\n{entry('a', wheel('a'))}")
    assert lock.packages == ()
    assert [unread.gap for unread in lock.unread] == [Gap.UNSUPPORTED_INPUT]


def test_later_minor_versions_are_read_without_noise(
    lock_of: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        lock = lock_of(NAME, HEAD.replace("1.0", "1.7") + entry("a", wheel("a")))
    assert lock.unread == ()
    assert [package.key for package in lock.packages] == ["a==1"]
    assert caplog.records == []


@pytest.mark.parametrize(
    ("rest", "wanted"),
    [
        (wheel("a"), Source()),
        ('index = "https://pypi.org/simple/"\n' + wheel("a"), Source()),
        (
            'index = "https://u:secret@x.example/simple"\n' + wheel("a"),
            Source(origin=Origin.INDEX, url="https://x.example/simple"),
        ),
        (
            wheel("a", "https://evil.example"),
            Source(origin=Origin.INDEX, url="https://evil.example/a-1-py3-none-any.whl"),
        ),
        (
            'vcs = { type = "git", url = "https://u:secret@h.example/a", commit-id = "0" }',
            Source(origin=Origin.VCS, url="https://h.example/a"),
        ),
        ('vcs = { type = "git", path = "a", commit-id = "0" }', Source(origin=Origin.VCS)),
        ('directory = { path = "lib" }', Source(origin=Origin.PATH, url="lib")),
        (
            'directory = { path = "lib", editable = true }',
            Source(origin=Origin.WORKSPACE, url="lib"),
        ),
        (
            f'archive = {{ url = "https://h.example/a.zip", {HASHES} }}',
            Source(origin=Origin.URL, url="https://h.example/a.zip"),
        ),
        (f'archive = {{ path = "a.zip", {HASHES} }}', Source(origin=Origin.PATH, url="a.zip")),
    ],
)
def test_sources(lock_of: Reading, rest: str, wanted: Source) -> None:
    lock = lock_of(NAME, HEAD + "packages = []\n" if rest == "" else HEAD + entry("a", rest))
    assert lock.unread == ()
    assert lock.packages[0].source == wanted
    assert "secret" not in repr(lock)


def test_all_of_an_entry(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        HEAD
        + entry(
            "a",
            "marker = \"os_name == 'nt'\"\ndependencies = [{ name = \"b\" }, { name = 'c' }]\n"
            + wheel("a"),
        )
        + entry(
            "b",
            f'sdist = {{ url = "{FILES}/b-1.tar.gz", hashes = {{ sha256 = "bb", md5 = "cc" }} }}',
        ),
    )
    first, second = lock.packages
    assert lock.unread == ()
    assert (first.markers, first.hashes, first.requires) == (
        "os_name == 'nt'",
        ("sha256:aa",),
        ("b",),
    )
    assert second.hashes == ("sha256:bb", "md5:cc")
    assert (first.direct, first.groups, second.location.line) == (None, (), 10)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + entry("a", wheel("a")) + entry("b", wheel("other")), 8),
        (HEAD + entry("a", wheel("a")) + entry("b", ""), 8),
        (HEAD + entry("a", wheel("a")) + entry("b", "marker = 'secret'\n" + wheel("b")), 8),
        (HEAD + entry("A_b", wheel("a_b")) + entry("b", wheel("b")), 4),
        (HEAD + "default-groups = 1\n" + entry("a", wheel("a")) + entry("b", wheel("b")), None),
        ('lock-version = "1.0"\n' + entry("a", wheel("a")) + entry("b", wheel("b")), None),
    ],
)
def test_a_violation_is_unread_and_hides_no_package(
    lock_of: Reading, text: str, line: int | None
) -> None:
    lock = lock_of(NAME, text)
    assert [(u.gap, u.location.line) for u in lock.unread] == [(Gap.PARSE_ERROR, line)]
    assert len(lock.packages) == 2
    assert "secret" not in lock.unread[0].why


def test_a_marker_that_is_nested_too_deeply_is_a_violation(lock_of: Reading) -> None:
    marker = "(" * 20_000
    lock = lock_of(NAME, HEAD + entry("a", f"marker = '{marker}'\n" + wheel("a")))
    assert [unread.gap for unread in lock.unread] == [Gap.PARSE_ERROR]
    assert len(lock.packages) == 1


def test_a_package_without_a_valid_name_is_unread(lock_of: Reading) -> None:
    lock = lock_of(NAME, HEAD + entry("a b", wheel("a")))
    assert lock.packages == ()
    assert {unread.location.line for unread in lock.unread} == {4}


@pytest.mark.parametrize("rest", ["", "packages = 1\n"])
def test_packages_of_another_shape_are_unread(lock_of: Reading, rest: str) -> None:
    assert lock_of(NAME, HEAD + rest).unread[0].gap is Gap.PARSE_ERROR


def test_an_empty_lock_is_complete(lock_of: Reading) -> None:
    lock = lock_of(NAME, HEAD + "packages = []\n")
    assert (lock.packages, lock.unread) == ((), ())
