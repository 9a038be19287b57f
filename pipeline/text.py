"""Strings from outside are data: made harmless before anybody sees them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Collection

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that are replaced: control, format (also direction overrides), surrogates,
private use, unassigned, line and paragraph separators."""

_PLAIN = re.compile(r"[ -~]*")

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""This machine: what is sent there leaves nothing to listen to."""
_HTTP = frozenset({"http"})


def plain(text: str, *, limit: int = 2000) -> str:
    """`text` on one line, without control, formatting or direction characters.

    What is removed is shown as U+FFFD; more than `limit` characters end in "…".
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        " " if char in "\t\r\n" else "\ufffd" if unicodedata.category(char) in _HIDDEN else char
        for char in text
    )


def without_credentials(url: str) -> str:
    """`url` without user name, password, query and fragment; "" for what is no URL.

    Tokens travel in all four. "git@host:path" is kept: it names no secret.
    """
    if "://" not in url:
        return url if re.fullmatch(r"git@[\w.-]+:[\w./~-]+", url) else ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))


def is_in_clear(url: str, schemes: Collection[str] = _HTTP) -> bool:
    """Whether a URL of one of these unencrypted schemes leads to another machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in schemes and host not in LOOPBACK
