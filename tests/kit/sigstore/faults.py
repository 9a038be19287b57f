"""Faults of a private Sigstore's services, on order: between the client and what would answer.

Each service keeps working behind the fault, so that "half an answer" is half of a good one, and a
fault that passes after some requests is followed by what the service says.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from tests.fake import Request, Response
from tests.kit.sigstore.identity import Issuer
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.standin import StandIn

SERVICES = ("issuer", "fulcio", "rekor", "tsa")


class Fault(StrEnum):
    """What goes wrong."""

    DOWN = "down"
    SLOW = "slow"
    ERROR = "500"
    GARBAGE = "garbage"
    HALF = "half an answer"
    WRONG_KEY = "wrong key"


@contextmanager
def faulty(
    stack: Sigstore, service: str, fault: Fault, *, times: int | None = None, seconds: float = 5.0
) -> Iterator[None]:
    """Let a service of the stand-in fail, for good or the first `times`.

    `seconds` is how long a slow one takes. A wrong key is that of another instance, which does
    everything right but is not trusted.
    """
    server = stack.servers[service]
    good = server.handle
    bad = _stranger(stack, service) if fault is Fault.WRONG_KEY else _spoiling(good, fault, seconds)
    count = itertools.count()

    def handle(request: Request) -> Response:
        return good(request) if times is not None and next(count) >= times else bad(request)

    server.handle = handle
    try:
        yield
    finally:
        server.handle = good


def _spoiling(
    good: Callable[[Request], Response], fault: Fault, seconds: float
) -> Callable[[Request], Response]:
    def spoilt(request: Request) -> Response:
        match fault:
            case Fault.DOWN:
                return Response(reset=True)
            case Fault.ERROR:
                return Response(status=500, body={"code": 13, "message": "out of order"})
            case Fault.GARBAGE:
                return Response(status=200, body=b"<html>it works</html>")
        answer = good(request)
        if fault is Fault.SLOW:
            answer.slow = seconds
        else:
            answer.cut = 20
        return answer

    return spoilt


def _stranger(stack: Sigstore, service: str) -> Callable[[Request], Response]:
    """The same service of another instance."""
    other = StandIn(issuer=stack.issuer)
    if service == "issuer":
        issuer = Issuer(url=stack.issuer.url, secret=stack.issuer.secret)
        return issuer.answer
    answers = {"fulcio": other.certify, "rekor": other.enter, "tsa": other.tell_time}
    return answers[service]
