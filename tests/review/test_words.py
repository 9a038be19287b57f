from __future__ import annotations

import pytest

from pipeline.model import Exploited, Gap, Kind, Severity
from pipeline.review import words
from pipeline.review.model import Commit
from tests.review.builders import (
    OLD,
    TODAY,
    Known,
    evidence,
    finding,
    lock,
    package,
    review,
    target,
)

EMPTY, FULL = target(lock()), target(lock(package()))


def test_two_equal_ends_are_never_a_change_that_is_fine() -> None:
    made = review(FULL, FULL, head=Commit(asked="HEAD", id=OLD))
    assert made.same
    assert "nothing was compared" in words.headline(made)


@pytest.mark.parametrize("changed", [True, None])
def test_a_changed_folder_on_the_same_commit_is_compared(changed: bool | None) -> None:
    head = Commit(asked="", id=OLD, working_tree=True, changed=changed)
    made = review(EMPTY, FULL, head=head)
    assert not made.same
    assert words.headline(made) == "1 added, in 1 lock."
    assert words.ends(made) == "0a0a0a0a0a0a (main) to the working tree"


def test_no_package_changed() -> None:
    assert words.headline(review(FULL, FULL)) == "No package changed; 0 locks of 1 differ."


def test_how_many_advisories() -> None:
    made = review(EMPTY, FULL, evidence_after=evidence(finding()))
    assert words.findings_line(made) == "It brings 1 advisory and mends 0 advisories."
    made = review(EMPTY, FULL, evidence_after=evidence(scopes=()))
    assert words.findings_line(made).endswith("For 1 changed package nobody knows: not evaluated.")


def test_how_bad_a_change_is() -> None:
    def worst(*found: object, **more: object) -> Severity | None:
        items = evidence(*found, **more)  # type: ignore[arg-type]
        (change,) = review(EMPTY, FULL, evidence_after=items).changes()
        return words.worst(change)

    assert worst() is None
    assert worst(finding(), finding("CVE-2", severity=Severity.LOW)) is Severity.HIGH
    assert worst(finding(kind=Kind.MALWARE, severity=Severity.UNKNOWN)) is Severity.CRITICAL
    assert worst(scopes=()) is Severity.UNKNOWN


def test_an_advisory_in_a_few_words() -> None:
    known = Exploited(added=TODAY, due=TODAY, ransomware=False)
    text = words.advisory(finding(fixed_versions=("2",), exploited=known, title="x" * 500))
    assert text.startswith("CVE-2026-1 (high, known to be exploited, fixed in 2) xxx")
    assert len(text) < 200
    assert "(malware)" in words.advisory(finding(kind=Kind.MALWARE))


@pytest.mark.parametrize(
    ("direct", "requires", "wanted"),
    [
        (True, (), "direct"),
        (False, (), "transitive"),
        (None, (), ""),
        (False, ("a",), "transitive by top==1.0 → a==1.0"),
        (None, ("a",), "transitive by top==1.0 → a==1.0"),
    ],
)
def test_who_asks_for_it(direct: bool | None, requires: tuple[str, ...], wanted: str) -> None:
    top = package("top", requires=requires)
    (change,) = review(target(lock(top)), target(lock(top, package(direct=direct)))).changes()
    assert words.asked_for(change) == wanted


def test_age_and_licence_as_far_as_a_registry_was_asked() -> None:
    def told(release: Known | None) -> str:
        releases = {("PyPI", "a", "1.0"): release} if release else {}
        (change,) = review(EMPTY, FULL, releases=releases).changes()
        return words.release(change)

    assert told(None) == "age and licence not evaluated"
    assert told(Known(gap=Gap.DATA_MISSING)) == told(None)
    assert told(Known(published=TODAY, licence="MIT")) == f"out since {TODAY}, licence MIT"
    assert told(Known()) == "age not known, licence not declared"
    (gone,) = review(FULL, EMPTY).changes()
    assert words.release(gone) == ""


def test_what_happened_to_a_lock() -> None:
    other = lock(package(), path="other/uv.lock")

    def told(before: object, after: object) -> list[str]:
        return [words.lock_line(one) for one in review(before, after).locks]  # type: ignore[arg-type]

    assert told(target(), FULL) == ["uv.lock: a new lock of 1 package"]
    assert told(FULL, target()) == ["uv.lock: removed"]
    assert told(FULL, target(other)) == ["other/uv.lock: before uv.lock"]
    assert told(EMPTY, FULL) == ["uv.lock"]
    assert told(EMPTY, target(lock(digest="sha256:other"))) == [
        "uv.lock: differs, but in no package"
    ]
