"""OSV's interface on loopback, so that a tool which asks OSV gets our answers.

It speaks `/v1/query`, `/v1/querybatch` and `/v1/vulns/ID` as https://google.github.io/osv.dev/api/
describes. A question that was not answered beforehand, or whose answer is a gap, gets 503 and
the reason: never an empty success. The address carries a random token, so that other programs
of this machine can neither ask nor be asked by mistake.
"""

from __future__ import annotations

import json
import secrets
import socket
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pipeline.advisories import osv, problems
from pipeline.advisories.ecosystems import normalise, ordering_of
from pipeline.advisories.source import CANARY, Answer, Question
from pipeline.errors import IncompleteError
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.advisories.source import Source

CANARY_ID = "SUPPLY-CHAIN-CANARY"
"""The one advisory that every relay knows, for the package `CANARY`."""

MAX_BODY_BYTES = 4 << 20
MAX_QUERIES = 1000
_PURL_ECOSYSTEMS = {"pypi": "PyPI", "npm": "npm", "golang": "Go", "cargo": "crates.io"}
_IDLE_SECONDS = 60

_CANARY_RECORD: dict[str, Any] = {
    "id": CANARY_ID,
    "summary": "This package does not exist: it proves that advisories reach the report.",
    "affected": [
        {
            "package": {"ecosystem": CANARY.ecosystem, "name": CANARY.name},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
            "versions": [CANARY.version],
        }
    ],
}


@dataclass(slots=True)
class Relay:
    """A running relay. `query_url` is what `pip-audit --osv-url` wants.

    `stats` counts requests by what became of them: "answered", "unanswered", "malformed",
    "refused".
    """

    base_url: str
    stats: Counter[str] = field(default_factory=Counter)

    @property
    def query_url(self) -> str:
        """The address of `/v1/query`."""
        return f"{self.base_url}/v1/query"


class _Refusal(Exception):  # noqa: N818  an HTTP status on its way out
    """A request that gets no answer."""

    def __init__(self, status: int, why: str, count: str) -> None:
        super().__init__(why)
        self.status = status
        self.count = count


@contextmanager
def serve(
    answers: Source | Mapping[Question, Answer],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    lean: bool = True,
) -> Iterator[Relay]:
    """A relay that runs while the block does; port 0 takes any free one.

    `answers` are given beforehand, or come from a source as they are asked for. With `lean`,
    `/v1/query` gives records in the form of `lean_record`. Raises `IncompleteError` when the
    port is taken.
    """
    try:
        server = _Server((host, port), _Handler, bind_and_activate=True)
    except OSError as error:
        raise IncompleteError(
            f"the advisory relay cannot listen: {error.strerror}",
            where=f"{host}:{port}",
            fix="end the program that uses this port, or let the relay choose one",
        ) from error
    bound = server.server_address[1]
    prefix = "/" + secrets.token_urlsafe(24)
    relay = Relay(f"http://{host}:{bound}{prefix}")
    server.relay, server.prefix, server.lean = relay, prefix, lean
    server.hosts = frozenset({f"{host}:{bound}", f"localhost:{bound}"})
    server.desk = _Desk(answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="advisory relay")
    thread.start()
    try:
        yield relay
    finally:
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()


def lean_record(record: Mapping[str, Any], question: Question) -> dict[str, Any]:
    """A record as small and regular as pip-audit needs it to be.

    pip-audit fails on a fix it cannot parse, passes over a record without `affected` or of
    another schema version, and takes the fixes of the last entry about the package. So there is
    one entry, with one range, with the fixes above the version in question.
    """
    entry = {"ecosystem": question.ecosystem, "name": question.name}
    (advisory,) = problems.group([{**record, "withdrawn": None}], question.ecosystem, question.name)
    events = [{"introduced": "0"}]
    events += [{"fixed": version} for version in advisory.fixed_after(question.version)]
    return {
        "id": record["id"],
        "aliases": sorted(osv.ids(record) - {record["id"]}),
        "summary": advisory.title,
        "affected": [{"package": entry, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
    }


class _Desk:
    """Finds the answer to a question, however its name and version are spelt."""

    def __init__(self, answers: Source | Mapping[Question, Answer]) -> None:
        self._lock = threading.Lock()
        self._source = None if isinstance(answers, Mapping) else answers
        self._answers: dict[Question, Answer] = {}
        self._records: dict[str, dict[str, Any]] = {}
        self._add(CANARY, Answer(records=(_CANARY_RECORD,)))
        if isinstance(answers, Mapping):
            for question, answer in answers.items():
                self._add(question, answer)

    def answer(self, question: Question) -> Answer:
        """The answer; raises `_Refusal` where there is none or only a gap."""
        key = _key(question)
        with self._lock:
            if key not in self._answers and self._source:
                try:
                    self._add(question, self._source.ask([question])[question])
                except IncompleteError as error:
                    raise _Refusal(503, error.what, "unanswered") from error
            answer = self._answers.get(key)
        if answer is None:
            raise _Refusal(503, "this question was not answered beforehand", "unanswered")
        if answer.gap:
            raise _Refusal(503, f"{answer.gap}: {answer.why}", "unanswered")
        return answer

    def record(self, id_: str) -> dict[str, Any]:
        """A record that stood in an answer; raises `_Refusal` for any other."""
        with self._lock:
            if id_ not in self._records:
                raise _Refusal(404, "no answer names this advisory", "unanswered")
            return self._records[id_]

    def _add(self, question: Question, answer: Answer) -> None:
        self._answers[_key(question)] = answer
        self._records.update((record["id"], record) for record in answer.records)


def _key(question: Question) -> Question:
    """The question with its name and version in the ecosystem's own form."""
    ordering = ordering_of(question.ecosystem)
    try:
        version = str(ordering.parse(question.version)) if ordering else question.version
    except ValueError:
        version = question.version
    return Question(question.ecosystem, normalise(question.ecosystem, question.name), version)


class _Server(ThreadingHTTPServer):
    """A server that can end its open connections, and waits for their threads."""

    daemon_threads = False
    block_on_close = True
    allow_reuse_address = False
    request_queue_size = 128
    relay: Relay
    desk: _Desk
    prefix: str
    hosts: frozenset[str]
    lean: bool

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.open_sockets: set[socket.socket] = set()
        self.lock = threading.Lock()
        super().__init__(*arguments, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.lock:
            self.open_sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.lock:
            self.open_sockets.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends connections that clients keep alive; their threads then end by themselves."""
        with self.lock:
            for connection in self.open_sockets:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "supply-chain-relay"
    sys_version = ""
    timeout = _IDLE_SECONDS
    # Head and body leave in one write, at once: else each answer waits 40 ms for the client's
    # delayed acknowledgement.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """`/v1/vulns/ID`."""
        self._respond(self._vuln)

    def do_POST(self) -> None:
        """`/v1/query` and `/v1/querybatch`."""
        self._respond(self._posted)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Nothing: a request is no news."""

    def _respond(self, find: Callable[[], dict[str, Any]]) -> None:
        try:
            value = find()
            status, count = 200, "answered"
        except _Refusal as refusal:
            status, count = refusal.status, refusal.count
            value = {"code": status, "message": str(refusal)}
        body = json.dumps(value).encode()
        with self.server.lock:
            self.server.relay.stats[count] += 1
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if status not in (200, 503):
            # The body may not have been read, and must not be taken for the next request.
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _path(self) -> str:
        """The path behind the token; raises `_Refusal` for strangers."""
        if self.headers.get("Host", "") not in self.server.hosts:
            raise _Refusal(403, "the Host header names another server", "refused")
        path = urlsplit(self.path).path
        prefix, found, rest = path.partition("/v1/")
        if not found or not secrets.compare_digest(prefix.encode(), self.server.prefix.encode()):
            raise _Refusal(404, "no such address", "refused")
        return rest

    def _vuln(self) -> dict[str, Any]:
        kind, _, id_ = self._path().partition("/")
        if kind != "vulns" or not id_:
            raise _Refusal(404, "no such address", "refused")
        return self.server.desk.record(unquote(id_))

    def _posted(self) -> dict[str, Any]:
        # Read before anything is refused: a connection closed on unread bytes loses the answer.
        content = self._content()
        path = self._path()
        if path not in ("query", "querybatch"):
            raise _Refusal(404, "no such address", "refused")
        value = _object(content)
        if path == "query":
            question = _question(value)
            records: Sequence[Any] = self.server.desk.answer(question).records
            if self.server.lean:
                records = [lean_record(record, question) for record in records]
            return {"vulns": records} if records else {}
        queries = value.get("queries")
        if not isinstance(queries, list) or len(queries) > MAX_QUERIES:
            raise _malformed(f"`queries` is not a list of at most {MAX_QUERIES}")
        return {"results": [self._result(query) for query in queries]}

    def _result(self, query: Any) -> dict[str, Any]:
        records = self.server.desk.answer(_question(query)).records
        stubs = [{"id": record["id"], "modified": record.get("modified", "")} for record in records]
        return {"vulns": stubs} if stubs else {}

    def _content(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise _Refusal(411, "the request does not say how long it is", "malformed")
        if int(length[:12]) > MAX_BODY_BYTES:
            raise _Refusal(413, f"more than {MAX_BODY_BYTES} bytes", "malformed")
        return self.rfile.read(int(length))


def _object(content: bytes) -> dict[str, Any]:
    """The JSON object of a request; raises `_Refusal`."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _malformed("not JSON") from error
    if not isinstance(value, dict):
        raise _malformed("not an object")
    return value


def _malformed(why: str) -> _Refusal:
    return _Refusal(400, why, "malformed")


def _question(query: Any) -> Question:
    """The question of an OSV query; raises `_Refusal` for what cannot be one."""
    package = query.get("package") if isinstance(query, dict) else None
    if not isinstance(package, dict):
        raise _malformed("`package` is missing; commits are not known here")
    if query.get("page_token"):
        raise _malformed("there are no further pages: every answer is whole")
    version = query.get("version", "")
    if "purl" in package:
        question = _from_purl(package["purl"], version)
    else:
        question = Question(package.get("ecosystem", ""), package.get("name", ""), version)
    if not all(isinstance(part, str) and part for part in question):
        raise _malformed("ecosystem, name and version must all be given, as text")
    return question._replace(name=normalise(question.ecosystem, question.name))


def _from_purl(purl: Any, version: Any) -> Question:
    """The question of a package URL (ECMA-427); a version may stand in it or beside it."""
    text = purl if isinstance(purl, str) else ""
    scheme, _, rest = text.split("?")[0].split("#")[0].partition(":")
    kind, _, path = rest.lstrip("/").partition("/")
    name, _, inside = path.partition("@")
    if scheme != "pkg" or kind.lower() not in _PURL_ECOSYSTEMS or (inside and version):
        raise _malformed(f"not a package URL that is known here: {plain(text, limit=200)}")
    return Question(_PURL_ECOSYSTEMS[kind.lower()], unquote(name), unquote(inside) or version)
