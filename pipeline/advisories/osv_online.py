"""OSV's own service: one batched question, then each record once, kept on disk.

Interface: https://google.github.io/osv.dev/post-v1-querybatch/ and
https://google.github.io/osv.dev/get-v1-vulns/. The service's silence is believed only if it
knows a well-known vulnerability in the same batch, and answers as many questions as were asked.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pipeline.advisories import osv
from pipeline.advisories.keep import Keep
from pipeline.advisories.online import record_of, uninformed
from pipeline.advisories.osv import Effect, MalformedError
from pipeline.advisories.source import KNOWN_BAD, Answer, unaskable
from pipeline.model import Gap
from pipeline.text import plain
from pipeline.web import Web, WebError, checked, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from pipeline.advisories.source import Question
    from pipeline.model import DataRecord

URL = "https://api.osv.dev"
BATCH = 1000
"""Questions in one request: the service's own limit."""
WORKERS = 32
TO_THE_LETTER = frozenset({"NuGet"})
"""Ecosystems that ignore the case of names, though the service does not: it says that it knows
nothing of "snowflake.data", meaning "Snowflake.Data" (google/osv.dev#5292)."""
_MAX_PAGES = 200
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")


class _Stub(NamedTuple):
    """What a batch says of a record: enough to know whether a kept copy is current."""

    id: str
    modified: str


class OsvSource:
    """Answers from OSV's service at `url`, with records kept in the folder `cache`.

    `today` is the real day: the answers are of it. `deadline` is in seconds, for all of `ask`.
    """

    def __init__(  # noqa: PLR0913  each is a setting of its own
        self,
        *,
        cache: Path,
        today: date,
        url: str = URL,
        deadline: float = 300.0,
        sleep: Callable[[float], None] = time.sleep,
        workers: int = WORKERS,
    ) -> None:
        self.name = "OSV"
        self.url = checked(url.rstrip("/"))
        self._keep = Keep(cache / "osv")
        self._today = today
        self._deadline = deadline
        self._sleep = sleep
        self._workers = workers
        self._seen: dict[str, str] = {}

    def ask(self, questions: Sequence[Question]) -> dict[Question, Answer]:
        """An answer to each question.

        Raises `IncompleteError` when the service cannot be reached, answers nonsense, or does
        not know the known vulnerability.
        """
        answers = {question: _unaskable(question) for question in questions}
        asked = [KNOWN_BAD, *sorted(q for q, gap in answers.items() if not gap and q != KNOWN_BAD)]
        with Web(deadline=self._deadline, sleep=self._sleep) as web:
            found = self._stubs(web, asked)
            canary = found[KNOWN_BAD]
            if not isinstance(canary, dict) or not canary:
                raise uninformed(self.url)
            wanted = {
                stub
                for question, stubs in found.items()
                if question in answers and isinstance(stubs, dict)
                for stub in stubs.values()
            }
            records = self._records(web, wanted)
        return {
            question: gap or _answer(question, found[question], records)
            for question, gap in answers.items()
        }

    @property
    def records(self) -> tuple[DataRecord, ...]:
        """The service, and a digest of the records it gave."""
        record = record_of("OSV advisories", self.url, self._seen, today=self._today)
        # OSV answers with malware reports like with any advisory; how many it has, it never says.
        return (record, replace(record, name="malware", entries=None))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        """Nothing stays open between questions."""

    def _stubs(
        self, web: Web, questions: Sequence[Question]
    ) -> dict[Question, dict[str, _Stub] | str]:
        """The stubs for each question, over all pages, or what is wrong with its answer."""
        found: dict[Question, dict[str, _Stub] | str] = {question: {} for question in questions}
        pending = dict.fromkeys(questions, "")
        for _ in range(_MAX_PAGES):
            following: dict[Question, str] = {}
            for batch in _batches(list(pending.items())):
                for (question, token), result in zip(batch, self._batch(web, batch), strict=True):
                    stubs = found[question]
                    try:
                        page, following_token = _page(result, token)
                    except MalformedError as error:
                        found[question] = str(error)
                        continue
                    assert isinstance(stubs, dict)
                    stubs.update((stub.id, stub) for stub in page)
                    if following_token:
                        following[question] = following_token
            if not following:
                return found
            pending = following
        return found | dict.fromkeys(pending, "the service's answer does not end")

    def _batch(self, web: Web, batch: Sequence[tuple[Question, str]]) -> list[Any]:
        queries = [
            {
                "package": {"ecosystem": question.ecosystem, "name": question.name},
                "version": question.version,
            }
            | ({"page_token": token} if token else {})
            for question, token in batch
        ]
        url = f"{self.url}/v1/querybatch"
        value = web.json(url, json.dumps({"queries": queries}).encode())
        results = value.get("results") if isinstance(value, dict) else None
        if not isinstance(results, list) or len(results) != len(batch):
            count = len(results) if isinstance(results, list) else "no"
            raise WebError(
                f"asked {len(batch)} questions, it gave {count} answers",
                where=shown(url),
                fix="try again later, or use a downloaded store",
            )
        return results

    def _records(self, web: Web, stubs: set[_Stub]) -> dict[str, dict[str, Any] | str]:
        """Each record by id, or why it could not be had."""
        ordered = sorted(stubs)
        with ThreadPoolExecutor(self._workers) as pool:
            records = pool.map(lambda stub: self._fetch(web, stub), ordered)
            return {stub.id: record for stub, record in zip(ordered, records, strict=True)}

    def _fetch(self, web: Web, stub: _Stub) -> dict[str, Any] | str:
        text = self._keep.get(*stub)
        try:
            if text is None:
                url = f"{self.url}/v1/vulns/{stub.id}"
                record = web.json(url)
                text = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
                if not isinstance(record, dict) or record.get("id") != stub.id:
                    return f"the service sent another record than {stub.id}"
                if record.get("modified") == stub.modified:
                    self._keep.put(*stub, text)
        except WebError as error:
            return f"{stub.id} could not be fetched: {error.what}"
        self._seen[stub.id] = hashlib.sha256(text).hexdigest()
        record = json.loads(text)
        return record if isinstance(record, dict) else f"the kept copy of {stub.id} is no record"


def _unaskable(question: Question) -> Answer | None:
    """The gap of a question whose answer the service would not give, or not for this name."""
    if question.ecosystem in TO_THE_LETTER:
        why = (
            f"OSV's service knows {question.ecosystem} names only as they were registered, which a"
            " lock does not tell: use a downloaded store"
        )
        return Answer(gap=Gap.DATA_MISSING, why=why)
    return unaskable(question)


def _batches(pending: list[tuple[Question, str]]) -> Iterator[list[tuple[Question, str]]]:
    for start in range(0, len(pending), BATCH):
        yield pending[start : start + BATCH]


def _page(result: Any, asked: str) -> tuple[list[_Stub], str]:
    """The stubs and the next page's token of one result; raises `MalformedError`.

    `asked` is the token that this page was asked for with: the next cannot be the same.
    """
    if not isinstance(result, dict):
        raise MalformedError("the service's answer is not an object")
    vulns, token = result.get("vulns", []), result.get("next_page_token") or ""
    if not isinstance(vulns, list) or not isinstance(token, str):
        raise MalformedError("the service's answer is not a list of advisories")
    if token and token == asked:
        raise MalformedError("the service repeats a page")
    stubs = []
    for vuln in vulns:
        id_, modified = (
            (vuln.get("id"), vuln.get("modified", "")) if isinstance(vuln, dict) else (None, None)
        )
        if not isinstance(id_, str) or not isinstance(modified, str) or not _ID.fullmatch(id_):
            raise MalformedError("the service names an advisory by something that is no id")
        stubs.append(_Stub(id_, modified))
    return stubs, token


def _answer(
    question: Question,
    stubs: dict[str, _Stub] | str,
    records: dict[str, dict[str, Any] | str],
) -> Answer:
    """The service's word stands even where our own matching differs; only then it is noted."""
    if isinstance(stubs, str):
        return Answer(gap=Gap.DATA_MISSING, why=stubs)
    found, notes = [], []
    for id_ in sorted(stubs):
        record = records[id_]
        if isinstance(record, str):
            return Answer(gap=Gap.DATA_MISSING, why=plain(record, limit=300))
        if osv.withdrawn(record):
            continue
        match = osv.affects(record, *question)
        if match.effect is not Effect.AFFECTED:
            reason = match.why or "its own ranges say otherwise"
            notes.append(f"{id_} is reported by the service, though {reason}")
        found.append(record)
    return Answer(records=tuple(found), why="; ".join(notes))
