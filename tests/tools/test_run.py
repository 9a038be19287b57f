"""The door to other programs: every fault is an answer, and nothing outlives a call."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pipeline.tools import run as door
from pipeline.tools.run import Command, run, start, terminate_all

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.tools.run import Run


@pytest.fixture(autouse=True)
def _not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_interrupted", threading.Event())


def python(code: str, *arguments: str, **more: object) -> Command:
    return Command(argv=(sys.executable, "-I", "-c", code, *arguments), **more)  # type: ignore[arg-type]


def here(command: Command, folder: Path, **more: int) -> Run:
    return run(command, cwd=folder, home=folder, **more)


def shell(script: str, **more: object) -> Command:
    return Command(argv=("/bin/sh", "-c", script), **more)  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has reaped yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123  # not a path of ours
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return True  # no such file system here


def wait_until_gone(pid: int) -> bool:
    for _ in range(1500):
        if not is_alive(pid):
            return True
        time.sleep(0.02)
    return False


def wait_for(path: Path) -> str:
    for _ in range(1500):
        if path.exists() and (text := path.read_text().strip()):
            return text
        time.sleep(0.02)
    raise AssertionError(path)


def test_what_a_program_writes_and_how_it_exits_is_the_answer(tmp_path: Path) -> None:
    command = python("import sys; print('out'); print('err', file=sys.stderr)", label="speak")
    answer = here(command, tmp_path)
    assert answer.ok
    assert (answer.exit_code, answer.stdout, answer.stderr) == (0, b"out\n", "err\n")
    assert (answer.fault, answer.detail) == ("", "")
    assert answer.command is command
    assert answer.seconds > 0


def test_only_accepted_exit_codes_mean_that_the_tool_worked(tmp_path: Path) -> None:
    refused = here(shell("exit 3"), tmp_path)
    assert not refused.ok
    assert (refused.fault, refused.exit_code, refused.detail) == ("exit_code", 3, "exit code 3")
    accepted = here(shell("exit 3", accept=frozenset({0, 3})), tmp_path)
    assert (accepted.fault, accepted.exit_code) == ("", 3)
    zero = here(shell("exit 0", accept=frozenset({3})), tmp_path)
    assert (zero.fault, zero.exit_code) == ("exit_code", 0)


def test_it_runs_in_the_folder_that_was_named(tmp_path: Path) -> None:
    answer = here(python("import os; print(os.getcwd())"), tmp_path)
    assert answer.stdout.decode().strip() == str(tmp_path.resolve())


def test_standard_input_is_empty(tmp_path: Path) -> None:
    assert here(python("import sys; print(repr(sys.stdin.read()))"), tmp_path).stdout == b"''\n"


# ----------------------------------------------------------------------------------- missing


def test_a_program_that_is_not_installed_is_an_answer(tmp_path: Path) -> None:
    answer = here(Command(argv=("no-such-program-anywhere",)), tmp_path)
    assert (answer.fault, answer.exit_code) == ("missing", None)
    assert "no-such-program-anywhere" in answer.detail


def test_a_file_that_cannot_be_started_is_an_answer(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    assert here(Command(argv=(str(plain),)), tmp_path).fault == "missing"
    plain.chmod(0o755)
    assert here(Command(argv=(str(plain),)), tmp_path).detail.startswith("could not be started")


@pytest.mark.parametrize("argument", ["a\0b", "\ud800"])
def test_an_argument_no_program_can_be_given_is_an_answer(tmp_path: Path, argument: str) -> None:
    answer = here(Command(argv=("/bin/echo", argument)), tmp_path)
    assert answer.fault == "missing"
    assert "argument" in answer.detail


def test_a_missing_folder_is_an_answer(tmp_path: Path) -> None:
    assert here(shell("exit 0"), tmp_path / "gone").fault == "missing"


# ------------------------------------------------------------------------- limits of all kinds


def test_past_its_time_limit_a_program_and_its_children_are_ended(tmp_path: Path) -> None:
    script = "sleep 60 & echo $! > child; echo begun; wait"
    answer = here(shell(script, timeout=3.0), tmp_path)
    assert (answer.fault, answer.exit_code, answer.stdout) == ("timeout", None, b"begun\n")
    assert answer.detail == "no end after 3 s"
    assert wait_until_gone(int((tmp_path / "child").read_text()))


def test_a_program_that_ignores_the_polite_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_GRACE", 0.2)
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    )
    assert here(python(code, timeout=5.0), tmp_path).fault == "timeout"
    assert wait_until_gone(int((tmp_path / "pid").read_text()))


def test_a_program_that_closes_its_pipes_and_hangs_is_ended(tmp_path: Path) -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(60)"
    assert here(python(code, timeout=0.7), tmp_path).fault == "timeout"


def test_a_program_that_closes_its_pipes_and_goes_on_is_waited_for(tmp_path: Path) -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(0.3); os._exit(5)"
    assert here(python(code), tmp_path).exit_code == 5


def test_a_child_left_behind_does_not_outlive_the_program(tmp_path: Path) -> None:
    answer = here(shell("sleep 60 & echo $! > child; echo done", timeout=30), tmp_path)
    assert (answer.fault, answer.stdout) == ("", b"done\n")
    assert wait_until_gone(int((tmp_path / "child").read_text()))


def test_a_descendant_that_escapes_and_keeps_the_pipes_does_not_hang_us(tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    open('escaped', 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "while not os.path.exists('escaped') or not os.path.getsize('escaped'): time.sleep(0.01)\n"
        "print('done', flush=True)"
    )
    try:
        answer = here(python(code, timeout=30), tmp_path)
        assert (answer.fault, answer.stdout) == ("", b"done\n")
        assert answer.seconds < 30
    finally:
        os.kill(int((tmp_path / "escaped").read_text()), signal.SIGKILL)


def test_endless_output_is_cut_off(tmp_path: Path) -> None:
    answer = here(shell("yes"), tmp_path, output_limit=100_000)
    assert (answer.fault, answer.exit_code) == ("output_limit", None)
    assert answer.stdout == b"y\n" * 50_000
    assert answer.detail == "wrote more than 100000 bytes"


def test_output_of_exactly_the_limit_is_kept(tmp_path: Path) -> None:
    answer = here(python("print('x' * 999_999)"), tmp_path, output_limit=1_000_000)
    assert (answer.fault, len(answer.stdout)) == ("", 1_000_000)


def test_both_pipes_are_read_at_once_and_errors_keep_their_tail(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for i in range(3000):\n"
        "    sys.stderr.write(f'{i:04}' * 64 + '\\n')\n"
        "    sys.stdout.write('o' * 256)\n"
        "sys.stderr.buffer.write(b'\\xff the end')"
    )
    answer = here(python(code), tmp_path)
    assert (answer.fault, len(answer.stdout)) == ("", 3000 * 256)
    assert len(answer.stderr) == 16 * 1024
    assert answer.stderr.endswith("2999\n\ufffd the end")


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (15, "SIGTERM"), (40, "signal 40")])
def test_a_signal_is_told_apart_from_an_exit_code(tmp_path: Path, number: int, name: str) -> None:
    answer = here(shell(f"kill -{number} $$", accept=frozenset({0, -number})), tmp_path)
    assert (answer.fault, answer.exit_code) == ("killed", None)
    assert answer.detail == f"ended by {name}"


# ------------------------------------------------------------------------------- interruption


def test_an_interruption_ends_what_runs_and_lets_nothing_start(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(here, shell(f"sleep 60 & echo $! > {name}; wait"), tmp_path)
            for name in ("one", "two")
        ]
        children = [int(wait_for(tmp_path / name)) for name in ("one", "two")]
        terminate_all()
        answers = [call.result() for call in calls]
    assert [(answer.fault, answer.detail) for answer in answers] == [("killed", "interrupted")] * 2
    assert all(wait_until_gone(child) for child in children)
    late = here(shell("touch started"), tmp_path)
    assert (late.fault, late.detail) == ("killed", "interrupted before it started")
    assert not (tmp_path / "started").exists()


def test_an_interruption_ends_what_ignores_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_GRACE", 0.2)
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.getpid(), file=open('pid', 'w')); os.close(1); os.close(2); time.sleep(60)"
    )
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(here, python(code), tmp_path)
        child = int(wait_for(tmp_path / "pid"))
        terminate_all()
        assert call.result().fault == "killed"
    assert wait_until_gone(child)


def test_a_program_that_starts_while_all_are_ended_is_ended_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was started before the interruption and entered among the running ones after it."""
    start = door._start

    def start_and_interrupt(command: Command, cwd: Path, home: Path) -> object:
        process = start(command, cwd, home)
        door._interrupted.set()
        return process

    monkeypatch.setattr(door, "_start", start_and_interrupt)
    assert here(shell("sleep 60"), tmp_path).detail == "interrupted"
    assert (
        here(shell("exec >&- 2>&-; sleep 60"), tmp_path).detail == "interrupted before it started"
    )


def test_ctrl_c_ends_the_program_before_it_goes_on(tmp_path: Path) -> None:
    def interrupt() -> None:
        wait_for(tmp_path / "child")
        signal.raise_signal(signal.SIGINT)

    # Whoever runs the tests in the background has Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    sender = threading.Thread(target=interrupt)
    try:
        sender.start()
        with pytest.raises(KeyboardInterrupt):
            here(shell("sleep 60 & echo $! > child; wait"), tmp_path)
    finally:
        sender.join()
        signal.signal(signal.SIGINT, before)
    assert wait_until_gone(int((tmp_path / "child").read_text()))
    assert not door._running


def test_many_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: here(shell(f"echo {n}"), tmp_path), range(40)))
    assert [answer.stdout for answer in answers] == [f"{n}\n".encode() for n in range(40)]
    assert not door._running


def test_a_program_can_be_started_now_and_followed_later(tmp_path: Path) -> None:
    """It runs meanwhile: what it left by then is there, and its output waits in the pipe."""
    code = "import pathlib; print('said', flush=True); pathlib.Path('left').touch()"
    started = start(python(code), cwd=tmp_path, home=tmp_path)
    while not (tmp_path / "left").exists():
        time.sleep(0.01)
    answer = started.finish()
    assert (answer.fault, answer.stdout) == ("", b"said\n")
    started.end()


def test_its_time_limit_counts_from_its_start(tmp_path: Path) -> None:
    started = start(python("import time; time.sleep(60)", timeout=0.3), cwd=tmp_path, home=tmp_path)
    time.sleep(0.5)
    assert started.finish().fault == "timeout"


def test_a_program_that_nobody_wants_any_more_is_ended(tmp_path: Path) -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    started = start(python(code), cwd=tmp_path, home=tmp_path)
    process = started._process
    assert not isinstance(process, door._Ending)
    started.end()
    assert wait_until_gone(process.pid)
    assert process not in door._running
    started.end()


def test_a_program_can_be_held_and_goes_on(tmp_path: Path) -> None:
    code = "import sys; print('begun', flush=True)\nwhile True: open('step', 'a').write('x')"
    started = start(python(code), cwd=tmp_path, home=tmp_path)
    step = tmp_path / "step"
    while not step.exists():
        time.sleep(0.01)
    started.hold()
    time.sleep(0.1)
    size, busy = step.stat().st_size, started.seconds()
    time.sleep(0.2)
    assert step.stat().st_size == size
    if sys.platform == "linux":
        assert started.seconds() == busy
    started.go_on()
    while step.stat().st_size == size:
        time.sleep(0.01)
    assert started.seconds() >= busy
    started.end()
    started.hold()
    assert started.seconds() >= 0


def test_an_interruption_ends_what_is_held(tmp_path: Path) -> None:
    started = start(python("import time; time.sleep(60)"), cwd=tmp_path, home=tmp_path)
    started.hold()
    terminate_all()
    assert started.finish().fault == "killed"


def test_one_that_cannot_be_started_says_so_at_its_end(tmp_path: Path) -> None:
    started = start(Command(argv=("no-such-program",)), cwd=tmp_path, home=tmp_path)
    started.hold()
    started.go_on()
    assert started.seconds() == 0
    started.end()
    assert started.finish().fault == "missing"


def test_an_interruption_ends_what_nobody_follows_yet(tmp_path: Path) -> None:
    started = start(python("import time; time.sleep(60)"), cwd=tmp_path, home=tmp_path)
    terminate_all()
    assert started.finish().fault == "killed"
