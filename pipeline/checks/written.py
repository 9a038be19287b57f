"""What stands written out in configuration: secrets, images, scripts that run what they download.

Facts that several checks ask for. What a fact means, and how bad it is, each check says itself.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
"""Source: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests."""

_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:PASSWORD|PASSWD|PWD|PASSPHRASE|SECRET|TOKEN|API[_-]?KEY|ACCESS[_-]?KEY|SECRET[_-]?KEY"
    r"|PRIVATE[_-]?KEY|CREDENTIALS?)$",
    re.IGNORECASE,
)
_NO_VALUE = re.compile(
    r"|true|false|yes|no|null|none|~|\d{1,3}|(?:\.{0,2}/|[A-Z]:\\).*", re.IGNORECASE
)
"""What such a name may hold without being a secret: nothing, a switch, a number, a path."""
_STRONG = 12
"""Characters from which on a value of several kinds of them is taken for a real secret."""
_KINDS = ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]")
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


class Secret(Enum):
    """How much a value looks like a secret that is in use."""

    STRONG = "strong"
    THROWAWAY = "throwaway"


def is_digest(text: str) -> bool:
    """Whether a text is the digest of an image, in full."""
    return bool(_DIGEST.fullmatch(text))


def is_secret_name(name: str) -> bool:
    """Whether a variable is named like a secret."""
    return bool(_SECRET_NAME.search(name))


def secret_in(name: str, value: str) -> Secret | None:
    """What a variable that is named like a secret holds, where it is written out at all.

    A value that a variable stands in has to be told apart before: only its language knows how.
    """
    value = value.strip()
    if not is_secret_name(name) or _NO_VALUE.fullmatch(value):
        return None
    return Secret.STRONG if is_strong(value) else Secret.THROWAWAY


def is_strong(value: str) -> bool:
    """Whether a value is made like a secret that is in use, and not like a throwaway one."""
    kinds = sum(bool(re.search(kind, value)) for kind in _KINDS)
    return len(value) >= _STRONG and kinds > 1 and not re.search(r"\s", value)


def blind_downloads(script: str) -> Iterator[int]:
    """Where a script hands what it downloads to a shell, as offsets into its text."""
    for match in _PIPED.finditer(script):
        yield match.start()
