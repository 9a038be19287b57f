from __future__ import annotations

from pipeline.model import Coverage, Evidence, Gap, Missing, Status, tally


def test_coverage_is_complete_only_when_all_is_accounted_for() -> None:
    gap = Missing(subject="x", gap=Gap.NO_VERSION, why="it is not pinned")
    whole = Coverage(scope="a", unit="packages", expected=2, evaluated=2)
    short = Coverage(scope="b", unit="packages", expected=2, evaluated=1, missing=(gap,))
    unnamed = Coverage(scope="b", unit="packages", expected=2, evaluated=1)
    assert whole.complete
    assert not short.complete
    assert not unnamed.complete
    evidence = Evidence(check="x", status=Status.PARTIAL, coverage=(whole, short))
    assert (evidence.expected, evidence.evaluated) == (4, 3)


def test_a_tally_keeps_kinds_apart_and_leaves_out_what_is_beside_the_question() -> None:
    parts = (
        Coverage(scope="a", unit="files", expected=2, evaluated=2),
        Coverage(scope="b", unit="files", expected=1_000, evaluated=999),
        Coverage(scope="c", unit="commits", expected=3, evaluated=3),
        Coverage(scope="d", unit="parts", expected=9, evaluated=0, required=False),
    )
    assert tally(parts) == "1,001 of 1,002 files, 3 of 3 commits"
    assert tally(()) == ""
