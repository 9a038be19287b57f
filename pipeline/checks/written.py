"""What stands written out in configuration: images, and scripts that run what they download.

Facts that several checks ask for. What a fact means, and how bad it is, each check says itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
"""Source: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests."""

_SHELL = r"(?:ba|z|da|k)?sh\b"
_PIPED = re.compile(
    r"\b(?:curl|wget)\b[^\n|;&]{0,500}\|[ \t]{0,9}"
    rf"(?:sudo[ \t]{{1,9}}(?:-\S{{1,50}}[ \t]{{1,9}}){{0,5}})?(?:env[ \t]{{1,9}})?{_SHELL}"
    rf"|\b{_SHELL}[ \t]{{1,9}}(?:-c[ \t]{{1,9}})?[\"']?(?:<\(|\$\()[ \t]{{0,9}}(?:curl|wget)\b"
    r"|\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod|DownloadString)\b[^\n]{0,500}\|[ \t]{0,9}"
    r"(?:iex|Invoke-Expression)\b",
    re.IGNORECASE,
)
"""Every repetition has a bound: the text is a stranger's."""


def is_digest(text: str) -> bool:
    """Whether a text is the digest of an image, in full."""
    return bool(_DIGEST.fullmatch(text))


def blind_downloads(script: str) -> Iterator[int]:
    """Where a script hands what it downloads to a shell, as offsets into its text."""
    for match in _PIPED.finditer(script):
        yield match.start()
