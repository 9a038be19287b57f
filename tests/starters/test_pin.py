from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import __version__
from pipeline.errors import UsageError
from pipeline.starters import pin
from pipeline.starters.pin import Pin, known, parse

COMMIT = "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10"
RELEASE = {"repository": "acme/supply-chain", "commit": COMMIT, "version": "v1.2.3"}
FROM_GIT = {
    "url": "https://github.com/acme/supply-chain.git",
    "vcs_info": {"vcs": "git", "commit_id": COMMIT},
}


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that nobody knows anything about; the path of its release file."""
    monkeypatch.setattr(pin, "RELEASE_FILE", tmp_path / "release.json")
    installed(monkeypatch, None)
    return tmp_path / "release.json"


def installed(monkeypatch: pytest.MonkeyPatch, facts: Any) -> None:
    text = facts if facts is None or isinstance(facts, str) else json.dumps(facts)
    found = SimpleNamespace(read_text=lambda name: text if name == "direct_url.json" else None)
    monkeypatch.setattr(pin, "distribution", lambda _: found)


def test_a_full_commit_of_a_repository_is_a_pin() -> None:
    assert parse("acme/supply-chain", COMMIT, "v1.2.3") == Pin(
        "acme/supply-chain", COMMIT, "v1.2.3"
    )
    assert parse("acme/x", "ab" * 32, "v1").commit == "ab" * 32


@pytest.mark.parametrize(
    ("repository", "commit", "version", "said"),
    [
        ("acme", COMMIT, "v1", "no repository on GitHub"),
        ("a/b/c", COMMIT, "v1", "no repository on GitHub"),
        ("a b/c", COMMIT, "v1", "no repository on GitHub"),
        ("acme/x\n", COMMIT, "v1", "no repository on GitHub"),
        ("acme/x", "main", "v1", "no full commit id"),
        ("acme/x", COMMIT[:12], "v1", "no full commit id"),
        ("acme/x", COMMIT.upper(), "v1", "no full commit id"),
        ("acme/x", COMMIT, "latest", "no version"),
        ("acme/x", COMMIT, "", "no version"),
        ("acme/x", COMMIT, "v1\n", "no version"),
    ],
)
def test_what_may_move_is_no_pin(repository: str, commit: str, version: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(repository, commit, version)


def test_a_copy_that_nobody_knows_pins_nothing() -> None:
    assert known() is None


def test_a_release_knows_its_commit(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, {**FROM_GIT, "vcs_info": {"commit_id": "ff" * 20}})
    nowhere.write_text(json.dumps(RELEASE), encoding="utf-8")
    assert known() == Pin("acme/supply-chain", COMMIT, "v1.2.3")


def test_an_installation_from_git_knows_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, FROM_GIT)
    assert known() == Pin("acme/supply-chain", COMMIT, f"v{__version__}")


@pytest.mark.parametrize(
    "facts",
    [
        None,
        "",
        "{",
        [],
        {},
        {"url": "file:///work", "dir_info": {"editable": True}},
        {**FROM_GIT, "url": "https://git.example.org/acme/supply-chain"},
        {**FROM_GIT, "vcs_info": {"commit_id": "main"}},
        {**FROM_GIT, "vcs_info": {"commit_id": None}},
        {**FROM_GIT, "vcs_info": [COMMIT]},
        {**FROM_GIT, "url": None},
    ],
)
def test_any_other_installation_tells_nothing(facts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, facts)
    assert known() is None


def test_a_copy_that_is_not_installed_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(pin, "distribution", absent)
    assert known() is None


@given(
    st.recursive(
        st.none() | st.text(max_size=20) | st.just(COMMIT) | st.integers(),
        lambda inner: st.dictionaries(
            st.sampled_from(["repository", "commit", "version", "url", "vcs_info"]), inner
        ),
    )
)
@settings(deadline=None)
def test_a_release_file_that_is_none_is_believed_in_nothing(facts: Any) -> None:
    pin.RELEASE_FILE.write_text(json.dumps(facts), encoding="utf-8")
    found = known()
    assert found is None or parse(found.repository, found.commit, found.version) == found
