"""Where an image, and what it was built on, come from: only from where the policy says, if it does.

NIST SP 800-190, section 4.1.5: use of untrusted images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.container.configuration import finding
from pipeline.images.reference import is_kept_in
from pipeline.model import Severity
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pipeline.model import Finding, Image

_NOTHING = "scratch"
"""What an image is built on that is built on none."""


def judge(image: Image, trusted: Collection[str]) -> Iterator[Finding]:
    """Findings about an image's origin; `trusted` is empty where the policy does not say."""
    if not trusted:
        return
    if image.transport == "registry" and not is_kept_in(image.place, trusted):
        title = f"{image.name} is kept where the policy does not allow it"
        yield finding("foreign-registry", Severity.HIGH, image, "registry", title)
    if image.base not in {"", _NOTHING} and not is_kept_in(image.base, trusted):
        base = plain(image.base_told, limit=300)
        title = f"{image.name} is built on {base}, which the policy does not allow"
        yield finding("foreign-registry", Severity.HIGH, image, "base image", title)
