from __future__ import annotations

import pytest

from pipeline.model import Gap, Lock, Origin, Package, Source

from .conftest import Reading

FILE = "go.sum"
H1 = "h1:" + "A" * 43 + "="
OTHER = "h1:" + "B" * 42 + "A="


def by_key(lock: Lock) -> dict[str, Package]:
    return {package.key: package for package in lock.packages}


def module(text: str, go: str = "1.21") -> dict[str, str | bytes]:
    return {"go.mod": f"module example.com/app\n\ngo {go}\n\n{text}"}


def test_packages_are_what_the_module_requires(lock_of: Reading) -> None:
    sums = f"a.org/a v1.0.0 {H1}\na.org/a v1.0.0/go.mod {OTHER}\nunused.org/x v9.0.0 {H1}\n"
    text = """require a.org/a v1.0.0
require (
	b.org/B v1.2.3-0.20200101000000-0123456789ab // indirect
	"c.org/c" v2.0.0+incompatible // indirect; why
	`d.org/d` v3.0.0 // not indirect
)
toolchain go1.22.0
tool (
	a.org/a/cmd
)
godebug default=go1.21
retract [v1.0.0, v1.9.9] // bad
retract v0.1.0
"""
    read = lock_of(FILE, sums, module(text))
    assert read.unread == ()
    assert read.files == ("go.sum", "go.mod")
    packages = by_key(read)
    assert {key: (p.location.path, p.location.line, p.direct) for key, p in packages.items()} == {
        "example.com/app": ("go.mod", 1, None),
        "a.org/a==v1.0.0": ("go.mod", 5, True),
        "b.org/B==v1.2.3-0.20200101000000-0123456789ab": ("go.mod", 7, False),
        "c.org/c==v2.0.0+incompatible": ("go.mod", 8, False),
        "d.org/d==v3.0.0": ("go.mod", 9, True),
    }
    assert packages["a.org/a==v1.0.0"].hashes == (H1,)
    assert packages["d.org/d==v3.0.0"].hashes == ()
    assert packages["example.com/app"].requires == ("a.org/a", "d.org/d")
    assert packages["example.com/app"].source == Source(origin=Origin.WORKSPACE, url=".")


def test_replaced_modules(lock_of: Reading) -> None:
    text = """require a.org/a v1.0.0
require b.org/b v1.0.0
require c.org/c v1.0.0
replace a.org/a => ./local/a
replace (
	b.org/b v1.0.0 => fork.org/b v1.0.1
	c.org/c v9.9.9 => fork.org/c v1.0.1
)
"""
    read = lock_of(
        f"sub/{FILE}",
        f"fork.org/b v1.0.1 {H1}\n",
        {f"sub/{name}": content for name, content in module(text).items()},
    )
    assert read.unread == ()
    assert {p.key: (p.source, p.location.line, p.hashes) for p in read.packages[1:]} == {
        "a.org/a": (Source(origin=Origin.PATH, url="sub/local/a"), 8, ()),
        "fork.org/b==v1.0.1": (Source(), 10, (H1,)),
        "c.org/c==v1.0.0": (Source(), 7, ()),
    }


@pytest.mark.parametrize(
    ("main", "name", "folder", "origin"),
    [
        ("github.com/acme/shop/v2", "github.com/acme/shop/api", "./api", Origin.WORKSPACE),
        ("github.com/acme/shop/api", "github.com/acme/shop", "../", Origin.WORKSPACE),
        ("acme.dev/shop/cmd", "acme.dev/shop/api", "./api", Origin.WORKSPACE),
        # What the name of another repository says may be a copy of it, of any version.
        ("github.com/acme/shop", "github.com/acme/lib", "./lib", Origin.PATH),
        ("github.com/acme/shop", "github.com/acmeX/shop", "./lib", Origin.PATH),
        ("golang.org/x/shop", "golang.org/x/crypto", "./crypto", Origin.PATH),
        ("acme.dev/shop", "acme.dev/api", "./api", Origin.PATH),
        ("github.com/acme/shop", "github.com/acme/shop/api", "../../api", Origin.PATH),
    ],
)
def test_a_folder_is_the_repository_s_own_by_its_name(
    lock_of: Reading, main: str, name: str, folder: str, origin: Origin
) -> None:
    text = f"module {main}\n\ngo 1.22\n\nrequire {name} v1.0.0\n\nreplace {name} => {folder}\n"
    read = lock_of(f"sub/{FILE}", "", {"sub/go.mod": text})
    assert read.unread == ()
    assert [one.source.origin for one in read.packages if one.name == name] == [origin]


def test_an_excluded_version_cannot_be_the_one_that_is_built(lock_of: Reading) -> None:
    text = "require a.org/a v1.0.0\nexclude a.org/a v1.0.0\nexclude b.org/b v1.0.0\n"
    read = lock_of(FILE, "", module(text))
    assert [(u.location.path, u.location.line, u.why) for u in read.unread] == [
        ("go.mod", 5, "a required version that is excluded")
    ]


@pytest.mark.parametrize(
    ("go", "whole"), [("1.16", False), ("1.17", True), ("1.21.3", True), ("1.22rc1", True)]
)
def test_old_modules_do_not_list_the_whole_build(lock_of: Reading, go: str, whole: bool) -> None:
    read = lock_of(FILE, "", module("require a.org/a v1.0.0\n", go))
    gaps = [unread.gap for unread in read.unread]
    assert gaps == ([] if whole else [Gap.UNSUPPORTED_INPUT])
    assert len(read.packages) == 2


def test_a_module_without_a_version_of_go_is_an_old_one(lock_of: Reading) -> None:
    read = lock_of(FILE, "", {"go.mod": "module x\nrequire a.org/a v1.0.0\n"})
    assert [unread.gap for unread in read.unread] == [Gap.UNSUPPORTED_INPUT]


@pytest.mark.parametrize(
    "row",
    [
        "a.org/a v1.0.0",
        f"a.org/a 1.0.0 {H1}",
        f"../a v1.0.0 {H1}\\",
        "a.org/a v1.0.0 h1:AAAA",
        "a.org/a v1.0.0 h1:!",
        "https://u:p@a.org v1.0.0 h1:AAAA",
        "<<<<<<< HEAD",
    ],
)
def test_go_sum_names_the_line_it_cannot_read(lock_of: Reading, row: str) -> None:
    read = lock_of(FILE, f"a.org/b v1.0.0 {H1}\r\n\r\n{row}\r\n", module(""))
    assert [(u.location.path, u.location.line) for u in read.unread] == [("go.sum", 3)]
    assert "u:p" not in repr(read)


def test_two_hashes_for_one_version_do_not_pass(lock_of: Reading) -> None:
    sums = f"a.org/a v1.0.0 {H1}\na.org/a v1.0.0 {H1}\na.org/a v1.0.0 {OTHER}\n"
    read = lock_of(FILE, sums, module("require a.org/a v1.0.0\n"))
    assert [unread.location.line for unread in read.unread] == [3]
    assert by_key(read)["a.org/a==v1.0.0"].hashes == (H1,)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("require a.org/a\n", 5),
        ("require a.org/a latest\n", 5),
        ("require https://u:p@a.org v1.0.0\n", 5),
        ("replace a.org/a => b.org/b\n", 5),
        ("replace a.org/a v1 v2 => ./b\n", 5),
        ("replace a.org/a => https://u:p@b.org v1.0.0\n", 5),
        ("exclude a.org/a\n", 5),
        ("go one\n", 5),
        ("module two words\n", 5),
        ("mystery x\n", 5),
        ("mystery (\n", 5),
        ("require (\n\ta.org/a v1.0.0\n", 6),
    ],
)
def test_go_mod_names_the_line_it_cannot_read(lock_of: Reading, text: str, line: int) -> None:
    read = lock_of(FILE, "", module(text))
    assert [(u.location.path, u.location.line) for u in read.unread] == [("go.mod", line)]
    assert "u:p" not in repr(read)


def test_without_go_mod_nothing_is_known_of_the_build(lock_of: Reading) -> None:
    read = lock_of(FILE, f"a.org/a v1.0.0 {H1}\n")
    assert read.packages == ()
    assert [(u.location.path, u.gap) for u in read.unread] == [("go.mod", Gap.INPUT_MISSING)]


def test_go_mod_must_be_text(lock_of: Reading) -> None:
    read = lock_of(FILE, "", {"go.mod": b"module \xff\n"})
    assert [(u.location.path, u.why) for u in read.unread] == [("go.mod", "not UTF-8")]
