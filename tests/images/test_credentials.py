"""Credentials for registries, from every file that container tools keep them in."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.images.credentials import ANONYMOUS, find
from pipeline.images.documents import UnreadableImageError
from pipeline.model import Gap

PAIR = base64.b64encode(b"ann:s3cret").decode()
HOST = "registry.example.org"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(file: Path, **content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def entry(user: str) -> dict[str, Any]:
    return {HOST: {"auth": base64.b64encode(f"{user}:x".encode()).decode()}}


def test_nothing_is_known(home: Path) -> None:
    assert find(HOST, "team/app") == ANONYMOUS
    write(home / ".docker/config.json", auths={"other.example.org": {"auth": PAIR}})
    assert not find(HOST, "team/app")


@pytest.mark.parametrize(
    ("host", "key"),
    [
        (HOST, HOST),
        (HOST, f"https://{HOST}"),
        (HOST, f"https://{HOST}/v2/"),
        (HOST, f"{HOST}/team"),
        (HOST, f"{HOST}/team/app"),
        ("docker.io", "https://index.docker.io/v1/"),
    ],
)
def test_under_every_name(home: Path, host: str, key: str) -> None:
    write(home / ".docker/config.json", auths={key: {"auth": PAIR}})
    found = find(host, "team/app")
    assert (found.user, found.password, found.basic) == ("ann", "s3cret", f"Basic {PAIR}")
    assert "s3cret" not in repr(found)
    assert PAIR not in repr(found)


def test_the_order_of_the_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / ".docker/config.json", auths=entry("docker"))
    assert find(HOST, "a").user == "docker"
    monkeypatch.setenv("DOCKER_CONFIG", str(home / "other"))
    assert not find(HOST, "a")
    write(home / "other/config.json", auths=entry("other"))
    assert find(HOST, "a").user == "other"
    write(home / ".config/containers/auth.json", auths=entry("config"))
    assert find(HOST, "a").user == "config"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    write(home / "run/containers/auth.json", auths=entry("run"))
    assert find(HOST, "a").user == "run"
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(write(home / "own.json", auths=entry("own"))))
    assert find(HOST, "a").user == "own"
    monkeypatch.setenv("REGISTRY_AUTH_FILE", "own.json")
    assert find(HOST, "a").user == "run"


def test_other_forms(home: Path) -> None:
    file = home / ".docker/config.json"
    write(file, auths={HOST: {"username": "ann", "password": "pw"}})
    assert find(HOST, "a").password == "pw"
    write(file, auths={HOST: {"auth": PAIR, "identitytoken": "refresh"}})
    assert find(HOST, "a").token == "refresh"
    write(file, auths={HOST: {"auth": "not base64!"}})
    assert not find(HOST, "a")
    write(file, auths=1)
    assert not find(HOST, "a")
    file.write_text("[]")
    assert not find(HOST, "a")


@pytest.mark.parametrize(
    "content",
    [
        {"credHelpers": {HOST: "ecr-login"}},
        {"credsStore": "desktop", "auths": {HOST: {}}},
    ],
)
def test_a_program_is_not_asked(home: Path, content: dict[str, Any]) -> None:
    write(home / ".docker/config.json", **content)
    with pytest.raises(UnreadableImageError, match="kept by a program") as caught:
        find(HOST, "a")
    assert caught.value.gap is Gap.NOT_CONFIGURED
    assert not find("other.example.org", "a")


def test_a_file_that_cannot_be_read_is_not_quoted(home: Path) -> None:
    file = write(home / ".docker/config.json")
    file.write_text('{"auths": "s3cret')
    with pytest.raises(UnreadableImageError) as caught:
        find(HOST, "a")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
