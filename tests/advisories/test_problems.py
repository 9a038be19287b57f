"""Records that speak of one problem are one, by its best name, with every fix."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.advisories import problems
from pipeline.model import Kind, Severity

if TYPE_CHECKING:
    from tests.advisories.conftest import MakeRecord


def test_records_that_share_an_id_are_one_problem(record: MakeRecord) -> None:
    pysec = record(
        "PYSEC-2024-1",
        ("introduced", "0"),
        ("fixed", "1.5"),
        aliases=["CVE-2024-10000", "GHSA-aaaa-bbbb-cccc"],
        details="# Bad\n\nIt is bad. Very bad.",
        published="2024-02-01T00:00:00Z",
    )
    ghsa = record(
        "GHSA-aaaa-bbbb-cccc",
        ("introduced", "0"),
        ("fixed", "1.5.1"),
        ("introduced", "2"),
        ("fixed", "2.3"),
        aliases=["CVE-2024-9999"],
        summary="A bad\nthing",
        published="2024-01-01T00:00:00Z",
        modified="2024-06-01T00:00:00Z",
        database_specific={"severity": "MODERATE"},
        references=[
            {"type": "PACKAGE", "url": "https://example.org/package"},
            {"type": "WEB", "url": "https://example.org/web"},
            {"type": "ADVISORY", "url": "javascript:alert(1)"},
            {"type": "ADVISORY", "url": "https://example.org/a?b=c"},
        ],
    )
    other = record("PYSEC-2024-2", ("introduced", "0"), upstream=["CVE-2024-9999"])
    taken = record("PYSEC-2024-3", ("introduced", "0"), withdrawn="2024-01-01T00:00:00Z")
    for order in ([pysec, ghsa, other, taken], [other, ghsa, taken, pysec]):
        bad, alone = problems.group(order, "PyPI", "Demo")
        assert bad.id == "CVE-2024-9999"
        assert bad.aliases == ("CVE-2024-10000", "GHSA-aaaa-bbbb-cccc", "PYSEC-2024-1")
        assert alone.id == "PYSEC-2024-2"
        assert (bad.kind, bad.severity, bad.score) == (Kind.VULNERABILITY, Severity.MEDIUM, None)
        assert bad.title == "A bad thing"
        assert bad.detail.startswith("# Bad")
        assert bad.url == "https://example.org/a?b=c"
        assert (bad.published, bad.modified) == (date(2024, 1, 1), date(2024, 6, 1))
        # One record calls 1.5 fixed, the other does not: only what both spare is a fix.
        assert bad.fixed_after("1.0") == ("1.5.1",)
        assert bad.fixed_after("2.1") == ("2.3",)
        assert bad.fixed_after("what?") == ()
        assert alone.fixed_after("1.0") == ()
        assert alone.url == "https://osv.dev/vulnerability/PYSEC-2024-2"
        assert alone.title == "PYSEC-2024-2"
        assert alone.severity is Severity.UNKNOWN


def test_malware_keeps_its_own_name(record: MakeRecord) -> None:
    bad = record("MAL-2024-1", versions=["1.0"], aliases=["GHSA-aaaa-bbbb-cccc"])
    twin = record("GHSA-aaaa-bbbb-cccc", ("introduced", "0"), aliases=["CVE-2024-1"])
    (advisory,) = problems.group([twin, bad], "PyPI", "demo")
    assert (advisory.id, advisory.kind) == ("MAL-2024-1", Kind.MALWARE)
    assert advisory.severity is Severity.CRITICAL
    assert advisory.aliases == ("CVE-2024-1", "GHSA-aaaa-bbbb-cccc")


def test_three_records_joined_by_a_fourth(record: MakeRecord) -> None:
    parts = [
        record(f"PYSEC-2024-{n}", ("introduced", "0"), aliases=[f"CVE-2024-{n}"]) for n in (1, 2, 3)
    ]
    bridge = record(
        "PYSEC-2025-1", ("introduced", "0"), aliases=["CVE-2024-1", "CVE-2024-2", "CVE-2024-3"]
    )
    assert len(problems.group(parts, "PyPI", "demo")) == 3
    (one,) = problems.group([*parts, bridge], "PyPI", "demo")
    assert len(one.records) == 4
    assert one.id == "CVE-2024-1"


def test_fixes_of_an_ecosystem_that_cannot_be_compared(record: MakeRecord) -> None:
    (one,) = problems.group([record("X-1", ("introduced", "0"), ecosystem="Elm")], "Elm", "demo")
    assert one.fixed_after("1.0") == ()


def test_a_sentence_becomes_the_title(record: MakeRecord) -> None:
    (one,) = problems.group(
        [record("X-1", details="\n\n## It fails. Badly.\nMore.")], "PyPI", "demo"
    )
    assert one.title == "It fails."


@pytest.mark.parametrize(
    ("details", "title"),
    [
        (
            "Demo is a comprehensive web application library. Uploads may exhaust it. More.",
            "Uploads may exhaust it.",
        ),
        ("demo is a library.", "demo is a library."),
        ("Demo is a vulnerable library. More.", "Demo is a vulnerable library."),
        ("A flaw is the worst of things. More.", "A flaw is the worst of things."),
        ("# Impact\nmore", "Impact"),
    ],
)
def test_a_title_tells_of_the_problem(details: str, title: str, record: MakeRecord) -> None:
    found = record("PYSEC-1", ("introduced", "0"), summary="", details=details)
    (advisory,) = problems.group([found], "PyPI", "demo")
    assert advisory.title == title


@pytest.mark.parametrize(
    ("imports", "parts"),
    [
        ([[{"path": "demo/b"}, {"path": "demo/a"}]], ("demo/a", "demo/b")),
        ([[{"path": "demo/a"}], [{"path": "demo/b"}, {"path": "demo/a"}]], ("demo/a", "demo/b")),
        # An entry without any is about the whole module, and what is odd tells nothing.
        ([[{"path": "demo/a"}], []], ()),
        ([[{"path": "demo/a"}], None], ()),
        ([[{"path": 3}]], ()),
        ([["demo/a"]], ()),
        ([{"path": "demo/a"}], ()),
        ([], ()),
    ],
)
def test_parts_that_alone_are_affected(imports: list[Any], parts: tuple[str, ...]) -> None:
    package = {"ecosystem": "Go", "name": "demo"}
    affected = [{"package": package, "ecosystem_specific": {"imports": one}} for one in imports]
    whole = {"id": "GHSA-x", "aliases": ["GO-1"], "affected": [{"package": package}]}
    for records in (
        [{"id": "GO-1", "affected": affected}],
        [{"id": "GO-1", "affected": affected}, whole],
    ):
        (advisory,) = problems.group(records, "Go", "demo")
        assert advisory.parts == parts
