"""A tool that starts before its inputs are there: never an answer to less than was asked."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from pipeline.checks.equipment import Tools
from pipeline.checks.job import Job, Ran
from pipeline.collect import ahead as room
from pipeline.collect.ahead import Ahead
from pipeline.collect.jobs import run_jobs
from pipeline.errors import IncompleteError

PYTHON = (sys.executable, "-I", "-c")
SLOW = """
import pathlib, sys, time
pathlib.Path(sys.argv[1]).touch()
while not pathlib.Path("given/file").exists(): time.sleep(0.01)
print(pathlib.Path("given/file").read_text())
"""
"""A tool that waits for its input."""
HASTY = """
import pathlib, sys
pathlib.Path(sys.argv[1]).touch()
file = pathlib.Path("given/file")
print(file.read_text() if file.exists() else "nothing")
"""
"""A tool that looks at once."""


class Equipped:
    """Python as the tool."""

    is_there = True

    def command(self, _: Job) -> tuple[str, ...]:
        if not self.is_there:
            raise IncompleteError("it is not installed")
        return PYTHON


@pytest.fixture
def ahead() -> Iterator[Ahead]:
    with closing(Ahead(cast("Tools", Equipped()))) as ahead:
        yield ahead


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What the tool touches when it runs."""
    return tmp_path / "mark"


def job(code: str, mark: Path, **more: object) -> Job:
    """The tool, before it is known what is in its folder."""
    values: dict[str, object] = {"met": met, "blind": 60.0, **more}
    return Job(name="j", arguments=(code, str(mark)), late=("given",), **values)  # type: ignore[arg-type]


def met(ran: Ran) -> bool:
    return b"nothing" not in ran.stdout


def given(job: Job) -> Job:
    return replace(job, inputs={"given/file": b"what it is to read"}, notes="known later")


def run_all(ahead: Ahead, *jobs: Job) -> list[str]:
    return [ran.stdout.decode().strip() for ran in run_jobs(jobs, [PYTHON] * len(jobs), ahead)]


def has_ended(early: room.Early) -> bool:
    process = early.started._process
    return not isinstance(process, subprocess.Popen) or process.poll() is not None


def wait(until: Callable[[], bool]) -> None:
    for _ in range(3000):
        if until():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen")


def test_a_job_is_running_before_its_inputs_are_known(ahead: Ahead, mark: Path) -> None:
    ahead(job(SLOW, mark))
    wait(mark.exists)
    early = ahead._early
    (ran,) = run_jobs([given(job(SLOW, mark))], [PYTHON], ahead)
    assert ran.stdout == b"what it is to read\n"
    assert ran.job.notes == "known later"
    assert early
    assert early.folder.exists()
    ahead.close()
    assert not early.folder.exists()


def test_one_that_looked_too_early_looks_again(ahead: Ahead, mark: Path) -> None:
    ahead(job(HASTY, mark))
    wait(mark.exists)
    mark.unlink()
    assert run_all(ahead, given(job(HASTY, mark))) == ["what it is to read"]
    assert mark.exists(), "it was started once more"


def test_one_that_failed_is_believed_only_from_the_beginning(ahead: Ahead, mark: Path) -> None:
    """It may have failed for want of its inputs; where it fails with them, that is its answer."""
    fails = "raise SystemExit(3)"
    lines = ("import pathlib", f"if not pathlib.Path('given/file').exists(): {fails}")
    first = job("\n".join((*lines, "print('well')")), mark)
    ahead(first)
    early = ahead._early
    assert early
    wait(lambda: has_ended(early))
    assert run_all(ahead, given(first)) == ["well"]
    always = job(fails, mark)
    ahead(always)
    with pytest.raises(IncompleteError):
        run_jobs([given(always)], [PYTHON], ahead)


@pytest.mark.parametrize(
    ("code", "more"),
    [("import os; os.kill(os.getpid(), 9)", {}), ("import time; time.sleep(60)", {"timeout": 0.2})],
    ids=["killed", "out of time"],
)
def test_what_ended_it_would_do_so_again(
    ahead: Ahead, mark: Path, started: list[str], code: str, more: dict[str, object]
) -> None:
    count = f"import pathlib, sys; open(sys.argv[1], 'a').write('x'); {code}"
    ends = job(count, mark, **more)
    ahead(ends)
    wait(mark.exists)
    with pytest.raises(IncompleteError):
        run_jobs([given(ends)], [PYTHON], ahead)
    assert mark.read_text() == "x", "it was started once"
    assert started == ["j"]


def test_a_plan_that_comes_to_something_else_loses_nothing(ahead: Ahead, mark: Path) -> None:
    ahead(job(SLOW, mark))
    early = ahead._early
    assert early
    other = given(replace(job(SLOW, mark), arguments=(HASTY, str(mark))))
    assert run_all(ahead, other, other) == ["what it is to read"] * 2
    assert not early.folder.exists()


@pytest.mark.parametrize(
    "change", [{"env": {"A": "1"}}, {"timeout": 5.0}, {"arguments": ("1",)}, {"network": True}]
)
def test_only_the_very_same_command_is_taken_over(
    ahead: Ahead, mark: Path, change: dict[str, object]
) -> None:
    ahead(job(SLOW, mark))
    changed = replace(given(job(SLOW, mark)), **change)  # type: ignore[arg-type]
    assert ahead.take([changed], [PYTHON]) == {}


def test_the_last_job_that_was_foreseen_counts(ahead: Ahead, mark: Path) -> None:
    ahead(job(SLOW, mark))
    first = ahead._early
    ahead(job(SLOW, mark))
    assert ahead._early is first, "it runs already"
    ahead(job(SLOW + "#", mark))
    assert first
    assert not first.folder.exists()
    assert run_all(ahead, given(job(SLOW + "#", mark))) == ["what it is to read"]


def test_one_among_others(ahead: Ahead, mark: Path) -> None:
    ahead(job(SLOW, mark))
    other = Job(name="other", arguments=("print('other')",))
    assert run_all(ahead, other, given(job(SLOW, mark)), other) == [
        "other",
        "what it is to read",
        "other",
    ]


BUSY = """
import pathlib, sys, time
while not pathlib.Path("given/file").exists() and time.process_time() < 30: pass
print(pathlib.Path("given/file").read_text())
"""
"""A tool that is busy until there is something to look at."""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_one_that_is_about_to_look_is_held_until_there_is_something(
    ahead: Ahead, mark: Path
) -> None:
    busy = job(BUSY, mark, blind=0.1)
    ahead(busy)
    early = ahead._early
    assert early
    process = early.started._process
    assert isinstance(process, subprocess.Popen)
    stat = Path(f"/proc/{process.pid}/stat")
    wait(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
    assert run_all(ahead, given(busy)) == ["what it is to read"]
    assert early.started._process is process, "the same one went on"


def test_one_that_is_held_ends_like_any_other(ahead: Ahead, mark: Path) -> None:
    ahead(job(SLOW, mark, blind=0.0))
    early = ahead._early
    assert early
    time.sleep(0.1)
    ahead.close()
    assert has_ended(early)


@pytest.mark.parametrize("delay", [number / 1000 for number in range(0, 20, 2)])
def test_whenever_it_is_given_something_it_goes_on(delay: float, mark: Path) -> None:
    """Also at the very moment at which it is held."""
    with closing(Ahead(cast("Tools", Equipped()))) as ahead:
        ahead(job(SLOW, mark, blind=0.0))
        time.sleep(delay)
        assert run_all(ahead, given(job(SLOW, mark, blind=0.0))) == ["what it is to read"]


def test_without_its_tool_the_job_itself_tells(mark: Path) -> None:
    equipped = Equipped()
    equipped.is_there = False
    with closing(Ahead(cast("Tools", equipped))) as ahead:
        ahead(job(SLOW, mark))
        assert ahead.take([given(job(SLOW, mark))], [PYTHON]) == {}


def test_without_a_folder_for_it_nothing_is_started(ahead: Ahead, mark: Path) -> None:
    ahead(job(SLOW, mark, scratch="/no/such/folder"))
    assert ahead._early is None
    assert run_all(ahead, given(job(SLOW, mark))) == ["what it is to read"]


def test_whatever_happens_to_the_plan_nothing_is_left(mark: Path) -> None:
    def plan() -> Path:
        with closing(Ahead(cast("Tools", Equipped()))) as ahead:
            ahead(job(SLOW, mark))
            early = ahead._early
            assert early
            found.append(early)
            raise KeyboardInterrupt

    found: list[room.Early] = []
    with pytest.raises(KeyboardInterrupt):
        plan()
    (early,) = found
    assert not early.folder.exists()
    assert has_ended(early)


def test_inputs_that_cannot_be_written_leave_nothing_running(
    ahead: Ahead, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead(job(SLOW, mark))
    early = ahead._early
    assert early

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room, "lay", full)
    with pytest.raises(OSError, match="No space"):
        run_jobs([given(job(SLOW, mark))], [PYTHON], ahead)
    ahead.close()
    assert not early.folder.exists()


def test_the_folder_is_where_the_job_wants_it(ahead: Ahead, mark: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "here"
    wanted.mkdir()
    ahead(job(SLOW, mark, scratch=str(wanted)))
    early = ahead._early
    assert early
    assert early.folder.parent == wanted
    assert early.folder.stat().st_mode & 0o077 == 0
    run_all(ahead, given(job(SLOW, mark, scratch=str(wanted))))
    code = "import os; print(os.getcwd(), os.environ['TMPDIR'])"
    (said,) = run_all(ahead, Job(name="j", arguments=(code,), scratch=str(wanted)))
    assert all(place.startswith(f"{wanted}/") for place in said.split())
    assert list(wanted.iterdir()) == []
