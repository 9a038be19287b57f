"""What carries requests to Sigstore's services: bounded in time, retried, and clear about faults.

The library's own sessions wait for ever for the certificate authority and the log, and give up at
the first fault. Mounted into such a session, this adapter limits every wait, tries passing faults
again, and turns what stays wrong into one message that names the service.
"""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

from requests import RequestException
from requests.adapters import HTTPAdapter

from pipeline.errors import SignatureError
from pipeline.text import plain
from pipeline.web import checked, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest, Response, Session

    from pipeline.signing.deadline import Deadline

ATTEMPTS = 4
CONNECT = 10.0
READ = 30.0
"""Seconds to connect, and to wait for data. A log may take a while to enter something."""

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONFLICT = 409
_BAD = 400
_LONGEST_PAUSE = 10.0
_FIX = "try again later; nothing was written"


class AgainError(Exception):
    """The log has this very entry already: a signature made anew is another entry."""


class Transport(HTTPAdapter):
    """Sends the requests of one service, which `name` calls by what it is."""

    def __init__(
        self, name: str, deadline: Deadline, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(max_retries=0)
        self.name = name
        self.deadline = deadline
        self.sleep = sleep

    def send(  # noqa: PLR0913, PLR0917 - requests' own interface
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - as above
        timeout: Any = None,  # noqa: ARG002 - the limits here are tighter and depend on the time left
        verify: bool | str = True,  # noqa: FBT001, FBT002 - as above
        cert: Any = None,
        proxies: Any = None,
    ) -> Response:
        """The answer, complete and below 400; raises `SignatureError` or `AgainError`."""
        url = checked(request.url or "")
        why = ""
        for number in range(ATTEMPTS):
            if number:
                self._pause(number, url, why)
            left = self.deadline.left()
            limits = (min(CONNECT, left), min(READ, left))
            try:
                response = super().send(request, stream, limits, verify, cert, proxies)
                _ = response.content  # all of it: half an answer is a fault of the connection
            except RequestException as error:
                why = f"no connection ({type(error).__name__})"
                continue
            if response.status_code not in _PASSING:
                return self._accepted(response, url)
            why = f"it answered {response.status_code}"
        raise SignatureError(f"{self.name}: {why}, {ATTEMPTS} times", where=shown(url), fix=_FIX)

    def _accepted(self, response: Response, url: str) -> Response:
        if response.status_code == _CONFLICT:
            raise AgainError
        if response.status_code >= _BAD:
            raise SignatureError(
                f"{self.name}: it answered {response.status_code}{_message(response)}",
                where=shown(url),
                fix=_FIX,
            )
        return response

    def _pause(self, number: int, url: str, why: str) -> None:
        # The jitter keeps many jobs from coming back at the same moment.
        seconds = min(_LONGEST_PAUSE, 0.25 * 2**number) * (1 + random.random() / 4)  # noqa: S311
        if seconds >= self.deadline.left():
            raise SignatureError(f"{self.name}: {why}", where=shown(url), fix=_FIX)
        self.sleep(seconds)


def carry(session: Session, transport: Transport) -> None:
    """Let a session of the library use `transport`, and never credentials from `.netrc`."""
    session.mount("https://", transport)
    session.mount("http://", transport)
    session.auth = _no_credentials


class PerThread:
    """Sees to it that each thread's session of a client is carried by our transport."""

    def __init__(self, client: Any, transport: Transport) -> None:
        self.client = client
        self.transport = transport
        self._known = threading.local()

    def prepare(self) -> None:
        """Do so for the calling thread, once."""
        if not getattr(self._known, "done", False):
            carry(self.client._session, self.transport)  # noqa: SLF001 - its only session
            self._known.done = True


def _no_credentials(request: PreparedRequest) -> PreparedRequest:
    return request


def _message(response: Response) -> str:
    """What a service says of an error, as gRPC gateways write it."""
    try:
        said = response.json()["message"]
    except (ValueError, LookupError, TypeError):
        return ""
    return f": {plain(str(said), limit=200)}"
