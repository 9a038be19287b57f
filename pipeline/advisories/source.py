"""Questions about packages, answers to them, and who may give the answers.

A source answers every question: with the records that affect the version, with none, or with
the reason why it cannot say. No reason and no record is the only form of "nothing known".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from pipeline.advisories.ecosystems import ordering_of
from pipeline.advisories.osv import Effect
from pipeline.model import Gap
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pipeline.advisories.store import Store
    from pipeline.model import DataRecord


class Question(NamedTuple):
    """Which advisories affect this version? `ecosystem` is OSV's name for it."""

    ecosystem: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The records that affect the version, or may; `gap` set means: not evaluated.

    `why` explains a gap, or a record that is given although it cannot be compared.
    """

    records: tuple[dict[str, Any], ...] = ()
    gap: Gap | None = None
    why: str = ""


KNOWN_BAD = Question("PyPI", "jinja2", "2.4.1")
"""A release with several well-known vulnerabilities: who does not know it knows nothing."""

CANARY = Question("PyPI", "supply-chain-canary", "1.0")
"""A package that does not exist. Every relay knows one advisory for it: a tool that does not
report it was not listening."""


class Source(Protocol):
    """Something that answers questions."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    def ask(self, questions: Sequence[Question]) -> dict[Question, Answer]:
        """An answer to each question. Raises `IncompleteError` when it can answer none."""

    @property
    def records(self) -> tuple[DataRecord, ...]:
        """What the answers so far rest on."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *reason: object) -> None:
        """Lets go of files; nothing can be asked afterwards."""


def unaskable(question: Question) -> Answer | None:
    """The gap of a question that no source could answer, or `None`.

    Services match versions they cannot parse as mere strings, and call the rest unaffected.
    """
    ordering = ordering_of(question.ecosystem)
    if ordering is None:
        return None
    try:
        ordering.parse(question.version)
    except ValueError:
        why = f"{plain(question.version, limit=80)} is no version of {question.ecosystem}"
        return Answer(gap=Gap.UNPARSABLE_VERSION, why=why)
    return None


class StoreSource:
    """Answers from a store, in process."""

    def __init__(self, store: Store, *, today: date, max_age_days: int) -> None:
        self.name = "advisory store"
        self.store = store
        self._today = today
        self._max_age_days = max_age_days
        self._asked: set[str] = set()

    def ask(self, questions: Sequence[Question]) -> dict[Question, Answer]:
        """An answer to each question; raises `IncompleteError` when the store fails."""
        self._asked.update(question.ecosystem for question in questions)
        return {question: self._answer(question) for question in dict.fromkeys(questions)}

    @property
    def records(self) -> tuple[DataRecord, ...]:
        """The store, as old as its oldest part that was asked about, and its malware reports."""
        record = self.store.record(
            today=self._today, max_age_days=self._max_age_days, ecosystems=self._asked
        )
        held = [self.store.ecosystems[name] for name in self._asked & self.store.ecosystems.keys()]
        # An ecosystem without any report is one whose malware was not looked for.
        malware = min((part.malware for part in held), default=0)
        return (record, replace(record, name="malware", entries=malware, note=""))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.store.close()

    def _answer(self, question: Question) -> Answer:
        if question.ecosystem not in self.store.ecosystems:
            held = ", ".join(sorted(self.store.ecosystems))
            why = f"the advisory store has no {plain(question.ecosystem)} data, only {held}"
            return Answer(gap=Gap.DATA_MISSING, why=why)
        if ordering_of(question.ecosystem) is None:
            why = f"versions of {plain(question.ecosystem)} cannot be compared yet"
            return Answer(gap=Gap.UNSUPPORTED_INPUT, why=why)
        if gap := unaskable(question):
            return gap
        found = self.store.query(*question)
        return Answer(
            records=tuple(record for record, _ in found),
            why="; ".join(
                f"{plain(record['id'], limit=80)} is reported though it cannot be compared:"
                f" {match.why}"
                for record, match in found
                if match.effect is Effect.CANNOT_TELL
            ),
        )
