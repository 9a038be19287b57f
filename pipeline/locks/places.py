"""Where packages come from and what proves their content, in all ecosystems but Python's."""

from __future__ import annotations

import binascii
import re
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline.locks.pypi import commit_in, from_path, from_url
from pipeline.model import Origin, Source
from pipeline.text import plain, without_credentials

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping
    from typing import TypeVar

    Node = TypeVar("Node", bound=Hashable)

DEFAULT_GROUP = "default"
"""The group of what a project needs at run time, whatever its lock calls it."""

_DIGEST_BYTES = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
_HEX = re.compile("[0-9A-Fa-f]+")

_CREDENTIALS = re.compile(r"(?<=://)[^\s/@]*@")
_REPOSITORY = re.compile(r"(?:git(?:\+|:|@)|ssh:)", re.IGNORECASE)
_HOSTED = {"github:": "github.com", "gitlab:": "gitlab.com", "bitbucket:": "bitbucket.org"}
_COMMIT_ARCHIVES = {"codeload.github.com"}


def digest(algorithm: str, value: Any) -> tuple[str, ...]:
    """The hash as "algorithm:hex", if `value` is a hexadecimal digest of the right length."""
    size = 2 * _DIGEST_BYTES.get(algorithm, 0)
    if isinstance(value, str) and len(value) == size and _HEX.fullmatch(value):
        return (f"{algorithm}:{value.lower()}",)
    return ()


def integrity(value: Any) -> tuple[str, ...]:
    """The hashes of an integrity text, https://www.w3.org/TR/sri-2/; broken ones are left out."""
    found = []
    for part in value.split() if isinstance(value, str) else ():
        algorithm, _, encoded = part.partition("-")
        raw = from_base64(encoded.partition("?")[0])
        if raw and len(raw) == _DIGEST_BYTES.get(algorithm):
            found.append(f"{algorithm}:{raw.hex()}")
    return tuple(dict.fromkeys(found))


def from_base64(text: str) -> bytes:
    """The bytes that `text` encodes; none where it is no base64 (RFC 4648, with padding)."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return b""


def is_on(url: str, hosts: Collection[str]) -> bool:
    """Whether an HTTP URL is on one of `hosts`, on its usual port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and parts.hostname in hosts and port is None


def from_registry(url: str, public: Collection[str]) -> Source:
    """The source of a package from the registry at, or with the file at, `url`."""
    origin = Origin.REGISTRY if is_on(url, public) else Origin.INDEX
    return Source(origin=origin, url=without_credentials(url))


def from_repository(url: str) -> Source | None:
    """The source of a package from a version control system; `None` where `url` names none."""
    for prefix, host in _HOSTED.items():
        if url.startswith(prefix):
            path = url.removeprefix(prefix).partition("#")[0]
            return from_url(f"https://{host}/{path}", vcs=True, commit=commit_in(url))
    before = url.partition("#")[0]
    if (
        _REPOSITORY.match(url)
        or ("://" in url and before.endswith(".git"))
        or is_on(url, _COMMIT_ARCHIVES)
    ):
        return from_url(before, vcs=True, commit=commit_in(url))
    return None


def from_folder(path: str, folder: str, *, own: bool = False) -> Source:
    """The source of a package at `path`, as seen from `folder`; "file:" and the like may lead."""
    for prefix in ("file:", "link:", "portal:", "workspace:"):
        path = path.removeprefix(prefix)
    return from_path(path.partition("#")[0].partition("::")[0], folder, own=own)


def prose(value: Any) -> str:
    """A remark of strangers on one line, without what could be a password; "" for no text."""
    return plain(_CREDENTIALS.sub("", value), limit=500) if isinstance(value, str) else ""


def spread(
    starts: Mapping[Node, Iterable[str]], edges: Mapping[Node, Iterable[Node]]
) -> dict[Node, set[str]]:
    """Every node with the groups of the starts from which it is reached."""
    groups: dict[Node, set[str]] = {}
    queue = deque((node, group) for node, names in starts.items() for group in names)
    while queue:
        node, group = queue.popleft()
        known = groups.setdefault(node, set())
        if group not in known:
            known.add(group)
            queue.extend((target, group) for target in edges.get(node, ()))
    return groups
