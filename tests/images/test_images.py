"""The same image as a layout, an archive and in a registry; and what cannot be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import images
from pipeline.errors import UsageError
from pipeline.images.documents import UnreadableImageError
from pipeline.model import Gap
from tests.kit import registry
from tests.kit.golang import UnavailableError
from tests.kit.images import Built, archive, layout

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
