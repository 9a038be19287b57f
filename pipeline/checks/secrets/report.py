"""From places to findings: one for each secret, however often it stands somewhere.

A finding names the secret by its fingerprint (see `fingerprint`), shows at most its first
letters, and says where it stands today, which commits brought it in, which images hold it, whether
it looks like made for a test, and what to do. The value itself is gone before anything gets here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.checks import fixture
from pipeline.checks.secrets.engine import OURS
from pipeline.checks.secrets.overlooked import is_installed
from pipeline.checks.secrets.remember import Seen
from pipeline.discover.names import printable
from pipeline.model import Commit, Finding, Kind, Location, Severity
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CHECK = "secrets"
MAX_PLACES = 20
"""Places of one finding that are named; the others are counted."""
MAX_COMMITS = 10
MAX_LAYERS = 5
"""Layers of images that are described; the others are counted."""

_ROTATE = "revoke it where it was issued and issue a new one, which is read from outside the code"
_REWRITE = (
    "Taking it out of the files does not take it out of the history, which every clone has: once"
    " it is revoked, record a waiver for its id that says so, or rewrite the history"
)
_REBUILD = (
    "Keep it out of the image's build (.dockerignore), mount what the build needs (`RUN"
    " --mount=type=secret`), and build the image anew: a later layer deletes nothing"
)


def findings(
    today: Sequence[Seen], past: Sequence[Seen], images: Sequence[Seen] = ()
) -> Iterator[Finding]:
    """One finding for each secret in today's files (`today`), in the history, in images."""
    places: dict[str, _Places] = defaultdict(_Places)
    for seen in today:
        places[seen.secret].today.append(seen)
    for seen in past:
        places[seen.secret].past.append(seen)
    for seen in images:
        places[seen.secret].images.append(seen)
    for secret in sorted(places):
        yield _finding(secret, places[secret])


@dataclass(slots=True)
class _Places:
    """Where one secret stands."""

    today: list[Seen] = field(default_factory=list)
    past: list[Seen] = field(default_factory=list)
    images: list[Seen] = field(default_factory=list)

    @property
    def all(self) -> list[Seen]:
        return [*self.today, *self.images, *self.past]

    @property
    def locations(self) -> tuple[Location, ...]:
        """Where it stands now; else where it stood. Of files and of images some in any case."""
        files = sorted({_location(seen) for seen in self.today})
        images = sorted({_location(seen) for seen in self.images})
        if not files and not images:
            files = sorted({_location(seen) for seen in self.past})
        room = max(MAX_PLACES - len(images), MAX_PLACES // 2)
        files = files[:room]
        return (*files, *images[: MAX_PLACES - len(files)])


def _finding(secret: str, places: _Places) -> Finding:
    both = places.all
    best = min(both, key=_certainty)
    commits = sorted({_commit(seen) for seen in places.past if seen.commit}, key=_by_age)
    made_up = _made_up(both)
    fixes = [_ROTATE]
    fixes += [_REBUILD] if places.images else []
    fixes += [_REWRITE] if places.past else []
    return Finding(
        check=CHECK,
        rule=f"{CHECK}/{best.rule}",
        kind=Kind.RULE,
        severity=_severity(best, len(made_up)),
        title=plain(f"{_label(best)} in {places.locations[0].path}", limit=200),
        subject=secret,
        aliases=(secret,),
        locations=places.locations,
        commits=tuple(commits[:MAX_COMMITS]),
        removed=not (places.today or places.images),
        detail=plain(" ".join(_told(best, places, commits, made_up))),
        fix=". ".join(fixes),
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
    by_path = [fixture.by_path(one.path) or _of_others(one) for one in seen]
    reasons = [by_path[0]] if all(by_path) else []
    return reasons + [one.made_up for one in seen[:1] if one.made_up]


def _of_others(seen: Seen) -> str:
    """Why a rule that is not sure is probably wrong: code of others is full of such words."""
    if seen.confidence == "high" or not is_installed(seen.path):
        return ""
    return "it lies in an installed package, and its rule is not sure"


def _told(
    best: Seen, places: _Places, commits: Sequence[Commit], made_up: Sequence[str]
) -> Iterator[str]:
    yield f"Value: {best.preview}."
    if places.today:
        number = len({_location(seen) for seen in places.today})
        yield f"It stands in {_count(number, 'place')} of today's files."
    elif places.past:
        yield "It is in none of today's files any more, but in the history."
    yield from _layers(places.images)
    if commits:
        first = commits[0]
        day = f" of {first.day}" if first.day else ""
        number = len({commit.id for commit in commits})
        since = "brought in by commit" if number == 1 else f"in {number} commits since"
        yield f"In the history: {since} {first.id[:12]}{day} ({first.path})."
    others = sorted({one.rule for one in places.all} - {best.rule})
    if others:
        yield f"Also reported as {', '.join(others[:3])}."
    if made_up:
        yield f"Probably made for a test: {' and '.join(made_up)}."


def _layers(seen: Sequence[Seen]) -> Iterator[str]:
    """In which layers of images it lies."""
    told = sorted({f"/{printable(one.path)}{one.layer}" for one in seen})
    for text in told[:MAX_LAYERS]:
        yield f"In an image: {text}."
    if len(told) > MAX_LAYERS:
        yield f"In images: {_count(len(told) - MAX_LAYERS, 'more place')}."


def _label(seen: Seen) -> str:
    text = seen.name.replace("-", " ").replace("_", " ").strip() or "secret"
    return text[0].upper() + text[1:]


def _location(seen: Seen) -> Location:
    path = printable(seen.path)
    return Location(path=f"{seen.image}!/{path}" if seen.image else path, line=seen.line)


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


def files(
    today: Iterable[Seen], past: Iterable[Seen], images: Iterable[Seen] = ()
) -> Iterator[Finding]:
    """One finding for each file whose purpose is to hold a secret, and that holds one."""
    found = {seen.path: seen for seen in past}
    here = {seen.path: seen for seen in today}
    for path, seen in sorted((found | here).items()):
        severity = Severity.HIGH if path in here else Severity.MEDIUM
        yield _file(
            seen,
            severity,
            "committed",
            told="" if path in here else "It is only in the history any more.",
            fix="keep the file out of git (.gitignore) and commit an example of it",
            removed=path not in here,
        )
    baked: dict[Location, list[Seen]] = defaultdict(list)
    for seen in images:
        baked[_location(seen)].append(seen)
    for _, group in sorted(baked.items()):
        told = " ".join(_layers(group))
        yield _file(group[0], Severity.HIGH, "in an image", told=told, fix=_REBUILD, removed=False)


def _file(  # noqa: PLR0913 - what differs between the repository, its history and images
    seen: Seen, severity: Severity, where: str, *, told: str, fix: str, removed: bool
) -> Finding:
    place = _location(seen)
    reason = fixture.by_path(seen.path)
    return Finding(
        check=CHECK,
        rule=seen.rule,
        kind=Kind.RULE,
        severity=_severity_of_file(severity, reason),
        title=plain(f"{_label(seen)} {where}: {place.path}", limit=200),
        subject=place.path,
        locations=(place,),
        removed=removed,
        detail=plain(f"{told} {f'Probably made for a test: {reason}.' if reason else ''}").strip(),
        fix=f"{_ROTATE}; {fix}",
    )


def _severity_of_file(severity: Severity, reason: str) -> Severity:
    scale = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
    return scale[min(scale.index(severity) + bool(reason), len(scale) - 1)]
