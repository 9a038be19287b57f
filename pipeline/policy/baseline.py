"""The base of a change: what it held already, so that only what a change brings in is judged.

A finding is in the base when the same problem in the same thing stood there, as severe, and in
at least as many places of each file: what became worse or spread is new. Where packages stand in
these places, they must be the same ones, of the same source and hashes. A gap is in the base
when the very thing that nobody could evaluate is unchanged: the same package of the same source
and hashes, or a file with the same bytes. Gaps that are ours, such as data that are missing or
a tool that failed, never count as the repository's old ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline.model import Gap, Kind, Location, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from pipeline.model import Coverage, Evidence, Finding, Lock, Missing, Package, Target

USABLE = frozenset({Status.CLEAN, Status.FOUND, Status.PARTIAL, Status.NOT_APPLICABLE})
"""How a check of the base must have ended for its evidence to be held against."""

_OF_THE_REPOSITORY = frozenset(
    {
        Gap.INPUT_MISSING,
        Gap.UNSUPPORTED_INPUT,
        Gap.PARSE_ERROR,
        Gap.UNPARSABLE_VERSION,
        Gap.NO_VERSION,
        Gap.NOT_FROM_REGISTRY,
        Gap.TOO_LARGE,
        Gap.LEFT_OUT,
    }
)
"""Reasons that lie in what was looked at, not in how."""


@dataclass(frozen=True, slots=True)
class Held:
    """All findings of one fingerprint: how many, how bad, how often in each file, about what."""

    number: int
    worst: Severity
    mildest: Severity
    places: Mapping[tuple[str, str], int]

    @classmethod
    def each(
        cls,
        findings: Iterable[Finding],
        things: Mapping[_Line, str],
        renamed: Mapping[str, str] | None = None,
    ) -> dict[str, Held]:
        """By fingerprint. `things` says what stands on a line, `renamed` a file's new path."""
        groups: dict[str, list[Finding]] = {}
        for finding in findings:
            groups.setdefault(finding.fingerprint, []).append(finding)
        return {
            fingerprint: cls(
                number=len(group),
                worst=min((finding.severity for finding in group), key=_rank),
                mildest=max((finding.severity for finding in group), key=_rank),
                places=Counter(
                    (
                        (renamed or {}).get(place.path, place.path),
                        things.get((place.path, place.line)) or _told(finding),
                    )
                    for finding in group
                    for place in finding.locations
                ),
            )
            for fingerprint, group in groups.items()
        }

    def beyond(self, before: Held) -> str:
        """In what these findings go beyond those `before`; "" when they do not."""
        if _rank(self.worst) < _rank(before.mildest):
            return f"only as {before.mildest}"
        more = [key for key, number in self.places.items() if number > before.places.get(key, 0)]
        if more:
            return f"not just so in {min(more)[0]}"
        return "not as often" if self.number > before.number else ""


_Line = tuple[str, int | None]


def _told(finding: Finding) -> str:
    """What a finding of a rule is about, where no package stands in its place."""
    return finding.detail if finding.kind is Kind.RULE else ""


def _rank(severity: Severity) -> int:
    return severity.rank


_Key = tuple[str, str, str, Gap, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a base held: findings by fingerprint, and gaps, counted, that are still the same.

    `things` says which packages stand on which line now.
    """

    findings: Mapping[str, Held] = field(default_factory=dict)
    things: Mapping[_Line, str] = field(default_factory=dict)
    gaps: Mapping[_Key, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        evidence: Sequence[Evidence],
        *,
        base: Target,
        head: Target,
        renamed: Mapping[str, str],
        unchanged: frozenset[str],
    ) -> Baseline:
        """The baseline in the evidence of the commit whose target is `base`.

        `renamed` maps a path of the base to its path in `head`; `unchanged` are paths of files
        with the same bytes in both. Evidence that did not end well counts for nothing.
        """
        usable = [item for item in evidence if item.status in USABLE]
        same = _same_packages(base, head, renamed)
        keys = (
            _key(item, renamed.get(part.scope, part.scope), missing)
            for item in usable
            for part in item.coverage
            for missing in part.missing
            if _is_same(part, missing, renamed, same, unchanged)
        )
        return cls(
            findings=Held.each(
                (found for item in usable for found in item.findings), _things(base), renamed
            ),
            things=_things(head),
            gaps=Counter(keys),
        )

    def now(self, findings: Iterable[Finding]) -> dict[str, Held]:
        """The findings that there are now, by fingerprint, to be held against the base's."""
        return Held.each(findings, self.things)

    def old(self, findings: Iterable[Finding]) -> frozenset[str]:
        """The fingerprints of those findings that the base holds too, as bad and as often.

        `findings` must be all that there are of a fingerprint.
        """
        return frozenset(
            fingerprint
            for fingerprint, now in self.now(findings).items()
            if (before := self.findings.get(fingerprint)) and not now.beyond(before)
        )

    def has_gaps(self, evidence: Evidence) -> Callable[[Coverage, Missing], bool]:
        """Tells of each gap of a check's evidence whether the base has the same one."""
        now = Counter(
            _key(evidence, part.scope, missing)
            for part in evidence.coverage
            for missing in part.missing
        )

        def has(part: Coverage, missing: Missing) -> bool:
            key = _key(evidence, part.scope, missing)
            return now[key] <= self.gaps.get(key, 0)

        return has


NOTHING = Baseline()
"""No base: everything is judged."""


def _key(evidence: Evidence, scope: str, missing: Missing) -> _Key:
    return evidence.check, scope, missing.subject, missing.gap, missing.why


def _is_same(
    part: Coverage,
    missing: Missing,
    renamed: Mapping[str, str],
    same: Collection[tuple[str, str]],
    unchanged: frozenset[str],
) -> bool:
    """Whether what could not be evaluated in the base is what is there now."""
    if missing.gap not in _OF_THE_REPOSITORY:
        return False
    scope = renamed.get(part.scope, part.scope)
    file = missing.location.path if missing.location else part.scope
    return (scope, missing.subject) in same or {part.scope, file} <= unchanged


def _same_packages(
    base: Target, head: Target, renamed: Mapping[str, str]
) -> frozenset[tuple[str, str]]:
    """The packages, as lock and key, that are in both locks and differ in their lines only."""
    locks = {lock.path: lock for lock in head.locks}
    return frozenset(
        (path, key)
        for lock in base.locks
        if (path := renamed.get(lock.path, lock.path)) in locks
        for key in _alike(lock, locks[path])
    )


def _things(target: Target) -> dict[_Line, str]:
    """The packages on each line of each lock: what an installer would take."""
    found: dict[_Line, list[str]] = {}
    for lock in target.locks:
        for package in lock.packages:
            content = (package.source, sorted(package.hashes), package.install_script)
            line = (package.location.path, package.location.line)
            found.setdefault(line, []).append(f"{package.key} {content}")
    return {line: "\n".join(sorted(parts)) for line, parts in found.items()}


def _alike(one: Lock, other: Lock) -> Iterator[str]:
    left, right = _by_key(one), _by_key(other)
    return (key for key in left.keys() & right.keys() if left[key] == right[key])


def _by_key(lock: Lock) -> dict[str, Counter[Package]]:
    found: dict[str, Counter[Package]] = {}
    nowhere = Location(path="")
    for package in lock.packages:
        counter = found.setdefault(package.key, Counter())
        counter[replace(package, location=nowhere)] += 1
    return found
