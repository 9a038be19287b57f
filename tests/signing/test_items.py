"""What was looked at, in words."""

from __future__ import annotations

from pipeline.signing.items import Checked, Item, held, missing, refused_item
from pipeline.trust.certificate import Holder
from pipeline.trust.refused import RefusedError
from pipeline.trust.verify import Verified

HOLDER = Holder(identity="a", issuer="b")


def test_a_report_holds_when_something_was_looked_at_and_all_of_it_held() -> None:
    good = Item(what="a", steps=("digest",))
    assert Checked(items=(good,), signed=True).ok
    assert not Checked(items=(good, missing("b")), signed=True).ok
    assert not Checked(items=(), signed=True).ok, "nothing at all proves nothing"


def test_what_held_depends_on_who_signed() -> None:
    assert held(Verified(holder=None)) == ("media type", "signature", "key")
    assert "certificate" in held(Verified(holder=HOLDER))


def test_a_refusal_keeps_its_step_and_reason() -> None:
    found = refused_item("a", RefusedError("subject", "other"), ("digest",))
    assert (found.step, found.refused, found.steps, found.ok) == (
        "subject",
        "other",
        ("digest",),
        False,
    )
    assert missing("a").step == "missing file"
