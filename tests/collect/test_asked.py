from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from pipeline.model import Evidence, Status
from tests.advice import RECORDS


def test_no_advisories_at_all_is_errored(run: Callable[..., Evidence], tmp_path: Path) -> None:
    evidence = run("idna==3.10", advisories=str(tmp_path / "missing.zip"))
    assert evidence.status is Status.ERRORED


def test_a_corrupt_store_is_errored(run: Callable[..., Evidence], tmp_path: Path) -> None:
    store = tmp_path / "corrupt.sqlite"
    content = bytearray((tmp_path / "advisories.sqlite").read_bytes())
    content[4096:] = b"\0" * (len(content) - 4096)
    store.write_bytes(content)
    assert run("jinja2==2.10", advisories=str(store)).status is Status.ERRORED


def test_old_advisories_are_marked(run: Callable[..., Evidence]) -> None:
    evidence = run("idna==3.10", as_of=date(2026, 12, 24))
    assert [record.fresh for record in evidence.data if "osv" in record.name.lower()] == [False]


def test_the_test_store_holds_what_it_should() -> None:
    assert len(RECORDS) > 5
