from __future__ import annotations

from pipeline.model import Image


def test_an_image_is_called_by_its_name_and_its_platform() -> None:
    one = Image(name="ghcr.io/a/b:1", transport="registry", platform="linux/arm64")
    assert one.title == "ghcr.io/a/b:1 (linux/arm64)"
    assert Image(name="./a.tar", transport="archive").title == "./a.tar"
