from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from pipeline.advisories.ecosystems import ORDERINGS, normalise, ordering_of, parse_pypi

PYPI = ORDERINGS["PyPI"]


@settings(deadline=None)
@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", fullmatch=True))
def test_names_are_canonical_like_packagings(name: str) -> None:
    assert normalise("PyPI", name) == canonicalize_name(name)


def test_other_names_stay_as_they_are() -> None:
    assert normalise("npm", "@Scope/Some_Name") == "@Scope/Some_Name"


@pytest.mark.parametrize(
    ("ecosystem", "one", "other"),
    [
        ("crates.io", "serde_yaml", "Serde-YAML"),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
        ("Packagist", "Symfony/Http-Kernel", "symfony/http-kernel"),
    ],
)
def test_names_that_a_registry_takes_for_one(ecosystem: str, one: str, other: str) -> None:
    assert normalise(ecosystem, one) == normalise(ecosystem, other)


@pytest.mark.parametrize("ecosystem", ["npm", "Go", "RubyGems", "Maven"])
def test_names_that_differ_to_the_letter(ecosystem: str) -> None:
    assert normalise(ecosystem, "JSONStream") != normalise(ecosystem, "jsonstream")


@pytest.mark.parametrize("ecosystem", sorted(ORDERINGS))
def test_every_ordering_says_what_it_cannot_read(ecosystem: str) -> None:
    ordering = ORDERINGS[ecosystem]
    for parse in (ordering.parse, ordering.parse_start, ordering.spell):
        with pytest.raises(ValueError, match="version"):
            parse("no such thing!")
    value = ordering.parse("1.0.0")
    assert ordering.base(value) == value
    assert "1.0.0" in ordering.alike(value, ["1.0.0", "2.0.0"])
    assert ordering.parse(ordering.spell("1.0.0")) == value


def test_an_ecosystem_is_found_with_its_release_suffix() -> None:
    assert ordering_of("PyPI:whatever") is PYPI
    assert ordering_of("Debian:12") is None


@pytest.mark.parametrize("text", ["", "x", "1.x", "1" * 257, "1..2", None, 1])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="version"):
        parse_pypi(text)


@pytest.mark.parametrize(
    ("text", "base"), [("1.0+cu118", "1.0"), ("1!2.0.dev1+x", "1!2.0.dev1"), ("1.0", "1.0")]
)
def test_base(text: str, base: str) -> None:
    assert PYPI.base(parse_pypi(text)) == parse_pypi(base)


_SPELLINGS = st.builds(
    lambda prefix, zeros, release, tail: f"{prefix}{zeros}{release}{tail}",
    st.sampled_from(["", "v", "V", " ", "0!", "1!"]),
    st.sampled_from(["", "0"]),
    st.integers(0, 120),
    st.sampled_from(["", ".0", ".0.0", ".1", "a1", ".post0", "-1"]),
)


@settings(deadline=None, max_examples=300)
@given(_SPELLINGS, _SPELLINGS)
def test_the_cheap_filter_loses_no_equal_version(one: str, other: str) -> None:
    if parse_pypi(one) == parse_pypi(other):
        assert other in PYPI.alike(parse_pypi(one), [other])
