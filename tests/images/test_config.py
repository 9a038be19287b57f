"""What an image's configuration tells, and what of it goes no further."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.images.config import read_config
from pipeline.images.documents import MAX_ENTRIES, UnreadableImageError
from pipeline.model import Exposed
from tests.kit.images import Built

SHA = "sha256:" + "a" * 64
SECRET = "hunter2-hunter2"


def read(*, digests: tuple[str, ...] = (), **about: Any) -> dict[str, Any]:
    layers = about.pop("layers", ({"a": b"1"},))
    return read_config(dict(Built.of(*layers, **about).config), digests)


def test_what_it_tells() -> None:
    found = read(
        user="app",
        env=["PATH=/bin", "LANG=C"],
        ports=["8080/tcp", "443/tcp"],
        health=["CMD", "true"],
        labels={
            "org.opencontainers.image.base.name": "debian:12",
            "org.opencontainers.image.base.digest": SHA,
        },
        platform="linux/arm/v7",
        digests=(SHA,),
    )
    assert found["user"] == "app"
    assert found["env"] == ("PATH", "LANG")
    assert found["ports"] == ("443/tcp", "8080/tcp")
    assert found["health_check"] is True
    assert (found["base"], found["base_digest"]) == ("debian:12", SHA)
    assert found["platform"] == "linux/arm/v7"
    (layer,) = found["layers"]
    assert (layer.digest, layer.made_by) == (SHA, "COPY layer-0 /")


def test_a_health_check_that_is_switched_off() -> None:
    assert read(health=["NONE"])["health_check"] is False


def test_secrets_are_told_and_kept_back() -> None:
    found = read(
        env=[f"NPM_TOKEN={SECRET}", "PORT=80"],
        history=[
            (f"ARG API_KEY={SECRET}", True),
            (f"ENV NPM_TOKEN={SECRET}", True),
            (f"RUN |1 API_KEY={SECRET} /bin/sh -c make", False),
        ],
    )
    assert found["exposed"] == (
        Exposed(where="ENV NPM_TOKEN", why="its name says so"),
        Exposed(where="build history: API_KEY", why="its name says so"),
    )
    assert found["layers"][0].made_by == "RUN |1 API_KEY=… /bin/sh -c make"
    assert SECRET not in repr(found)


def test_a_history_that_does_not_fit_names_no_layer() -> None:
    found = read(layers=({"a": b"1"}, {"b": b"2"}), history=[("COPY . /", False)])
    assert [layer.made_by for layer in found["layers"]] == ["", ""]


@pytest.mark.parametrize(
    ("root", "why"),
    [
        (None, "names no layers"),
        ({"diff_ids": []}, "names no layers"),
        ({"diff_ids": ["sha512:ab"]}, "without a SHA-256"),
        ({"diff_ids": [SHA] * (MAX_ENTRIES + 1)}, "more than"),
    ],
)
def test_layers_that_make_no_sense(root: Any, why: str) -> None:
    with pytest.raises(UnreadableImageError, match=why):
        read_config({"rootfs": root})


def test_another_number_of_layers() -> None:
    with pytest.raises(UnreadableImageError, match="another number"):
        read(digests=(SHA, SHA))


def test_odd_values_are_passed_over() -> None:
    odd = {"User": 1, "Env": "x", "Labels": [], "ExposedPorts": [], "Healthcheck": []}
    found = read_config(
        {"rootfs": {"diff_ids": [SHA]}, "config": odd, "history": [1, {"created_by": 2}]}
    )
    assert (found["user"], found["env"], found["ports"], found["platform"]) == ("", (), (), "")
    assert read_config({"rootfs": {"diff_ids": [SHA]}, "history": 1})["user"] == ""
