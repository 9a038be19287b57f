"""Options: what pip takes, what it refuses, and the indexes that they name."""

from __future__ import annotations

import pytest

from pipeline.locks.requirements.options import MAX_QUOTED
from pipeline.model import Gap, Origin, Source

from .conftest import NAME, Reading, gaps, one, one_package


@pytest.mark.parametrize(
    "text",
    [
        "a==1\t--hash=sha256:aa",
        "a b",
        "a==x y",
        "==1",
        "a==1; nonsense == 1",
        "a==1;" + "(" * 5000,
        "a[b",
        "--unknown",
        "-z",
        "--index-url",
        "--require x",
        "--pre=1",
        "--hash 'open",
        f"--hash '{'a' * MAX_QUOTED}'",
        "a\0==1",
        "a==https:secret@host",
        "-r",
    ],
)
def test_what_pip_would_refuse_is_unread(lock_of: Reading, text: str) -> None:
    lock = lock_of(NAME, f"ok==1\n{text}\n")
    assert [package.key for package in lock.packages] == ["ok==1"]
    assert gaps(lock) == [(2, Gap.PARSE_ERROR)]
    assert "secret" not in repr(lock)


@pytest.mark.parametrize(
    "text",
    [
        "a==1 --unknown",
        "a==1 --hash=sha256",
        "a==1 --hash=sha256:zz",
        "a==1 --index-url https://u:secret@h/simple",
        "a==1 --hash=sha256:aa b==2",
        "a==1 -e .",
        "a==1 -r b.txt",
    ],
)
def test_a_requirement_with_a_doubtful_rest_is_both(lock_of: Reading, text: str) -> None:
    lock = lock_of(NAME, text)
    assert [package.key for package in lock.packages] == ["a==1"]
    assert gaps(lock) == [(1, Gap.PARSE_ERROR)]
    assert "secret" not in repr(lock)


def test_options_before_a_requirement_hide_it_from_pip(lock_of: Reading) -> None:
    lock = lock_of(NAME, "--pre a==1")
    assert lock.packages == ()
    assert gaps(lock) == [(1, Gap.PARSE_ERROR)]


def test_options_without_meaning_for_an_audit_are_read_over(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        "--pre\n--prefer-binary\n--require-hashes\n--no-binary :all:\n--only-binary=a\n"
        "--trusted-host h\n--use-feature x\n--no-bin a\na==1 --config-settings 'x=\"y\"'\n"
        "b==1 --global-option=x -C y\n",
    )
    assert [package.key for package in lock.packages] == ["a==1", "b==1"]
    assert lock.unread == ()


def test_indexes_are_kept_without_credentials(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        "-i https://user:secret@one.example/simple\n--extra-index-url=https://${U}:${P}@two.example\n"
        "-f https://three.example/x?token=secret\n--find-links ./wheels\na==1\n",
    )
    assert lock.indexes == (
        "./wheels",
        "https://one.example/simple",
        "https://three.example/x",
        "https://two.example",
    )
    assert one(lock).source == Source(origin=Origin.INDEX, url="https://one.example/simple")
    assert "secret" not in repr(lock)


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ("--index-url https://pypi.org/simple/", Source()),
        ("--extra-index-url https://x.example/simple", Source()),
        ("-i https://x.example\n-i https://pypi.org/simple", Source()),
        ("--no-index", Source(origin=Origin.INDEX)),
        ("--no-index -f wheels", Source(origin=Origin.INDEX, url="wheels")),
        (
            "--index-url https://pypi.org:444/simple",
            Source(origin=Origin.INDEX, url="https://pypi.org:444/simple"),
        ),
        (
            "--index-url https://pypi.org.example/simple",
            Source(origin=Origin.INDEX, url="https://pypi.org.example/simple"),
        ),
    ],
)
def test_the_index_of_all_names(lock_of: Reading, options: str, source: Source) -> None:
    assert one(lock_of(NAME, f"a==1\n{options}\n")).source == source


def test_an_index_that_cannot_be_shown_is_unread(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-i user:secret@host\na==1\n")
    assert gaps(lock) == [(1, Gap.UNSUPPORTED_INPUT)]
    assert one_package(lock).source == Source(origin=Origin.INDEX)
    assert "secret" not in repr(lock)
