"""Composer's versions, against the order of Composer and PHP themselves."""

from __future__ import annotations

import pytest

from pipeline.advisories.versions import composer
from tests.advisories.versions.table import assert_ordered


def test_the_table() -> None:
    assert_ordered("composer", composer.parse)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "dev-main",
            "master",
            "1.x-dev",
            "1.0.x-dev",
            "1.2.3.4.5",
            "1.0-gamma",
            "vv1",
            "~1.0",
        ),
        *("~1.0", "1.0 as 2.0", "1.0@dev", "1,0", "1.0-alpha1-beta", "1" * 300),
    ],
)
def test_branches_and_nonsense_are_no_versions(text: str) -> None:
    with pytest.raises(ValueError, match="no version of Packagist"):
        composer.parse(text)


def test_what_is_no_text() -> None:
    with pytest.raises(ValueError, match="no version of Packagist"):
        composer.parse(1.0)
