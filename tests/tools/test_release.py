"""A release, from a server on loopback, signed at a private Sigstore: fetched, or refused."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.tools import release as room
from pipeline.tools.binaries import RefusedError
from pipeline.tools.pins import Pin, ReleaseFile, here, pin
from pipeline.tools.release import UnavailableError, fetch
from pipeline.trust.roots import Root
from pipeline.web import Web, WebError
from tests.fake import Fake, Request, Response
from tests.kit.goprogram import program
from tests.kit.sigstore import client
from tests.kit.sigstore.parts import Sigstore

PROGRAM = program("(devel)")  # as a release may say it: what counts is the archive
PATH = "/v0.74.0/trivy.tar.gz"


def archive(**members: bytes | str | None) -> bytes:
    """A compressed tar: contents by name, `None` for a folder, a text for a link to it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("_up_", "../").replace("_root_", "/"))
            if content is None:
                info.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return made.getvalue()


ARCHIVE = archive(LICENSE=b"Apache-2.0", contrib=None, trivy=PROGRAM)


class Place:
    """A server with a release, a pin for it, and the means to sign and to trust."""

    def __init__(self, fake: Fake, stack: Sigstore, scratch: Path) -> None:
        self.fake, self.stack, self.scratch = fake, stack, scratch
        self.root = Root("private", client.config(stack).trusted_root._inner.to_json().encode())
        self.files: dict[str, Response] = {}
        fake.handle = self._answer

    def _answer(self, request: Request) -> Response:
        return self.files.get(request.path, Response(status=404))

    def publish(self, content: bytes, *, signed: bytes | None = None) -> None:
        """Serve `content`, with a signature over it or over something else."""
        bundle = client.signer(self.stack).sign_artifact(content if signed is None else signed)
        self.files = {
            PATH: Response(body=content),
            f"{PATH}.sigstore.json": Response(body=bundle.to_json().encode()),
        }

    def pin(self, content: bytes, **changes: str) -> Pin:
        wanted = pin("trivy")
        file = ReleaseFile(url=self.fake.url + PATH, sha256=hashlib.sha256(content).hexdigest())
        told = {"identity": self.stack.identity, "issuer": self.stack.issuer.url, **changes}
        release = replace(wanted.release, files={here(): file}, **told)
        return replace(wanted, release=release)

    def fetch(self, wanted: Pin) -> room.Obtained:
        with Web(attempts=2, sleep=lambda _: None) as web:
            return fetch(wanted, self.scratch, web=web, root=self.root)


@pytest.fixture
def place(fake: Fake, sigstore_stack: Sigstore, tmp_path: Path) -> Place:
    return Place(fake, sigstore_stack, tmp_path)


def refused(place: Place, wanted: Pin) -> str:
    with pytest.raises(RefusedError) as caught:
        place.fetch(wanted)
    assert caught.value.where.startswith("http://127.0.0.1")
    assert not (place.scratch / "trivy").exists()
    return caught.value.what


def test_a_good_release_is_fetched(place: Place) -> None:
    place.publish(ARCHIVE)
    found = place.fetch(place.pin(ARCHIVE))
    assert found.path.read_bytes() == PROGRAM
    assert found.path.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in place.scratch.iterdir()] == ["trivy"]
    assert found.obtained == f"its release, {place.fake.url}{PATH}"
    assert hashlib.sha256(ARCHIVE).hexdigest() in found.verified
    assert place.stack.identity in found.verified


def test_a_wrong_digest(place: Place) -> None:
    other = archive(trivy=program("v0.69.4"))
    place.publish(other)
    what = refused(place, place.pin(ARCHIVE))
    assert hashlib.sha256(other).hexdigest() in what
    assert f"pinned is sha256:{hashlib.sha256(ARCHIVE).hexdigest()}" in what
    assert [request.path for request in place.fake.requests] == [PATH]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("identity", "https://github.com/evil/trivy/.github/workflows/x.yaml@refs/tags/v0.74.0"),
        ("issuer", "https://accounts.example.com"),
    ],
)
def test_a_wrong_signer(place: Place, key: str, value: str) -> None:
    place.publish(ARCHIVE)
    what = refused(place, place.pin(ARCHIVE, **{key: value}))
    assert what.startswith(f"its signature does not hold: {key}: signed by ")
    assert value in what


def test_a_signature_of_another_file(place: Place) -> None:
    place.publish(ARCHIVE, signed=b"something else")
    assert "its signature does not hold" in refused(place, place.pin(ARCHIVE))


def test_a_signature_by_authorities_that_are_not_trusted(place: Place) -> None:
    from pipeline.trust.roots import pinned  # noqa: PLC0415 - only here

    place.publish(ARCHIVE)
    place.root = pinned()
    assert "its signature does not hold" in refused(place, place.pin(ARCHIVE))


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"<html>"])
def test_a_signature_that_is_none(place: Place, body: bytes) -> None:
    place.publish(ARCHIVE)
    place.files[f"{PATH}.sigstore.json"] = Response(body=body)
    assert "its signature does not hold" in refused(place, place.pin(ARCHIVE))


def test_no_signature_at_all(place: Place) -> None:
    place.publish(ARCHIVE)
    del place.files[f"{PATH}.sigstore.json"]
    assert refused(place, place.pin(ARCHIVE)) == "its signature is not there: 404"


def test_a_program_that_is_not_the_pinned_one(place: Place) -> None:
    place.publish(ARCHIVE)
    wanted = place.pin(ARCHIVE)
    for content, same in ((PROGRAM, True), (b"another", False)):
        file = replace(wanted.release.files[here()], program=hashlib.sha256(content).hexdigest())
        pinned = replace(wanted, release=replace(wanted.release, files={here(): file}))
        if same:
            assert place.fetch(pinned).path.is_file()
        else:
            with pytest.raises(RefusedError, match="the program in the archive is not"):
                place.fetch(pinned)


def test_a_denied_archive(place: Place) -> None:
    place.publish(ARCHIVE)
    wanted = place.pin(ARCHIVE)
    digest = hashlib.sha256(ARCHIVE).hexdigest()
    denied = replace(wanted, denied=replace(wanted.denied, sha256=(digest,)))
    assert "must never run" in refused(place, denied)


def test_a_truncated_download_is_no_release(place: Place) -> None:
    place.publish(ARCHIVE)
    place.files[PATH] = Response(body=ARCHIVE, cut=len(ARCHIVE) // 2)
    with pytest.raises(WebError, match="2 times"):
        place.fetch(place.pin(ARCHIVE))


def test_a_truncated_file_on_the_server_is_refused(place: Place) -> None:
    place.publish(ARCHIVE)
    place.files[PATH] = Response(body=ARCHIVE[:-10])
    assert refused(place, place.pin(ARCHIVE)).startswith("its digest is")


def test_an_endless_download_is_cut_off(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_ARCHIVE", len(ARCHIVE) - 1)
    place.publish(ARCHIVE)
    assert refused(place, place.pin(ARCHIVE)).startswith("it is larger than")


def test_what_is_not_there(place: Place) -> None:
    with pytest.raises(UnavailableError, match="it answered 404"):
        place.fetch(place.pin(ARCHIVE))


def test_a_platform_without_a_pinned_file(place: Place) -> None:
    wanted = place.pin(ARCHIVE)
    file = wanted.release.files[here()]
    for files in ({}, {here(): replace(file, sha256="")}):
        with pytest.raises(UnavailableError, match=f"no release of trivy is pinned for {here()}"):
            place.fetch(replace(wanted, release=replace(wanted.release, files=files)))
    assert place.fake.requests == []


def test_without_the_library_nothing_is_fetched(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sigstore", None)
    with pytest.raises(UnavailableError, match="'sigstore' is not installed"):
        place.fetch(place.pin(ARCHIVE))
    assert place.fake.requests == []


UNSAFE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a path that leads out": (lambda: archive(_up_trivy=b"x", trivy=PROGRAM), "leads out of it"),
    "an absolute path": (lambda: archive(_root_trivy=b"x", trivy=PROGRAM), "leads out of it"),
    "a link in its place": (lambda: archive(trivy="/bin/sh"), "is not one plain file"),
    "a folder in its place": (lambda: archive(trivy=None), "is not one plain file"),
    "no such file": (lambda: archive(other=b"x"), "holds no trivy"),
    "no archive": (lambda: b"not an archive", "cannot be read"),
    "a header that ends too early": (lambda: ARCHIVE[:9], "cannot be read"),
    "a stream that ends too early": (lambda: ARCHIVE[: len(ARCHIVE) // 2], "cannot be read"),
}


@pytest.mark.parametrize(("make", "why"), UNSAFE.values(), ids=UNSAFE.keys())
def test_an_archive_that_no_honest_hand_made(
    place: Place, make: Callable[[], bytes], why: str
) -> None:
    content = make()
    place.publish(content)
    with pytest.raises(RefusedError, match=why):
        place.fetch(place.pin(content))
    assert {path.name for path in place.scratch.iterdir()} <= {"archive", "trivy"}
    assert not (place.scratch.parent / "trivy").exists()


def test_two_members_of_one_name(place: Place) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for content in (PROGRAM, b"another"):
            info = tarfile.TarInfo("trivy")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    place.publish(made.getvalue())
    with pytest.raises(RefusedError, match="is not one plain file"):
        place.fetch(place.pin(made.getvalue()))


def test_a_program_that_is_too_large(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_PROGRAM", len(PROGRAM) - 1)
    place.publish(ARCHIVE)
    with pytest.raises(RefusedError, match="is not one plain file"):
        place.fetch(place.pin(ARCHIVE))
