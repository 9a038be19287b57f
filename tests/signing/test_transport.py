"""Requests to Sigstore's services: bounded, retried where it helps, clear about the rest."""

from __future__ import annotations

import threading

import pytest
import requests

from pipeline.errors import SignatureError, UsageError
from pipeline.signing.deadline import Deadline
from pipeline.signing.transport import ATTEMPTS, AgainError, PerThread, Transport, carry
from tests.fake import Fake, Response


def session(pauses: list[float], seconds: float = 60) -> requests.Session:
    made = requests.Session()
    carry(made, Transport("the log", Deadline(seconds), sleep=pauses.append))
    return made


def test_an_answer_is_complete(fake: Fake, pauses: list[float]) -> None:
    fake.handle = lambda _: Response(status=201, body={"a": 1})
    with session(pauses) as web:
        assert web.post(f"{fake.url}/x", json={}).json() == {"a": 1}
    assert pauses == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_passes(fake: Fake, pauses: list[float], status: int) -> None:
    answers = [Response(status=status), Response(status=status), Response(body={})]
    fake.handle = lambda _: answers.pop(0)
    with session(pauses) as web:
        assert web.post(fake.url).status_code == 200
    assert len(pauses) == 2
    assert pauses[0] < pauses[1]


def test_what_stays_is_told_with_the_service_s_name(fake: Fake, pauses: list[float]) -> None:
    fake.handle = lambda _: Response(status=500)
    with session(pauses) as web, pytest.raises(SignatureError) as error:
        web.post(f"{fake.url}/path?secret=1")
    assert error.value.what == f"the log: it answered 500, {ATTEMPTS} times"
    assert error.value.where == f"{fake.url}/path"
    assert "nothing was written" in error.value.fix


def test_a_refusal_is_not_tried_again(fake: Fake, pauses: list[float]) -> None:
    fake.handle = lambda _: Response(status=400, body={"code": 3, "message": "bad\x1btoken"})
    with session(pauses) as web, pytest.raises(SignatureError, match="400: bad\ufffdtoken"):
        web.post(fake.url)
    fake.handle = lambda _: Response(status=403, body=b"[]")
    with session(pauses) as web, pytest.raises(SignatureError, match="it answered 403\n"):
        web.post(fake.url)
    assert pauses == []


def test_a_conflict_asks_for_another_signature(fake: Fake, pauses: list[float]) -> None:
    fake.handle = lambda _: Response(status=409)
    with session(pauses) as web, pytest.raises(AgainError):
        web.post(fake.url)


def test_nobody_answers(pauses: list[float]) -> None:
    with session(pauses) as web, pytest.raises(SignatureError, match="no connection"):
        web.post("http://127.0.0.1:1/")
    assert len(pauses) == ATTEMPTS - 1


def test_half_an_answer_is_a_lost_connection(fake: Fake, pauses: list[float]) -> None:
    answers = [Response(body={"a": 1}, cut=3), Response(body={"a": 1})]
    fake.handle = lambda _: answers.pop(0)
    with session(pauses) as web:
        assert web.post(fake.url).json() == {"a": 1}
    assert len(pauses) == 1


def test_a_pause_that_would_take_too_long_is_not_made(fake: Fake, pauses: list[float]) -> None:
    fake.handle = lambda _: Response(status=503)
    with session(pauses, seconds=0.3) as web, pytest.raises(SignatureError, match="answered 503\n"):
        web.post(fake.url)
    assert pauses == []


def test_plain_http_only_with_this_machine(pauses: list[float]) -> None:
    with session(pauses) as web, pytest.raises(UsageError, match="plain http"):
        web.post("http://example.org/")


def test_each_thread_of_a_client_has_its_own_session(pauses: list[float]) -> None:
    class Client:
        def __init__(self) -> None:
            self._local = threading.local()

        @property
        def _session(self) -> requests.Session:
            if not hasattr(self._local, "session"):
                self._local.session = requests.Session()
            session: requests.Session = self._local.session
            return session

    client = Client()
    transport = Transport("the log", Deadline(60), sleep=pauses.append)
    prepared = PerThread(client, transport)
    found = []

    def work() -> None:
        prepared.prepare()
        prepared.prepare()
        found.append(client._session)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] is not found[1]
    assert all(one.get_adapter("https://x") is transport for one in found)
