from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.discover.bots import find_bots
from pipeline.model import Lock, Manifest, Project, Target
from pipeline.starters import updates
from pipeline.text import plain
from pipeline.tree import Tree

EMPTY = Target(name="x", git=None, files=0)


def lock(path: str, ecosystem: str) -> Lock:
    return Lock(path=path, format="", ecosystem=ecosystem, digest="")


LARGE = replace(
    EMPTY,
    projects=(
        Project(
            path=".",
            ecosystem="PyPI",
            manifests=(Manifest(path="pyproject.toml"),),
            locks=("uv.lock",),
        ),
        Project(path="a", ecosystem="PyPI", manifests=(Manifest(path="a/setup.py"),)),
        Project(path="j", ecosystem="Maven", manifests=(Manifest(path="j/pom.xml"),)),
        Project(path="s", ecosystem="Swift", manifests=(Manifest(path="s/Package.swift"),)),
    ),
    locks=(
        lock("uv.lock", "PyPI"),
        lock("b/requirements.txt", "PyPI"),
        lock("w/package-lock.json", "npm"),
        lock("w/bun.lock", "npm"),
        lock("go.mod", "Go"),
        lock("g/gradle.lockfile", "Maven"),
        lock("r/Cargo.lock", "crates.io"),
    ),
    dockerfiles=("Dockerfile", "b/Dockerfile"),
    kubernetes=("k/app.yml",),
    compose=("compose.yml",),
    terraform=("infra/main.tf",),
)
ALL = {
    ("bun", "/w"), ("cargo", "/r"), ("docker", "/"), ("docker", "/b"), ("docker", "/k"),
    ("docker-compose", "/"),
    ("github-actions", "/"), ("gomod", "/"), ("gradle", "/g"), ("maven", "/j"), ("npm", "/w"),
    ("pip", "/a"), ("pip", "/b"), ("terraform", "/infra"), ("uv", "/"),
}  # fmt: skip


def entries(text: str) -> list[dict[str, Any]]:
    data = yaml.safe_load(text)
    assert data["version"] == 2
    found: list[dict[str, Any]] = data["updates"]
    return found


def pairs(text: str) -> set[tuple[str, str]]:
    found = [
        (one["package-ecosystem"], folder)
        for one in entries(text)
        for folder in one.get("directories") or [one["directory"]]
    ]
    assert len(found) == len(set(found))
    return set(found)


def test_an_empty_repository_watches_its_workflows() -> None:
    assert pairs(updates.dependabot(EMPTY)) == {("github-actions", "/")}


def test_everything_that_is_found_is_watched_with_a_cool_down() -> None:
    text = updates.dependabot(LARGE)
    assert pairs(text) == ALL
    assert len(entries(text)) == len({kind for kind, _ in ALL})
    assert all(one["cooldown"] == {"default-days": 7} for one in entries(text))


def test_a_folder_is_any_name() -> None:
    target = replace(EMPTY, dockerfiles=('a: "b" # c\\/Dockerfile',))
    assert ("docker", '/a: "b" # c\\') in pairs(updates.dependabot(target))


@given(st.lists(st.text(max_size=12).map(lambda name: f"{name}/Dockerfile"), max_size=4))
@example(["\udcff/Dockerfile", "\u2028x/Dockerfile", "a\nb: c/Dockerfile"])
@settings(deadline=None)
def test_whatever_a_folder_is_called_the_settings_can_be_read(paths: list[str]) -> None:
    target = replace(EMPTY, dockerfiles=tuple(paths))
    found = {folder for kind, folder in pairs(updates.dependabot(target)) if kind == "docker"}
    assert found <= {"/" + path.rpartition("/")[0] for path in paths}
    assert all(plain(folder) == folder for folder in found)


def test_our_own_discovery_sees_that_they_wait(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / updates.DEPENDABOT).write_text(updates.dependabot(LARGE), encoding="utf-8")
    (tmp_path / updates.RENOVATE).write_text(updates.renovate(), encoding="utf-8")
    found = find_bots(Tree.at(tmp_path), [updates.DEPENDABOT, updates.RENOVATE])
    assert not found.unread
    dependabot, renovate = found.bots
    assert dependabot.cools_down
    assert set(dependabot.ecosystems) == {"PyPI", "npm", "Go", "Maven", "crates.io"}
    assert renovate.cools_down
    assert renovate.everything


def test_renovate_waits_and_pins() -> None:
    made = json.loads(updates.renovate())
    assert made["minimumReleaseAge"] == "7 days"
    assert "helpers:pinGitHubActionDigests" in made["extends"]


THERE = """\
# ours
version: 2
updates:
  - package-ecosystem: "uv"
    directory: /
    schedule: {interval: daily}
    cooldown: {default-days: 14}
  - package-ecosystem: docker
    directories: ["/", "b"]
    schedule: {interval: weekly}
    cooldown: {default-days: 14}
"""


def test_what_is_missing_is_added_and_the_rest_stays() -> None:
    made = updates.dependabot_with(THERE, LARGE)
    assert made is not None
    assert made.startswith(THERE)
    added = yaml.safe_dump({"version": 2, "updates": entries(made)[2:]})
    assert pairs(added) == ALL - {("uv", "/"), ("docker", "/"), ("docker", "/b")}
    assert updates.dependabot_with(made, LARGE) == made


@pytest.mark.parametrize("text", ["version: 2\n", "version: 2\nupdates: []\n", "- 1\n"])
def test_what_cannot_be_added_to_is_left(text: str) -> None:
    assert updates.dependabot_with(text, LARGE) is None
