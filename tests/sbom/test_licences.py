"""Licences in CycloneDX's words: exact where they are SPDX, and a mere name elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sbom.licences import describe
from pipeline.sbom.validate import validate


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MIT", "MIT"),
        ("apache-2.0", "Apache-2.0"),
        ("GPL-2.0+", "GPL-2.0+"),
    ],
)
def test_an_identifier_is_one(text: str, found: str) -> None:
    assert describe(text) == {"license": {"id": found, "acknowledgement": "declared"}}


@pytest.mark.parametrize(
    "text",
    ["(MIT OR ISC)", "GPL-2.0-only WITH Classpath-exception-2.0", "LicenseRef-Ours"],
)
def test_an_expression_is_one(text: str) -> None:
    assert describe(text) == {"expression": text, "acknowledgement": "declared"}


@pytest.mark.parametrize(
    "text", ["MIT License", "BSD", "UNLICENSED", "SEE LICENSE IN x", "MIT OR", "()", "(" * 199]
)
def test_anything_else_is_a_name(text: str) -> None:
    assert describe(text) == {"license": {"name": text, "acknowledgement": "declared"}}


@settings(deadline=None)
@given(st.text(min_size=1, max_size=200) | st.sampled_from(["MIT ", "(", "OR ", ")"]))
def test_whatever_is_written_the_document_stays_valid(text: str) -> None:
    for version in ("1.6", "1.7"):
        document = {
            "bomFormat": "CycloneDX",
            "specVersion": version,
            "version": 1,
            "components": [{"type": "library", "name": "a", "licenses": [describe(text)]}],
        }
        assert validate(document) == ()
