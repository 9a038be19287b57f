"""OCI layouts: what a name in them means, and that their bytes are what their digests say."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.images.documents import UnreadableImageError
from pipeline.images.layout import alone, find, verify
from pipeline.images.reference import OnDisk
from pipeline.model import Gap, Image
from tests.kit.images import MANIFEST, Built, Index, descriptor, digest, encode, layout

APP = Built.of({"a": b"1"}, {"b": b"2", "c": b"3"}, user="app")
ARM = Built.of({"a": b"arm"}, platform="linux/arm64/v8")
OTHER = Built.of({"o": b"other"})
STATEMENT = Built.of({"s": b"provenance"})


def name(folder: Path, **more: str) -> OnDisk:
    return OnDisk(text="./app", path=folder, **more)


def blob(folder: Path, name: str) -> Path:
    return folder / "blobs" / "sha256" / name.removeprefix("sha256:")


def refused(folder: Path, platform: str = "", **more: str) -> UnreadableImageError:
    with pytest.raises(UnreadableImageError) as caught:
        find(name(folder, **more), platform)
    return caught.value


def rewrite(file: Path, **change: Any) -> None:
    file.write_bytes(encode(json.loads(file.read_bytes()) | change))


def test_one_image(tmp_path: Path) -> None:
    folder = layout(tmp_path / "app", {"1.0": APP})
    (found,) = find(name(folder, tag="1.0"))
    assert (found.config, found.manifest) == (APP.id, digest(APP.manifest()))
    assert (found.index, found.tags, found.transport) == ("", ("1.0",), "layout")
    assert (found.platform, found.user) == ("linux/amd64", "app")
    assert [layer.digest for layer in found.layers] == [digest(one) for one in APP.stored()]
    verify(found)
    assert find(name(folder)) == [found]
    assert find(name(folder, digest=found.manifest)) == [found]


def test_every_platform_or_the_named_one(tmp_path: Path) -> None:
    index = Index(APP, ARM, statements=[STATEMENT])
    folder = layout(tmp_path / "app", {"1.0": index})
    both = find(name(folder, tag="1.0"))
    assert [image.platform for image in both] == ["linux/amd64", "linux/arm64/v8"]
    assert {image.index for image in both} == {digest(index.document())}
    assert find(name(folder, tag="1.0"), "linux/arm64") == both[1:]
    assert find(name(folder, digest=both[1].manifest))[0].config == ARM.id
    error = refused(folder, "linux/s390x")
    assert "only for linux/amd64, linux/arm64/v8" in error.what
    assert error.gap is Gap.INPUT_MISSING


def test_two_names_are_two_images_and_none_is_the_first(tmp_path: Path) -> None:
    folder = layout(tmp_path / "app", {"1.0": APP, "2.0": OTHER})
    assert [image.config for image in find(name(folder))] == [APP.id, OTHER.id]
    assert [image.config for image in find(name(folder, tag="2.0"))] == [OTHER.id]
    assert "the tags in it: 1.0, 2.0" in refused(folder, tag="3.0").what
    assert refused(folder, digest="sha256:" + "0" * 64).gap is Gap.INPUT_MISSING


def test_one_name_for_two_images(tmp_path: Path) -> None:
    folder = layout(tmp_path / "app", {"1.0": APP, "2.0": OTHER})
    index = json.loads((folder / "index.json").read_bytes())
    for entry in index["manifests"]:
        entry["annotations"]["org.opencontainers.image.ref.name"] = "1.0"
    (folder / "index.json").write_bytes(encode(index))
    assert "two images in it are called '1.0'" in refused(folder, tag="1.0").what


def test_a_single_image_of_another_platform(tmp_path: Path) -> None:
    folder = layout(tmp_path / "app", {"": APP})
    (found,) = find(name(folder), "linux/arm64")
    assert found.unread is not None
    assert "no image for linux/arm64, only for linux/amd64" in found.unread.why


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ("manifest", "not as large"),
        ("config", "does not have the digest"),
    ],
)
def test_documents_that_were_changed(tmp_path: Path, part: str, why: str) -> None:
    folder = layout(tmp_path / "app", {"1.0": APP})
    if part == "manifest":
        file = blob(folder, digest(APP.manifest()))
        file.write_bytes(file.read_bytes() + b" ")
    else:
        file = blob(folder, APP.id)
        file.write_bytes(file.read_bytes().replace(b"app", b"oot"))
    (found,) = find(name(folder))
    assert found.unread is not None
    assert why in found.unread.why
    assert found.config == ""


def one(folder: Path) -> Image:
    (found,) = find(name(folder))
    assert found.unread is None
    return found


def test_layers_that_were_cut_changed_or_lost(tmp_path: Path) -> None:
    folder = layout(tmp_path / "app", {"1.0": APP})
    found = one(folder)
    file = blob(folder, found.layers[1].digest)
    content = file.read_bytes()
    for changed in (content[:-4], content + b"x", b"x" + content[1:]):
        file.write_bytes(changed)
        for known in (False, True):
            with pytest.raises(UnreadableImageError, match="was cut or changed"):
                verify(found, known=known)
    file.unlink()
    for known in (False, True):
        with pytest.raises(UnreadableImageError, match="No such file") as caught:
            verify(found, known=known)
        assert caught.value.gap is Gap.INPUT_MISSING


def test_what_is_worth_knowing_of_all_layers(tmp_path: Path) -> None:
    app = Built.of({"etc/os-release": b"", "a.jar": b""}, {"b.jar": b"", "a.jar": None})
    found = one(layout(tmp_path / "app", {"1.0": app}))
    assert verify(found) == {"etc/os-release", "b.jar"}
    assert verify(found, known=True) == frozenset()


def test_a_layout_with_one_image_alone(tmp_path: Path) -> None:
    folder = layout(tmp_path / "app", {"1.0": Index(APP, ARM)})
    _, arm = find(name(folder))
    own = tmp_path / "own"
    own.mkdir()
    for file, content in alone(arm).items():
        (own / file).write_bytes(content)
    (own / "blobs").symlink_to(folder / "blobs")
    linked = json.loads((own / "index.json").read_bytes())
    assert linked["manifests"] == [descriptor(MANIFEST, ARM.manifest())]


def test_layers_that_are_not_what_the_configuration_says(tmp_path: Path) -> None:
    swapped = Built(APP.layers[::-1], APP.config)
    with pytest.raises(UnreadableImageError, match="not the one that the image's configuration"):
        verify(one(layout(tmp_path / "app", {"1.0": swapped})))


def test_a_layer_of_another_packing_than_it_says(tmp_path: Path) -> None:
    folder = layout(tmp_path / "app", {"1.0": APP})
    cut = [gzip.compress(layer, mtime=0)[:-9] for layer in APP.layers]
    document = json.loads(APP.manifest())
    for entry, content in zip(document["layers"], cut, strict=True):
        entry |= {"digest": digest(content), "size": len(content)}
        blob(folder, digest(content)).write_bytes(content)
    manifest = encode(document)
    blob(folder, digest(manifest)).write_bytes(manifest)
    rewrite(folder / "index.json", manifests=[descriptor(MANIFEST, manifest)])
    with pytest.raises(UnreadableImageError, match="ends too early"):
        verify(one(folder))


def test_what_is_no_layout(tmp_path: Path) -> None:
    assert refused(tmp_path / "nothing").gap is Gap.INPUT_MISSING
    assert "oci-layout" in refused(tmp_path).what
    folder = layout(tmp_path / "app", {"1.0": APP})
    rewrite(folder / "oci-layout", imageLayoutVersion="2.0")
    assert refused(folder).gap is Gap.UNSUPPORTED_INPUT
    rewrite(folder / "oci-layout", imageLayoutVersion="1.0.0")
    rewrite(folder / "index.json", manifests=[])
    assert "no image" in refused(folder).what


def test_a_layout_does_not_lead_outside_itself(tmp_path: Path) -> None:
    folder = layout(tmp_path / "app", {"1.0": APP})
    file = blob(folder, APP.id)
    (tmp_path / "elsewhere").write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    (found,) = find(name(folder))
    assert found.unread is not None
    assert "leaves" in found.unread.why


def test_documents_without_end(tmp_path: Path) -> None:
    folder = layout(tmp_path / "app", {"1.0": APP})
    (folder / "index.json").write_bytes(b" " * (5 << 20))
    assert refused(folder).gap is Gap.TOO_LARGE
