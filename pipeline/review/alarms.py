"""What a reviewer should look at in one package change, beside its advisories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.model import Origin, Severity
from pipeline.review.model import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from pipeline.model import Source
    from pipeline.review.model import Release, Side

YOUNG_DAYS = 7
"""Malicious releases are mostly found within days; a younger one is pointed out."""

_ORIGINS = {
    Origin.REGISTRY: "the public registry",
    Origin.INDEX: "another index",
    Origin.VCS: "a version control system",
    Origin.URL: "a URL",
    Origin.PATH: "a local path",
    Origin.WORKSPACE: "the repository itself",
}


def alarms(
    before: Side | None,
    after: Side | None,
    *,
    old: Release | None,
    new: Release | None,
    as_of: date,
) -> tuple[Alarm, ...]:
    """The alarms of a change, worst first. `old` and `new` are what a registry says, if any."""
    if after is None:
        return ()
    found = [*_content(before, after), *_source(before, after), *_scripts(before, after)]
    found += _release(after, old, new, as_of)
    return tuple(sorted(found, key=lambda alarm: (alarm.severity.rank, alarm.rule)))


def _content(before: Side | None, after: Side) -> Iterator[Alarm]:
    """One version has one content for ever: other hashes for it need an explanation."""
    if before is None:
        return
    gone, came = before.hashes - after.hashes, after.hashes - before.hashes
    if gone and not after.hashes:
        yield Alarm(
            rule="hashes-dropped",
            severity=Severity.HIGH,
            text="the lock no longer says what its content must be",
        )
    elif before.version == after.version and gone and _algorithms(gone) & _algorithms(came):
        yield Alarm(
            rule="hash-changed",
            severity=Severity.HIGH,
            text="the same version now has other content: a release is never changed in place",
        )
    elif before.version == after.version and before.hashes and came:
        yield Alarm(
            rule="hash-added",
            severity=Severity.MEDIUM,
            text="the same version now also has content that the lock did not accept before",
        )


def _algorithms(hashes: frozenset[str]) -> frozenset[str]:
    return frozenset(value.partition(":")[0] for value in hashes)


def _source(before: Side | None, after: Side) -> Iterator[Alarm]:
    now = {package.source for package in after.packages}
    was = {package.source for package in before.packages} if before else set()
    for source in sorted(now - was, key=repr):
        if before is None:
            if source.origin is not Origin.REGISTRY:
                yield Alarm(
                    rule="source-foreign",
                    severity=Severity.MEDIUM,
                    text=f"it comes from {_told(source)}, where no advisories are kept",
                )
        elif source.origin is Origin.REGISTRY:
            if all(one.origin is not Origin.REGISTRY for one in was):
                text = f"it now comes from {_told(source)}, before from {_all(was)}"
                yield Alarm(rule="source-changed", severity=Severity.LOW, text=text)
        else:
            text = f"it now comes from {_told(source)}, before from {_all(was)}"
            yield Alarm(rule="source-changed", severity=Severity.HIGH, text=text)


def _told(source: Source) -> str:
    return _ORIGINS[source.origin] + (f" ({source.url})" if source.url else "")


def _all(sources: set[Source]) -> str:
    return " and ".join(_told(source) for source in sorted(sources, key=repr)[:3])


def _scripts(before: Side | None, after: Side) -> Iterator[Alarm]:
    if after.install_script and not (before and before.install_script):
        text = "installing it runs its code" + (", which it did not before" if before else "")
        yield Alarm(rule="install-script", severity=Severity.MEDIUM, text=text)


def _release(after: Side, old: Release | None, new: Release | None, as_of: date) -> Iterator[Alarm]:
    word = next((package.deprecated for package in after.packages if package.deprecated), "")
    if word or (new and new.deprecated):
        text = f"deprecated: {word or (new and new.deprecated)}"
        yield Alarm(rule="deprecated", severity=Severity.MEDIUM, text=text)
    if new is None:
        return
    if new.yanked:
        text = f"it was withdrawn from the registry: {new.yanked}"
        yield Alarm(rule="yanked", severity=Severity.HIGH, text=text)
    if new.published is not None and (as_of - new.published).days < YOUNG_DAYS:
        text = f"it came out on {new.published}, less than {YOUNG_DAYS} days before"
        yield Alarm(rule="young", severity=Severity.MEDIUM, text=text)
    if old is not None and old.licence != new.licence:
        text = f"its licence is {new.licence or 'none'} now, and was {old.licence or 'none'}"
        yield Alarm(rule="licence-changed", severity=Severity.MEDIUM, text=text)
