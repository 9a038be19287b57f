"""Registries: a real one on loopback, and one that answers as it is told to."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.images import layout
from pipeline.images.documents import UnreadableImageError
from pipeline.images.reference import InRegistry, parse
from pipeline.images.registry import base_url, find, pull
from pipeline.model import Gap, Image
from pipeline.web import Web
from tests.fake import Fake, Request, Response
from tests.kit import registry
from tests.kit.golang import UnavailableError
from tests.kit.images import INDEX, MANIFEST, Built, Index, blobs, digest, encode

APP = Built.of({"a": b"1"}, user="app")
ARM = Built.of({"a": b"2"}, platform="linux/arm64")
BOTH = Index(APP, ARM)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    try:
        with registry.serving() as host:
            yield host
    except UnavailableError as error:
        pytest.skip(str(error))


def reference(text: str) -> InRegistry:
    found = parse(text, Path("/"))
    assert isinstance(found, InRegistry)
    return found


def ask(fake: Fake, name: str = "team/app:1.0", platform: str = "") -> list[Image]:
    web = Web(sleep=lambda _: None, attempts=2)
    return find(reference(f"{urlsplit(fake.url).netloc}/{name}"), platform, web=web)


def refused(fake: Fake, name: str = "team/app:1.0") -> UnreadableImageError:
    with pytest.raises(UnreadableImageError) as caught:
        ask(fake, name)
    return caught.value


def serve(image: Built | Index = APP, **more: Response) -> Callable[[Request], Response]:
    """A registry that holds one image under every tag, and `more` answers by the path's end."""
    held = blobs(image)
    is_index = isinstance(image, Index)
    root = image.document() if isinstance(image, Index) else image.manifest()

    def handle(request: Request) -> Response:
        last = request.path.rpartition("/")[2]
        if last in more:
            return more[last]
        content = held.get(last) or (root if "/manifests/" in request.path else None)
        if content is None:
            return Response(status=404)
        kind = INDEX if is_index and content == root else MANIFEST
        return Response(body=content, headers={"Content-Type": kind})

    return handle


# ---------------------------------------------------------------------------------- a real one


def test_a_tag_leads_to_digests_without_layers(real: str) -> None:
    name = registry.push(real, "team/app", APP)
    (found,) = find(reference(name))
    assert (found.config, found.manifest) == (APP.id, digest(APP.manifest()))
    assert found.place == f"{real}/team/app@{found.manifest}"
    assert (found.index, found.user, found.name) == ("", "app", name)
    assert find(reference(f"{real}/team/app@{found.manifest}"))[0].config == APP.id


def test_every_platform_or_the_named_one(real: str) -> None:
    name = registry.push(real, "team/both", BOTH, tag="2.0")
    assert [image.platform for image in find(reference(name))] == ["linux/amd64", "linux/arm64"]
    (found,) = find(reference(name), "linux/arm64")
    assert (found.config, found.index) == (ARM.id, digest(BOTH.document()))
    with pytest.raises(UnreadableImageError, match="no image for linux/s390x"):
        find(reference(name), "linux/s390x")


def test_what_is_not_there(real: str) -> None:
    with pytest.raises(UnreadableImageError, match="has no such image") as caught:
        find(reference(f"{real}/team/nothing"))
    assert caught.value.gap is Gap.INPUT_MISSING


def test_an_image_is_pulled_once_and_verified(real: str, tmp_path: Path) -> None:
    (image,) = find(reference(registry.push(real, "team/pulled", APP)))
    here = pull(image, tmp_path)
    assert here.place == str(tmp_path)
    assert layout.verify(here) == frozenset()
    blobs = tmp_path / "blobs" / "sha256"
    made = {path.name: path.stat().st_ino for path in blobs.iterdir()}
    assert len(made) == 2 + len(APP.layers)
    layers = [layer.digest[7:] for layer in image.layers]
    pull(image, tmp_path)
    assert all((blobs / name).stat().st_ino == made[name] for name in layers)
    (blobs / layers[0]).write_bytes(b"cut")
    pull(image, tmp_path)
    layout.verify(here)


# ----------------------------------------------------------------------- leave to be asked for


def known(home: Path, host: str, **entry: str) -> None:
    (home / ".docker").mkdir()
    (home / ".docker/config.json").write_text(json.dumps({"auths": {host: entry}}))


PAIR = base64.b64encode(b"ann:s3cret").decode()


def test_basic(fake: Fake, home: Path) -> None:
    inner = serve()

    def handle(request: Request) -> Response:
        if request.headers.get("Authorization") != f"Basic {PAIR}":
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        return inner(request)

    fake.handle = handle
    error = refused(fake)
    assert error.gap is Gap.NOT_CONFIGURED
    assert "does not let it be read" in error.what
    known(home, urlsplit(fake.url).netloc, auth=PAIR)
    assert ask(fake)[0].config == APP.id


@pytest.mark.parametrize("with_credentials", [False, True])
def test_a_token(fake: Fake, home: Path, with_credentials: bool) -> None:
    if with_credentials:
        known(home, urlsplit(fake.url).netloc, auth=PAIR)
    inner = serve()

    def handle(request: Request) -> Response:
        if request.path.startswith("/token"):
            assert request.headers.get("Authorization") == (
                f"Basic {PAIR}" if with_credentials else None
            )
            asked = parse_qs(urlsplit(request.path).query)
            assert asked == {"service": ["here"], "scope": ["repository:team/app:pull"]}
            return Response(body={"token": "leave"})
        if request.headers.get("Authorization") != "Bearer leave":
            challenge = (
                f'Bearer realm="{fake.url}/token",service="here",scope="repository:team/app:pull"'
            )
            return Response(status=401, headers={"WWW-Authenticate": challenge})
        return inner(request)

    fake.handle = handle
    assert ask(fake)[0].config == APP.id
    assert sum(request.path.startswith("/token") for request in fake.requests) == 1


@pytest.mark.parametrize("is_public", [True, False])
def test_credentials_that_a_program_keeps_are_not_missed_where_nobody_asks(
    fake: Fake, home: Path, is_public: bool
) -> None:
    host = urlsplit(fake.url).netloc
    (home / ".docker").mkdir()
    held = {"auths": {host: {}}, "credsStore": "desktop"}
    (home / ".docker/config.json").write_text(json.dumps(held))
    inner = serve()

    def handle(request: Request) -> Response:
        if request.path.startswith("/token"):
            return Response(body={"token": "leave"}) if is_public else Response(status=401)
        if request.headers.get("Authorization") != "Bearer leave":
            challenge = {"WWW-Authenticate": f'Bearer realm="{fake.url}/token"'}
            return Response(status=401, headers=challenge)
        return inner(request)

    fake.handle = handle
    if is_public:
        assert ask(fake)[0].config == APP.id
    else:
        assert "kept by a program" in refused(fake).what


def test_a_refresh_token(fake: Fake, home: Path) -> None:
    known(home, urlsplit(fake.url).netloc, identitytoken="again")
    inner = serve()

    def handle(request: Request) -> Response:
        if request.path == "/token":
            asked = parse_qs(request.body.decode())
            assert request.method == "POST"
            assert asked["refresh_token"] == ["again"]
            assert asked["grant_type"] == ["refresh_token"]
            return Response(body={"access_token": "leave"})
        if request.headers.get("Authorization") != "Bearer leave":
            challenge = {"WWW-Authenticate": f'Bearer realm="{fake.url}/token"'}
            return Response(status=401, headers=challenge)
        return inner(request)

    fake.handle = handle
    assert ask(fake)[0].config == APP.id


@pytest.mark.parametrize(
    ("challenge", "token", "why"),
    [
        ("", None, "not known"),
        ('Digest realm="x"', None, "not known"),
        ("Bearer service=x", None, "not known"),
        ('Bearer realm="http://elsewhere.example.org/"', None, "could be read"),
        ('Bearer realm="HERE/token"', Response(status=403), "does not let it be read"),
        ('Bearer realm="HERE/token?a=b"', Response(body={}), "gave no token"),
        ('Bearer realm="HERE/token"', Response(body={"token": "a\r\nb"}), "gave no token"),
        ('Bearer realm="HERE/token"', Response(body={"token": "no"}), "does not let it be read"),
    ],
)
def test_leave_that_is_not_given(
    fake: Fake, challenge: str, token: Response | None, why: str
) -> None:
    challenge = challenge.replace("HERE", fake.url)

    def handle(request: Request) -> Response:
        if request.path.startswith("/token") and token is not None:
            return token
        return Response(status=401, headers={"WWW-Authenticate": challenge})

    fake.handle = handle
    assert why in refused(fake).what


# --------------------------------------------------------------------------- odd and bad answers


def pulled(fake: Fake, tmp_path: Path, **more: Response) -> UnreadableImageError:
    fake.handle = serve(APP)
    (image,) = ask(fake)
    fake.handle = serve(APP, **more)
    with pytest.raises(UnreadableImageError) as caught:
        pull(image, tmp_path, web=Web(sleep=lambda _: None, attempts=2))
    left = [path.name for path in (tmp_path / "blobs" / "sha256").iterdir()]
    assert not any(name.startswith(".") for name in left)
    return caught.value


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"body": APP.stored()[0] + b"x"}, "larger than its manifest says"),
        ({"body": APP.stored()[0][:-1]}, "cut short"),
        ({"body": APP.stored()[0], "cut": 5}, "no connection"),
        ({"status": 404}, "has no such image"),
    ],
)
def test_layers_that_do_not_come_whole(
    fake: Fake, tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    name = digest(APP.stored()[0])
    assert why in pulled(fake, tmp_path, **{name: Response(**change)}).what


def test_leave_that_runs_out_is_asked_for_again(fake: Fake, tmp_path: Path) -> None:
    inner = serve()
    given: list[str] = []

    def handle(request: Request) -> Response:
        if request.path.startswith("/token"):
            given.append(f"leave{len(given)}")
            return Response(body={"token": given[-1]})
        held = request.headers.get("Authorization")
        layer = request.path.endswith(digest(APP.stored()[0]))
        if not given or held != f"Bearer {given[-1]}" or (layer and len(given) < 3):
            challenge = {"WWW-Authenticate": f'Bearer realm="{fake.url}/token"'}
            return Response(status=401, headers=challenge)
        return inner(request)

    fake.handle = handle
    (image,) = ask(fake)
    here = pull(image, tmp_path, web=Web(sleep=lambda _: None))
    layout.verify(here)
    assert given == ["leave0", "leave1", "leave2"]


def test_layers_with_other_bytes_are_noticed(fake: Fake, tmp_path: Path) -> None:
    content = APP.stored()[0]
    fake.handle = serve(APP, **{digest(content): Response(body=b"x" * len(content))})
    (image,) = ask(fake)
    here = pull(image, tmp_path, web=Web(attempts=1))
    for known in (False, True):
        with pytest.raises(UnreadableImageError, match="was cut or changed"):
            layout.verify(here, known=known)


def test_a_registry_that_answers_with_something_else(fake: Fake) -> None:
    fake.handle = serve(APP)
    error = refused(fake, f"team/app@{digest(ARM.manifest())}")
    assert "something else than was asked" in error.what


def test_an_image_of_an_index_that_is_not_what_its_digest_says(fake: Fake) -> None:
    wrong = Response(body=ARM.config_bytes + b" ")
    fake.handle = serve(BOTH, **{ARM.id: wrong})
    good, bad = ask(fake)
    assert good.config == APP.id
    assert bad.unread is not None
    assert (bad.platform, "digest" in bad.unread.why) == ("linux/arm64", True)


@pytest.mark.parametrize(
    ("answer", "why", "gap"),
    [
        (Response(status=403), "does not let it be read", Gap.NOT_CONFIGURED),
        (Response(status=418), "answered 418", Gap.INPUT_MISSING),
        (Response(status=500), "answered 500, 2 times", Gap.INPUT_MISSING),
        (Response(body=b"<html>"), "not JSON", Gap.PARSE_ERROR),
        (Response(body=b" " * (5 << 20)), "too large", Gap.TOO_LARGE),
        (Response(body={"schemaVersion": 1}), "of a kind", Gap.UNSUPPORTED_INPUT),
        (Response(body={"mediaType": MANIFEST, "manifests": []}), "names no layers", None),
        (
            Response(body={"manifests": []}, headers={"Content-Type": MANIFEST}),
            "not of the kind",
            Gap.PARSE_ERROR,
        ),
    ],
)
def test_answers_that_do_not_help(fake: Fake, answer: Response, why: str, gap: Gap | None) -> None:
    fake.script(answer)
    if gap is None:
        answer.body = encode({**json.loads(APP.manifest()), "layers": None})
        (found,) = ask(fake)
        assert found.unread is not None
        assert why in found.unread.why
        return
    error = refused(fake)
    assert why in error.what
    assert error.gap is gap


def test_parameters_and_kinds_from_the_header(fake: Fake) -> None:
    document: dict[str, Any] = json.loads(APP.manifest())
    del document["mediaType"]
    held = blobs(APP)

    def handle(request: Request) -> Response:
        last = request.path.rpartition("/")[2]
        if "/blobs/" in request.path:
            return Response(body=held[last])
        return Response(body=encode(document), headers={"Content-Type": f"{MANIFEST}; x=y"})

    fake.handle = handle
    assert ask(fake)[0].config == APP.id


def test_nothing_is_asked_offline(fake: Fake) -> None:
    with pytest.raises(UnreadableImageError) as caught:
        find(reference(f"{urlsplit(fake.url).netloc}/app"), offline=True)
    assert caught.value.gap is Gap.NETWORK_OFF
    assert not fake.requests


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("docker.io", "https://registry-1.docker.io"),
        ("ghcr.io", "https://ghcr.io"),
        ("localhost:5000", "http://localhost:5000"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("127.0.0.1.example.org", "https://127.0.0.1.example.org"),
    ],
)
def test_plain_http_is_for_this_machine_alone(host: str, url: str) -> None:
    assert base_url(host) == url
