"""What a Dockerfile claims of an image's base."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import bases
from pipeline.errors import UsageError
from pipeline.images.redact import redact
from pipeline.model import Image, Layer, Location, Target, Unread
from pipeline.tree import Tree
from tests.checks.container.cases import target

DIGEST = "sha256:" + "ab" * 32
PLAIN = f"FROM python:3.13-slim@{DIGEST}\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n"
STAGED = (
    "ARG BASE=debian:12\nFROM golang:1.25 AS build\nRUN go build ./...\n"
    "FROM ${BASE} AS base\nRUN apt-get update && \\\n    apt-get install -y tini\n"
    "FROM base\nCOPY --from=build /app /app\n"
    "RUN --mount=type=cache,target=/x useradd app\n"
)
PIP = "RUN /bin/sh -c pip install -r /app/requirements.txt # buildkit"


def made(*lines: str, **more: object) -> Image:
    layers = tuple(
        Layer(diff_id=f"sha256:{number:064}", made_by=line) for number, line in enumerate(lines)
    )
    return replace(
        Image(name="app:1.0", transport="registry", config=DIGEST, layers=layers),
        **more,  # type: ignore[arg-type]
    )


def claimed(
    folder: Path, image: Image, files: dict[str, str], named: str = "", dockerfiles: str = ""
) -> Image:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    of: Target = target(dockerfiles=tuple(dockerfiles.split() or sorted(files)))
    (found,) = bases.claim([image], {image.name: named} if named else {}, of, Tree.at(folder))
    return found


@pytest.mark.parametrize(
    "line",
    [
        PIP,
        "/bin/sh -c pip install -r /app/requirements.txt",
        "RUN |2 A=1 B=/bin /bin/sh -c pip  install -r /app/requirements.txt # buildkit",
    ],
)
def test_a_history_that_ends_in_the_files_commands(tmp_path: Path, line: str) -> None:
    image = made("ADD rootfs /", "RUN /bin/sh -c set -eux; make", "COPY . /app # buildkit", line)
    found = claimed(tmp_path, image, {"Dockerfile": PLAIN, "other/Dockerfile": STAGED})
    assert (found.base, found.base_digest) == ("python:3.13-slim", DIGEST)
    assert found.base_from == "Dockerfile"
    assert found.base_told == "python:3.13-slim, says Dockerfile"


def test_stages_that_are_built_on_one_another(tmp_path: Path) -> None:
    lines = (
        "RUN /bin/sh -c apt-get update &&     apt-get install -y tini # buildkit",
        "COPY /app /app # buildkit",
        "RUN /bin/sh -c useradd app # buildkit",
    )
    found = claimed(tmp_path, made(*lines), {"Dockerfile": STAGED})
    assert (found.base, found.base_digest, found.base_from) == ("debian:12", "", "Dockerfile")
    assert not claimed(tmp_path, made(*lines[1:]), {"Dockerfile": STAGED}).base


@pytest.mark.parametrize(
    ("lines", "files"),
    [
        (("RUN /bin/sh -c make # buildkit",), {"Dockerfile": PLAIN}),
        ((PIP, "RUN /bin/sh -c rm -r /tests # buildkit"), {"Dockerfile": PLAIN}),
        (("",), {"Dockerfile": PLAIN}),
        (("/bin/sh -c #(nop) COPY file:1 in /app",), {"Dockerfile": "FROM a\nCOPY . /app\n"}),
        ((PIP,), {"Dockerfile": PLAIN, "docker/Dockerfile": PLAIN}),
        ((PIP,), {"Dockerfile": "RUN pip install -r /app/requirements.txt\n"}),
        ((PIP,), {"Dockerfile": PLAIN.replace("python", "${NAME}")}),
        ((PIP,), {}),
    ],
)
def test_nothing_is_claimed_without_one_file_that_fits(
    tmp_path: Path, lines: tuple[str, ...], files: dict[str, str]
) -> None:
    found = claimed(tmp_path, made(*lines), files)
    assert (found.base, found.base_from, found.base_told) == ("", "", "")


def test_the_file_that_the_settings_name(tmp_path: Path) -> None:
    files = {"Dockerfile": PLAIN, "docker/app": "FROM scratch\nCOPY app /\n"}
    found = claimed(tmp_path, made("COPY app /"), files, named="docker/app")
    assert (found.base, found.base_digest, found.base_from) == ("scratch", "", "docker/app")
    odd = {"odd": "FROM a@sha256:1\n"}
    found = claimed(tmp_path, made("x"), odd, named="odd")
    assert (found.base, found.base_digest) == ("a", "")


@pytest.mark.parametrize("named", ["missing", "../outside", "empty"])
def test_a_file_of_the_settings_that_is_none(tmp_path: Path, named: str) -> None:
    with pytest.raises(UsageError, match="no Dockerfile that can be read"):
        claimed(tmp_path, made(PIP), {"Dockerfile": PLAIN, "empty": ""}, named=named)


def test_what_an_image_says_itself_stands(tmp_path: Path) -> None:
    lost = Unread(location=Location(path="app:1.0"), why="no answer")
    for image in (
        made(PIP, base="debian:12"),
        made(PIP, base_digest=DIGEST),
        made(PIP, unread=lost),
    ):
        assert claimed(tmp_path, image, {"Dockerfile": PLAIN}, named="missing") is image


def test_secrets_in_a_command_are_compared_unseen(tmp_path: Path) -> None:
    command = "curl -H PASSWORD=correct-horse-9 https://example.org"
    image = made(redact(f"RUN /bin/sh -c {command} # buildkit"))
    assert "correct-horse" not in image.layers[0].made_by
    assert claimed(tmp_path, image, {"Dockerfile": f"FROM a\nRUN {command}\n"}).base == "a"
