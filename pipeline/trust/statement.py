"""An in-toto statement in the payload of an attestation, strictly read.

Formats: in-toto attestation framework, statement version 1, and DSSE 1.0.0
(https://github.com/in-toto/attestation, https://github.com/secure-systems-lab/dsse).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.trust.bundle import strict
from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_OLD_STATEMENT_TYPE = "https://in-toto.io/Statement/v0.1"
MAX_SUBJECTS = 1024
"""As many as other verifiers accept."""

_LONGER = "sha512:"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: `subjects` by name and SHA-256 in hexadecimal.

    A subject that has no SHA-256 but a SHA-512 stands there with "sha512:" before it.
    """

    where: str
    predicate_type: str
    predicate: Any
    subjects: tuple[tuple[str, str], ...]

    def is_about(self, digest: str, sha512: Callable[[], str] | None = None) -> bool:
        """Whether the file with this SHA-256 is a subject.

        `sha512` computes its SHA-512, which is asked for only where a subject has no other.
        """
        digests = {found for _, found in self.subjects}
        if digest in digests:
            return True
        longer = any(found.startswith(_LONGER) for found in digests)
        return bool(longer and sha512 and _LONGER + sha512() in digests)

    def check_subject(self, digest: str, sha512: Callable[[], str] | None = None) -> None:
        """Raise `RefusedError` unless it is about the file with this SHA-256."""
        if not self.is_about(digest, sha512):
            raise RefusedError(
                "subject", f"it is about other files than sha256:{digest}", where=self.where
            )


def pae(kind: str, payload: bytes) -> bytes:
    """The bytes that a DSSE signature signs: the pre-authentication encoding, version 1."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def parse(payload_type: str, payload: bytes, where: str, *, old: bool = True) -> Statement:
    """The statement in a payload; raises `RefusedError` for anything else.

    Version 0.1, which differs in its name alone, is read unless `old` is false.
    """
    if payload_type != PAYLOAD_TYPE:
        raise RefusedError("payload type", f"it is no in-toto: {payload_type!r}", where=where)
    document = strict(payload, where)
    kinds = {STATEMENT_TYPE, _OLD_STATEMENT_TYPE} if old else {STATEMENT_TYPE}
    if not isinstance(document, dict) or str(document.get("_type")) not in kinds:
        raise RefusedError("statement type", "it is no in-toto statement, version 1", where=where)
    if not isinstance(document.get("predicateType"), str) or not document["predicateType"]:
        raise RefusedError("predicate type", "the statement names none", where=where)
    subjects = document.get("subject")
    if not isinstance(subjects, list) or not 0 < len(subjects) <= MAX_SUBJECTS:
        raise RefusedError("subject", f"a statement has 1 to {MAX_SUBJECTS}", where=where)
    return Statement(
        where,
        document["predicateType"],
        document.get("predicate"),
        tuple(_subject(item, where) for item in subjects),
    )


def _subject(item: Any, where: str) -> tuple[str, str]:
    digests = item.get("digest") if isinstance(item, dict) else None
    known = digests if isinstance(digests, dict) else {}
    if "sha256" in known:
        found, form, prefix = known["sha256"], "[0-9a-f]{64}", ""
    else:
        found, form, prefix = known.get("sha512"), "[0-9a-f]{128}", _LONGER
    if not isinstance(found, str) or not re.fullmatch(form, found):
        raise RefusedError("subject", "one of them has no SHA-256 or SHA-512", where=where)
    return str(item.get("name") or ""), prefix + found
