"""Files that were made to hold secrets, of today and of the history."""

from __future__ import annotations

import pytest

from pipeline.checks.secrets import holders
from pipeline.checks.secrets.files import look
from pipeline.discover.past import past
from pipeline.errors import IncompleteError

from .conftest import TARGET, Repository, make_token


def test_only_those_that_hold_one(repository: Repository) -> None:
    repository.write(".env", f"API_TOKEN={make_token()}\n")
    repository.write("example/.env", "API_TOKEN=changeme\n")
    repository.write("key.pem", "-----BEGIN CERTIFICATE-----\n")
    files = look(repository.root, TARGET)
    (found,) = holders.today(repository.root, files)
    assert (found.path, found.line, found.rule) == (".env", None, "secrets/env-file")
    (repository.root / ".env").unlink()
    assert holders.today(repository.root, files) == ()


def test_those_that_a_commit_has(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("part/.env", f"# names\nAPI_TOKEN={make_token()}\n")
    repository.write("part/other.env", f"API_TOKEN={make_token()}\n")
    repository.commit()
    repository.git("rm", "-q", "-r", "part")
    repository.commit()
    history = past(repository.root)
    assert history
    found = holders.then(repository.root, history)
    assert {(seen.path, seen.line) for seen in found} == {
        ("part/.env", 2),
        ("part/other.env", None),
    }
    monkeypatch.setattr(holders, "MAX_FILES", 1)
    assert len(holders.then(repository.root, history)) == 1

    def broken(*_: object, **__: object) -> None:
        raise IncompleteError("it cannot be read")

    monkeypatch.setattr(holders, "content", broken)
    assert holders.then(repository.root, history) == ()
