from __future__ import annotations

import hashlib
from datetime import date

from pipeline.advisories.online import record_of, uninformed

URL = "https://osv.example/v1"
DAY = date(2026, 11, 1)


def test_who_does_not_know_what_everybody_knows_is_named() -> None:
    error = uninformed("https://someone:secret@osv.example/v1")
    assert "does not know a well-known vulnerability (jinja2 2.4.1)" in error.what
    assert "osv.example" in error.where
    assert "secret" not in str(error)


def test_the_digest_is_of_the_records_whatever_their_order() -> None:
    one = record_of("A", URL, {"X-1": "aa", "X-2": "bb"}, today=DAY)
    assert one == record_of("A", URL, {"X-2": "bb", "X-1": "aa"}, today=DAY)
    assert one.digest == "sha256:" + hashlib.sha256(b"X-1\0aa\nX-2\0bb\n").hexdigest()
    assert (one.name, one.origin, one.as_of, one.entries) == ("A", URL, DAY, 2)
    assert one.digest != record_of("A", URL, {"X-1": "aa", "X-2": "cc"}, today=DAY).digest


def test_a_note_stands_behind_what_the_digest_is_of() -> None:
    assert record_of("A", URL, {}, today=DAY, note="; no malware reports").note == (
        "asked online; the digest is of the records in its answers; no malware reports"
    )
