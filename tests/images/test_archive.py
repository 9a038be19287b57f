"""Docker archives: the same image as in a layout, or a reason."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from pipeline.images.archive import find, verify
from pipeline.images.documents import UnreadableImageError
from pipeline.images.reference import OnDisk
from pipeline.model import Gap, Image
from tests.kit.images import Built, archive, digest, encode, tar

APP = Built.of({"a": b"1"}, {"b": b"2"}, user="app")
OTHER = Built.of({"o": b"3"})


def one(file: Path, platform: str = "", **more: str) -> Image:
    (found,) = find(OnDisk(text="./app.tar", path=file, **more), platform)
    return found


def refused(file: Path, platform: str = "", **more: str) -> UnreadableImageError:
    with pytest.raises(UnreadableImageError) as caught:
        one(file, platform, **more)
    return caught.value


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as found:
        return {one.name: found.extractfile(one).read() for one in found if one.isreg()}  # type: ignore[union-attr]


def write(file: Path, **parts: bytes) -> Path:
    file.write_bytes(tar(parts))
    return file


def test_the_same_image(tmp_path: Path) -> None:
    found = one(archive(tmp_path / "app.tar", APP, tags=("app:1.0", "app:2.0")))
    assert (found.config, found.manifest) == (APP.id, "")
    assert found.tags == ("app:1.0", "app:2.0")
    assert [layer.diff_id for layer in found.layers] == [digest(one) for one in APP.layers]
    verify(found)
    file = tmp_path / "app.tar"
    assert one(file, tag="1.0").config == one(file, digest=APP.id).config == APP.id


def test_packed_archives_and_packed_layers(tmp_path: Path) -> None:
    file = archive(tmp_path / "app.tar", APP)
    parts = members(file)
    packed = {
        name: gzip.compress(content, mtime=0) if name.endswith(".tar") else content
        for name, content in parts.items()
    }
    verify(one(write(tmp_path / "layers.tar", **packed)))
    (tmp_path / "app.tar.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    found = one(tmp_path / "app.tar.gz")
    assert found.config == APP.id
    verify(found)


def test_a_layer_that_stands_there_as_a_link(tmp_path: Path) -> None:
    twice = Built.of({"a": b"1"}, {"a": b"1"})
    file = archive(tmp_path / "app.tar", twice)
    parts = members(file)
    entry = json.loads(parts.pop("manifest.json"))
    entry[0]["Layers"][1] = "second/layer.tar"
    parts["manifest.json"] = encode(entry)
    made = io.BytesIO(tar(parts))
    with tarfile.open(fileobj=made, mode="a") as found:
        link = tarfile.TarInfo("second/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, f"../{entry[0]['Layers'][0]}"
        found.addfile(link)
    file.write_bytes(made.getvalue())
    verify(one(file))


def save(file: Path, *images: tuple[Built, str], **change: object) -> Path:
    """What `docker save a b` leaves: one list, one archive."""
    parts: dict[str, bytes] = {}
    entries = []
    for image, tag in images:
        parts |= members(archive(file, image, tags=(tag,)))
        entries += json.loads(parts.pop("manifest.json"))
    entries[-1] |= change
    return write(file, **parts, **{"manifest.json": encode(entries)})


def tell(file: Path, platform: str = "", **more: str) -> list[Image]:
    return find(OnDisk(text="./app.tar", path=file, **more), platform)


def test_every_one_of_several_images_or_the_named_one(tmp_path: Path) -> None:
    arm = Built.of({"x": b"1"}, platform="linux/arm64")
    images = ((APP, "shop/app:1.0"), (OTHER, "other:1.0"), (arm, "shop/app:arm"))
    file = save(tmp_path / "app.tar", *images)
    assert [image.config for image in tell(file)] == [APP.id, OTHER.id, arm.id]
    assert [image.tags for image in tell(file, tag="1.0")] == [("shop/app:1.0",), ("other:1.0",)]
    assert [image.config for image in tell(file, tag="other:1.0")] == [OTHER.id]
    assert refused(file, tag="app:arm").what == "nothing in it has this tag"
    assert [image.config for image in tell(file, digest=OTHER.id)] == [OTHER.id]
    assert [image.config for image in tell(file, "linux/arm64")] == [arm.id]
    assert "only for linux/amd64, linux/arm64" in refused(file, "linux/s390x").what
    assert refused(file, tag="2.0").gap is refused(file, digest="sha256:0").gap
    for image in tell(file):
        verify(image)


def test_one_of_several_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    file = save(tmp_path / "app.tar", (APP, "app:1"), (OTHER, "other:1"), Config="lost.json")
    app, lost = tell(file)
    assert (app.config, app.unread) == (APP.id, None)
    assert lost.unread
    assert "lost.json is not in it" in lost.unread.why
    verify(app)
    assert [one.config for one in tell(file, "linux/amd64")] == [APP.id, ""]
    assert [one.config for one in tell(file, digest=APP.id)] == [APP.id]


def test_an_archive_of_no_image_or_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "app.tar", **{"manifest.json": b"[]"})
    assert refused(file).what == "it holds no image"
    monkeypatch.setattr("pipeline.images.archive.MAX_ENTRIES", 1)
    assert refused(save(file, (APP, "a:1"), (OTHER, "b:1"))).gap is Gap.TOO_LARGE


def test_names_that_are_not_in_it(tmp_path: Path) -> None:
    file = archive(tmp_path / "app.tar", APP)
    assert refused(file, tag="9").gap is Gap.INPUT_MISSING
    assert refused(file, digest="sha256:" + "0" * 64).gap is Gap.INPUT_MISSING
    assert "only for linux/amd64" in refused(file, "linux/arm64").what
    assert one(file, "linux/amd64").config == APP.id


def test_layers_that_are_not_what_the_configuration_says(tmp_path: Path) -> None:
    file = archive(tmp_path / "app.tar", Built(APP.layers[::-1], APP.config))
    with pytest.raises(UnreadableImageError, match="is not the one"):
        verify(one(file))


def test_an_archive_that_was_exchanged(tmp_path: Path) -> None:
    file = archive(tmp_path / "app.tar", APP)
    found = one(file)
    archive(file, OTHER)
    with pytest.raises(UnreadableImageError, match="exchanged"):
        verify(found)


def test_another_number_of_layers(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="another number"):
        verify(one(archive(tmp_path / "app.tar", Built(APP.layers[:1], APP.config))))


def test_a_cut_archive(tmp_path: Path) -> None:
    file = archive(tmp_path / "app.tar", APP)
    content = file.read_bytes()
    found = one(file)
    for size in range(0, len(content.rstrip(b"\0")), 512):
        file.write_bytes(content[:size])
        with pytest.raises(UnreadableImageError):  # noqa: PT012 - either step may notice
            one(file)
            verify(found)


def test_a_configuration_that_is_not_what_it_is_called(tmp_path: Path) -> None:
    parts = members(archive(tmp_path / "app.tar", APP))
    parts[f"{APP.id[7:]}.json"] += b" "
    assert "digest" in refused(write(tmp_path / "b.tar", **parts)).what


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"Config": 1}, "names no configuration"),
        ({"Config": "x.json"}, "x.json is not in it"),
        ({"Layers": 1}, "names no layers"),
        ({"Layers": ["x"] * 513}, "more than 512"),
        ({"Config": "folder"}, "is no file"),
    ],
)
def test_a_list_that_leads_nowhere(tmp_path: Path, change: dict[str, object], why: str) -> None:
    parts = members(archive(tmp_path / "app.tar", APP))
    (entry,) = json.loads(parts["manifest.json"])
    parts["manifest.json"] = encode([entry | change])
    parts["folder/x"] = b""
    assert why in refused(write(tmp_path / "b.tar", **parts)).what


def test_a_name_that_stands_there_twice(tmp_path: Path) -> None:
    file = archive(tmp_path / "app.tar", APP)
    made = io.BytesIO(file.read_bytes())
    with tarfile.open(fileobj=made, mode="a") as found:
        found.addfile(tarfile.TarInfo("./manifest.json"))
    file.write_bytes(made.getvalue())
    assert "twice" in refused(file).what


def test_what_is_no_archive(tmp_path: Path) -> None:
    assert refused(tmp_path / "nothing.tar").gap is Gap.INPUT_MISSING
    (tmp_path / "text.tar").write_text("hello")
    assert "no whole tar" in refused(tmp_path / "text.tar").what
    assert "manifest.json is not in it" in refused(write(tmp_path / "b.tar", x=b"")).what
    os.mkfifo(tmp_path / "pipe.tar")
    assert "not a regular file" in refused(tmp_path / "pipe.tar").what


def test_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = archive(tmp_path / "app.tar", APP)
    monkeypatch.setattr("pipeline.images.archive._MAX_MEMBERS", 2)
    assert refused(file).gap is Gap.TOO_LARGE
    monkeypatch.undo()
    monkeypatch.setattr("pipeline.images.archive.MAX_DOCUMENT", 10)
    assert refused(file).gap is Gap.TOO_LARGE
