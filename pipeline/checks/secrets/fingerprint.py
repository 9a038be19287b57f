"""A name for a secret that tells nothing of it.

The same secret has the same name wherever it stands in a repository, after lines moved and files
were renamed, so a waiver can speak of it. A plain digest would not do: a password's is guessed
in seconds. So it is scrypt (RFC 7914), as costly to guess as is bearable here, with a salt of
the repository's own: the id of its first commit. The salt is no secret to who has the repository,
who has its secrets as well; but no table made for one repository serves for another, and nothing
has to be stored, so that every clone and every CI job comes to the same name.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

COST = 2**13
"""scrypt's n: 8 MiB and about 15 ms for each guess. More does not fit into what a core keeps near
itself, and takes three times as long."""
_BYTES = 12
_THREADS = 4
_PREFIX = "secret:"


class Names:
    """The names of secrets in one repository. Each is worked out once, as that takes its time."""

    def __init__(self, salt: str) -> None:
        """`salt` is the id of the repository's first commit, or "" where there is none."""
        self._salt = salt
        self._known: dict[str, str] = {}

    def of(self, values: Collection[str]) -> dict[str, str]:
        """The name of each value: "secret:" and 24 hexadecimal digits."""
        if new := [value for value in dict.fromkeys(values) if value not in self._known]:
            with ThreadPoolExecutor(max_workers=min(_THREADS, len(new))) as pool:
                found = pool.map(lambda value: _name(value, self._salt), new)
                self._known.update(zip(new, found, strict=True))
        return {value: self._known[value] for value in values}


def _name(value: str, salt: str) -> str:
    key = hashlib.scrypt(
        value.encode(errors="surrogatepass"),
        salt=b"supply-chain secrets 2\0" + salt.encode(),
        n=COST,
        r=8,
        p=1,
        dklen=_BYTES,
    )
    return _PREFIX + key.hex()


def preview(value: str) -> str:
    """At most the first letters of a secret, and how long it is, roughly.

    Four of 24 or more, two of 16 or more, none of a shorter one or of a block of lines.
    """
    if "\n" in value.strip() or value.lstrip().startswith("-----BEGIN"):
        return "(a block of text)"
    size = len(value)
    for at_least, shown in ((24, 4), (16, 2)):
        if size >= at_least and value[:shown].isascii() and value[:shown].isprintable():
            return f"{value[:shown]}… ({_length(size)})"
    return f"({_length(size)})"


def _length(size: int) -> str:
    for below, text in ((8, "under 8"), (16, "8 to 15"), (24, "16 to 23"), (40, "24 to 39")):
        if size < below:
            return f"{text} characters"
    return "40 characters or more"
