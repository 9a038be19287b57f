from __future__ import annotations

import pytest

from .conftest import Reading

FILE = "gradle.lockfile"
OLD = "gradle/dependency-locks/compileClasspath.lockfile"


def test_modules_and_their_configurations(lock_of: Reading) -> None:
    text = "# comment\r\norg.a:b-c:1.0-jre=x,y\r\n\r\norg.a:d:2.0=\r\nempty=z\r\n"
    read = lock_of(FILE, text)
    assert [(p.key, p.groups, p.location.line, p.direct) for p in read.packages] == [
        ("org.a:b-c==1.0-jre", ("x", "y"), 2, None),
        ("org.a:d==2.0", (), 4, None),
    ]
    assert read.packages[0].purl == "pkg:maven/org.a/b-c@1.0-jre"
    assert read.unread == ()


def test_the_name_of_an_old_lock_is_its_configuration(lock_of: Reading) -> None:
    read = lock_of(OLD, "# comment\norg.a:b:1.0\n")
    assert [(p.key, p.groups) for p in read.packages] == [("org.a:b==1.0", ("compileClasspath",))]
    assert read.unread == ()


@pytest.mark.parametrize(
    ("path", "row"),
    [
        (FILE, "org.a:b:1.0"),
        (FILE, "org.a:b=x"),
        (FILE, "org.a:b:1.0=x y"),
        (FILE, "org.a:b:1.0=https://u:p@x"),
        (FILE, "org.a:b:[1.0,2.0)=x"),
        (FILE, "<<<<<<< HEAD"),
        (OLD, "org.a:b:1.0=x"),
        (OLD, "empty=x"),
    ],
)
def test_the_line_that_cannot_be_read_is_named(lock_of: Reading, path: str, row: str) -> None:
    read = lock_of(path, f"# comment\n{row}\n")
    assert read.packages == ()
    assert [unread.location.line for unread in read.unread] == [2]
    assert "u:p" not in repr(read)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_file_is_no_lock(lock_of: Reading, text: str) -> None:
    assert len(lock_of(FILE, text).unread) == 1
    assert lock_of(FILE, "empty=\n").unread == ()
