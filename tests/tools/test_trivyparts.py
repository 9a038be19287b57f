"""What a database says of itself; what a session makes of it is held by `test_trivydb.py`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import IncompleteError
from pipeline.tools.trivyparts import JAVA, VULNERABILITIES, dates, moment
from tests.advice import RECORDS
from tests.kit import trivydb as kit

FACTS = [json.loads(path.read_bytes()) for path in RECORDS]
NOW = datetime.now(UTC)
TODAY = NOW.date()


def test_nanoseconds_as_go_writes_them(tmp_path: Path) -> None:
    cache = kit.make(tmp_path, FACTS)
    told = {"Version": 2, "UpdatedAt": "2026-11-20T06:10:00.123456789Z"}
    (cache / "db" / "metadata.json").write_text(json.dumps(told))
    assert dates(VULNERABILITIES, cache, TODAY).made.date() == date(2026, 11, 20)


def test_each_part_has_dates_of_its_own(tmp_path: Path) -> None:
    old = NOW - timedelta(days=30)
    cache = kit.make(tmp_path, FACTS, updated=NOW)
    kit.make_java(cache, {"00" * 20: ("g", "a", "1")}, updated=old)
    assert dates(VULNERABILITIES, cache, TODAY).made.date() == TODAY
    assert dates(JAVA, cache, TODAY).made.date() == old.date()


def test_a_part_of_another_format_is_refused(tmp_path: Path) -> None:
    cache = kit.make_java(kit.make(tmp_path, FACTS), {}, updated=NOW)
    (cache / "java-db" / "metadata.json").write_text(json.dumps({"Version": 2}))
    with pytest.raises(IncompleteError, match="has format 2, and this Trivy reads 1") as caught:
        dates(JAVA, cache, TODAY)
    assert caught.value.where == str(cache / "java-db" / "metadata.json")


@pytest.mark.parametrize(
    "text", ["2026-11-20T06:10:00Z", "2026-11-20T06:10:00", "2026-11-20T07:10:00+01:00"]
)
def test_moments_are_in_utc(text: str) -> None:
    assert moment(text) == datetime(2026, 11, 20, 6, 10, tzinfo=UTC)
