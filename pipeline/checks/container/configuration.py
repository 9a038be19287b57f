"""What an image's own configuration says that it should not, without anything being run.

CIS Docker Benchmark 1.6.0, section 4; NIST SP 800-190, section 4.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.checks.container.rules import RULES
from pipeline.model import Finding, Kind, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Image

CHECK = "container"
_LOGINS = frozenset({22, 23})
_PRIVILEGED = 1024


def judge(image: Image) -> Iterator[Finding]:
    """Findings about how an image is configured."""
    yield from _user(image)
    for exposed in image.exposed:
        yield finding(
            "secret-in-configuration",
            Severity.HIGH,
            image,
            exposed.where,
            f"{exposed.where} of {image.name} looks like a secret",
            detail=f"How it was recognised: {exposed.why}. Its value is not repeated here.",
        )
    yield from _ports(image)
    if not image.health_check:
        title = f"{image.name} has no health check"
        yield finding("no-health-check", Severity.LOW, image, "HEALTHCHECK", title)


def is_root(user: str) -> bool:
    """Whether an image's `User` means root: no user, its name, or the number 0 in any spelling."""
    name = user.partition(":")[0].strip()
    return name in {"", "root"} or bool(re.fullmatch(r"[+-]?0+", name))


def _user(image: Image) -> Iterator[Finding]:
    if is_root(image.user):
        told = f"It says `USER {image.user}`." if image.user else "It names no user."
        title = f"{image.name} runs as root"
        yield finding("runs-as-root", Severity.HIGH, image, "USER", title, detail=told)
    elif not image.user.partition(":")[0].isdecimal():
        title = f"{image.name} names its user: {image.user}"
        yield finding("user-by-name", Severity.LOW, image, "USER", title)


def _ports(image: Image) -> Iterator[Finding]:
    for port in image.ports:
        number = re.match(r"[0-9]{1,5}", port)
        if not number:
            continue
        if int(number[0]) in _LOGINS:
            title = f"{image.name} exposes {port}, for remote logins"
            yield finding("remote-login", Severity.MEDIUM, image, f"EXPOSE {port}", title)
        elif int(number[0]) < _PRIVILEGED:
            title = f"{image.name} exposes {port}, below {_PRIVILEGED}"
            yield finding("privileged-port", Severity.LOW, image, f"EXPOSE {port}", title)


def finding(  # noqa: PLR0913 - one argument per field of a finding
    rule: str, severity: Severity, image: Image, what: str, title: str, *, detail: str = ""
) -> Finding:
    """A finding about an image as a whole; `what` tells it from others of the same rule."""
    name = f"{CHECK}/{rule}"
    digest = f"Image {image.config}{', ' + image.platform if image.platform else ''}."
    return Finding(
        check=CHECK,
        rule=name,
        kind=Kind.RULE,
        severity=severity,
        title=title,
        subject=f"{image.name}: {what}",
        locations=(Location(path=image.name),),
        detail=f"{detail} {digest}".strip(),
        fix=RULES[name].fix,
        seen_by=("supply-chain-pipeline",),
    )
