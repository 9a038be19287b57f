from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from pipeline.model import Git, Origin
from pipeline.sbom.identity import as_address, as_vcs, bare, identify, identify_own
from tests.sbom.polyglot import package

GIT = Git(
    commit="a" * 40, branch="main", dirty=False, remote="https://example.com/shop", shallow=False
)


@pytest.mark.parametrize(
    ("origin", "url", "tail"),
    [
        (Origin.REGISTRY, "https://files.example/a.whl", ""),
        (
            Origin.INDEX,
            "https://pypi.example/simple",
            "?repository_url=https://pypi.example/simple",
        ),
        (Origin.INDEX, "", ""),
        (Origin.VCS, "https://git.example/a", "?vcs_url=git%2Bhttps://git.example/a"),
        (Origin.VCS, "git+ssh://git@h/a@1", "?vcs_url=git%2Bssh://git%40h/a%401"),
        (Origin.URL, "https://x.example/a b.tgz", "?download_url=https://x.example/a%20b.tgz"),
        (Origin.PATH, "../lib/./a b", "#lib/a%20b"),
    ],
)
def test_where_a_package_comes_from_is_part_of_its_name(
    origin: Origin, url: str, tail: str
) -> None:
    found = identify(package(origin=origin, url=url))
    assert found == "pkg:pypi/a@1.0" + tail
    assert PackageURL.from_string(found).name == "a"


@settings(deadline=None)
@given(
    name=st.text(min_size=1),
    version=st.text(min_size=1),
    url=st.text(),
    origin=st.sampled_from(Origin),
)
def test_no_name_breaks_out_of_its_purl(name: str, version: str, url: str, origin: Origin) -> None:
    purl = identify(package(name, version, ecosystem="npm", origin=origin, url=url))
    assert purl.isascii()
    assert purl.isprintable()
    assert " " not in purl
    assert purl.count("?") <= 1
    assert purl.count("#") <= 1
    assert bare(purl) == bare(bare(purl))
    assert bare(purl) == bare(package(name, version, ecosystem="npm").purl)


def test_the_repository_is_named_by_commit_and_remote() -> None:
    assert identify_own("my shop", GIT, "a/b") == (
        f"pkg:generic/my%20shop@{'a' * 40}?vcs_url=git%2Bhttps://example.com/shop#a/b"
    )
    assert identify_own("", None, ".") == "pkg:generic/repository"
    odd = replace(GIT, commit=None, remote="https://x/\udce4?#@")
    assert (
        identify_own("a\udce4", odd, "") == "pkg:generic/a%3F?vcs_url=git%2Bhttps://x/%3F%3F%23%40"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pkg:npm/%40types/ms@1", "pkg:npm/@types/ms@1"),
        ("pkg:pypi/Zope.Interface@1", "pkg:pypi/zope-interface@1"),
        ("pkg:golang/example.com/a@v1?type=module", "pkg:golang/example.com/a@v1"),
        ("pkg:pypi/a@1%2Blocal", "pkg:pypi/a@1+local"),
        ("PKG:npm/a@1#x", "pkg:npm/a@1"),
        ("pkg:npm/@types/ms", "pkg:npm/%40types/ms"),
    ],
)
def test_spellings_of_one_package_are_one(one: str, other: str) -> None:
    assert bare(one) == bare(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("pkg:npm/A@1", "pkg:npm/a@1"), ("pkg:npm/a@1", "pkg:npm/a@2"), ("pkg:npm/a", "pkg:npm/a@1")],
)
def test_different_packages_stay_different(one: str, other: str) -> None:
    assert bare(one) != bare(other)


def test_addresses_are_taken_only_where_nobody_can_misread_them() -> None:
    assert as_address("https://x.example/a%20b?c=d") == "https://x.example/a%20b?c=d"
    for bad in ("", "lib", "https://x/a b", "https://x/%zz", "https://[x/", 'https://x/"', "x:y"):
        assert as_address(bad) == ""


def test_remotes_in_the_form_of_scp_become_urls() -> None:
    assert as_vcs("git@github.com:a/b.git") == "git+ssh://git@github.com/a/b.git"
    assert as_vcs("git+https://x/y") == "git+https://x/y"
    assert as_vcs("") == ""
