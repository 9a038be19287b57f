"""Registries: from a name to the digests of its images, without their layers.

https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md, with the tokens of
https://distribution.github.io/distribution/spec/auth/. Only what stands in manifests and
configurations is fetched; each is held against its digest.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from pipeline.errors import UsageError
from pipeline.files import explained, replacing, write
from pipeline.images import choose, credentials
from pipeline.images.documents import (
    INDEXES,
    MANIFESTS,
    MAX_DOCUMENT,
    Blob,
    Descriptor,
    UnreadableImageError,
    decode,
    is_index,
    read_manifest,
    sha256,
)
from pipeline.images.documents import field as value_of
from pipeline.images.reference import DOCKER_HUB, InRegistry, parse
from pipeline.model import Gap
from pipeline.text import LOOPBACK, plain
from pipeline.web import USER_AGENT, Passing, Web, WebError, checked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from pipeline.images.credentials import Credentials
    from pipeline.model import Image

TRANSPORT = "registry"

_ACCEPT = ", ".join(sorted(INDEXES | MANIFESTS))
_HUB = "registry-1.docker.io"
_PARAMETER = re.compile(r'([a-z]{1,30})="([^"]{0,2000})"', re.IGNORECASE)
_AT_ONCE = 3
"""Blobs that are fetched at the same time."""
_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 401, 403, 404


def find(
    reference: InRegistry, platform: str = "", *, offline: bool = False, web: Web | None = None
) -> list[Image]:
    """The images that a reference to a registry means: of an index every platform, or the named.

    Raises `UnreadableImageError` when the registry does not tell, in words that name no secret.
    """
    if offline:
        raise UnreadableImageError("a registry is not asked offline", gap=Gap.NETWORK_OFF)
    with _Registry(reference, web or Web(deadline=120.0)) as registry:
        try:
            root = registry.root()
            found = choose.pick(choose.leaves([root], registry.fetch), platform)
            return [registry.image(leaf, platform) for leaf in found]
        except WebError as error:
            raise _unreachable(error) from error


def pull(image: Image, store: Path, *, web: Web | None = None) -> Image:
    """The image with its blobs in the folder `store`, as a layout keeps them.

    Blobs that are there already are not fetched again; `layout.verify` holds all of them against
    their digests. Raises `UnreadableImageError`.
    """
    reference = parse(image.place, store)
    assert isinstance(reference, InRegistry)
    blobs = store / "blobs" / "sha256"
    with explained(blobs):
        blobs.mkdir(parents=True, exist_ok=True)
    with _Registry(reference, web or Web(deadline=1800.0, timeout=(10.0, 60.0))) as registry:
        try:
            root = registry.root()
            manifest = read_manifest(decode(registry.fetch(root), "the manifest"))
            write(blobs / root.digest.removeprefix("sha256:"), registry.fetch(root))
            wanted = [Blob(digest=manifest.config.digest, size=manifest.config.size, packing="")]
            with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
                list(pool.map(partial(registry.save, blobs), [*wanted, *manifest.layers]))
        except WebError as error:
            raise _unreachable(error) from error
    return replace(image, place=str(store))


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Registry(AbstractContextManager["_Registry"]):
    """One repository of one registry, and what was fetched from it."""

    reference: InRegistry
    web: Web
    authorization: str = field(default="", repr=False)
    withheld: UnreadableImageError | None = None
    known: dict[str, bytes] = field(default_factory=dict)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.web.__exit__(kind, error, trace)

    def root(self) -> Descriptor:
        """What the reference itself leads to: an image's manifest, or an index."""
        wanted = self.reference
        answer = self._ask(f"manifests/{wanted.digest or wanted.tag}")
        digest = sha256(answer.body)
        if wanted.digest and digest != wanted.digest:
            raise UnreadableImageError("the registry answered with something else than was asked")
        document = decode(answer.body, "the manifest")
        said = value_of(document, "mediaType") or answer.headers.get("Content-Type", "")
        kind = str(said).partition(";")[0].strip()
        if kind not in INDEXES | MANIFESTS:
            raise UnreadableImageError(
                "its manifest is of a kind that no reader here knows", gap=Gap.UNSUPPORTED_INPUT
            )
        if is_index(document) != (kind in INDEXES):
            raise UnreadableImageError("its manifest is not of the kind that it says it is")
        self.known[digest] = answer.body
        return Descriptor(media_type=kind, digest=digest, size=len(answer.body))

    def fetch(self, wanted: Descriptor) -> bytes:
        """The bytes of a manifest, index or configuration; the caller holds them to the digest."""
        if wanted.digest not in self.known:
            is_manifest = wanted.media_type in INDEXES | MANIFESTS
            kind = "manifests" if is_manifest else "blobs"
            self.known[wanted.digest] = self._ask(f"{kind}/{wanted.digest}").body
        return self.known[wanted.digest]

    def image(self, leaf: choose.Leaf, platform: str) -> Image:
        """The image of a leaf, or one that says why it cannot be read."""
        try:
            return choose.image_of(
                leaf,
                self.fetch,
                name=self.reference.text,
                transport=TRANSPORT,
                place=self.reference.pinned(leaf.descriptor.digest),
                platform=platform,
            )
        except UnreadableImageError as error:
            return choose.unread(self.reference.text, TRANSPORT, error, leaf.descriptor.platform)

    def save(self, folder: Path, blob: Blob) -> None:
        """Put a blob into `folder`, unless it is there; one of another size is refused."""
        place = folder / blob.digest.removeprefix("sha256:")
        if place.is_file() and place.stat().st_size == blob.size:
            # What is used stays, when the store is cleared.
            os.utime(place)
            return
        url = f"{self._base}/blobs/{blob.digest}"
        with replacing(place) as file:
            self._stream(url, file, blob.size)

    def _stream(self, url: str, file: IO[bytes], size: int) -> None:
        for attempt in self.web.retrying(url):
            with attempt, self.web.open("GET", url, headers=self._headers()) as response:
                if response.status_code == _UNAUTHORIZED and self.authorization:
                    challenge = response.headers.get("WWW-Authenticate", "")
                    self.authorization = self._allowed(challenge)
                    raise Passing("its leave ran out", 0.0)
                if response.status_code != _OK:
                    raise self._refused(response.status_code)
                file.seek(0)
                file.truncate()
                for chunk in response.iter_content(1 << 20):
                    file.write(chunk)
                    if file.tell() > size:
                        raise UnreadableImageError("a layer is larger than its manifest says")
                    self.web.remaining(url)
                if file.tell() < size:
                    raise Passing("it sent a layer cut short", None)

    # ------------------------------------------------------------------------------ asking

    @property
    def _base(self) -> str:
        return f"{base_url(self.reference.host)}/v2/{self.reference.repository}"

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": _ACCEPT}
        if self.authorization:
            headers["Authorization"] = self.authorization
        return headers

    def _ask(self, what: str) -> _Answer:
        """The answer to one question below the repository; asks for leave where that is wanted."""
        url = f"{self._base}/{what}"
        answer = self._send("GET", url, self._headers())
        if answer.status == _UNAUTHORIZED and not self.authorization:
            self.authorization = self._allowed(answer.headers.get("WWW-Authenticate", ""))
            answer = self._send("GET", url, self._headers())
        if answer.status == _OK:
            return answer
        raise self._refused(answer.status)

    def _refused(self, status: int) -> UnreadableImageError:
        if self.withheld and status in {_UNAUTHORIZED, _FORBIDDEN}:
            return self.withheld
        return _refused(self.reference.host, status)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> _Answer:
        for attempt in self.web.retrying(url):
            with attempt, self.web.open(method, url, headers=headers, body=body) as response:
                content = bytearray()
                for chunk in response.iter_content(1 << 16):
                    content += chunk
                    if len(content) > MAX_DOCUMENT:
                        raise UnreadableImageError(
                            "a document of it is too large", gap=Gap.TOO_LARGE
                        )
                    self.web.remaining(url)
                return _Answer(response.status_code, response.headers, bytes(content))
        raise AssertionError  # the last attempt raises

    def _allowed(self, challenge: str) -> str:
        """The `Authorization` with which the registry wants to be asked (RFC 9110, 11.6.1)."""
        host = self.reference.host
        try:
            known = credentials.find(host, self.reference.repository)
        except UnreadableImageError as error:
            # Most images are public: it is told only if nobody is let in without.
            known, self.withheld = credentials.ANONYMOUS, error
        scheme, _, rest = challenge.partition(" ")
        parameters = {key.lower(): value for key, value in _PARAMETER.findall(rest)}
        if scheme.lower() == "basic":
            if not known.password:
                raise self._refused(_UNAUTHORIZED)
            return known.basic
        if scheme.lower() != "bearer" or "realm" not in parameters:
            raise UnreadableImageError(f"{host} asks for credentials in a way that is not known")
        return "Bearer " + self._token(parameters, known)

    def _token(self, asked: Mapping[str, str], known: Credentials) -> str:
        scope = asked.get("scope") or f"repository:{self.reference.repository}:pull"
        query = {"service": asked.get("service", ""), "scope": scope}
        try:
            url = checked(asked["realm"])
        except UsageError as error:
            raise UnreadableImageError(
                f"{self.reference.host} wants credentials sent to where they could be read"
            ) from error
        if known.token:
            # OAuth 2.0, RFC 6749, 6: https://distribution.github.io/distribution/spec/auth/oauth/
            query |= {"grant_type": "refresh_token", "client_id": USER_AGENT}
            body = urlencode(query | {"refresh_token": known.token}).encode()
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self._send("POST", url, kind, body)
        else:
            more = f"{'&' if urlsplit(url).query else '?'}{urlencode(query)}"
            shown = {"Authorization": known.basic} if known.password else {}
            answer = self._send("GET", url + more, shown)
        if answer.status != _OK:
            raise self._refused(answer.status)
        found: Any = decode(answer.body, "the token")
        token = found.get("token") or found.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]{1,20000}", token):
            raise UnreadableImageError(f"{self.reference.host} gave no token")
        return token


def base_url(host: str) -> str:
    """Where a registry is asked: by HTTPS, unless it is this machine."""
    if host == DOCKER_HUB:
        return f"https://{_HUB}"
    name = urlsplit(f"//{host}").hostname
    return f"http://{host}" if name in LOOPBACK else f"https://{host}"


def _unreachable(error: WebError) -> UnreadableImageError:
    return UnreadableImageError(
        f"{error.where}: {error.what}" if error.where else error.what,
        gap=Gap.INPUT_MISSING,
        fix="see that the registry can be reached",
    )


def _refused(host: str, status: int) -> UnreadableImageError:
    if status in {_UNAUTHORIZED, _FORBIDDEN}:
        return UnreadableImageError(
            f"{plain(host)} does not let it be read",
            gap=Gap.NOT_CONFIGURED,
            fix="log in: docker login or podman login, without a credential helper",
        )
    if status == _NOT_FOUND:
        return UnreadableImageError(f"{plain(host)} has no such image", gap=Gap.INPUT_MISSING)
    return UnreadableImageError(f"{plain(host)} answered {status}", gap=Gap.INPUT_MISSING)
