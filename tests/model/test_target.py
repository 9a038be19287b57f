from __future__ import annotations

from pipeline.model import Image, Target


def test_a_path_in_an_image_is_told_from_one_in_the_repository() -> None:
    target = Target(name="t", git=None, files=1, images=(Image(name="./a:1", transport="layout"),))
    assert [target.is_in_image(path) for path in ("./a:1", "./a:1!/etc/x", "./a:2", "a", "")] == [
        *(True, True, False, False, False)
    ]
