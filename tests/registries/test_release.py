"""The words of the room."""

from __future__ import annotations

from pipeline.model import Gap
from pipeline.registries.release import Pin, Release


def test_nothing_is_known_of_a_release_by_default() -> None:
    assert Release() == Release(published=None, yanked="", deprecated="", licence="", gap=None)
    assert Release(gap=Gap.DATA_MISSING) != Release()


def test_pins_are_in_order() -> None:
    assert min([Pin("npm", "a", "1"), Pin("PyPI", "z", "1")]).ecosystem == "PyPI"
