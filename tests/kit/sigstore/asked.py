"""Asking a service of a stack by hand, past any client."""

from __future__ import annotations

import urllib.error
import urllib.request


def status_of(request: urllib.request.Request) -> int:
    """With which status it is answered, whether that is an error or not."""
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
