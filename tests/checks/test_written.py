"""What stands written out in configuration: facts that several checks ask for."""

from __future__ import annotations

import pytest

from pipeline.checks.written import blind_downloads, is_digest


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("sha256:" + "4f" * 32, True),
        ("sha512:" + "4f" * 64, True),
        ("sha256:" + "4F" * 32, False),
        ("sha256:4f", False),
        ("sha1:" + "4f" * 20, False),
        ("", False),
    ],
)
def test_digests(text: str, is_one: bool) -> None:
    assert is_digest(text) is is_one


def test_downloads_that_are_run() -> None:
    text = "true\ncurl https://x | sh\nwget x; sh y\n"
    assert list(blind_downloads(text)) == [5]
