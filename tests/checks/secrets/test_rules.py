"""Every rule of ours through the real engine: good examples are found, bad ones are not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.checks.secrets import engine

RULES = Path(engine.__file__).with_name("rules")
KINGFISHER = Path(sys.executable).parent / "kingfisher"
SCAN = [str(KINGFISHER), "scan", "--no-validate", "--no-update-check", "--no-dedup", "--quiet"]
SCAN += ["--format", "jsonl", "--rules-path", str(RULES)]
# A rule that looks into some files only has its examples put into the first of these that it knows.
NAMES = ["settings.txt", ".env", "README.md", ".htpasswd"]


def every_rule() -> list[dict[str, Any]]:
    files = sorted(RULES.glob("*.yml"))
    return [rule for file in files for rule in yaml.safe_load(file.read_text())["rules"]]


EVERY = every_rule()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Rules are compiled once for the module."""
    return {**os.environ, "KF_RULE_CACHE_DIR": str(tmp_path_factory.mktemp("compiled"))}


def scan(tree: Path, environment: dict[str, str]) -> dict[str, set[str]]:
    """The ids of our rules that fired, of each file."""
    done = subprocess.run(
        [*SCAN, str(tree)], capture_output=True, check=False, env=environment, text=True
    )
    assert done.returncode in engine.ACCEPTED, done.stderr
    fired = defaultdict(set)
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        if "finding" in entry and entry["rule"]["id"].startswith(engine.OURS):
            path = Path(entry["finding"]["path"]).relative_to(tree).as_posix()
            fired[path].add(entry["rule"]["id"])
    return fired


def name_for(rule: dict[str, Any]) -> str:
    return next(name for name in NAMES if re.search(rule.get("path", ""), f"/{name}"))


@pytest.fixture(scope="module")
def fired(tmp_path_factory: pytest.TempPathFactory, cache: dict[str, str]) -> dict[str, set[str]]:
    """One scan over every example of every rule, each in a file of its own."""
    tree = tmp_path_factory.mktemp("examples")
    for rule in EVERY:
        for sort in ("examples", "negative_examples"):
            for number, example in enumerate(rule.get(sort, [])):
                path = tree / rule["id"] / sort / str(number) / name_for(rule)
                path.parent.mkdir(parents=True)
                path.write_text(f"first line\n\n{example}\n\nlast line\n")
    return scan(tree, cache)


def cases(sort: str) -> list[Any]:
    return [
        pytest.param(rule, number, id=f"{rule['id'].removeprefix(engine.OURS)}-{number}")
        for rule in EVERY
        for number in range(len(rule.get(sort, [])))
    ]


@pytest.mark.parametrize(("rule", "number"), cases("examples"))
def test_good_examples_are_found(
    rule: dict[str, Any], number: int, fired: dict[str, set[str]]
) -> None:
    assert rule["id"] in fired[f"{rule['id']}/examples/{number}/{name_for(rule)}"]


@pytest.mark.parametrize(("rule", "number"), cases("negative_examples"))
def test_bad_examples_are_found_by_none_of_our_rules(
    rule: dict[str, Any], number: int, fired: dict[str, set[str]]
) -> None:
    assert fired[f"{rule['id']}/negative_examples/{number}/{name_for(rule)}"] == set()


@pytest.mark.parametrize("rule", EVERY, ids=[rule["id"] for rule in EVERY])
def test_a_rule_says_what_it_is(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"supply-chain\.[a-z0-9]+(-[a-z0-9]+)*", rule["id"])
    assert re.fullmatch(r"[A-Z].*[^.]", rule["name"])
    assert rule["confidence"] in {"medium", "high"}
    assert rule["examples"]
    assert "validation" not in rule, "nothing that is found is ever sent anywhere"
    assert rule["id"] == f"{engine.OURS}canary" or rule["negative_examples"]


def test_ids_are_unique() -> None:
    ids = [rule["id"] for rule in EVERY]
    assert len(ids) == len(set(ids))


def test_the_engine_has_no_complaint_about_the_rules(cache: dict[str, str]) -> None:
    options = ["--warnings-as-errors", "--load-builtins=false", "--no-update-check"]
    done = subprocess.run(
        [str(KINGFISHER), "rules", "check", *options, "--rules-path", str(RULES)],
        capture_output=True,
        check=False,
        env=cache,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_hold_nothing_that_they_find(tmp_path: Path, cache: dict[str, str]) -> None:
    for file in RULES.glob("*.yml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "control.txt").write_text("DB_" + "PASSWORD = 'Copper" + "2031!wave'\n")
    fired = scan(tmp_path, cache)
    assert set(fired) == {"control.txt"}
