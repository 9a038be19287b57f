"""A place tells all of a hit but its value."""

from __future__ import annotations

from pipeline.checks.secrets.engine import Hit
from pipeline.checks.secrets.fingerprint import Names
from pipeline.checks.secrets.places import named, place

from .conftest import make_token


def test_equal_values_have_one_name_and_no_place_holds_one(token: str) -> None:
    values = (token, token, make_token())
    hits = [
        Hit("rule", "Rule", "high", "engine/path", number, "c" * 40, value)
        for number, value in enumerate(values, 1)
    ]
    places = [place(hits[0], "a\udcff.py", in_commit=True), *(place(one, "b") for one in hits[1:])]
    first, second, third = named(places, Names("salt"))
    assert first.secret == second.secret != third.secret
    assert (first.commit, second.commit) == ("c" * 40, "")
    assert first.path.isprintable()
    assert not any(value in repr((first, second, third)) for value in values)
