"""What the reading makes of staged files, excluded ones, and files made to hold secrets."""

from __future__ import annotations

import pytest

from pipeline.model import Location

from .conftest import Repository, is_whole, make_token, only, search


def test_a_staged_secret_is_found_before_it_is_committed(
    repository: Repository, token: str
) -> None:
    repository.commit(a="x = 1\n")
    repository.write("folder/b.py", f"key = '{token}'\n")
    repository.git("add", "--all")
    repository.write("folder/b.py", "x = 1\n")
    repository.write("c.py", f"key = '{make_token()}'\n")
    finding = only(reading := search(repository.root, staged=True))
    assert finding.locations == (Location(path="folder/b.py", line=1),)
    assert is_whole(reading)


def test_an_environment_file_is_told_today_and_when_it_is_gone(repository: Repository) -> None:
    repository.write(".env", "DB_PASSWORD=Zq8vLm3xKw7t\n")
    repository.write(".gitignore", "/build\n")
    repository.commit()
    rules = {finding.rule: finding for finding in search(repository.root).findings}
    assert not rules["secrets/env-file"].removed
    assert "secrets/not-ignored" in rules
    repository.git("rm", "-q", ".env")
    repository.commit()
    rules = {finding.rule: finding for finding in search(repository.root).findings}
    assert rules["secrets/env-file"].removed
    assert "secrets/not-ignored" not in rules


@pytest.mark.parametrize("committed", [False, True], ids=["no history", "in the history"])
def test_equal_files_that_rules_pass_over_are_all_named(
    repository: Repository, *, committed: bool
) -> None:
    text = f"one\nkey = '{make_token()}'\n"
    repository.write("a/go.sum", text)
    repository.write("b/go.sum", text)
    # What stands under a name of ours in the repository itself is none of ours.
    repository.write("again/000000.txt", "x\n")
    if committed:
        repository.commit()
    finding = only(search(repository.root))
    places = {Location(path="a/go.sum", line=2), Location(path="b/go.sum", line=2)}
    assert set(finding.locations) == places
