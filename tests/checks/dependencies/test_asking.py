"""Which packages can be asked about."""

from __future__ import annotations

import pytest

from pipeline.advisories.source import Question
from pipeline.checks.dependencies.asking import question_of
from pipeline.model import Gap, Missing, Origin, Source
from tests.checks.dependencies.builders import package


@pytest.mark.parametrize(
    ("ecosystem", "written", "spelt"),
    [
        ("PyPI", "1.0.0-RC.1", "1.0.0rc1"),
        ("npm", "1.0.0-rc.1", "1.0.0-rc.1"),
        ("Go", "v0.0.0-20200101000000-0123456789ab", "0.0.0-20200101000000-0123456789ab"),
        ("crates.io", "0.11.0+wasi-snapshot-preview1", "0.11.0+wasi-snapshot-preview1"),
        ("RubyGems", "7.0.0.rc1", "7.0.0.rc1"),
        ("NuGet", "13.0.1", "13.0.1"),
        ("Maven", "5.3.27.RELEASE", "5.3.27.RELEASE"),
        ("Packagist", "v5.4.31", "v5.4.31"),
        ("Hex", "what it likes", "what it likes"),
    ],
)
def test_a_version_is_asked_for_as_advisories_spell_it(
    ecosystem: str, written: str, spelt: str
) -> None:
    asked = question_of(package("a", written, ecosystem=ecosystem))
    assert asked == Question(ecosystem, "a", spelt)


@pytest.mark.parametrize(
    ("ecosystem", "version"),
    [
        ("PyPI", "x"),
        ("npm", "1.0"),
        ("Go", "v1"),
        ("crates.io", "1.0.0.0"),
        ("RubyGems", "a"),
        ("NuGet", "1.2.3.4.5"),
        ("Maven", "1 0"),
        ("Packagist", "dev-main"),
    ],
)
def test_what_is_no_version_is_not_asked_about(ecosystem: str, version: str) -> None:
    found = question_of(package("a", version, ecosystem=ecosystem))
    assert isinstance(found, Missing)
    assert (found.gap, found.subject) == (Gap.UNPARSABLE_VERSION, f"a=={version}")


@pytest.mark.parametrize("origin", [Origin.INDEX, Origin.VCS, Origin.URL, Origin.PATH])
def test_what_is_not_from_the_registry_is_not_asked_about(origin: Origin) -> None:
    found = question_of(package("a", ecosystem="npm", source=Source(origin=origin)))
    assert isinstance(found, Missing)
    assert found.gap is Gap.NOT_FROM_REGISTRY


def test_the_repositorys_own_code_is_nobodys_question() -> None:
    assert question_of(package("a", source=Source(origin=Origin.WORKSPACE))) is None
