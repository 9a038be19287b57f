"""A single file or image, held against bundles: ours, or anybody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.signing import claims
from pipeline.signing.items import Item, held, refused_item
from pipeline.trust.refused import RefusedError
from pipeline.trust.statement import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.signing.check import Judge
    from pipeline.trust.bundle import Bundle
    from pipeline.trust.statement import Statement


def check_file(
    name: str,
    sha256: str,
    found: list[Bundle],
    judge: Judge,
    sha512: Callable[[], str] | None = None,
) -> tuple[Item, tuple[Statement, ...]]:
    """Check a single file or image against bundles; the statements about it come back.

    Every signature has to hold. Attestations that are about other files count for nothing.
    `sha512` computes the longer digest, for statements that have no other.
    """
    accepted: list[Statement] = []
    steps: list[str] = []
    holder = None
    try:
        for item in found:
            if item.envelope is None:
                verified = judge(item, sha256)
                steps += ["digest", *held(verified)]
            else:
                verified = judge(item, "")
                statement = parse(verified.payload_type, verified.payload, item.where)
                if len(found) > 1 and not statement.is_about(sha256, sha512):
                    continue
                statement.check_subject(sha256, sha512)
                claims.check_foreign(statement, verified.holder)
                accepted.append(statement)
                steps += [*held(verified), "payload type", "statement type", "subject"]
            holder = verified.holder
    except RefusedError as error:
        return refused_item(name, error), ()
    if not steps:
        why = "none of the attestations is about it" if found else "there is none"
        return Item(what=name, step="subject" if found else "signature", refused=why), ()
    return Item(what=name, steps=tuple(dict.fromkeys(steps)), holder=holder), tuple(accepted)
