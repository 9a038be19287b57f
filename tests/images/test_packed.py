"""OCI layouts in an archive: read where they lie, unpacked for whoever looks inside."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from pipeline import images
from pipeline.images import layout
from pipeline.images.archive import is_layout
from pipeline.images.documents import UnreadableImageError
from pipeline.images.packed import find, unpack
from pipeline.images.reference import OnDisk
from pipeline.model import Gap, Image
from tests.kit.images import Built, Index, archive, digest, packed, tar

APP = Built.of({"a": b"1"}, {"etc/os-release": b"ID=x"})
ARM = Built.of({"a": b"2"}, platform="linux/arm64")


def named(file: Path, **more: str) -> OnDisk:
    return OnDisk(text="./app.tar", path=file, **more)


def one(file: Path) -> Image:
    (found,) = find(named(file))
    return found


def test_the_same_image_as_in_a_layout(tmp_path: Path) -> None:
    file = packed(tmp_path / "app.tar", {"1.0": APP})
    found = one(file)
    assert (found.config, found.manifest) == (APP.id, digest(APP.manifest()))
    assert (found.transport, found.place) == ("oci-archive", str(file))
    store = tmp_path / "store"
    here = unpack(found, store)
    assert layout.verify(here) == {"etc/os-release"}
    kept = {path: path.stat().st_ino for path in (store / "blobs" / "sha256").iterdir()}
    unpack(found, store)
    layers = [store / "blobs" / "sha256" / digest(layer)[7:] for layer in APP.stored()]
    assert all(path.stat().st_ino == kept[path] for path in layers)


def test_platforms_and_tags(tmp_path: Path) -> None:
    file = packed(tmp_path / "app.tar", {"1.0": Index(APP, ARM), "2.0": APP})
    assert [image.config for image in find(named(file, tag="1.0"))] == [APP.id, ARM.id]
    assert [image.config for image in find(named(file, tag="1.0"), "linux/arm64")] == [ARM.id]
    with pytest.raises(UnreadableImageError, match="nothing in it has this name"):
        find(named(file, tag="3.0"))


def test_it_is_told_from_dockers(tmp_path: Path) -> None:
    assert is_layout(packed(tmp_path / "oci.tar", {"1.0": APP}))
    assert not is_layout(archive(tmp_path / "docker.tar", APP))
    assert not is_layout(tmp_path / "nothing.tar")
    told = images.look([("./oci.tar", "", tmp_path), ("./docker.tar", "", tmp_path)])
    assert [image.transport for image in told] == ["oci-archive", "archive"]
    assert {image.config for image in told} == {APP.id}


def spoilt(file: Path, name: str, content: bytes | None) -> None:
    """The archive with one member exchanged, or without it."""
    with tarfile.open(file) as found:
        members = {
            part.name: found.extractfile(part).read()  # type: ignore[union-attr]
            for part in found
            if part.isreg()
        }
    del members[name]
    file.write_bytes(tar(members | ({name: content} if content is not None else {})))


def test_blobs_that_are_not_what_they_should_be(tmp_path: Path) -> None:
    file = packed(tmp_path / "app.tar", {"1.0": APP})
    found = one(file)
    layer = f"blobs/sha256/{digest(APP.stored()[0])[7:]}"
    spoilt(file, layer, APP.stored()[0][:-1])
    with pytest.raises(UnreadableImageError, match="was cut or changed"):
        unpack(found, tmp_path / "store")
    spoilt(file, layer, b"x" * len(APP.stored()[0]))
    with pytest.raises(UnreadableImageError, match="was cut or changed"):
        layout.verify(unpack(found, tmp_path / "store"))
    spoilt(file, layer, None)
    with pytest.raises(UnreadableImageError, match="is not in it") as caught:
        unpack(found, tmp_path / "other")
    assert caught.value.gap is Gap.INPUT_MISSING


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = one(packed(tmp_path / "app.tar", {"1.0": APP}))

    def full(*_: object) -> io.BytesIO:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.images.archive.content", full)
    monkeypatch.setattr("pipeline.images.archive.document", lambda *_: APP.manifest())
    with pytest.raises(KeyboardInterrupt):
        unpack(found, tmp_path / "store")
    left = [path.name for path in (tmp_path / "store" / "blobs" / "sha256").iterdir()]
    assert left == [digest(APP.manifest())[7:]]
