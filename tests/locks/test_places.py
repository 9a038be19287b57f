from __future__ import annotations

from typing import Any

import pytest

from pipeline.locks.places import (
    digest,
    from_folder,
    from_registry,
    from_repository,
    integrity,
    is_on,
    prose,
    spread,
)
from pipeline.model import Origin, Source

HOSTS = {"registry.example.org"}


@pytest.mark.parametrize(
    ("algorithm", "value", "hashes"),
    [
        ("sha1", "AB" * 20, ("sha1:" + "ab" * 20,)),
        ("sha1", "ab" * 32, ()),
        ("sha256", "ab" * 32, ("sha256:" + "ab" * 32,)),
        ("sha256", "  " + "ab" * 31, ()),
        ("sha256", None, ()),
        ("crc32", "", ()),
        ("crc32", "ab", ()),
    ],
)
def test_digests(algorithm: str, value: Any, hashes: tuple[str, ...]) -> None:
    assert digest(algorithm, value) == hashes


def test_integrity_keeps_each_hash_once_and_in_order() -> None:
    sha1, sha256 = "sha1-" + "A" * 27 + "=", "sha256-" + "A" * 43 + "="
    assert integrity(f"{sha256}\n {sha1} {sha256} md5-x sha512 -") == (
        "sha256:" + "00" * 32,
        "sha1:" + "00" * 20,
    )


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://registry.example.org/a", True),
        ("http://registry.example.org/a", True),
        ("https://REGISTRY.example.org/a", True),
        ("https://u:p@registry.example.org/a", True),
        ("https://registry.example.org:8443/a", False),
        ("https://registry.example.org.evil.example/a", False),
        ("https://evil.example/registry.example.org", False),
        ("https://registry.example.org@evil.example/", False),
        ("ftp://registry.example.org/a", False),
        ("registry.example.org/a", False),
        ("https://[/", False),
        ("https://registry.example.org:x/", False),
    ],
)
def test_hosts(url: str, answer: bool) -> None:
    assert is_on(url, HOSTS) is answer
    assert (from_registry(url, HOSTS).origin is Origin.REGISTRY) is answer


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("git+https://u:p@example.com/a.git#0123", "git+https://example.com/a.git"),
        ("git://example.com/a", "git://example.com/a"),
        ("git@example.com:a/b.git#0123", "git@example.com:a/b.git"),
        ("ssh://git@example.com/a", "ssh://example.com/a"),
        ("github:a/b#semver:^1", "https://github.com/a/b"),
        ("gitlab:a/b", "https://gitlab.com/a/b"),
        ("https://example.com/a.git#0123", "https://example.com/a.git"),
        (
            "https://codeload.github.com/a/b/tar.gz/0123",
            "https://codeload.github.com/a/b/tar.gz/0123",
        ),
        ("https://example.com/a.tgz", None),
        ("https://example.com/a.git.tgz", None),
        ("github.com/a", None),
    ],
)
def test_repositories(url: str, shown: str | None) -> None:
    wanted = Source(origin=Origin.VCS, url=shown) if shown else None
    assert from_repository(url) == wanted


@pytest.mark.parametrize(
    ("path", "own", "source"),
    [
        ("file:a/../b", False, Source(origin=Origin.PATH, url="sub/b")),
        ("link:../a", True, Source(origin=Origin.WORKSPACE, url="a")),
        ("workspace:.", True, Source(origin=Origin.WORKSPACE, url="sub")),
        ("portal:../../a::locator=x", True, Source(origin=Origin.PATH, url="../a")),
        ("/srv/a", True, Source(origin=Origin.PATH, url="/srv/a")),
    ],
)
def test_folders(path: str, own: bool, source: Source) -> None:
    assert from_folder(path, "sub", own=own) == source


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("gone,\n use https://user:pass@example.com/x", "gone,  use https://example.com/x"),
        ("\x1b[31mred\u202e", "\ufffd[31mred\ufffd"),
        ("x" * 600, "x" * 499 + "…"),
        (True, ""),
        (None, ""),
    ],
)
def test_remarks_of_strangers(value: Any, text: str) -> None:
    assert prose(value) == text


def test_groups_spread_along_the_edges_even_in_a_circle() -> None:
    edges = {"a": ["b"], "b": ["c", "a"], "d": ["c"]}
    assert spread({"a": {"x"}, "d": {"y"}, "e": ()}, edges) == {
        "a": {"x"},
        "b": {"x"},
        "c": {"x", "y"},
        "d": {"y"},
    }
