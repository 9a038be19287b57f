"""Which licences a policy denies, whatever they are called and joined by."""

from __future__ import annotations

import pytest

from pipeline.sbom.denied import is_denied


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("GPL-3.0-only", True),
        ("gpl-3.0-only", True),
        ("MIT", False),
        ("MIT OR GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", True),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", True),
        ("GPL-3.0-only OR (MIT AND AGPL-3.0-only)", True),
        ("GPL-3.0-only WITH Classpath-exception-2.0", True),
        ("MIT AND (BSD-3-Clause OR GPL-3.0-only)", False),
        ("GNU General Public License", False),
        ("", False),
        (" AND ".join(["(MIT OR Apache-2.0)"] * 12), False),
    ],
)
def test_a_licence_is_denied_where_no_other_can_be_chosen(licence: str, expected: bool) -> None:
    assert is_denied(licence, ["GPL-3.0-only", "AGPL-3.0-only"]) is expected


@pytest.mark.parametrize(
    ("licence", "denied", "expected"),
    [
        ("GPL-3.0", "GPL-3.0-only", True),
        ("GPL-3.0-only", "GPL-3.0", True),
        ("GPL-3.0+", "GPL-3.0-or-later", True),
        ("MIT AND LGPL-2.1+", "lgpl-2.1-or-later", True),
        ("GPL-3.0-or-later", "GPL-3.0", False),
        ("GPL-3.0", "AGPL-3.0-only", False),
        ("GFDL-1.3", "GFDL-1.3-only", True),
        ("Apache-2.0", "Apache-2.0", True),
    ],
)
def test_a_deprecated_name_is_the_same_licence(licence: str, denied: str, expected: bool) -> None:
    assert is_denied(licence, [denied]) is expected
