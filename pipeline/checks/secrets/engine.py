"""The engine and its manners: how Kingfisher is called, and what its lines say.

Always offline: no validation, no update check. No marker in the code excuses anything unless the
policy permits it. It loads no configuration from what it scans. Its lines hold raw secrets, so
they are read from a pipe and nothing of them but a `Hit` goes on, which does not print itself.
Measured behaviour of kingfisher-bin 2.14.0: JSON lines, one per finding, and a last one that says
what was scanned (`audit`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.checks.job import Tool
from pipeline.errors import UnreadableOutputError
from pipeline.files import cache_folder

TOOL = Tool(
    distribution="kingfisher-bin",
    module="kingfisher",
    inside="kingfisher/bin/kingfisher",
    group="layers",
)
ACCEPTED = frozenset({0, 200})
"""Its exit codes for "nothing found" and "found"; 1 is an error."""

MAX_BYTES = 256 * 1024 * 1024
"""Larger files are left out by the engine; it counts megabytes as 1024 x 1024."""

MIN_BYTES = 20
"""Where it reads all objects of a repository, it leaves out smaller ones."""

OURS = "supply-chain."
"""What the ids of our own rules begin with; all others came with the engine."""

DEPTH = 4
"""Archives within archives that are opened; as it comes, the engine opens two, and says nothing of
the next."""

_MEMORY = {"MIMALLOC_PURGE_DELAY": "-1", "MIMALLOC_ALLOW_THP": "0"}
_RULES = Path(__file__).with_name("rules")
_ALWAYS = (
    "--no-validate",
    "--no-update-check",
    "--no-dedup",
    "--quiet",
    "--format",
    "jsonl",
    "--max-file-size",
    str(MAX_BYTES // 1024**2),
    "--extraction-depth",
    str(DEPTH),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One place in which the engine saw a secret. Its `value` is never printed.

    `path` is as the engine spells it. `commit` is "" for a file on disk.
    """

    rule: str
    name: str
    confidence: str
    path: str
    line: int | None
    commit: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What the engine says of one thing that it was told to scan.

    `whole` is false where it says itself that something was left out. `commits` is `None` where
    it does not count them.
    """

    whole: bool
    blobs: int
    commits: int | None
    tip: str


@dataclass(frozen=True, slots=True)
class Said:
    """A whole output: the hits, and what was scanned by the absolute path of each input."""

    hits: tuple[Hit, ...]
    scanned: Mapping[str, Scanned]


@dataclass(frozen=True, slots=True)
class Canary:
    """Made-up tokens that a run must report: one for the engine's rules, one for ours.

    Their values are new in every process, so that no cache and no excuse can know them.
    """

    values: tuple[str, ...]

    @classmethod
    def make(cls) -> Canary:
        """A new one."""
        return cls(
            ("glpat-" + secrets.token_hex(10), "supply-chain-canary-" + secrets.token_hex(20))
        )

    @property
    def content(self) -> bytes:
        """A file that holds it."""
        return "".join(f"value = '{value}'\n" for value in self.values).encode()

    def stands_in(self, output: bytes) -> bool:
        """Whether all of it stands somewhere in an output of the engine."""
        return all(value.encode() in output for value in self.values)

    def is_reported(self, hits: tuple[Hit, ...]) -> bool:
        """Whether all of it was reported."""
        return set(self.values) <= {hit.value for hit in hits}


def arguments(*what: str, allow_markers: bool) -> tuple[str, ...]:
    """The engine's command line for `what` is to be scanned."""
    rules = (part for file in rule_files() for part in ("--rules-path", str(file)))
    ignore = () if allow_markers else ("--no-ignore",)
    return ("scan", *what, *_ALWAYS, *ignore, *rules)


def environment() -> dict[str, str]:
    """Where the engine keeps its compiled rules: one folder for all runs of this user.

    Without it every start costs seconds. When it cannot be made, the engine does without. Nor does
    its allocator give memory back while it runs, to take it again a moment later (mimalloc's
    options, "MIMALLOC_PURGE_DELAY"): that took five percent of the time. It takes small pages
    ("MIMALLOC_ALLOW_THP"): a quarter less memory, and on a virtual machine, which gets large free
    pages back from its host one fault at a time, a tenth of the time.
    """
    folder = cache_folder() / "kingfisher"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return _MEMORY
    return {**_MEMORY, "KF_RULE_CACHE_DIR": str(folder)}


def rule_files() -> list[Path]:
    """Our own rules."""
    return sorted(_RULES.glob("*.yml"))


def rules_digest() -> str:
    """A digest of our own rules and of how the engine is told to look, 64 hexadecimal digits."""
    found = hashlib.sha256(" ".join(_ALWAYS).encode())
    for file in rule_files():
        found.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()


def read(output: bytes) -> Said:
    """What the engine wrote; raises `UnreadableOutputError` for anything but whole output.

    The message never repeats any of it.
    """
    hits: list[Hit] = []
    scanned: dict[str, Scanned] = {}
    ended = False
    try:
        for line in output.splitlines():
            entry = json.loads(line)
            if "audit" in entry:
                ended = True
                scanned.update(_audit(one) for one in entry["audit"]["repositories"])
            else:
                hits.append(_hit(entry))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Not chained: the cause may quote what it stumbled over.
        raise UnreadableOutputError("kingfisher's output is not the JSON it promises") from None
    if not ended:
        raise UnreadableOutputError("kingfisher's output ends before its last line")
    return Said(tuple(hits), scanned)


def _hit(entry: Mapping[str, Any]) -> Hit:
    rule, finding = entry["rule"], entry["finding"]
    commit = (finding.get("git_metadata") or {}).get("commit") or {}
    line = finding.get("line")
    return Hit(
        rule=_text(rule["id"]),
        # For rules of ours it repeats the id as the name, and has the name as the description.
        name=_text(rule["description" if rule["id"].startswith(OURS) else "name"]),
        confidence=_text(finding["confidence"]),
        path=_text(finding["path"]),
        line=line if isinstance(line, int) and line > 0 else None,
        commit=_text(commit.get("id", "")),
        value=_text(finding["snippet"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _audit(entry: Mapping[str, Any]) -> tuple[str, Scanned]:
    git = entry.get("git") or {}
    found = Scanned(
        whole=entry["scan"]["status"] == "completed",
        blobs=int(entry["stats"]["blobs_scanned"]),
        commits=git.get("fetched_commit_count"),
        tip=git.get("tip_sha", ""),
    )
    return entry["repository"], found
