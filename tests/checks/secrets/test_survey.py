"""What there is: files, contents and history, whatever of them can be listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.job import Options
from pipeline.checks.secrets import remember
from pipeline.checks.secrets.survey import Surveyed, survey
from pipeline.errors import IncompleteError
from pipeline.model import SecretSettings

from .conftest import TARGET, Repository


def of(root: Path, key: str = "", **settings: bool) -> Surveyed:
    return survey(root, TARGET, key, Options(root=str(root), secrets=SecretSettings(**settings)))


def test_a_plain_folder_has_files_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    found = of(tmp_path)
    assert "a.py" in found.files.own
    assert found == Surveyed(files=found.files)


def test_a_repository_has_contents_and_a_history(repository: Repository) -> None:
    repository.commit(a="x = 1\n")
    found = of(repository.root)
    assert found.past
    assert found.past.commits == 1
    assert found.contents
    assert found.contents.ids.keys() == {"a.py"}
    assert (found.broken, found.memory) == ("", None)
    assert of(repository.root, history=False) == Surveyed(files=found.files)


def test_what_is_remembered_is_left_out_while_it_is_part_of_the_history(
    repository: Repository,
) -> None:
    first = repository.commit(a="x = 1\n")
    second = repository.commit(a="x = 2\n")
    memory = remember.Memory(key="k", tips=(second,), seen=())
    remember.keep(first, str(repository.root), memory)
    third = repository.commit(a="x = 3\n")
    found = of(repository.root, "k")
    assert found.memory == memory
    assert found.past
    assert (found.past.since, found.past.tips) == ((second,), (third,))
    assert of(repository.root, "another").memory is None
    repository.git("reset", "-q", "--hard", first)
    repository.git("reflog", "expire", "--expire=now", "--all")
    found = of(repository.root, "k")
    assert found.memory is None
    assert found.past
    assert found.past.since == ()


def test_a_history_that_cannot_be_listed_leaves_the_files(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a="x = 1\n")

    def fails(*_: object, **__: object) -> None:
        raise IncompleteError("an object is missing")

    monkeypatch.setattr("pipeline.checks.secrets.survey.past", fails)
    found = of(repository.root)
    assert (found.past, found.broken) == (None, "an object is missing")
    assert "a.py" in found.files.own
