from __future__ import annotations

import pytest

from pipeline.model import Lock, Origin, Package, Source

from .conftest import Reading

FILE = "Gemfile.lock"
SHA256 = "ab" * 32


def by_name(lock: Lock) -> dict[str, Package]:
    return {f"{package.name} {package.markers}".strip(): package for package in lock.packages}


LOCK = f"""GIT
  remote: https://u:p@github.com/x/gitty.git
  revision: 0123
  branch: main
  specs:
    gitty (1.0.0)
      rack (>= 2)

PATH
  remote: .
  specs:
    own (0.1.0)
      rack

PATH
  remote: ../engine
  specs:
    engine (0.1.0)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.16.0)
      mini_portile2 (~> 2.8.2)
    nokogiri (1.16.0-x86_64-linux-gnu)
    mini_portile2 (2.8.5)
    rack (3.0.0.rc1)

PLUGIN SOURCE
  remote: https://plugins.example.com
  type: x
  specs:
    plugged (1.0.0)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  gitty!
  nokogiri (~> 1.16, >= 1.16.0)
  own!

CHECKSUMS
  mini_portile2 (2.8.5)
  nokogiri (1.16.0) sha256={SHA256}
  nokogiri (1.16.0-x86_64-linux-gnu) sha256={"cd" * 32},sha512=short
  rack (3.0.0.rc1)

RUBY VERSION
   ruby 3.3.0p0

BUNDLED WITH
   2.5.4
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_everything_that_bundler_writes(lock_of: Reading, end: str) -> None:
    read = lock_of(f"sub/{FILE}", LOCK.replace("\n", end))
    assert read.unread == ()
    gems = by_name(read)
    assert {name: gem.source for name, gem in gems.items()} == {
        "gitty": Source(origin=Origin.VCS, url="https://github.com/x/gitty.git"),
        "own": Source(origin=Origin.WORKSPACE, url="sub"),
        "engine": Source(origin=Origin.PATH, url="engine"),
        "nokogiri": Source(),
        "nokogiri x86_64-linux-gnu": Source(),
        "mini_portile2": Source(),
        "rack": Source(),
        "plugged": Source(origin=Origin.URL, url="https://plugins.example.com"),
    }
    assert gems["nokogiri"].hashes == (f"sha256:{SHA256}",)
    assert gems["nokogiri x86_64-linux-gnu"].hashes == ("sha256:" + "cd" * 32,)
    assert gems["nokogiri x86_64-linux-gnu"].version == "1.16.0"
    assert (gems["rack"].version, gems["rack"].hashes) == ("3.0.0.rc1", ())
    assert gems["nokogiri"].requires == ("mini_portile2",)
    assert {name for name, gem in gems.items() if gem.direct} == {
        "gitty",
        "nokogiri",
        "nokogiri x86_64-linux-gnu",
        "rack",  # the project's own gem asks for it
    }
    rows = LOCK.split("\n")
    for gem in read.packages:
        assert rows[(gem.location.line or 0) - 1].startswith(f"    {gem.name} (")


@pytest.mark.parametrize(
    ("remotes", "source", "indexes"),
    [
        (["https://rubygems.org/"], Source(), ()),
        (["http://rubygems.org/"], Source(), ()),
        (
            ["https://rubygems.org/", "https://u:p@gems.example.com/"],
            Source(origin=Origin.INDEX, url="https://gems.example.com/"),
            ("https://gems.example.com/",),
        ),
        (
            ["https://rubygems.org.example.com/"],
            Source(origin=Origin.INDEX, url="https://rubygems.org.example.com/"),
            ("https://rubygems.org.example.com/",),
        ),
        (["/srv/gems"], Source(origin=Origin.INDEX), ()),
    ],
)
def test_remotes(
    lock_of: Reading, remotes: list[str], source: Source, indexes: tuple[str, ...]
) -> None:
    rows = "".join(f"  remote: {remote}\n" for remote in remotes)
    read = lock_of(FILE, f"GEM\n{rows}  specs:\n    a (1.0.0)\n")
    assert [gem.source for gem in read.packages] == [source]
    assert read.indexes == indexes


@pytest.mark.parametrize(
    "row",
    [
        "<<<<<<< HEAD",
        "MYSTERY",
        "    a (one)",
        "    a",
        "     a (1.0.0)",
        "    https://u:p@x (1.0.0)",
        "        deeper (1)",
    ],
)
def test_the_line_that_cannot_be_read_is_named(lock_of: Reading, row: str) -> None:
    text = f"GEM\n  remote: https://rubygems.org/\n  specs:\n    b (1.0.0)\n{row}\n"
    read = lock_of(FILE, text)
    assert [unread.location.line for unread in read.unread] == [5]
    assert "u:p" not in repr(read)


@pytest.mark.parametrize("section", ["DEPENDENCIES", "CHECKSUMS"])
def test_other_sections_are_read_as_strictly(lock_of: Reading, section: str) -> None:
    read = lock_of(FILE, f"{section}\n  a\n  what is this?\n  a (1.0.0) ?\n")
    assert 3 in [unread.location.line for unread in read.unread]


@pytest.mark.parametrize("text", ["", "\n\n", "PLATFORMS\n  ruby\n"])
def test_a_lock_without_gems_and_dependencies_is_none(lock_of: Reading, text: str) -> None:
    assert [u.why for u in lock_of(FILE, text).unread] == ["no section that a lock has"]


def test_a_project_without_dependencies(lock_of: Reading) -> None:
    read = lock_of(FILE, "GEM\n  remote: https://rubygems.org/\n  specs:\n\nDEPENDENCIES\n")
    assert read.packages == ()
