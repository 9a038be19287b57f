"""HTTPS as every room needs it: bounded, retried, never downgraded.

Only `https:` is spoken, except with this machine itself. Every answer has a size limit, every
call a deadline. 429, server errors and lost connections are tried again after a pause that
grows, or that the server asks for (`Retry-After`, RFC 9110).
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from pipeline.errors import IncompleteError, UsageError
from pipeline.text import LOOPBACK, plain, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from requests import Response, Session

ATTEMPTS = 5
MAX_ANSWER_BYTES = 64 << 20
USER_AGENT = "supply-chain-pipeline"

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_LONGEST_PAUSE = 30.0
_CHUNK = 1 << 16


class WebError(IncompleteError):
    """A service did not answer usably, after all attempts."""


class Reply(NamedTuple):
    """A final answer that is no passing fault: 200, 404 and the like."""

    status: int
    body: bytes


def checked(url: str) -> str:
    """`url`, if it is HTTPS or leads to this machine; raises `UsageError`."""
    try:
        parts = urlsplit(url)
        loopback = parts.hostname in LOOPBACK
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        parts, loopback, port_is_sound = urlsplit(""), False, False
    if not parts.hostname or not port_is_sound or parts.scheme not in ("http", "https"):
        raise UsageError(f"not a web address: {plain(url, limit=200)}", fix="give an https:// URL")
    if parts.scheme == "http" and not loopback:
        raise UsageError(
            "plain http could be changed on its way", where=shown(url), fix="use https://"
        )
    return url


def shown(url: str) -> str:
    """A URL fit for messages and reports: without credentials and query."""
    return plain(without_credentials(url), limit=300)


class Web(AbstractContextManager["Web"]):
    """A client: one keep-alive session per thread. Use it as a context manager.

    `deadline` bounds, in seconds, all calls together, pauses included; `timeout` is for
    connecting and for each wait for data.
    """

    def __init__(
        self,
        *,
        deadline: float = 300.0,
        timeout: tuple[float, float] = (10.0, 30.0),
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.deadline = deadline
        self.timeout = timeout
        self.attempts = attempts
        self.sleep = sleep
        self.clock = clock
        self._end = clock() + deadline
        self._local = threading.local()
        self._sessions: list[Session] = []

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for session in self._sessions:
            session.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """GET with retries; raises `WebError`."""
        return self._ask("GET", url, None, headers)

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """POST of JSON with retries, for what may be sent twice; raises `WebError`."""
        return self._ask("POST", url, body, headers)

    def json(self, url: str, body: bytes | None = None) -> Any:
        """The JSON of a 200 answer to GET, or to POST of `body`; raises `WebError`."""
        reply = self._ask("GET" if body is None else "POST", url, body)
        if reply.status != 200:  # noqa: PLR2004  HTTP's number for "here it is"
            raise WebError(f"it answered {reply.status}", where=shown(url), fix=_FIX)
        return decode(reply.body, url)

    def _ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        for attempt in self.retrying(url):
            with attempt, self.open(method, url, body=body, headers=headers) as response:
                content = bytearray()
                for chunk in response.iter_content(_CHUNK):
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise WebError(
                            f"its answer is larger than {MAX_ANSWER_BYTES} bytes", where=shown(url)
                        )
                    self.remaining(url)
                return Reply(response.status_code, bytes(content))
        raise AssertionError  # the last attempt raises

    def open(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One attempt: the streamed response, redirects followed where they are safe.

        Credentials in `headers` are for the asked host alone: a redirect to another loses them.
        A passing fault raises `Passing` or an error of requests, for `retrying` to catch.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            left = self.remaining(url)
            response = self._session(checked(url)).request(
                method,
                url,
                data=body,
                headers={"Content-Type": "application/json"} | dict(headers or {})
                if body is not None
                else dict(headers or {}),
                timeout=(min(self.timeout[0], left), min(self.timeout[1], left)),
                stream=True,
                allow_redirects=False,
            )
            if response.status_code in _PASSING:
                wait = _retry_after(response.headers.get("Retry-After", ""))
                response.close()
                raise Passing(f"it answered {response.status_code}", wait)
            if response.status_code not in _REDIRECTS or method != "GET":
                return response
            there = urljoin(url, response.headers.get("Location", ""))
            response.close()
            if urlsplit(there)[:2] != urlsplit(url)[:2]:
                headers = {k: v for k, v in (headers or {}).items() if k != "Authorization"}
            url = there
        raise WebError("it redirects in circles", where=shown(url), fix=_FIX)

    def retrying(self, url: str) -> Iterator[Attempt]:
        """Attempts, each a context that swallows a passing fault and pauses; the last raises."""
        for number in range(self.attempts):
            attempt = Attempt(self, url, number)
            yield attempt
            if attempt.done:
                return

    def remaining(self, url: str) -> float:
        """Seconds left; raises `WebError` when there are none."""
        left = self._end - self.clock()
        if left <= 0:
            raise WebError(
                f"it did not answer within {self.deadline:.0f} seconds", where=shown(url), fix=_FIX
            )
        return left

    def pause(self, url: str, number: int, asked: float | None, why: str) -> None:
        """Waits before the attempt after `number`; raises `WebError` if that is too long."""
        # The jitter keeps many clients from coming back at the same moment.
        seconds = min(_LONGEST_PAUSE, 0.5 * 2**number) * (1 + random.random() / 4)  # noqa: S311
        seconds = seconds if asked is None else asked
        if seconds >= self.remaining(url):
            raise WebError(
                f"{why}, and asks for a pause of {seconds:.0f} seconds", where=shown(url), fix=_FIX
            )
        self.sleep(seconds)

    def _session(self, url: str) -> Session:
        """The thread's own session. It never sends credentials from `.netrc`."""
        from requests import Session  # noqa: PLC0415  start-up stays light

        name = "own" if urlsplit(url).hostname in LOOPBACK else "other"
        session: Session | None = getattr(self._local, name, None)
        if session is None:
            session = Session()
            session.headers["User-Agent"] = USER_AGENT
            session.auth = _no_credentials
            # Proxies and certificate bundles of the environment hold, but not for ourselves.
            session.trust_env = name == "other"
            setattr(self._local, name, session)
            self._sessions.append(session)
        return session


class Passing(Exception):  # noqa: N818  never seen outside an attempt
    """A fault that may pass. `wait` is how long the server asks to wait, in seconds."""

    def __init__(self, why: str, wait: float | None) -> None:
        super().__init__(why)
        self.wait = wait


class Attempt(AbstractContextManager["Attempt"]):
    """One of several attempts: see `Web.retrying`."""

    def __init__(self, web: Web, url: str, number: int) -> None:
        self._web, self._url, self._number = web, url, number
        self.done = False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        from requests import RequestException  # noqa: PLC0415  loaded by now

        if error is None:
            self.done = True
            return False
        if not isinstance(error, Passing | RequestException):
            return False
        why = str(error) if isinstance(error, Passing) else f"no connection ({_name(error)})"
        if self._number + 1 >= self._web.attempts:
            raise WebError(
                f"{why}, {self._web.attempts} times", where=shown(self._url), fix=_FIX
            ) from error
        asked = error.wait if isinstance(error, Passing) else None
        self._web.pause(self._url, self._number, asked, why)
        return True


_FIX = "try again later, or use a downloaded store (`supply-chain advisories update`)"


def decode(body: bytes, url: str) -> Any:
    """The JSON value of an answer; raises `WebError`."""
    import msgspec  # noqa: PLC0415  start-up stays light

    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        what = "an empty answer" if not body.strip() else "something that is not JSON"
        raise WebError(f"it sent {what}", where=shown(url), fix=_FIX) from error


def _no_credentials(request: Any) -> Any:
    return request


def _name(error: BaseException) -> str:
    return type(error).__name__


def _retry_after(text: str) -> float | None:
    """The seconds of a `Retry-After` field, which holds seconds or a date."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
