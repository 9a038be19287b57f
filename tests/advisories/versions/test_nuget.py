"""NuGet's versions."""

from __future__ import annotations

import pytest

from pipeline.advisories.versions import nuget
from tests.advisories.versions.table import assert_ordered


def test_the_table() -> None:
    assert_ordered("nuget", nuget.parse)


@pytest.mark.parametrize(
    "text",
    [
        *("", "v1.0", "1.2.3.4.5", "1.", "1.0-", "1.0-a..b", "1.0+", "a", "1.0 ", "2147483648.0.0"),
        "1.0-" + "a" * 300,
    ],
)
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="no version of NuGet"):
        nuget.parse(text)


def test_what_is_no_text() -> None:
    with pytest.raises(ValueError, match="no version of NuGet"):
        nuget.parse(None)
