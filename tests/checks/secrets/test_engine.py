"""The engine's command line and its output, whole and broken."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.secrets.engine import (
    Canary,
    arguments,
    environment,
    read,
    rule_files,
    rules_digest,
)
from pipeline.errors import UnreadableOutputError

VALUE = secrets.token_hex(20)
HIT: dict[str, dict[str, Any]] = {
    "rule": {"id": "betterleaks.x", "name": "x", "description": "An x"},
    "finding": {
        "snippet": VALUE,
        "confidence": "high",
        "path": "a.py",
        "line": 3,
        "git_metadata": {"commit": {"id": "c" * 40, "date": "2026-01-02"}},
    },
}
LAST = {
    "audit": {
        "repositories": [
            {
                "repository": "/r",
                "scan": {"status": "completed"},
                "git": {"fetched_commit_count": 2, "tip_sha": "c" * 40},
                "stats": {"blobs_scanned": 4},
            }
        ]
    }
}


def lines(*entries: object) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def test_it_is_always_offline_and_nothing_excuses_a_line() -> None:
    line = arguments("x", allow_markers=False)
    assert {"--no-validate", "--no-update-check", "--no-ignore", "--no-dedup"} <= set(line)
    assert line.count("--rules-path") == len(rule_files()) > 0
    assert "--no-ignore" not in arguments("x", allow_markers=True)


def test_the_compiled_rules_are_kept_in_the_cache(cache: Path) -> None:
    assert environment()["KF_RULE_CACHE_DIR"] == str(cache / "kingfisher")


def test_without_a_cache_it_does_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "KF_RULE_CACHE_DIR" not in environment()


def test_a_whole_output_is_understood() -> None:
    said = read(lines(HIT, LAST))
    (hit,) = said.hits
    assert (hit.rule, hit.name, hit.path, hit.line, hit.commit) == (
        *("betterleaks.x", "x", "a.py", 3),
        "c" * 40,
    )
    assert said.scanned["/r"].commits == 2
    assert VALUE not in repr(said)


def test_a_rule_of_ours_is_called_by_its_description() -> None:
    ours = {
        **HIT,
        "rule": {"id": "supply-chain.x", "name": "supply-chain.x", "description": "Ours"},
    }
    assert read(lines(ours, LAST)).hits[0].name == "Ours"


BROKEN = [
    b"",
    lines(HIT),
    lines(HIT)[:40],
    lines([]),
    lines({}, LAST),
    lines({**HIT, "finding": {}}, LAST),
    lines({**HIT, "finding": {**HIT["finding"], "snippet": 3}}, LAST),
    lines(HIT, {"audit": None}),
    lines(HIT, {"audit": {"repositories": [{}]}}),
]


@pytest.mark.parametrize("output", BROKEN)
def test_a_broken_output_is_refused_without_repeating_it(output: bytes) -> None:
    with pytest.raises(UnreadableOutputError) as caught:
        read(output)
    assert VALUE not in str(caught.value)
    assert caught.value.__cause__ is None


@given(st.binary(max_size=200))
def test_no_output_does_harm(output: bytes) -> None:
    with pytest.raises(UnreadableOutputError):
        read(output)


def test_half_a_canary_does_not_sing() -> None:
    canary = Canary.make()
    assert canary != Canary.make()
    both = [{**HIT, "finding": {**HIT["finding"], "snippet": one}} for one in canary.values]
    assert canary.is_reported(read(lines(*both, LAST)).hits)
    assert not canary.is_reported(read(lines(both[0], LAST)).hits)


def test_the_rules_have_a_digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = rules_digest()
    (tmp_path / "a.yml").write_text("rules: []")
    monkeypatch.setattr("pipeline.checks.secrets.engine._RULES", tmp_path)
    assert before != rules_digest()
