from __future__ import annotations

import pytest

from pipeline.model import Gap, Lock, Origin, Source

from .conftest import Reading

FILE = "Cargo.lock"
SHA256 = "ab" * 32
CRATES = "registry+https://github.com/rust-lang/crates.io-index"


def package(name: str, *rows: str) -> str:
    return f'[[package]]\nname = "{name}"\nversion = "1.0.0"\n' + "".join(f"{r}\n" for r in rows)


def sources(lock: Lock) -> dict[str, Source]:
    return {package.name: package.source for package in lock.packages}


@pytest.mark.parametrize("version", ["0", "5", '"4"', "true", "[4]", "4.5"])
def test_unknown_versions_are_refused(lock_of: Reading, version: str) -> None:
    read = lock_of(FILE, f"version = {version}\n" + package("a"))
    assert [unread.gap for unread in read.unread] == [Gap.UNSUPPORTED_INPUT]


@pytest.mark.parametrize(
    ("place", "source"),
    [
        (CRATES, Source()),
        ("sparse+https://index.crates.io/", Source()),
        (
            "sparse+https://u:p@crates.example.com/index/",
            Source(origin=Origin.INDEX, url="https://crates.example.com/index/"),
        ),
        (
            "registry+https://github.com/other/crates.io-index",
            Source(origin=Origin.INDEX, url="https://github.com/other/crates.io-index"),
        ),
        (
            "git+https://u:p@example.com/a?branch=x#0123",
            Source(origin=Origin.VCS, url="https://example.com/a"),
        ),
    ],
)
def test_sources(lock_of: Reading, place: str, source: Source) -> None:
    text = package("a", f'source = "{place}"', f'checksum = "{SHA256}"')
    read = lock_of(FILE, "version = 4\n" + text)
    assert sources(read) == {"a": source}
    assert read.packages[0].hashes == (f"sha256:{SHA256}",)
    assert read.packages[0].location.line == 3
    assert read.unread == ()


@pytest.mark.parametrize("place", ['"exotic+x"', '"git"', "7", '"registry"'])
def test_an_unknown_source_is_unread(lock_of: Reading, place: str) -> None:
    read = lock_of(FILE, "version = 4\n" + package("a", f"source = {place}"))
    assert [(u.location.line, u.gap) for u in read.unread] == [(3, Gap.UNSUPPORTED_INPUT)]
    assert sources(read) == {"a": Source(origin=Origin.URL)}


def test_crates_from_a_path(lock_of: Reading) -> None:
    manifest = """[dependencies]
member = { path = "member" }
outside = { path = "../outside" }
renamed = { package = "real", path = "../real" }
plain = "1"
[target.'cfg(unix)'.dependencies]
unixy = { path = "../unixy" }
[workspace.dependencies]
shared = { path = "../shared" }
[patch.crates-io]
patched = { path = "vendor/patched" }
[replace]
"replaced:1.0.0" = { path = "vendor/replaced" }
"""
    names = ["member", "outside", "real", "unixy", "shared", "patched", "replaced"]
    text = "version = 3\n" + "".join(package(name) for name in names)
    read = lock_of(FILE, text, {"Cargo.toml": manifest})
    assert {name: (s.origin, s.url) for name, s in sources(read).items()} == {
        "member": (Origin.WORKSPACE, ""),
        "outside": (Origin.PATH, "../outside"),
        "real": (Origin.PATH, "../real"),
        "unixy": (Origin.PATH, "../unixy"),
        "shared": (Origin.PATH, "../shared"),
        "patched": (Origin.PATH, "vendor/patched"),
        "replaced": (Origin.PATH, "vendor/replaced"),
    }
    for broken in ("[", "patch = 1\nworkspace = 2\nreplace = 3\ntarget = 4"):
        read = lock_of(FILE, text, {"Cargo.toml": broken})
        assert {source.origin for source in sources(read).values()} == {Origin.WORKSPACE}


def test_edges_and_direct(lock_of: Reading) -> None:
    source = f'source = "{CRATES}"'
    text = (
        "version = 4\n"
        + package("app", 'dependencies = ["a", "b 1.0.0"]')
        + package("a", source, f'dependencies = ["b 2.0.0 ({CRATES})", "gone"]')
        + package("b", source)
        + package("b", source).replace("1.0.0", "2.0.0")
    )
    read = lock_of(FILE, text)
    assert {p.key: (p.requires, p.direct) for p in read.packages} == {
        "app==1.0.0": (("a", "b==1.0.0"), None),
        "a==1.0.0": (("b==2.0.0",), True),
        "b==1.0.0": ((), True),
        "b==2.0.0": ((), False),
    }


def test_version_1_keeps_checksums_and_the_root_apart(lock_of: Reading) -> None:
    text = (
        '[root]\nname = "app"\nversion = "0.1.0"\ndependencies = ["a 1.0.0"]\n'
        + package("a", f'source = "{CRATES}"')
        + f'[metadata]\n"checksum a 1.0.0 ({CRATES})" = "{SHA256}"\n'
    )
    read = lock_of(FILE, text)
    assert {p.key: (p.hashes, p.direct) for p in read.packages} == {
        "a==1.0.0": ((f"sha256:{SHA256}",), True),
        "app==0.1.0": ((), None),
    }


@pytest.mark.parametrize("checksum", ['"abc"', f'"{"zz" * 32}"', "7", '"<none>"'])
def test_only_whole_hashes_count(lock_of: Reading, checksum: str) -> None:
    read = lock_of(FILE, "version = 4\n" + package("a", f"checksum = {checksum}"))
    assert read.packages[0].hashes == ()


def test_what_cannot_be_read_is_named(lock_of: Reading) -> None:
    read = lock_of(FILE, "version = 4\n" + package("no name") + package("a").replace("1.0.0", "x"))
    assert [(u.location.line, u.why) for u in read.unread] == [
        (3, "a package without a valid name")
    ]
    assert [package.version for package in read.packages] == [None]
    assert [u.why for u in lock_of(FILE, "package = 1\n").unread] == ["no list of packages"]
    assert [u.why for u in lock_of(FILE, "x = 1\n").unread] == ["no list of packages"]
    assert [u.location.line for u in lock_of(FILE, "version = 4\n[[package]\n").unread] == [2]


def test_a_crate_may_hand_on_to_a_newer_one_of_itself(lock_of: Reading) -> None:
    text = package("app", 'dependencies = ["a 0.9.0"]')
    text += package("a", f'source = "{CRATES}"', f'checksum = "{SHA256}"')
    old = package(
        "a",
        f'source = "{CRATES}"',
        f'checksum = "{SHA256}"',
        'dependencies = ["a 1.0.0", "a 0.9.0"]',
    )
    read = lock_of(FILE, "version = 4\n" + text + old.replace("1.0.0", "0.9.0", 1))
    assert {one.key: one.requires for one in read.packages} == {
        "app==1.0.0": ("a==0.9.0",),
        "a==0.9.0": ("a==1.0.0",),
        "a==1.0.0": (),
    }
