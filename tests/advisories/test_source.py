from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from pipeline.advisories.source import Answer, Question, StoreSource, unaskable
from pipeline.advisories.store import Store, import_osv
from pipeline.model import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.advisories.conftest import MakeRecord, Pack


@pytest.fixture
def source(tmp_path: Path, pack: Pack, record: MakeRecord) -> Iterator[StoreSource]:
    python = pack(
        "a.zip",
        record("PYSEC-1", ("introduced", "0"), ("fixed", "1.5")),
        record("PYSEC-2", ("introduced", "1"), ("fixed", "?")),
    )
    elm = pack("b.zip", record("E-1", ("introduced", "0"), ecosystem="Elm"))
    import_osv([python, elm], tmp_path / "a.sqlite")
    with Store.open(tmp_path / "a.sqlite") as store:
        yield StoreSource(store, today=date(2024, 5, 2), max_age_days=7)


def test_answers(source: StoreSource) -> None:
    bad, maybe, clean = (Question("PyPI", name, version) for name, version in
                         (("Demo", "0.5"), ("demo", "2"), ("other", "1")))  # fmt: skip
    answers = source.ask([bad, maybe, clean, bad])
    assert [r["id"] for r in answers[bad].records] == ["PYSEC-1"]
    assert answers[bad].why == ""
    assert [r["id"] for r in answers[maybe].records] == ["PYSEC-2"]
    assert answers[maybe].gap is None
    assert answers[maybe].why.startswith("PYSEC-2 is reported though it cannot be compared")
    assert answers[clean] == Answer()
    assert source.records[0].as_of == date(2024, 5, 1)
    assert source.records[0].note == "no malware reports for PyPI"


@pytest.mark.parametrize(
    ("question", "gap", "why"),
    [
        (("PyPI", "demo", "1.x"), Gap.UNPARSABLE_VERSION, "1.x is no version of PyPI"),
        (
            ("npm", "demo", "1"),
            Gap.DATA_MISSING,
            "the advisory store has no npm data, only Elm, PyPI",
        ),
        (("Elm", "demo", "1"), Gap.UNSUPPORTED_INPUT, "versions of Elm cannot be compared yet"),
    ],
)
def test_gaps(source: StoreSource, question: tuple[str, str, str], gap: Gap, why: str) -> None:
    asked = Question(*question)
    assert source.ask([asked])[asked] == Answer(gap=gap, why=why)


def test_a_service_may_know_an_ecosystem_that_nobody_here_does() -> None:
    assert unaskable(Question("Elm", "demo", "whatever")) is None
