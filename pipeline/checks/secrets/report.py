"""From places to findings: one for each secret, however often it stands somewhere.

A finding names the secret by its fingerprint (see `fingerprint`), shows at most its first
letters, and says where it stands today, which commits brought it in, whether it looks like made
for a test, and what to do. The value itself is gone before anything gets here.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline.checks.secrets import fixture
from pipeline.checks.secrets.engine import OURS
from pipeline.discover.names import printable
from pipeline.model import Commit, Finding, Kind, Location, Severity
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.checks.secrets.remember import Seen

CHECK = "secrets"
MAX_PLACES = 20
"""Places of one finding that are named; the others are counted."""
MAX_COMMITS = 10

_ROTATE = "revoke it where it was issued and issue a new one, which is read from outside the code"
_REWRITE = (
    "Taking it out of the files does not take it out of the history, which every clone has: once"
    " it is revoked, record a waiver for its id that says so, or rewrite the history"
)


def findings(today: Sequence[Seen], past: Sequence[Seen]) -> Iterator[Finding]:
    """One finding for each secret in today's files (`today`), in the history (`past`), or both."""
    places: dict[str, tuple[list[Seen], list[Seen]]] = defaultdict(lambda: ([], []))
    for index, group in enumerate((today, past)):
        for seen in group:
            places[seen.secret][index].append(seen)
    for secret in sorted(places):
        yield _finding(secret, *places[secret])


def _finding(secret: str, today: list[Seen], past: list[Seen]) -> Finding:
    both = [*today, *past]
    best = min(both, key=_certainty)
    locations = sorted({_location(seen) for seen in today or past})
    commits = sorted({_commit(seen) for seen in past if seen.commit}, key=_by_age)
    made_up = _made_up(both)
    return Finding(
        check=CHECK,
        rule=f"{CHECK}/{best.rule}",
        kind=Kind.RULE,
        severity=_severity(best, len(made_up)),
        title=plain(f"{_label(best)} in {locations[0].path}", limit=200),
        subject=secret,
        aliases=(secret,),
        locations=tuple(locations[:MAX_PLACES]),
        commits=tuple(commits[:MAX_COMMITS]),
        removed=not today,
        detail=plain(" ".join(_told(best, both, locations, commits, made_up, here=bool(today)))),
        fix=f"{_ROTATE}. {_REWRITE}" if past else _ROTATE,
        seen_by=("kingfisher",),
    )


def _certainty(seen: Seen) -> tuple[bool, int, str]:
    """The engine's own rules know the issuer; then what the rule says of itself."""
    confidence = ("high", "medium", "low")
    rank = confidence.index(seen.confidence) if seen.confidence in confidence else len(confidence)
    return seen.rule.startswith(OURS), rank, seen.rule


def _severity(best: Seen, reasons: int) -> Severity:
    """High, or medium for a rule of ours that is often wrong; less for each reason to doubt."""
    scale = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
    start = 1 if best.rule.startswith(OURS) and best.confidence != "high" else 0
    return scale[min(start + reasons, len(scale) - 1)]


def _made_up(seen: Sequence[Seen]) -> list[str]:
    """Why it looks like made for a test: by every path it stands at, and by its content."""
    by_path = [fixture.by_path(one.path) for one in seen]
    reasons = [by_path[0]] if all(by_path) else []
    return reasons + [one.made_up for one in seen[:1] if one.made_up]


def _told(  # noqa: PLR0913 - the parts of one text
    best: Seen,
    seen: Sequence[Seen],
    locations: Sequence[Location],
    commits: Sequence[Commit],
    made_up: Sequence[str],
    *,
    here: bool,
) -> Iterator[str]:
    yield f"Value: {best.preview}."
    if here:
        yield f"It stands in {_count(len(locations), 'place')} of today's files."
    else:
        yield "It is in none of today's files any more, but in the history."
    if commits:
        first = commits[0]
        day = f" of {first.day}" if first.day else ""
        number = len({commit.id for commit in commits})
        since = "brought in by commit" if number == 1 else f"in {number} commits since"
        yield f"In the history: {since} {first.id[:12]}{day} ({first.path})."
    others = sorted({one.rule for one in seen} - {best.rule})
    if others:
        yield f"Also reported as {', '.join(others[:3])}."
    if made_up:
        yield f"Probably made for a test: {' and '.join(made_up)}."


def _label(seen: Seen) -> str:
    text = seen.name.replace("-", " ").replace("_", " ").strip() or "secret"
    return text[0].upper() + text[1:]


def _location(seen: Seen) -> Location:
    return Location(path=printable(seen.path), line=seen.line)


def _commit(seen: Seen) -> Commit:
    return Commit(id=seen.commit, day=seen.day, path=printable(seen.path), line=seen.line)


def _by_age(commit: Commit) -> tuple[bool, str, str, str, int]:
    return (
        commit.day is None,
        str(commit.day or ""),
        commit.id,
        commit.path,
        commit.line or 0,
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# ------------------------------------------------------------------------- files by their name


def files(today: Iterable[Seen], past: Iterable[Seen]) -> Iterator[Finding]:
    """One finding for each file whose purpose is to hold a secret, and that holds one."""
    found = {seen.path: seen for seen in past}
    here = {seen.path: seen for seen in today}
    for path, seen in sorted((found | here).items()):
        reason = fixture.by_path(path)
        severity = Severity.HIGH if path in here else Severity.MEDIUM
        yield Finding(
            check=CHECK,
            rule=seen.rule,
            kind=Kind.RULE,
            severity=_severity_of_file(severity, reason),
            title=plain(f"{_label(seen)} committed: {printable(path)}", limit=200),
            subject=printable(path),
            locations=(_location(seen),),
            removed=path not in here,
            detail=plain(
                ("" if path in here else "It is only in the history any more. ")
                + (f"Probably made for a test: {reason}." if reason else "")
            ).strip(),
            fix=f"{_ROTATE}; keep the file out of git (.gitignore) and commit an example of it",
        )


def _severity_of_file(severity: Severity, reason: str) -> Severity:
    scale = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
    return scale[min(scale.index(severity) + bool(reason), len(scale) - 1)]
