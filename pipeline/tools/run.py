"""The one door to other programs.

A program is started without a shell, without standard input, in a session of its own, with an
environment built from scratch, and never outlives the call: on the time limit, past the output
limit and on an interruption its whole process group is ended. What can go wrong with a program
is an answer (`Run.fault`), not an exception.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.tools import surroundings

Fault = Literal["", "missing", "timeout", "killed", "output_limit", "exit_code"]
"""Why a program's output cannot be relied on. "" means that it worked; "missing" that it could
not be started; "killed" that a signal ended it, ours on an interruption included."""

OUTPUT_LIMIT = 64 * 1024 * 1024
"""Bytes of standard output that are kept; a program that writes more is killed."""

_STDERR_TAIL = 16 * 1024
_CHUNK = 64 * 1024
_GRACE = 2.0
"""Seconds between asking a process group to end and ending it."""
_DRAIN = 0.5
"""Seconds for reading what is still in the pipes after the program itself has ended. Only a
descendant that left the process group and kept a pipe open makes us wait that long."""
_POLL = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run.

    `argv[0]` is an absolute path, or a bare name that is looked up in `PATH`. `accept` holds the
    exit codes that mean "the tool did its work". `timeout` is in seconds. `env` is added to the
    filtered environment. `network` hands on which certificates to trust and which proxies to ask.
    `label` is what people read instead of the argument list.
    """

    argv: tuple[str, ...]
    accept: frozenset[int] = frozenset({0})
    timeout: float = 300.0
    env: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a command went.

    `exit_code` is `None` unless the program ended by itself. `stderr` is its tail, at most
    16 KiB. `detail` is one sentence about the fault, "" without one.
    """

    command: Command
    exit_code: int | None
    stdout: bytes
    stderr: str
    seconds: float
    fault: Fault
    detail: str

    @property
    def ok(self) -> bool:
        """Whether the program ended by itself with an exit code that was accepted."""
        return not self.fault


def run(command: Command, *, cwd: Path, home: Path, output_limit: int = OUTPUT_LIMIT) -> Run:
    """Run `command` in the folder `cwd` and answer how it went.

    `home` is an existing folder that serves as the program's home and for temporary files; the
    user's own is not shown to it. Several calls may run at the same time in different threads.
    Never raises for the program's failure; a `KeyboardInterrupt` ends the program first.
    """
    return start(command, cwd=cwd, home=home, output_limit=output_limit).finish()


def start(command: Command, *, cwd: Path, home: Path, output_limit: int = OUTPUT_LIMIT) -> Started:
    """As `run`, but without waiting; who starts a program has to `finish` it or to `end` it."""
    began = time.monotonic()
    process = _start(command, cwd, home)
    if not isinstance(process, _Ending):
        with _lock:
            _running.add(process)
    return Started(command, process, began, output_limit)


class Started:
    """A program that was started; a pipe that nobody reads yet holds it up once it is full."""

    def __init__(
        self,
        command: Command,
        process: subprocess.Popen[bytes] | _Ending,
        began: float,
        output_limit: int,
    ) -> None:
        """`began` is what the monotonic clock said, in seconds."""
        self._command = command
        self._process = process
        self._began = began
        self._limit = output_limit
        self._is_over = False

    def finish(self) -> Run:
        """Follow it to its end; the time limit counts from its start."""
        output = _Output(self._limit)
        if isinstance(self._process, _Ending):
            code, fault, detail = self._process
        else:
            try:
                fault = _follow(self._process, output, self._began + self._command.timeout)
            finally:
                self._leave(grace=0.0 if output.overflown else _GRACE)
            code, fault, detail = _explain(
                self._command, self._process.returncode, fault, self._limit
            )
        return Run(
            command=self._command,
            exit_code=code,
            stdout=bytes(output.stdout[: self._limit]),
            stderr=output.stderr.decode(errors="replace"),
            seconds=time.monotonic() - self._began,
            fault=fault,
            detail=detail,
        )

    def seconds(self) -> float:
        """Seconds that it kept a core busy so far; where nothing tells that, how long it runs."""
        if isinstance(self._process, _Ending):
            return 0.0
        try:
            # proc_pid_stat(5): the name, which may hold anything, ends at the last parenthesis.
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return time.monotonic() - self._began

    def hold(self) -> None:
        """Let it rest where it is, with all its descendants."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it rests."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if not isinstance(self._process, _Ending) and self._process.poll() is None:
            _send(self._process, number)

    def end(self) -> None:
        """Make an end of it at once, where it has none: nobody wants to know any more."""
        self._leave(grace=0.0)

    def _leave(self, *, grace: float) -> None:
        process = self._process
        if self._is_over or isinstance(process, _Ending):
            return
        self._is_over = True
        try:
            _end(process, grace=grace)
        finally:
            with _lock:
                _running.discard(process)


def terminate_all() -> None:
    """End every running program with its descendants, and let no other start.

    For the interruption of the whole process: a `run` that was going on in another thread
    answers "killed", and so does every later one.
    """
    _interrupted.set()
    with _lock:
        processes = tuple(_running)
    for process in processes:
        _send(process, signal.SIGTERM)
        _send(process, signal.SIGCONT)  # one that is held would not hear
    deadline = time.monotonic() + _GRACE
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    with _lock:
        for process in _running:
            _send(process, signal.SIGKILL)


def is_interrupted() -> bool:
    """Whether the whole process is about to end, and what takes long had better end as well."""
    return _interrupted.is_set()


_lock = threading.Lock()
_running: set[subprocess.Popen[bytes]] = set()
_interrupted = threading.Event()


class _Output:
    """What a program wrote: all of standard output up to a limit, the tail of standard error."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.stdout = bytearray()
        self.stderr = bytearray()

    @property
    def overflown(self) -> bool:
        return len(self.stdout) > self.limit

    def add_error(self, chunk: bytes) -> None:
        self.stderr += chunk
        del self.stderr[:-_STDERR_TAIL]


class _Ending(NamedTuple):
    code: int | None
    fault: Fault
    detail: str


def _start(command: Command, cwd: Path, home: Path) -> subprocess.Popen[bytes] | _Ending:
    """The started program, or why it was not started."""
    if _interrupted.is_set():
        return _Ending(None, "killed", "interrupted before it started")
    environment = surroundings.environment(home, network=command.network) | dict(command.env)
    program = surroundings.find(command.argv[0], environment["PATH"])
    if program is None:
        name = command.argv[0]
        return _Ending(None, "missing", f"{name!r} is neither an absolute path nor in PATH")
    try:
        return subprocess.Popen(  # noqa: S603  # an argument list, no shell, a resolved program
            [program, *command.argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        return _Ending(None, "missing", f"could not be started: {error.strerror}")
    except ValueError:
        return _Ending(None, "missing", "an argument holds a character no program can be given")


def _explain(command: Command, code: int, fault: Fault, output_limit: int) -> _Ending:
    if fault == "timeout":
        return _Ending(None, fault, f"no end after {command.timeout:g} s")
    if fault == "output_limit":
        return _Ending(None, fault, f"wrote more than {output_limit} bytes")
    if _interrupted.is_set():
        return _Ending(None, "killed", "interrupted")
    if code < 0:
        return _Ending(None, "killed", f"ended by {_signal_name(-code)}")
    if code not in command.accept:
        return _Ending(code, "exit_code", f"exit code {code}")
    return _Ending(code, "", "")


def _follow(process: subprocess.Popen[bytes], output: _Output, deadline: float) -> Fault:
    """Read both pipes until the program has ended; answers what made us stop earlier, else "".

    The end of a program is its own exit, not the end of its pipes: descendants may keep them
    open, and a program may close them and go on.
    """
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ, data=pipe is process.stdout)
        while selector.get_map() and process.poll() is None:
            if fault := _out_of_time(deadline):
                return fault
            _read(selector, output, _POLL)
            if output.overflown:
                return "output_limit"
        while process.poll() is None:
            if fault := _out_of_time(deadline):
                return fault
            with suppress(subprocess.TimeoutExpired):
                process.wait(_POLL)
        _send(process, signal.SIGKILL)  # what it left behind in its group
        drained = time.monotonic() + _DRAIN
        while selector.get_map() and time.monotonic() < drained and not output.overflown:
            _read(selector, output, _DRAIN)
    return "output_limit" if output.overflown else ""


def _out_of_time(deadline: float) -> Fault:
    if _interrupted.is_set():
        return "killed"
    return "timeout" if time.monotonic() >= deadline else ""


def _read(selector: selectors.BaseSelector, output: _Output, seconds: float) -> None:
    """Take what the pipes hold; waits up to `seconds` for something to come."""
    for key, _ in selector.select(seconds):
        chunk = os.read(key.fd, _CHUNK)
        if not chunk:
            selector.unregister(key.fileobj)
        elif key.data:
            output.stdout += chunk
        else:
            output.add_error(chunk)


def _end(process: subprocess.Popen[bytes], *, grace: float) -> None:
    """Leave nothing of the process group, and no open pipe."""
    try:
        if grace and process.poll() is None:
            _send(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(grace)
    finally:
        _send(process, signal.SIGKILL)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        process.wait()


def _send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The group's id is the program's own: it leads the session it was started in. macOS answers
    # "not permitted" for a group of which only a zombie is left.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"  # a real-time signal has no name
