"""PyPI's own service: what its JSON says about the vulnerabilities of one release.

Interface: https://docs.pypi.org/api/json/. It knows PyPI alone, and only releases that exist
there: for a release it does not know there is no answer, rather than "nothing known".
"""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from pipeline.advisories.ecosystems import normalise_pypi, parse_pypi
from pipeline.advisories.online import record_of, uninformed
from pipeline.advisories.osv import MalformedError
from pipeline.advisories.source import KNOWN_BAD, Answer, unaskable
from pipeline.errors import IncompleteError
from pipeline.model import Gap
from pipeline.text import plain
from pipeline.web import Web, WebError, checked, decode, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from pipeline.advisories.source import Question
    from pipeline.model import DataRecord

URL = "https://pypi.org"
WORKERS = 16
_OK, _NOT_FOUND = 200, 404


class PypiSource:
    """Answers from PyPI's service at `url`.

    `today` is the real day: the answers are of it. `deadline` is in seconds, for all of `ask`.
    """

    def __init__(
        self,
        *,
        today: date,
        url: str = URL,
        deadline: float = 300.0,
        sleep: Callable[[float], None] = time.sleep,
        workers: int = WORKERS,
    ) -> None:
        self.name = "PyPI"
        self.url = checked(url.rstrip("/"))
        self._today = today
        self._deadline = deadline
        self._sleep = sleep
        self._workers = workers
        self._seen: dict[str, str] = {}

    def ask(self, questions: Sequence[Question]) -> dict[Question, Answer]:
        """An answer to each question.

        Raises `IncompleteError` when the service does not answer for the known vulnerability.
        """
        answers = {question: _unaskable(question) for question in questions}
        with Web(deadline=self._deadline, sleep=self._sleep) as web:
            canary = self._answer(web, KNOWN_BAD)
            if canary.gap:
                raise IncompleteError(
                    f"no answer about {KNOWN_BAD.name} {KNOWN_BAD.version}: {canary.why}",
                    where=shown(self.url),
                    fix="try again later, or use a downloaded store",
                )
            if not canary.records:
                raise uninformed(self.url)
            asked = [question for question, gap in answers.items() if gap is None]
            with ThreadPoolExecutor(self._workers) as pool:
                found = pool.map(lambda question: self._answer(web, question), asked)
                told = dict(zip(asked, found, strict=True))
        for answer in told.values():
            for record in answer.records:
                text = json.dumps(record, sort_keys=True).encode()
                self._seen[record["id"]] = hashlib.sha256(text).hexdigest()
        return {question: gap or told[question] for question, gap in answers.items()}

    @property
    def records(self) -> tuple[DataRecord, ...]:
        """The service, and a digest of the vulnerabilities it named."""
        note = "; no malware reports"
        record = record_of(
            "PyPI vulnerabilities", self.url, self._seen, today=self._today, note=note
        )
        return (record,)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        """Nothing stays open between questions."""

    def _answer(self, web: Web, question: Question) -> Answer:
        name = normalise_pypi(question.name)
        path = f"{quote(name, safe='')}/{quote(question.version, safe='')}"
        url = f"{self.url}/pypi/{path}/json"
        try:
            reply = web.get(url)
            if reply.status == _NOT_FOUND:
                return Answer(gap=Gap.DATA_MISSING, why="PyPI does not know this release")
            if reply.status != _OK:
                return Answer(gap=Gap.DATA_MISSING, why=f"PyPI answered {reply.status}")
            value = decode(reply.body, url)
        except WebError as error:
            return Answer(gap=Gap.DATA_MISSING, why=f"PyPI gave no answer: {error.what}")
        try:
            return Answer(records=_records(value, question))
        except ValueError as error:
            why = f"PyPI's answer is not what its interface promises: {error}"
            return Answer(gap=Gap.DATA_MISSING, why=why)


def _unaskable(question: Question) -> Answer | None:
    if question.ecosystem != "PyPI":
        why = f"PyPI's service knows nothing of {plain(question.ecosystem)}"
        return Answer(gap=Gap.DATA_MISSING, why=why)
    return unaskable(question)


def _records(value: Any, question: Question) -> tuple[dict[str, Any], ...]:
    """The vulnerabilities of a release as OSV records; raises `ValueError`."""
    info = value.get("info") if isinstance(value, dict) else None
    name, version = (
        (info.get("name"), info.get("version")) if isinstance(info, dict) else (None, None)
    )
    if not isinstance(name, str) or not isinstance(version, str):
        raise MalformedError("it does not say which release it is about")
    asked = parse_pypi(question.version)
    if normalise_pypi(name) != normalise_pypi(question.name) or parse_pypi(version) != asked:
        raise MalformedError("it is about another release")
    vulnerabilities = value.get("vulnerabilities")
    if not isinstance(vulnerabilities, list):
        raise MalformedError("it has no list of vulnerabilities")
    records = [_record(vulnerability, question) for vulnerability in vulnerabilities]
    return tuple(record for record in records if record)


def _record(vulnerability: Any, question: Question) -> dict[str, Any] | None:
    """An OSV record that says about this release what PyPI says; `None` if it was withdrawn."""
    if not isinstance(vulnerability, dict) or not isinstance(vulnerability.get("id"), str):
        raise MalformedError("a vulnerability has no id")
    if vulnerability.get("withdrawn"):
        return None
    fixed_in, aliases = vulnerability.get("fixed_in") or [], vulnerability.get("aliases") or []
    if not isinstance(fixed_in, list) or not isinstance(aliases, list):
        raise MalformedError("a vulnerability's fixes or aliases are no list")
    link = vulnerability.get("link")
    texts = {key: vulnerability.get(key) for key in ("summary", "details")}
    return {
        "id": vulnerability["id"],
        "aliases": sorted(alias for alias in aliases if isinstance(alias, str)),
        **{key: text for key, text in texts.items() if isinstance(text, str) and text},
        "references": [{"type": "ADVISORY", "url": link}] if isinstance(link, str) else [],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": normalise_pypi(question.name)},
                "ranges": [{"type": "ECOSYSTEM", "events": _events(fixed_in, question.version)}],
                "versions": [question.version],
            }
        ],
    }


def _events(fixed_in: list[Any], version: str) -> list[dict[str, str]]:
    """From this release to the first fix above it: PyPI says nothing about others."""
    above = {}
    for text in fixed_in:
        try:
            value = parse_pypi(str(text))
        except ValueError:
            continue
        if value > parse_pypi(version):
            above[value] = str(text)
    return [{"introduced": version}, *([{"fixed": above[min(above)]}] if above else [])]
