"""One image of an archive of several, as a layout that holds no other."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import images
from pipeline.images import archive, kept, layout
from pipeline.images.apart import is_one_of_several, unpack
from pipeline.images.documents import UnreadableImageError
from pipeline.model import Image
from tests.images.test_archive import APP, OTHER, members, save, tell, write
from tests.kit.images import archive as saved
from tests.kit.images import digest, zstd


@pytest.fixture
def both(tmp_path: Path) -> Path:
    return save(tmp_path / "app.tar", (APP, "app:1"), (OTHER, "other:1"))


def taken(file: Path, store: Path) -> Image:
    (_, other) = tell(file)
    return unpack(other, store)


def test_it_is_the_same_image_and_the_only_one(both: Path, tmp_path: Path) -> None:
    found = taken(both, tmp_path / "store")
    assert (found.config, found.transport) == (OTHER.id, "layout")
    layout.verify(found)
    (entry,) = json.loads(layout.alone(found)["index.json"])["manifests"]
    assert entry["digest"] == found.manifest
    assert taken(both, tmp_path / "store") == found
    names = {path.name for path in (tmp_path / "store").rglob("*") if path.is_file()}
    assert names == {
        one.removeprefix("sha256:") for one in (found.manifest, OTHER.id, digest(OTHER.layers[0]))
    }


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_layers_stay_packed(both: Path, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    parts = {
        name: pack(content) if name.endswith(".tar") else content
        for name, content in members(both).items()
    }
    found = taken(write(both, **parts), tmp_path / "store")
    layout.verify(found)
    text = (tmp_path / "store" / layout.path_of(found.manifest)).read_text()
    assert f"tar+{'zstd' if pack is zstd else 'gzip'}" in text


def test_a_layer_that_is_another_is_not_kept(both: Path, tmp_path: Path) -> None:
    parts = members(both)
    name = next(name for name, content in parts.items() if content == OTHER.layers[0])
    parts[name] = APP.layers[0]
    write(both, **parts)
    with pytest.raises(UnreadableImageError, match="is not the one"):
        taken(both, tmp_path / "store")
    assert not list((tmp_path / "store").rglob(digest(OTHER.layers[0])[7:]))


def test_only_where_there_are_others(
    both: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "folder", lambda: tmp_path / "store")
    (alone,) = tell(saved(tmp_path / "alone.tar", APP))
    assert not is_one_of_several(alone)
    assert images.single(alone) is alone
    assert not (tmp_path / "store").exists()
    app, _ = tell(both)
    assert images.single(app).place == str(tmp_path / "store")
    assert images.verify(images.single(app)) == archive.verify(app)
