from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import UnreadableOutputError
from pipeline.review.as_json import SCHEMA_FILE, render
from pipeline.review.model import Change, LockFate, Review
from tests.conftest import Golden


def test_every_review_follows_the_schema(sample: Review) -> None:
    document = json.loads(render(sample))
    assert document["schema"] == "supply-chain-diff/1"
    assert render(sample) == render(sample)


def test_the_sample_reviews_are_as_recorded(golden: Golden, reviews: dict[str, Review]) -> None:
    golden("full.json", render(reviews["full"]))


def test_a_review_that_breaks_the_schema_is_not_printed(reviews: dict[str, Review]) -> None:
    wrong = replace(reviews["full"], version="")
    with pytest.raises(UnreadableOutputError, match=r"diff\.schema\.json at /pipeline_version"):
        render(wrong)


def test_nothing_that_could_deceive_a_terminal(reviews: dict[str, Review]) -> None:
    content = render(reviews["hostile"])
    assert b"\x1b" not in content
    assert "\u202e" not in content.decode()


def test_every_described_field_is_really_written(reviews: dict[str, Review]) -> None:
    schema = json.loads(SCHEMA_FILE.read_bytes())
    (change,) = (
        one
        for lock in json.loads(render(reviews["full"]))["locks"]
        for one in lock["changes"]
        if one["name"] == "new"
    )
    described = schema["$defs"]
    assert set(change) == set(described["change"]["properties"])
    assert set(change["after"]) == set(described["side"]["properties"])
    assert set(change["release"]) == set(described["release"]["properties"])
    assert change["advisories_evaluated"] is True


def test_the_schema_knows_every_word() -> None:
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_bytes())
    assert schema["$defs"]["change"]["properties"]["change"]["enum"] == [*map(str, Change)]
    fates = schema["properties"]["locks"]["items"]["properties"]["fate"]["enum"]
    assert {*fates, "same"} == {*map(str, LockFate)}
