"""Asking what proves many releases: concurrently, within a time, without guessing."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import PipelineError
from pipeline.model import Gap
from pipeline.registries import npm, pypi
from pipeline.registries.ask import DEADLINE, WORKERS, told
from pipeline.registries.attested import ASKING, NEEDED, Attested, NotToldError
from pipeline.registries.heard import Heard
from pipeline.registries.kept import Kept, folder, moment
from pipeline.web import Web, checked, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from typing import Any

    from pipeline.model import DataRecord
    from pipeline.registries.release import Pin

_OK, _NOT_FOUND = 200, 404
_URLS = {pypi.ECOSYSTEM: pypi.URL, npm.ECOSYSTEM: npm.URL}


class Told(NamedTuple):
    """What was told of each release, and by whom."""

    attested: dict[Pin, Attested]
    data: tuple[DataRecord, ...]


def ask_attested(  # noqa: PLR0913 - each is a choice of the caller's
    wanted: Mapping[Pin, frozenset[str]],
    *,
    urls: Mapping[str, str | None] | None = None,
    kept: Kept | None = None,
    deadline: float = DEADLINE,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = moment,
) -> Told:
    """What proves each release; never raises for what registries answer, or do not.

    `wanted` has the lock's hashes of each, "algorithm:hex". `urls` names other services by
    ecosystem. A release without the hash that attestations use is not asked about.
    """
    asking = _Asking(kept or Kept(folder()), {**(urls or {})}, now=now)
    pins = sorted(wanted)
    with (
        Web(deadline=deadline, attempts=3, sleep=sleep) as web,
        ThreadPoolExecutor(WORKERS) as pool,
    ):
        answers = pool.map(lambda pin: asking.about(web, pin, wanted[pin]), pins)
        attested = dict(zip(pins, answers, strict=True))
    return Told(attested, asking.records(attested))


class _Asking:
    """One round of questions."""

    def __init__(
        self, kept: Kept, urls: dict[str, str | None], *, now: Callable[[], datetime]
    ) -> None:
        self.kept = kept
        self.now = now
        self.heard = Heard()
        self.bases = {
            name: checked((urls.get(name) or url).rstrip("/")) for name, url in _URLS.items()
        }

    def about(self, web: Web, pin: Pin, hashes: frozenset[str]) -> Attested:
        """What is told of one release, kept or asked for now."""
        ask = ASKING.get(pin.ecosystem)
        if ask is None:
            return _gap(f"no registry of {pin.ecosystem} is asked yet", Gap.UNSUPPORTED_INPUT)
        digests = {one for one in hashes if one.startswith(NEEDED[pin.ecosystem] + ":")}
        if not digests:
            return _gap(f"the lock has no {NEEDED[pin.ecosystem]} of it", Gap.INPUT_MISSING)
        base = self.bases[pin.ecosystem]
        files = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
        address = f"{base}#{pin.name}@{pin.version}#{files}"
        if (known := self.kept.recall(address, Attested, now=self.now())) is not None:
            return known
        try:
            found = ask(
                lambda url, headers: self._fetch(web, pin, url, headers), base, pin, digests
            )
        except NotToldError as error:
            return _gap(str(error))
        except PipelineError as error:
            return _gap(f"the registry gave no answer: {error.what}")
        self.kept.keep(address, found, now=self.now())
        return found

    def _fetch(self, web: Web, pin: Pin, url: str, headers: Mapping[str, str] | None) -> Any:
        """The JSON at an address, `None` for 404; raises `PipelineError` and `NotToldError`."""
        if self.heard.is_lost(pin.ecosystem):
            raise NotToldError("the registry is out of reach")
        try:
            reply = web.get(url, headers)
        except PipelineError:
            self.heard.failed(pin.ecosystem)
            raise
        self.heard.answered(pin.ecosystem)
        if reply.status == _NOT_FOUND:
            return None
        if reply.status != _OK:
            raise NotToldError(f"the registry answered {reply.status}")
        return decode(reply.body, url)

    def records(self, attested: Mapping[Pin, Attested]) -> tuple[DataRecord, ...]:
        """One record for each registry that told something."""
        return told(attested, "attestations", self.bases, self.now())


def _gap(why: str, gap: Gap = Gap.DATA_MISSING) -> Attested:
    return Attested(gap=gap, why=why)
