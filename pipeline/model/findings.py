"""Problems, and where the history holds them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.model.answers import Severity
from pipeline.model.places import Location


class Kind(StrEnum):
    """What sort of problem a finding is."""

    VULNERABILITY = "vulnerability"
    MALWARE = "malware"
    RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploited:
    """An entry of CISA's catalogue of known exploited vulnerabilities (KEV)."""

    added: date
    due: date
    ransomware: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit that brought something in. `day` is the author's, `None` where it is not known."""

    id: str
    day: date | None
    path: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem, whoever saw it.

    `rule` is an advisory id, or a rule id such as "lockfiles/missing-hash". `subject` is what the
    problem is in: a purl, or a path. `paths` are chains of package keys from a direct dependency
    down to the subject. `seen_by` and `missed_by` name scanners that could have seen it.
    `cvss` is the vector that `score` (0.0-10.0) was computed from. `epss` is a probability.
    `commits` are where the history holds the problem, oldest first, and at most a few of them.
    `removed`: only the history holds it, and `locations` are where it used to stand.
    """

    check: str
    rule: str
    kind: Kind
    severity: Severity
    title: str
    subject: str
    locations: tuple[Location, ...]
    detail: str = ""
    fix: str = ""
    url: str = ""
    aliases: tuple[str, ...] = ()
    fixed_versions: tuple[str, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()
    cvss: str = ""
    score: float | None = None
    epss: float | None = None
    exploited: Exploited | None = None
    seen_by: tuple[str, ...] = ()
    missed_by: tuple[str, ...] = ()
    commits: tuple[Commit, ...] = ()
    removed: bool = False

    @property
    def ids(self) -> frozenset[str]:
        """Every id by which the problem is known; one waiver for any of them covers it."""
        return frozenset((self.rule, *self.aliases))

    @property
    def fingerprint(self) -> str:
        """Stable under line moves and re-runs: what, in what. 32 hexadecimal digits."""
        text = f"{self.check}\0{self.rule}\0{self.subject}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
