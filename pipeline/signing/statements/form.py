"""A statement before it is signed, and the absence of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.signing.facts import Subject
from pipeline.trust.statement import MAX_SUBJECTS, STATEMENT_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An in-toto statement, version 1. `name` is that of its file, without suffix."""

    name: str
    predicate_type: str
    subjects: tuple[Subject, ...]
    predicate: Any

    def __post_init__(self) -> None:
        """Refuse what other verifiers would refuse; raises `ValueError`."""
        if not 0 < len(self.subjects) <= MAX_SUBJECTS:
            raise ValueError(f"a statement has 1 to {MAX_SUBJECTS} subjects")

    def payload(self) -> bytes:
        """The bytes to sign: JSON on one line, keys sorted."""
        import msgspec  # noqa: PLC0415 - most commands sign nothing

        return msgspec.json.encode(
            {
                "_type": STATEMENT_TYPE,
                "subject": [subject.form() for subject in self.subjects],
                "predicateType": self.predicate_type,
                "predicate": self.predicate,
            },
            order="sorted",
        )


@dataclass(frozen=True, slots=True)
class Omitted:
    """A statement that was not made, and why."""

    name: str
    why: str
