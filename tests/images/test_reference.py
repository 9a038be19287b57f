"""What an image is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.images.reference import InRegistry, OnDisk, is_kept_in, parse

HERE = Path("/project")
SHA = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag", "digest"),
    [
        ("debian", "docker.io", "library/debian", "latest", ""),
        ("debian:12", "docker.io", "library/debian", "12", ""),
        ("index.docker.io/debian:12", "docker.io", "library/debian", "12", ""),
        ("example/app", "docker.io", "example/app", "latest", ""),
        ("ghcr.io/example/app:1.0", "ghcr.io", "example/app", "1.0", ""),
        (f"ghcr.io/example/app:1.0@{SHA}", "ghcr.io", "example/app", "", SHA),
        (f"app@{SHA}", "docker.io", "library/app", "", SHA),
        ("localhost/app", "localhost", "app", "latest", ""),
        ("localhost:5000/app:1", "localhost:5000", "app", "1", ""),
        ("[::1]:5000/app:1", "[::1]:5000", "app", "1", ""),
        ("image.tar", "docker.io", "library/image.tar", "latest", ""),
    ],
)
def test_in_a_registry(text: str, host: str, repository: str, tag: str, digest: str) -> None:
    assert parse(text, HERE) == InRegistry(
        text=text, host=host, repository=repository, tag=tag, digest=digest
    )


@pytest.mark.parametrize(
    ("text", "path", "tag", "digest"),
    [
        ("./build/app", "/project/build/app", "", ""),
        ("./build/app:1.0", "/project/build/app", "1.0", ""),
        (f"./build/app@{SHA}", "/project/build/app", "", SHA),
        ("../app.tar", "/project/../app.tar", "", ""),
        ("/srv/app:1", "/srv/app", "1", ""),
        ("/srv/a:b/app", "/srv/a:b/app", "", ""),
        ("./a@b", "/project/a@b", "", ""),
    ],
)
def test_on_disk(text: str, path: str, tag: str, digest: str) -> None:
    assert parse(text, HERE) == OnDisk(text=text, path=Path(path), tag=tag, digest=digest)


def test_a_file_with_a_colon_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "app:1").touch()
    assert parse("./app:1", tmp_path) == OnDisk(text="./app:1", path=tmp_path / "app:1")


def test_a_folder_never_stands_in_for_a_registry(tmp_path: Path) -> None:
    (tmp_path / "debian").mkdir()
    assert isinstance(parse("debian:12", tmp_path), InRegistry)


@pytest.mark.parametrize(
    "text",
    [
        *("", " app", "app ", "App", "app:", "app:-x", "app@sha256:12", "a" * 1001, "ghcr.io/"),
        *("-rf", "--input", "ghcr.io/a//b", "exa mple/app", "app\n", "app:1@sha512:ab", "a_.b"),
    ],
)
def test_what_is_no_image(text: str) -> None:
    with pytest.raises(UsageError, match="not a"):
        parse(text, HERE)


@given(text=st.text(max_size=60))
@settings(deadline=None)
def test_any_text_is_an_image_or_a_mistake(text: str) -> None:
    try:
        found = parse(text, HERE)
    except UsageError:
        return
    assert found.text == text
    if isinstance(found, InRegistry):
        assert not found.repository.startswith("-")
        assert found.pinned(SHA) == f"{found.host}/{found.repository}@{SHA}"


@pytest.mark.parametrize(
    ("text", "places", "is_kept"),
    [
        ("debian", ("docker.io",), True),
        ("debian:12@sha256:odd", ("docker.io/library/debian",), True),
        ("index.docker.io/acme/app", ("docker.io/acme/",), True),
        ("ghcr.io/acme/app:1.0", ("quay.io", "GHCR.io/acme"), True),
        ("GHCR.IO/acme/app", ("ghcr.io",), True),
        ("localhost:5000/app", ("localhost:5000",), True),
        ("ghcr.io/acme2/app", ("ghcr.io/acme",), False),
        ("ghcr.io.evil.example/acme/app", ("ghcr.io",), False),
        ("debian", ("ghcr.io",), False),
        ("./debian", ("docker.io",), False),
        ("${IMAGE}", ("docker.io",), False),
        ("", ("docker.io",), False),
        ("debian", (), False),
    ],
)
def test_where_an_image_is_kept(text: str, places: tuple[str, ...], is_kept: bool) -> None:
    assert is_kept_in(text, places) is is_kept


def test_a_name_and_tag_behind_an_archive(tmp_path: Path) -> None:
    (tmp_path / "app.tar").touch()
    (tmp_path / "odd:1.tar").touch()
    for text, file, tag in (
        ("./app.tar:1.0", "app.tar", "1.0"),
        ("./app.tar:ghcr.io/acme/app:1.0", "app.tar", "ghcr.io/acme/app:1.0"),
        ("./odd:1.tar", "odd:1.tar", ""),
        ("./odd:1.tar:x", "odd:1.tar", "x"),
        ("./missing.tar:1.0", "missing.tar", "1.0"),
    ):
        found = parse(text, tmp_path)
        assert isinstance(found, OnDisk)
        assert (found.path.name, found.tag) == (file, tag)
