"""Places inside images, in words."""

from __future__ import annotations

from pipeline.checks import inside
from pipeline.model import Image, Layer, Location

LAYERS = (Layer(diff_id="sha256:2"), Layer(diff_id="sha256:3", made_by="COPY\n. /"))
IMAGE = Image(name="app:1.0", transport="layout", config="sha256:1", layers=LAYERS)


def test_a_place() -> None:
    assert inside.place(IMAGE, "etc/app.ini", 3) == Location(path="app:1.0!/etc/app.ini", line=3)
    assert inside.place(IMAGE, "") == Location(path="app:1.0")
    assert inside.place(IMAGE, "a\udcff").path == "app:1.0!/a\\xff"


def test_where_it_is() -> None:
    assert inside.where(IMAGE, "sha256:2") == (
        " in layer 1 of 2 (sha256:2) of app:1.0, image sha256:1"
    )
    assert "layer 2 of 2 (sha256:3, made by `COPY . /`)" in inside.where(IMAGE, "sha256:3")
    assert inside.where(IMAGE, "sha256:4") == " of app:1.0, image sha256:1"
