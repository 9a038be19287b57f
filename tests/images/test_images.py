"""The same image as a layout, an archive and in a registry; and what cannot be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tarfile import TarInfo
from time import sleep
from typing import IO, Any

import pytest

from pipeline import files, images
from pipeline.errors import UsageError
from pipeline.images.documents import UnreadableImageError
from pipeline.model import Gap
from tests.kit import registry
from tests.kit.golang import UnavailableError
from tests.kit.images import Built, archive, digest, layout, packed

APP = Built.of({"a": b"1"}, {"b": b"2"}, user="app", env=["A_TOKEN=abcdef"])


def test_the_same_image_wherever_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.images.kept.folder", lambda: tmp_path / "kept")
    layout(tmp_path / "app", {"1.0": APP})
    archive(tmp_path / "app.tar", APP)
    wanted = [("./app:1.0", "", tmp_path), ("./app.tar", "", tmp_path)]
    try:
        with registry.serving() as host:
            wanted.append((registry.push(host, "app", APP), "", tmp_path))
            found = images.look(wanted)
            pulled = [images.pull(image) for image in found]
    except UnavailableError as error:
        pytest.skip(str(error))
    assert [image.transport for image in found] == ["layout", "archive", "registry"]
    assert {image.config for image in found} == {APP.id}
    same = {(image.platform, image.user, image.env, image.exposed, image.ports) for image in found}
    assert len(same) == 1
    assert len({tuple(layer.diff_id for layer in image.layers) for image in found}) == 1
    for image in pulled:
        images.verify(image)
        images.verify(image, known=True)
        shown: list[tuple[str, bytes]] = []

        def visit(member: TarInfo, file: IO[bytes], seen: list[Any] = shown) -> None:
            seen.append((member.name, file.read()))

        upper = image.layers[1].diff_id
        told = list(images.visit(image, {upper: visit}))
        assert told == [(layer.diff_id, None) for layer in image.layers]
        assert shown == [("b", b"2")]
    assert pulled[:2] == list(found[:2])
    assert Path(pulled[2].place).is_relative_to(tmp_path)


def test_each_is_looked_at_once(tmp_path: Path) -> None:
    layout(tmp_path / "app", {"1.0": APP})
    wanted = [("./app:1.0", "", tmp_path)] * 2 + [("./app:1.0", "linux/amd64", tmp_path)]
    assert len(images.look(wanted)) == 1


def test_what_cannot_be_looked_at_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    wanted = ["./nothing.tar", "./empty", "registry.example.org/app"]
    found = images.look(((text, "", tmp_path) for text in wanted), offline=True)
    assert [image.unread.gap for image in found if image.unread] == [
        Gap.INPUT_MISSING,
        Gap.INPUT_MISSING,
        Gap.NETWORK_OFF,
    ]
    assert [image.name for image in found] == wanted


def test_a_mistake_is_told_before_anything_is_looked_at(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        images.look([("./nothing.tar", "", tmp_path), ("NO", "", tmp_path)])


def test_layers_are_held_against_the_digests(tmp_path: Path) -> None:
    file = archive(tmp_path / "app.tar", Built(APP.layers[::-1], APP.config))
    (found,) = images.look([(f"./{file.name}", "", tmp_path)])
    with pytest.raises(UnreadableImageError):
        images.verify(found)


def test_an_image_is_fetched_once_by_two_who_want_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.images.kept.folder", lambda: tmp_path / "kept")
    file = packed(tmp_path / "app.tar", {"1.0": APP})
    (found,) = images.look([(str(file), "", tmp_path)])
    saved: list[str] = []

    @contextmanager
    def replacing(path: Path) -> Iterator[IO[bytes]]:
        saved.append(path.name)
        sleep(0.02)  # long enough for the other one to come
        with files.replacing(path) as written:
            yield written

    monkeypatch.setattr("pipeline.images.packed.replacing", replacing)
    with ThreadPoolExecutor(max_workers=2) as pool:
        assert len({image.place for image in pool.map(images.pull, [found, found])}) == 1
    assert len(saved) == len(set(saved)) == 1 + len(APP.layers)


def test_layers_are_told_one_by_one(tmp_path: Path) -> None:
    app = Built.of({"a": b"1"}, {"b": b"2"}, {"c": b"3"}, packing="")
    folder = layout(tmp_path / "app", {"1.0": app})
    blob = folder / "blobs" / "sha256" / digest(app.layers[1])[7:]
    blob.write_bytes(blob.read_bytes().replace(b"2", b"3"))
    (found,) = images.look([("./app", "", tmp_path)])
    ids = [layer.diff_id for layer in found.layers]

    def full(_: TarInfo, __: IO[bytes]) -> None:
        raise UnreadableImageError("no room", gap=Gap.TOO_LARGE)

    told = dict(images.visit(found, {ids[0]: full, ids[1]: lambda _, __: None}))
    assert [str(told[id_] or "").partition(" (")[0] for id_ in ids] == [
        "no room",
        f"layer {ids[1]} was cut or changed",
        "",
    ]
    other = archive(tmp_path / "app.tar", Built(app.layers, app.config))
    (found,) = images.look([(str(other), "", tmp_path)])
    told = dict(images.visit(found, {ids[0]: full, ids[1]: lambda _, __: None}))
    assert [str(told[id_] or "") for id_ in ids] == ["no room", "", ""]
