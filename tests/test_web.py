from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace as Response
from typing import TYPE_CHECKING, Any

import pytest

from pipeline import web
from pipeline.errors import UsageError
from pipeline.web import Web, WebError, checked, shown

if TYPE_CHECKING:
    from tests.fake import Fake


def get(fake: Fake, pauses: list[float], **options: Any) -> Any:
    with Web(sleep=pauses.append, **options) as client:
        return client.json(fake.url)


@pytest.mark.parametrize(
    "fault",
    [
        Response(status=500),
        Response(status=503),
        Response(reset=True),
        Response(body=b'{"a": 1}', cut=4),
    ],
)
def test_a_passing_fault_is_tried_again(fake: Fake, pauses: list[float], fault: Response) -> None:
    fake.script(fault, fault, Response(body={"a": 1}))
    assert get(fake, pauses) == {"a": 1}
    assert len(pauses) == 2
    assert 0.5 <= pauses[0] < pauses[1] <= 1.25


def test_a_lasting_fault_ends_in_a_message(fake: Fake, pauses: list[float]) -> None:
    fake.script(Response(status=502))
    with pytest.raises(WebError, match="it answered 502, 5 times"):
        get(fake, pauses)
    assert len(fake.requests) == 5


def test_the_servers_own_pause_is_kept(fake: Fake, pauses: list[float]) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    fake.script(
        Response(status=429, headers={"Retry-After": "7"}),
        Response(status=429, headers={"Retry-After": moment}),
        Response(status=429, headers={"Retry-After": "Sun, 06 Nov 1994 08:49:37 -0000"}),
        Response(status=429, headers={"Retry-After": "soon"}),
        Response(body=[]),
    )
    assert get(fake, pauses) == []
    assert pauses[0] == 7
    assert 15 < pauses[1] <= 20
    assert pauses[2] == 0
    assert 4 <= pauses[3] <= 5


def test_a_pause_past_the_deadline_is_not_begun(fake: Fake, pauses: list[float]) -> None:
    fake.script(Response(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(WebError, match="asks for a pause of 3600 seconds"):
        get(fake, pauses)
    assert pauses == []


def test_the_deadline_covers_everything(fake: Fake) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    fake.script(Response(status=503, headers={"Retry-After": "4"}))
    with (
        pytest.raises(WebError, match=r"did not answer within 10 seconds|asks for a pause"),
        Web(deadline=10, sleep=sleep, clock=lambda: now[0]) as client,
    ):
        client.get(fake.url)
    assert len(fake.requests) == 3
    with (
        pytest.raises(WebError, match="did not answer within 0 seconds"),
        Web(deadline=0, clock=lambda: 1.0) as client,
    ):
        client.get(fake.url)


def test_a_slow_server_is_given_up(fake: Fake, pauses: list[float]) -> None:
    fake.script(Response(slow=0.3, body={}))
    with pytest.raises(WebError, match="no connection \\(ReadTimeout\\), 2 times"):
        get(fake, pauses, timeout=(1, 0.05), attempts=2)


def test_nobody_listens(fake: Fake, pauses: list[float]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fake.url = f"http://127.0.0.1:{port}"
    with pytest.raises(WebError, match="no connection"):
        get(fake, pauses, attempts=2)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<html>", "something that is not JSON"),
        (b" \n", "an empty answer"),
        (b"[" * 99999, "not JSON"),
    ],
)
def test_what_is_not_json_is_told(fake: Fake, pauses: list[float], body: bytes, what: str) -> None:
    fake.script(Response(body=body))
    with pytest.raises(WebError, match=what):
        get(fake, pauses)


def test_another_status_is_told(fake: Fake, pauses: list[float]) -> None:
    fake.script(Response(status=403))
    with pytest.raises(WebError, match="it answered 403"):
        get(fake, pauses)
    assert len(fake.requests) == 1


def test_a_huge_answer_is_cut_off(
    fake: Fake, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "MAX_ANSWER_BYTES", 100)
    fake.script(Response(body=b" " * 200))
    with pytest.raises(WebError, match="larger than 100 bytes"):
        get(fake, pauses)


def test_redirects_are_followed_but_never_to_plain_http(fake: Fake, pauses: list[float]) -> None:
    fake.script(Response(status=302, headers={"Location": "/there"}), Response(body=1))
    assert get(fake, pauses) == 1
    assert fake.requests[1].path == "/there"
    fake.script(Response(status=302, headers={"Location": "http://example.org/"}))
    with pytest.raises(UsageError, match="plain http"):
        get(fake, pauses)
    fake.script(Response(status=302, headers={"Location": "/"}))
    with pytest.raises(WebError, match="circles"):
        get(fake, pauses)


def test_credentials_do_not_follow_to_another_host(fake: Fake, pauses: list[float]) -> None:
    other = fake.url.replace("127.0.0.1", "localhost")
    headers = {"Authorization": "Basic abc", "Accept": "text/plain"}

    def ask(location: str) -> list[str | None]:
        fake.requests.clear()
        there = Response(status=307, headers={"Location": location})
        fake.script(there, Response(body=b"moved"))
        with Web(sleep=pauses.append) as web, web.open("GET", fake.url, headers=headers) as found:
            assert found.content == b"moved"
        assert fake.requests[-1].headers["Accept"] == "text/plain"
        return [request.headers.get("Authorization") for request in fake.requests]

    assert ask("/here") == ["Basic abc", "Basic abc"]
    assert ask(f"{other}/there") == ["Basic abc", None]


def test_a_question_is_not_redirected(fake: Fake, pauses: list[float]) -> None:
    fake.script(Response(status=307, headers={"Location": "/there"}))
    with Web(sleep=pauses.append) as client, pytest.raises(WebError, match="307"):
        client.json(fake.url, b"{}")


def test_no_credentials_are_sent(
    fake: Fake, pauses: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    fake.script(Response(body={}))
    get(fake, pauses)
    assert "Authorization" not in fake.requests[0].headers
    assert fake.requests[0].headers["User-Agent"] == "supply-chain-pipeline"


@pytest.mark.parametrize("url", ["http://example.org", "http://localhost.example.org"])
def test_plain_http_is_for_this_machine_alone(url: str) -> None:
    with pytest.raises(UsageError, match="plain http"):
        checked(url)


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "ftp://x", "https://", "https://x:y/", "https://[x", "x"]
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not a web address"):
        checked(url)


@pytest.mark.parametrize(
    "url", ["https://x.org/a", "http://127.0.0.1:80/", "http://localhost", "http://[::1]:8/"]
)
def test_good_addresses(url: str) -> None:
    assert checked(url) == url


def test_what_is_shown_names_no_secret() -> None:
    assert shown("https://me:secret@x.org/a?token=secret#secret") == "https://x.org/a"
