"""Every way in which the engine or the files can fail: never clean by accident."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.checks.secrets.engine import MAX_BYTES
from pipeline.model import Evidence, Gap, Status
from pipeline.tools import python

from .conftest import Repository, evidence, is_whole, make_token, only, scope, search


@pytest.fixture
def with_engine(
    repository: Repository, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Evidence]:
    """The evidence of a run with a stand-in for the engine, around the real one."""
    repository.commit(a=f"key = '{token}'\n")

    def run(script: str) -> Evidence:
        body = (
            "import subprocess, sys, os, resource, signal\n"
            f"def real(): return subprocess.run([{sys.executable!r}, '-I', '-m', 'kingfisher',"
            " *sys.argv[1:]], stdout=subprocess.PIPE)\n" + script
        )
        monkeypatch.setattr(python, "command", lambda **_: (sys.executable, "-I", "-c", body))
        found = evidence(repository.root, tmp_path / "out")
        assert token not in str(found)
        return found

    return run


FAULTS = {
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "out of memory": (
        "resource.setrlimit(resource.RLIMIT_AS, (64 * 1024**2,) * 2); sys.exit(real().returncode)"
    ),
    "half of its output": "out = real().stdout; sys.stdout.buffer.write(out[:len(out) // 2])",
    "no last line": "sys.stdout.buffer.writelines(real().stdout.splitlines(True)[:-1])",
    "no output": "sys.exit(0)",
    "nothing found": (
        "sys.stdout.buffer.writelines(l for l in real().stdout.splitlines(True) if b'audit' in l)"
    ),
    "an exit code of failure": "sys.stderr.buffer.write(real().stdout); sys.exit(1)",
    "no JSON": "out = real().stdout; sys.stdout.buffer.write(out.replace(b'snippet', b'x'))",
}


@pytest.mark.parametrize("script", FAULTS.values(), ids=FAULTS)
def test_a_broken_engine_is_an_error(with_engine: Callable[[str], Evidence], script: str) -> None:
    found = with_engine(script)
    assert found.status is Status.ERRORED
    assert found.reason
    assert not found.findings


def test_an_engine_that_read_less_is_partial(with_engine: Callable[[str], Evidence]) -> None:
    script = (
        "import re; sys.stdout.buffer.write("
        "re.sub(rb'blobs_scanned\":\\d+', b'blobs_scanned\":0', real().stdout))"
    )
    found = with_engine(script)
    assert found.status is Status.PARTIAL
    gaps = {one.gap for part in found.coverage for one in part.missing if part.required}
    assert gaps == {Gap.NOT_ACCOUNTED_FOR}


def test_a_second_look_that_tells_nothing_is_an_error(
    repository: Repository, with_engine: Callable[[str], Evidence]
) -> None:
    script = (
        "sys.stdout.buffer.writelines("
        "l for l in real().stdout.splitlines(True) if b'again/' not in l)"
    )
    assert with_engine(script).status is Status.FOUND
    repository.write("go.sum", "x = 1\n")
    found = with_engine(script)
    assert found.status is Status.ERRORED
    assert "canary" in found.reason


ONE_LESS = (
    "import re; sys.stdout.buffer.write(re.sub(rb'blobs_scanned\":(\\d+)', "
    "lambda found: b'blobs_scanned\":%d' % (int(found[1]) - {less}), real().stdout))"
)


def test_a_walk_that_read_less_answers_for_no_file_of_today(
    repository: Repository, with_engine: Callable[[str], Evidence]
) -> None:
    repository.write("go.sum", "x = 1\n")
    assert with_engine(ONE_LESS.format(less=0)).status is Status.FOUND
    repository.write("go.sum", "x = 2\n")
    found = with_engine(ONE_LESS.format(less=1))
    assert found.status is Status.PARTIAL
    assert {part.scope: part.evaluated for part in found.coverage if part.required} == {
        "today's files": 0,
        "files that rules pass over": 0,
        "history": 1,
    }


@pytest.mark.parametrize("has_git", [False, True], ids=["no repository", "no commit"])
def test_a_second_look_that_was_cut_short_is_partial(
    repository: Repository, with_engine: Callable[[str], Evidence], *, has_git: bool
) -> None:
    repository.write("go.sum", "x = 1\n")
    shutil.rmtree(repository.root / ".git")
    if has_git:
        repository.git("init", "-q")
    script = (
        "import re; sys.stdout.buffer.write(re.sub(rb'(/beside\".*?blobs_scanned\":)(\\d+)', "
        "lambda found: found[1] + b'%d' % (int(found[2]) - 1), real().stdout))"
    )
    found = with_engine(script)
    assert found.status is Status.PARTIAL
    (part,) = (part for part in found.coverage if not part.complete and part.required)
    assert part.scope == "files that rules pass over"
    assert (part.expected, part.evaluated) == (1, 0)


def test_a_database_that_was_not_unpacked_is_partial(
    repository: Repository, with_engine: Callable[[str], Evidence]
) -> None:
    assert with_engine("sys.stdout.buffer.write(real().stdout)").status is Status.FOUND
    repository.write("a.db", b"SQLite format 3\0")
    script = "sys.stdout.buffer.write(real().stdout.replace(b'a.db', b'b.db'))"
    found = with_engine(script)
    assert found.status is Status.PARTIAL
    assert [one.subject for part in found.coverage for one in part.missing if part.required] == [
        "a.db"
    ]


def test_a_missing_engine_is_an_error(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a="x = 1\n")
    monkeypatch.setattr(python, "find", lambda _: None)
    found = evidence(repository.root, tmp_path / "out")
    assert found.status is Status.ERRORED
    assert "kingfisher-bin" in found.reason


# --------------------------------------------------------------------------------- files that fail


def test_odd_files_do_no_harm(tmp_path: Path, token: str) -> None:
    root = tmp_path / "odd"
    (root / "folder").mkdir(parents=True)
    (root / "new\nline.py").write_text(f"key = '{token}'\n")
    (root / "binary").write_bytes(b"\0\xff" * 300)
    (root / "loop").symlink_to(".")
    (root / "folder" / "up").symlink_to("..")
    (root / "empty").touch()
    os.mkfifo(root / "pipe")
    (root / os.fsdecode(b"\xff.py")).write_text("x = 1\n")
    reading = search(root)
    assert only(reading).locations[0].path == "new\nline.py"
    assert is_whole(reading)
    assert scope(reading, "today's files").expected == 4


def test_a_file_of_one_gigabyte_is_named(tmp_path: Path, token: str) -> None:
    root = tmp_path / "large"
    root.mkdir()
    with (root / "disk.img").open("wb") as file:
        file.truncate(1024**3)
    (root / "a.py").write_text(f"key = '{token}'\n")
    reading = search(root)
    assert only(reading)
    part = scope(reading, "today's files")
    assert (part.expected, part.evaluated) == (2, 1)
    assert [(one.subject, one.gap) for one in part.missing] == [("disk.img", Gap.TOO_LARGE)]
    assert MAX_BYTES < 1024**3


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is forbidden to the superuser")
def test_a_forbidden_file_is_named(tmp_path: Path) -> None:
    root = tmp_path / "closed"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    (root / "b.py").write_text("x = 1\n")
    (root / "b.py").chmod(0)
    part = scope(search(root), "today's files")
    assert [one.subject for one in part.missing] == ["b.py"]


@pytest.mark.slow
def test_a_hundred_thousand_files(tmp_path: Path, token: str) -> None:
    root = tmp_path / "many"
    for folder in range(100):
        (root / str(folder)).mkdir(parents=True)
        for number in range(1000):
            (root / str(folder) / f"{number}.py").write_text(f"x = {number}\n")
    (root / "50" / "500.py").write_text(f"key = '{token}'\n")
    reading = search(root)
    assert only(reading).locations[0].path == "50/500.py"
    assert scope(reading, "today's files").evaluated == 100_000


# -------------------------------------------------------------------- what the repository may say


def test_nothing_of_the_repository_runs_or_shapes_the_answer(
    repository: Repository, token: str, tmp_path: Path
) -> None:
    canary = tmp_path / "ran"
    repository.commit(a=f"key = '{token}'  # kingfisher:ignore\n")
    repository.write("kingfisher.yaml", "exclude: ['*']\n")
    repository.write(".kingfisherignore", "*\n")
    repository.write(".ignore", "*\n")
    repository.write(".gitattributes", "* filter=x diff=x\n")
    repository.write(".gitleaks.toml", "[allowlist]\npaths = ['.*']\n")
    repository.commit()
    touch = f"touch {canary}"
    for key in ("core.fsmonitor", "filter.x.clean", "filter.x.smudge", "diff.x.textconv",
                "core.sshCommand", "core.pager", "gpg.program", "core.gitProxy"):  # fmt: skip
        repository.git("config", key, touch)
    for name in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction"):
        hook = repository.root / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\n{touch}\n")
        hook.chmod(0o755)
    finding = only(reading := search(repository.root))
    assert finding.locations[0].path == "a.py"
    assert finding.commits
    assert is_whole(reading)
    assert not canary.exists()


def test_markers_count_only_where_the_policy_permits_them(
    repository: Repository, token: str
) -> None:
    repository.commit(a=f"key = '{token}'  # kingfisher:ignore\n")
    assert search(repository.root).findings
    assert not search(repository.root, allow_markers=True).findings


def test_a_made_up_value_in_a_test_is_lowered_and_shown(tmp_path: Path, token: str) -> None:
    root = tmp_path / "r"
    (root / "tests").mkdir(parents=True)
    (root / "tests" / "test_a.py").write_text(f"key = '{token}'\n")
    finding = only(search(root))
    assert finding.severity == "medium"
    assert "made for a test" in finding.detail
    (root / "b.py").write_text(f"key = '{token}'\n")
    assert only(search(root)).severity == "high"


def test_two_secrets_are_two_findings(tmp_path: Path) -> None:
    root = tmp_path / "r"
    root.mkdir()
    (root / "a.py").write_text(f"a = '{make_token()}'\nb = '{make_token()}'\n")
    found = search(root).findings
    assert len({finding.fingerprint for finding in found}) == 2
