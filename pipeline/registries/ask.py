"""Asking when many releases came out, and what became of them: concurrently, within a time.

Nothing is guessed: what no registry tells is a gap.
"""

from __future__ import annotations

import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipeline.errors import PipelineError
from pipeline.model import DataRecord, Gap
from pipeline.registries import npm, pypi
from pipeline.registries.heard import Heard
from pipeline.registries.kept import Kept, folder, moment
from pipeline.registries.release import Release
from pipeline.text import plain
from pipeline.web import Web, checked, decode, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from pipeline.registries.release import Pin

WORKERS = 8
"""Documents of a registry that are fetched at the same time."""

DEADLINE = 180.0
"""Seconds for all questions together."""

_OK, _NOT_FOUND = 200, 404


class Registry(Protocol):
    """What the module of a registry offers."""

    ECOSYSTEM: str
    URL: str

    def address(self, base: str, name: str) -> str:
        """Where the document of a package is."""

    def releases(self, document: Mapping[str, Any]) -> dict[str, Release]:
        """The releases that a document tells; raises `ValueError` for another shape."""


REGISTRIES: dict[str, Registry] = {pypi.ECOSYSTEM: pypi, npm.ECOSYSTEM: npm}
"""The registries that can be asked, by OSV's name of their ecosystem."""


class Told(NamedTuple):
    """What was told of each pin, and by whom."""

    releases: dict[Pin, Release]
    data: tuple[DataRecord, ...]


def ask(  # noqa: PLR0913 - each is a choice of the caller's
    pins: Iterable[Pin],
    *,
    urls: Mapping[str, str | None] | None = None,
    licences: bool = False,
    kept: Kept | None = None,
    heard: Heard | None = None,
    deadline: float = DEADLINE,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = moment,
) -> Told:
    """What the registries say of `pins`; never raises for what they answer, or do not.

    `urls` names other services by ecosystem. `licences`: ask for those of old releases too, which
    costs a document each. Who asks with the same `heard`, at the same time or later, shares its
    answers.
    """
    wanted: dict[tuple[str, str], set[Pin]] = defaultdict(set)
    for pin in pins:
        wanted[pin.ecosystem, pin.name].add(pin)
    asking = _Asking(
        kept or Kept(folder()), {**(urls or {})}, heard or Heard(), licences=licences, now=now
    )
    with (
        Web(deadline=deadline, attempts=3, sleep=sleep) as web,
        ThreadPoolExecutor(WORKERS) as pool,
    ):
        answers = pool.map(lambda item: asking.about(web, item[0], item[1]), sorted(wanted.items()))
        releases = {pin: release for answer in answers for pin, release in answer.items()}
    return Told(releases, asking.records(releases))


class _Asking:
    """One round of questions."""

    def __init__(
        self,
        kept: Kept,
        urls: dict[str, str | None],
        heard: Heard,
        *,
        licences: bool,
        now: Callable[[], datetime],
    ) -> None:
        self.kept = kept
        self.heard = heard
        self.licences = licences
        self.now = now
        self.bases = {
            name: checked((urls.get(name) or registry.URL).rstrip("/"))
            for name, registry in REGISTRIES.items()
        }

    def about(
        self, web: Web, package: tuple[str, str], pins: Collection[Pin]
    ) -> dict[Pin, Release]:
        """What is told of some releases of one package."""
        ecosystem, name = package
        registry = REGISTRIES.get(ecosystem)
        if registry is None:
            why = f"no registry of {plain(ecosystem, limit=50)} is asked yet"
            return dict.fromkeys(pins, _gap(why, Gap.UNSUPPORTED_INPUT))
        address = registry.address(self.bases[ecosystem], name)
        found = self._known(web, ecosystem, address, registry.releases)
        if isinstance(found, Release):
            return dict.fromkeys(pins, found)
        return {pin: self._of(web, pin, found) for pin in pins}

    def _known(
        self,
        web: Web,
        ecosystem: str,
        address: str,
        read: Callable[[Mapping[str, Any]], dict[str, Release]],
    ) -> dict[str, Release] | Release:
        """What an address tells, kept or asked for now; or the gap that is left."""
        with self.heard.alone(address):
            if gap := self.heard.gaps.get(address):
                return gap
            if (found := self.kept.get(address, now=self.now())) is not None:
                return found
            answer = self._fetch(web, ecosystem, address)
            if not isinstance(answer, Release):
                try:
                    found = read(answer)
                except (ValueError, KeyError, TypeError, AttributeError):
                    answer = _gap("the registry's document is not what its interface promises")
                else:
                    self.kept.put(address, found, now=self.now())
                    return found
            self.heard.gaps[address] = answer
            return answer

    def _of(self, web: Web, pin: Pin, found: Mapping[str, Release]) -> Release:
        version = pypi.normalised(pin.version) if pin.ecosystem == pypi.ECOSYSTEM else pin.version
        release = found.get(version)
        if release is None:
            return _gap("the registry does not list this version")
        if self.licences and not release.licence and pin.ecosystem == pypi.ECOSYSTEM:
            return replace(release, licence=self._licence(web, pin))
        return release

    def _licence(self, web: Web, pin: Pin) -> str:
        """The licence of an old release; "" where nobody tells."""
        address = pypi.address_of_release(self.bases[pin.ecosystem], pin.name, pin.version)

        def read(document: Mapping[str, Any]) -> dict[str, Release]:
            return {pin.version: Release(licence=pypi.licence(document["info"]))}

        known = self._known(web, pin.ecosystem, address, read)
        if isinstance(known, Release) or pin.version not in known:
            return ""
        return known[pin.version].licence

    def _fetch(self, web: Web, ecosystem: str, address: str) -> dict[str, Any] | Release:
        """The document at an address, or the gap that is left."""
        if self.heard.is_lost(ecosystem):
            return _gap("the registry is out of reach")
        try:
            reply = web.get(address)
            if reply.status == _OK:
                value = decode(reply.body, address)
                self.heard.answered(ecosystem)
                if isinstance(value, dict):
                    return value
                return _gap("the registry's document is not what its interface promises")
        except PipelineError as error:
            self.heard.failed(ecosystem)
            return _gap(f"the registry gave no answer: {error.what}")
        self.heard.answered(ecosystem)
        if reply.status == _NOT_FOUND:
            return _gap("the registry does not know this package")
        return _gap(f"the registry answered {reply.status}")

    def records(self, releases: Mapping[Pin, Release]) -> tuple[DataRecord, ...]:
        """One record for each registry that told something."""
        return told(releases, "releases", self.bases, self.now())


def told(
    answers: Mapping[Pin, Answered], noun: str, bases: Mapping[str, str], now: datetime
) -> tuple[DataRecord, ...]:
    """One record for each registry that told something: `noun` says of what."""
    counts: dict[str, int] = defaultdict(int)
    for pin, found in answers.items():
        counts[pin.ecosystem] += found.gap is None
    return tuple(
        DataRecord(
            name=f"{ecosystem} {noun}",
            origin=shown(bases[ecosystem]),
            as_of=now.date(),
            entries=counts[ecosystem],
            note="asked online, or kept for hours at most",
        )
        for ecosystem in sorted(counts)
        if counts[ecosystem]
    )


class Answered(Protocol):
    """What a registry said of a release."""

    @property
    def gap(self) -> Gap | None:
        """Why it said nothing."""


def _gap(why: str, gap: Gap = Gap.DATA_MISSING) -> Release:
    return Release(gap=gap, why=why)
