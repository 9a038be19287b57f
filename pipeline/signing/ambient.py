"""The identity of the job that runs this: a token from the CI service, or from a file.

Never a browser: without an identity there is none, and whoever asked is told so.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from pipeline.errors import SignatureError, UsageError
from pipeline.text import plain
from pipeline.trust.refused import library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sigstore.oidc import IdentityToken

AUDIENCE = "sigstore"
_GRANT = (
    "grant the job `permissions: id-token: write` (a workflow that is called needs it from its"
    " caller, too; pull requests from forks never get it)"
)
_PAUSES = (0.5, 2.0)
"""Seconds before the service is asked again."""

_FILE_FIX = f"write a token for the audience {AUDIENCE!r} into it"


def find(*, sleep: Callable[[float], None] = time.sleep) -> IdentityToken | None:
    """The token of the CI service around; `None` where there is none.

    Raises `SignatureError` in GitHub Actions without the permission, and when the service does
    not hand one out.
    """
    github = bool(os.environ.get("GITHUB_ACTIONS"))
    if github and not (
        os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
        and os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    ):
        raise SignatureError("this job may not ask for an identity", fix=_GRANT)
    with library():
        from sigstore.errors import Error  # noqa: PLC0415 - only keyless signing needs it
        from sigstore.oidc import detect_credential  # noqa: PLC0415
    for pause in (*_PAUSES, None):
        try:
            raw = detect_credential(AUDIENCE)
            return _token(raw, "the CI service") if raw else None
        except (Error, OSError, ValueError) as error:
            if pause is None:
                raise SignatureError(
                    f"the CI service gives no identity: {plain(str(error), limit=300)}",
                    fix=_GRANT if github else "look at its settings for OpenID Connect",
                ) from None
            sleep(pause)
    raise AssertionError  # the last attempt raises


def read(path: Path) -> IdentityToken:
    """The token in a file; raises `UsageError` when it cannot be read, `SignatureError` else."""
    try:
        raw = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise UsageError("is no file with a token", where=str(path), fix=_FILE_FIX) from None
    return _token(raw, str(path))


def _token(raw: str, where: str) -> IdentityToken:
    with library():
        from sigstore.errors import Error  # noqa: PLC0415 - only keyless signing needs it
        from sigstore.oidc import IdentityToken  # noqa: PLC0415
    try:
        return IdentityToken(raw, AUDIENCE)
    except Error as error:  # its message holds no part of the token
        raise SignatureError(f"{error}", where=where, fix=_FILE_FIX) from None
