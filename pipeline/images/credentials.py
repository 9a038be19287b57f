"""Credentials for registries, from the files that container tools keep them in.

`REGISTRY_AUTH_FILE`, the `auth.json` of containers (man containers-auth.json), and the
`config.json` of Docker below `DOCKER_CONFIG`, in this order; the first that names the registry
counts. A credential helper is a program, and no program is run for this: such a registry is told
as one whose credentials cannot be had.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.images.documents import UnreadableImageError
from pipeline.images.reference import DOCKER_HUB
from pipeline.model import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_BYTES = 1024 * 1024
_HUB_KEY = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a registry is shown; all of it empty where nothing is known for it."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.password or self.token)

    @property
    def basic(self) -> str:
        """The value of an `Authorization` field (RFC 7617)."""
        pair = f"{self.user}:{self.password}".encode()
        return "Basic " + base64.b64encode(pair).decode()


ANONYMOUS = Credentials()


def find(host: str, repository: str) -> Credentials:
    """The credentials for a repository of a registry.

    Raises `UnreadableImageError` when they are with a program, or the file is not understood.
    """
    for path in _files():
        content = _load(path)
        if content is None:
            continue
        if found := _lookup(content, host, repository):
            return found
        if _has_helper(content, host):
            raise UnreadableImageError(
                f"the credentials for {host} are kept by a program, which is not run",
                gap=Gap.NOT_CONFIGURED,
                fix="put them into a file, and name it in REGISTRY_AUTH_FILE",
            )
    return ANONYMOUS


def _files() -> Iterator[Path]:
    """Where credentials may stand, the most special first; relative paths mean nothing."""
    environment = os.environ
    home = Path.home()
    candidates = [environment.get("REGISTRY_AUTH_FILE", "")]
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        candidates.append(f"{runtime}/containers/auth.json")
    settings = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
    candidates.append(f"{settings}/containers/auth.json")
    candidates.append(f"{environment.get('DOCKER_CONFIG') or f'{home}/.docker'}/config.json")
    for name in candidates:
        if name and Path(name).is_absolute():
            yield Path(name)


def _load(path: Path) -> dict[str, Any] | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            content = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        # Not chained, and not quoted: it holds passwords.
        raise UnreadableImageError(
            f"the credentials in {path.name} cannot be read", gap=Gap.NOT_CONFIGURED
        ) from None
    return content if isinstance(content, dict) else None


def _lookup(content: dict[str, Any], host: str, repository: str) -> Credentials:
    auths = content.get("auths")
    for key in _keys(host, repository):
        entry = auths.get(key) if isinstance(auths, dict) else None
        if isinstance(entry, dict) and (found := _credentials(entry)):
            return found
    return ANONYMOUS


def _keys(host: str, repository: str) -> Iterator[str]:
    """The most special first: containers know credentials for a part of a registry."""
    parts = repository.split("/")
    for number in range(len(parts), 0, -1):
        yield "/".join([host, *parts[:number]])
    yield host
    for scheme in ("https", "http"):
        for suffix in ("", "/", "/v1/", "/v2/"):
            yield f"{scheme}://{host}{suffix}"
    if host == DOCKER_HUB:
        yield _HUB_KEY
        yield "index.docker.io"


def _credentials(entry: dict[str, Any]) -> Credentials:
    kept = {key: value for key, value in entry.items() if isinstance(value, str)}
    user, password = kept.get("username", ""), kept.get("password", "")
    if kept.get("auth"):
        try:
            user, _, password = base64.b64decode(kept["auth"]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ANONYMOUS
    # Docker pads what it writes.
    return Credentials(
        user=user,
        password=password.rstrip("\0"),
        token=kept.get("identitytoken", ""),
    )


def _has_helper(content: dict[str, Any], host: str) -> bool:
    helpers = content.get("credHelpers")
    if isinstance(helpers, dict) and {host, *_keys(host, "")} & helpers.keys():
        return True
    # Docker writes an empty entry for a registry that its store knows.
    auths = content.get("auths")
    known = isinstance(auths, dict) and any(key in auths for key in _keys(host, ""))
    return bool(content.get("credsStore")) and known
