"""A secret is found wherever the history keeps it, with the real engine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline.checks.job import Options, Skip
from pipeline.checks.secrets import remember
from pipeline.checks.secrets.jobs import plan
from pipeline.discover.past import past
from pipeline.model import Gap, Location, Reading, SecretSettings, Status
from tests.kit.git import ENVIRONMENT

from .conftest import TARGET, Repository, is_whole, make_token, only, scope, search, skipped


def line(token: str) -> str:
    return f"key = '{token}'\n"


def test_added_and_removed_is_found_with_its_commit(repository: Repository, token: str) -> None:
    repository.commit(a="x = 1\n")
    guilty = repository.commit(a=f"x = 1\n{line(token)}")
    repository.commit(a="x = 1\n")
    finding = only(reading := search(repository.root))
    assert finding.removed
    (commit,) = finding.commits
    assert (commit.id, commit.path, commit.line) == (guilty, "a.py", 2)
    assert commit.day == date(2024, 3, 1), "the author's day, not the committer's"
    assert is_whole(reading)
    assert scope(reading, "history").evaluated == 3
    assert "revoke" in finding.fix
    assert "history" in finding.fix


def test_still_there_is_told_from_removed(repository: Repository, token: str) -> None:
    repository.commit(a=line(token))
    finding = only(search(repository.root))
    assert not finding.removed
    assert [(place.path, place.line) for place in finding.locations] == [("a.py", 1)]
    assert len(finding.commits) == 1


def test_forty_commits_are_one_finding(repository: Repository, token: str) -> None:
    for number in range(40):
        repository.commit(a="\n" * number + line(token))
    finding = only(search(repository.root))
    assert len(finding.commits) == 10
    assert "in 40 commits" in finding.detail


def test_on_another_branch(repository: Repository, token: str) -> None:
    repository.commit(a="x = 1\n")
    repository.git("checkout", "-q", "-b", "side")
    guilty = repository.commit(b=line(token))
    repository.git("checkout", "-q", "main")
    assert only(search(repository.root)).commits[0].id == guilty


def test_under_a_tag_alone(repository: Repository, token: str) -> None:
    repository.commit(a="x = 1\n")
    repository.git("checkout", "-q", "--detach")
    repository.commit(b=line(token))
    repository.git("tag", "-a", "v1", "-m", "v1")
    repository.git("checkout", "-q", "main")
    assert only(search(repository.root)).removed


def test_a_tag_that_names_a_file(repository: Repository, token: str) -> None:
    repository.commit(a="x = 1\n")
    repository.write("b.txt", line(token))
    blob = repository.git("hash-object", "-w", "b.txt")
    (repository.root / "b.txt").unlink()
    repository.git("tag", "file", blob)
    assert only(search(repository.root)).removed


@pytest.mark.parametrize("number", [1, 2])
def test_in_a_stash(repository: Repository, token: str, number: int) -> None:
    repository.commit(a="x = 1\n")
    repository.write("a.py", line(token))
    repository.git("stash", "-q")
    for _ in range(number - 1):
        repository.write("a.py", "x = 2\n")
        repository.git("stash", "-q")
    assert only(search(repository.root)).removed


def test_in_what_a_merge_itself_brought(repository: Repository, token: str) -> None:
    repository.commit(a="x = 1\n")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit(b="y = 1\n")
    repository.git("checkout", "-q", "main")
    repository.commit(c="z = 1\n")
    repository.git("merge", "-q", "--no-commit", "side")
    evil = repository.commit(d=line(token))
    repository.git("rm", "-q", "d.py")
    repository.commit()
    assert evil in {commit.id for commit in only(search(repository.root)).commits}


def test_a_rename_and_a_shift_keep_its_name(repository: Repository, token: str) -> None:
    repository.commit(a=line(token))
    before = only(search(repository.root)).subject
    repository.git("mv", "a.py", "b.py")
    repository.write("b.py", f"# one\n# two\n{line(token)}")
    repository.commit()
    after = only(search(repository.root))
    assert after.subject == before
    assert [(place.path, place.line) for place in after.locations] == [("b.py", 3)]


def test_in_a_lock_file_that_is_gone(repository: Repository, token: str) -> None:
    repository.write("package-lock.json", f'{{"x": "{token}"}}')
    repository.commit()
    repository.git("rm", "-q", "package-lock.json")
    repository.commit()
    finding = only(search(repository.root))
    assert finding.locations[0].path == "package-lock.json"
    assert finding.removed


def test_in_utf_16(repository: Repository, token: str) -> None:
    repository.write("a.txt", line(token).encode("utf-16"))
    repository.commit()
    repository.git("rm", "-q", "a.txt")
    repository.commit()
    assert only(search(repository.root)).removed


# -------------------------------------------------------------------------------- what is not seen


def test_a_shallow_clone_says_what_was_not_seen(
    repository: Repository, token: str, tmp_path: Path
) -> None:
    repository.commit(a=line(token))
    repository.commit(a="x = 1\n")
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{repository.root}", str(clone)],
        env=ENVIRONMENT,
        check=True,
    )
    reading = search(clone)
    assert not reading.findings
    part = scope(reading, "history")
    assert not part.complete
    assert [one.gap for one in part.missing] == [Gap.INPUT_MISSING]
    assert "shallow" in part.missing[0].why


def test_a_submodule_is_named(repository: Repository, tmp_path: Path, token: str) -> None:
    other = Repository(tmp_path / "other")
    other.commit(a=line(token))
    repository.commit(a="x = 1\n")
    repository.git("submodule", "--quiet", "add", str(other.root), "parts/sub")
    repository.commit()
    reading = search(repository.root)
    assert not reading.findings
    beside = scope(reading, "the repository")
    assert not beside.required
    assert "parts/sub" in {one.subject for one in beside.missing}


def test_a_history_with_a_hole_is_not_trusted(repository: Repository) -> None:
    repository.commit(a="x = 1\n")
    blob = repository.git("rev-parse", "HEAD:a.py")
    repository.commit(a="x = 2\n")
    (repository.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    part = scope(search(repository.root), "history")
    assert part.evaluated == 0
    assert "cannot be trusted" in part.missing[0].why


def test_content_that_cannot_be_unpacked_is_missed_out_loud(repository: Repository) -> None:
    repository.commit(a="x = 1\n")
    blob = repository.git("rev-parse", "HEAD:a.py")
    repository.commit(a="x = 2\n")
    file = repository.root / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:10])
    assert not scope(search(repository.root), "history").complete


def test_in_the_message_of_a_commit(repository: Repository, token: str) -> None:
    repository.commit("before", a="x = 1\n")
    guilty = repository.commit(f"subject\n\n{line(token)}", a="x = 2\n")
    repository.commit("after", a="x = 3\n")
    finding = only(reading := search(repository.root))
    (commit,) = finding.commits
    assert (commit.id, commit.path, commit.line) == (guilty, ".git/message of a commit", 3)
    assert commit.day == date(2024, 3, 1)
    assert finding.removed
    assert is_whole(reading)


def test_in_the_message_of_a_tag(repository: Repository, token: str) -> None:
    tip = repository.commit(a="x = 1\n")
    assert not search(repository.root).findings
    repository.git("tag", "-a", "v1", "-m", line(token))
    finding = only(search(repository.root))
    (commit,) = finding.commits
    assert (commit.id, commit.path) == (tip, ".git/message of refs/tags/v1")
    assert only(search(repository.root)).subject == finding.subject, "it is remembered"


def test_a_generic_secret_in_a_message(repository: Repository) -> None:
    value = make_token().removeprefix("ghp_")
    repository.commit(f"set password = '{value}'", a="x = 1\n")
    assert only(search(repository.root)).rule.startswith("secrets/supply-chain.")


def test_messages_that_cannot_be_listed_leave_the_history_open(
    repository: Repository, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.discover.messages._LIMIT", 100)
    monkeypatch.setattr("pipeline.discover.versions._CHANGES_LIMIT", 100)
    repository.commit("x" * 200, a=line(token))
    part = scope(reading := search(repository.root), "history")
    assert only(reading).commits
    assert [(one.subject, one.gap) for one in part.missing] == [
        ("messages of commits and tags", Gap.TOO_LARGE)
    ]
    assert not part.complete


def test_the_messages_are_the_whole_repositorys(repository: Repository, token: str) -> None:
    repository.write("one/a.py", "x = 1\n")
    repository.commit(line(token))
    reading = search(repository.root / "one")
    assert not reading.findings
    assert "messages of commits and tags" in {
        one.subject for one in scope(reading, "the repository").missing
    }


def test_without_the_history_only_todays_files(repository: Repository, token: str) -> None:
    repository.commit(a=line(token))
    repository.commit(a="x = 1\n")
    reading = search(repository.root, history=False)
    assert not reading.findings
    assert [one.gap for one in scope(reading, "the repository").missing] == [Gap.NOT_CONFIGURED]


def test_a_folder_of_a_repository_has_its_own_history_alone(
    repository: Repository, token: str
) -> None:
    repository.write("one/a.py", line(token))
    repository.write("two/b.py", line(make_token()))
    repository.commit()
    repository.write("one/a.py", "x = 1\n")
    repository.write("two/b.py", "x = 1\n")
    repository.commit()
    finding = only(search(repository.root / "one"))
    assert finding.locations[0].path == "a.py"


# ------------------------------------------------------------------------------------ new commits


def history(reading: Reading) -> object:
    return reading.findings, scope(reading, "history")


def secrets(reading: Reading) -> set[tuple[str, str, bool, tuple[Location, ...]]]:
    """What is where today, and what is gone."""
    return {
        (found.subject, found.rule, found.removed, () if found.removed else found.locations)
        for found in reading.findings
    }


def walked(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Reading, int | None]:
    """A search, and how many file versions of the history were listed for it."""
    counts: list[int] = []

    def counting(*arguments: object, **more: object) -> object:
        found = past(*arguments, **more)  # type: ignore[arg-type]
        counts.append(len(found.blobs) if found else -1)
        return found

    monkeypatch.setattr("pipeline.checks.secrets.survey.past", counting)
    reading = search(root)
    return reading, counts[0]


@pytest.mark.parametrize("clock", ["running", "stopped"])
def test_an_incremental_walk_equals_the_full_one(
    repository: Repository, cache: Path, monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    repository.clock = 0 if clock == "running" else None
    first, second, third, spoken, tagged = (make_token() for _ in range(5))
    steps: list[Callable[[], object]] = [
        lambda: repository.commit(a=line(first)),
        lambda: repository.commit(a="x = 1\n", b=line(second)),
        lambda: repository.git("checkout", "-q", "-b", "side"),
        lambda: repository.commit(c=line(third), b="y = 1\n"),
        lambda: repository.git("mv", "c.py", "d.py"),
        lambda: repository.commit(line(spoken)),
        lambda: repository.git("tag", "-a", "v1", "-m", line(tagged), "main"),
        lambda: repository.git("checkout", "-q", "main"),
        lambda: repository.git("merge", "-q", "--no-ff", "side", "-m", "merge"),
        lambda: repository.commit(b=line(second)),  # content that is known comes back
        lambda: repository.commit(c="x = 1\n", **{"environment/settings": line(third)}),
        lambda: repository.git("rm", "-q", "c.py"),
        repository.commit,
    ]
    memories = cache / "secrets"
    for number, step in enumerate(steps):
        step()
        if clock == "stopped" and number < len(steps) - 4:
            continue
        new, listed = walked(repository.root, monkeypatch)
        for file in memories.iterdir():
            file.unlink()
        full, everything = walked(repository.root, monkeypatch)
        if clock == "running":
            assert history(new) == history(full)
        # Which of two commits is the first, the engine takes from their dates.
        assert secrets(new) == secrets(full)
        assert listed is not None
        assert everything is not None
        assert listed <= everything
    assert everything is not None
    assert everything == 5
    again, listed = walked(repository.root, monkeypatch)
    assert listed == 0, "the memory was not used"
    assert history(again) == history(full)


def test_a_rewritten_history_is_walked_anew(repository: Repository, token: str) -> None:
    repository.commit(a="x = 1\n")
    repository.commit(a=line(token))
    assert search(repository.root).findings
    repository.git("reset", "-q", "--hard", "HEAD~1")
    assert not search(repository.root).findings


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ("pipeline.checks.secrets.jobs.rules_digest", lambda: "other"),
        ("pipeline.checks.fixture.WORDS", re.compile("other")),
    ],
    ids=["rules", "words"],
)
def test_other_rules_are_another_memory(
    repository: Repository,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    changed: str,
    value: object,
) -> None:
    repository.commit(a=line(token))
    search(repository.root)
    monkeypatch.setattr(changed, value)
    _, listed = walked(repository.root, monkeypatch)
    assert listed == 1


def test_a_partial_walk_is_not_remembered(repository: Repository, cache: Path) -> None:
    repository.commit(a="x = 1\n")
    root = repository.git("rev-parse", "HEAD")
    blob = repository.git("rev-parse", "HEAD:a.py")
    file = repository.root / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:10])
    search(repository.root)
    assert not list((cache / "secrets").glob("*")) or not remember.recall(root, "", "")


@pytest.mark.slow
def test_ten_thousand_commits(tmp_path: Path, token: str) -> None:
    repository = Repository(tmp_path / "many")
    lines = []
    for number in range(1, 10_001):
        body = line(token) if number == 5_000 else f"x = {number}\n"
        lines.append(
            f"commit refs/heads/main\ncommitter a <a@b> {1_700_000_000 + number} +0000\n"
            f"data 1\nx\nM 100644 inline f{number % 50}.py\ndata {len(body)}\n{body}\n"
        )
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        cwd=repository.root,
        input="".join(lines).encode(),
        env=ENVIRONMENT,
        check=True,
    )
    repository.git("reset", "-q", "--hard", "main")
    reading = search(repository.root)
    assert only(reading).removed
    assert scope(reading, "history").evaluated == 10_000
    assert is_whole(reading)


def test_what_is_staged_and_nothing_else(repository: Repository) -> None:
    repository.commit(a="x\n")
    assert skipped(repository.root, staged=True) is Status.NOT_APPLICABLE
    repository.write("b.py", "x\n")
    repository.git("add", "b.py")
    repository.write("c.py", "x\n")
    jobs = plan(TARGET, Options(root=str(repository.root), secrets=SecretSettings(staged=True)))
    assert not isinstance(jobs, Skip)
    (job,) = jobs
    assert list(job.notes.names.values()) == ["b.py"]


def test_nothing_is_staged_outside_git(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert skipped(tmp_path / "plain", staged=True) is Status.NOT_APPLICABLE


@pytest.mark.parametrize("names", [("go.sum", "a.py"), ("a.py", "go.sum"), ("z.py", "go.sum")])
@pytest.mark.parametrize("at_once", [True, False], ids=["copied", "moved"])
def test_one_of_several_paths_is_no_excuse(
    repository: Repository, token: str, names: tuple[str, str], *, at_once: bool
) -> None:
    """The engine tells a file version under one of them, and its rules go by that."""
    for name in names:
        repository.write(name, line(token))
        if not at_once:
            repository.commit()
            (repository.root / name).unlink()
    repository.commit()
    for name in names:
        (repository.root / name).unlink(missing_ok=True)
    repository.commit(b="x = 1\n")
    reading = search(repository.root)
    assert is_whole(reading)
    assert only(reading).removed


def test_a_tag_of_a_folder_is_no_news_every_time(repository: Repository, token: str) -> None:
    repository.commit(a=line(token))
    repository.git("tag", "folder", "HEAD^{tree}")
    assert is_whole(search(repository.root))
    repository.commit(b="x = 1\n")
    reading = search(repository.root)
    assert is_whole(reading)
    assert not only(reading).removed
