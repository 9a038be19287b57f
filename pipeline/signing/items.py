"""What was looked at, which checks it passed, and why it was refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.signing.manifest import Manifest
from pipeline.trust.certificate import Holder
from pipeline.trust.statement import Statement
from pipeline.trust.verify import STEPS

if TYPE_CHECKING:
    from pipeline.trust.refused import RefusedError
    from pipeline.trust.verify import Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that was looked at: `steps` held, and `refused` says why it is not accepted.

    `step` names the check that refused. `holder` signed it, where a certificate did.
    """

    what: str
    steps: tuple[str, ...] = ()
    step: str = ""
    refused: str = ""
    holder: Holder | None = None

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a report says: the `decision` for `resource`, when, and the digest of the policy."""

    decision: str
    resource: str
    moment: str
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of a whole report. `signed` is false for one that says it is not signed.

    `manifest` is there when it could be believed, and `about` when the report could be read;
    `statements` are those that were accepted.
    """

    items: tuple[Item, ...]
    signed: bool
    manifest: Manifest | None = None
    statements: tuple[Statement, ...] = ()
    about: About | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether something was looked at, and all of it held."""
        return bool(self.items) and all(item.ok for item in self.items)


def held(found: Verified) -> tuple[str, ...]:
    """The checks that a verified bundle passed."""
    if found.holder is None:
        return ("media type", "signature", "key")
    return STEPS


def refused_item(what: str, error: RefusedError, steps: tuple[str, ...] = ()) -> Item:
    """An item that was refused; `steps` held before."""
    return Item(what=what, steps=steps, step=error.step, refused=error.why)


def missing(what: str) -> Item:
    """Something that was signed and is gone."""
    return Item(what=what, step="missing file", refused="it was signed, but is not here")
