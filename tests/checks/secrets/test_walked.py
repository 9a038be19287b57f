"""What a look at all objects tells is what the references lead to."""

from __future__ import annotations

import shutil

import pytest

from .conftest import Repository, is_whole, make_token, only, search


def line(token: str) -> str:
    return f"key = '{token}'\n"


def test_in_a_file_of_few_bytes(repository: Repository) -> None:
    # Every run of the engine over all objects leaves out what is smaller than twenty bytes.
    repository.write("app.ini", "password=Xk29dkLq8Z\n"[:19])
    repository.write("empty", "")
    repository.write("version", "1\n")
    repository.commit()
    repository.git("rm", "-q", "app.ini", "version")
    repository.commit()
    reading = search(repository.root)
    assert is_whole(reading)
    assert [place.path for place in only(reading).locations] == ["app.ini"]


def test_what_nothing_leads_to_is_not_told(repository: Repository, token: str) -> None:
    repository.commit(a="x = 1\n")
    repository.write("dangling", line(token))
    repository.git("hash-object", "-w", "dangling")
    (repository.root / "dangling").unlink()
    repository.commit(b=line(token))
    repository.git("reset", "-q", "--hard", "HEAD~1")
    reading = search(repository.root)
    assert is_whole(reading)
    assert not reading.findings


def test_content_of_an_amended_commit_counts(repository: Repository, token: str) -> None:
    repository.commit(a="x = 1\n")
    repository.commit(b=line(token))
    repository.git("commit", "-q", "--amend", "-m", "better")
    repository.git("rm", "-q", "b.py")
    repository.commit()
    assert [place.path for place in only(search(repository.root)).locations] == ["b.py"]


def test_a_second_look_at_a_file_of_today_counts_for_the_history(
    repository: Repository, token: str
) -> None:
    repository.commit(a="x = 1\n")
    search(repository.root)
    repository.write("go.sum", line(token))
    repository.commit()
    finding = only(search(repository.root))
    assert [place.path for place in finding.locations] == ["go.sum"]
    repository.git("rm", "-q", "go.sum")
    repository.commit()
    assert only(search(repository.root)).removed, "it is remembered"


def test_only_the_beginning_of_a_file_version_is_told(repository: Repository, token: str) -> None:
    repository.clock = 0
    repository.commit(a="x = 1\n")
    search(repository.root)
    first = repository.commit(b=line(token))
    repository.git("mv", "b.py", "c.py")
    repository.commit()
    finding = only(search(repository.root))
    assert [one.id for one in finding.commits] == [first]
    repository.git("rm", "-q", "c.py")
    repository.commit()
    search(repository.root)
    repository.commit(d=line(token))
    finding = only(search(repository.root))
    assert [one.id for one in finding.commits] == [first], "known content comes back"
    assert [place.path for place in finding.locations] == ["d.py"]


def test_what_is_not_entered_today_is_read_in_the_history(
    repository: Repository, token: str
) -> None:
    repository.write(".gitignore", "generated/\n")
    repository.write("src/a.py", "x = 1\n")
    repository.write("src/generated/b.py", line(token))
    repository.git("add", "--force", "src/generated/b.py")
    repository.commit()
    repository.git("rm", "-q", "--cached", "src/generated/b.py")
    repository.commit()
    reading = search(repository.root)
    assert is_whole(reading)
    assert [place.path for place in only(reading).locations] == ["src/generated/b.py"]


@pytest.mark.parametrize("place", ["store", "tests/store"])
def test_another_repositorys_data_in_the_tree_is_not_our_history(
    repository: Repository, token: str, place: str
) -> None:
    """The engine would take such a folder for a repository, with its own settings and commits."""
    repository.commit(a="x = 1\n")
    repository.git("clone", "-q", "--bare", ".", place)
    other = Repository(repository.root / "other")
    other.commit(a=line(make_token()))
    other.git("push", "-q", str(repository.root / place), "main:side")
    shutil.rmtree(other.root)
    repository.commit(a=line(token))
    reading = search(repository.root)
    assert is_whole(reading)
    assert [found.path for found in only(reading).locations] == ["a.py"]


@pytest.mark.parametrize("names", [("go.sum", "a.py"), ("a.py", "go.sum")])
@pytest.mark.parametrize("removed", [False, True], ids=["today", "removed"])
def test_a_path_in_a_commit_that_is_lost_is_no_excuse(
    repository: Repository, token: str, names: tuple[str, str], *, removed: bool
) -> None:
    before, now = names
    repository.commit(b="x = 1\n")
    repository.write(before, line(token))
    repository.commit()
    repository.git("mv", before, now)
    repository.git("commit", "-q", "--amend", "-m", "better")
    if removed:
        repository.git("rm", "-q", now)
        repository.commit()
    reading = search(repository.root)
    assert is_whole(reading)
    assert only(reading).removed is removed
