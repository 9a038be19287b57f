"""What is not known of the built images that somebody named, for controls that ask of them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.entry import unheard, unknown
from pipeline.model import Gap
from pipeline.policy import some

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.controls.entry import Facts
    from pipeline.model import Answer, Image

CHECK = "container"


def content_doubt(facts: Facts) -> Answer | None:
    """Why it is not known what is in every image; `None` where that is known, or none was named."""
    images = facts.target.images
    if not images:
        return None
    if doubt := _unlooked(facts):
        return doubt
    found = facts.evidence[CHECK]
    parts = [part for part in found.coverage if part.required and part.unit == "images"]
    if missing := [one for part in parts for one in part.missing]:
        told = some([f"{one.subject} ({one.why})" for one in missing])
        return unknown(min(one.gap for one in missing), f"not evaluated: {told}", CHECK)
    return None


def base_doubt(facts: Facts) -> Answer | None:
    """Why it is not known what every image was built on; `None` as above.

    What an image says of its base is believed, and so is what a Dockerfile says in its stead.
    """
    images = facts.target.images
    if not images:
        return None
    if doubt := _unlooked(facts):
        return doubt
    silent = [image for image in images if not (image.base or image.base_digest)]
    if silent:
        reason = f"nothing says what they were built on: {_titles(silent)}"
        return unknown(Gap.INPUT_MISSING, reason, CHECK)
    loose = [image for image in images if not image.base_digest and image.base != "scratch"]
    if loose:
        reason = f"what they were built on is told without a digest: {_titles(loose)}"
        return unknown(Gap.INPUT_MISSING, reason, CHECK)
    return None


def _unlooked(facts: Facts) -> Answer | None:
    """Why the check says nothing of an image; `None` where it speaks of each."""
    unread = [image for image in facts.target.images if image.unread]
    if unread:
        gap = min(image.unread.gap for image in unread if image.unread)
        return unknown(gap, f"not looked at: {_titles(unread)}", CHECK)
    found = facts.evidence.get(CHECK)
    if doubt := unheard(found, CHECK):
        return doubt
    assert found is not None
    seen = {part.scope for part in found.coverage if part.unit == "images"}
    if missed := [image for image in facts.target.images if image.title not in seen]:
        return unknown(Gap.NOT_ACCOUNTED_FOR, f"not looked at: {_titles(missed)}", CHECK)
    return None


def _titles(images: Iterable[Image]) -> str:
    return some([image.title for image in images])
