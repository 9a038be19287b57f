from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pipeline import settings as read
from pipeline.checks import CHECKS
from pipeline.controls import CONTROLS
from pipeline.model import Git, Lock, Manifest, Policy, Project, Target
from pipeline.starters import settings
from pipeline.starters.pin import Pin

GIT = Git(commit=None, branch="main", dirty=False, remote=None, shallow=False)
EMPTY = Target(name="x", git=GIT, files=0)
PROJECT = replace(
    EMPTY,
    projects=(Project(path=".", ecosystem="npm", manifests=(Manifest(path="package.json"),)),),
    locks=(
        Lock(path="package-lock.json", format="npm", ecosystem="npm", digest=""),
        Lock(path="uv.lock", format="uv", ecosystem="PyPI", digest=""),
        Lock(path="x.lock", format="x", ecosystem="elsewhere", digest=""),
    ),
)
PIN = Pin("acme/supply-chain", "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10", "v1.2.3")


def parsed(text: str) -> Policy:
    known = read.parse(
        text, "supply-chain.yml", checks=frozenset(CHECKS), controls=frozenset(CONTROLS)
    )
    assert known == replace(read.DEFAULTS, policy=known.policy)
    return known.policy


def test_it_says_what_holds_without_it() -> None:
    policy = parsed(settings.text(PROJECT, tuple(CHECKS), PIN))
    assert replace(policy, origin="", digest="") == replace(Policy(), origin="", digest="")


def test_where_there_is_no_project_every_check_is_named() -> None:
    policy = parsed(settings.text(EMPTY, tuple(CHECKS), None))
    assert policy.required == tuple(CHECKS)
    assert replace(policy, origin="", digest="", required=()) == replace(Policy(), origin="")


@pytest.mark.parametrize("target", [EMPTY, PROJECT])
def test_what_is_written_as_a_comment_is_valid_once_it_is_none(target: Target) -> None:
    text = settings.text(target, tuple(CHECKS), PIN)
    lines = [
        re.sub(r"^( *)# ((?: |[a-z-]+:|- ).*)$", r"\1\2", line)
        for line in text.splitlines()
        if "yaml-language-server" not in line and "Default: " not in line
    ]
    told = "\n".join(lines).replace("YYYY-MM-DD", "2027-01-31")
    known = read.parse(
        told, "supply-chain.yml", checks=frozenset(CHECKS), controls=frozenset(CONTROLS)
    )
    assert known.exclude == ("tests/data/**",)
    assert known.policy.denied_licences == ("AGPL-3.0-only", "SSPL-1.0")
    assert [waiver.package for waiver in known.policy.waivers] == ["idna"]
    assert known.policy.required == tuple(CHECKS)
    assert known.policy.registries == (
        ("pypi.org", "registry.npmjs.org") if target is PROJECT else ()
    )


def test_an_editor_finds_the_schema_of_the_pinned_version() -> None:
    first, *_ = settings.text(EMPTY, tuple(CHECKS), PIN).splitlines()
    assert first == (
        "# yaml-language-server: $schema=https://raw.githubusercontent.com/acme/supply-chain/"
        f"{PIN.commit}/pipeline/supply-chain.schema.json"
    )
    assert "$schema" not in settings.text(EMPTY, tuple(CHECKS), None)


def test_without_git_the_environments_of_nox_are_left_out() -> None:
    text = settings.text(replace(EMPTY, git=None), tuple(CHECKS), PIN)
    known = read.parse(text, "supply-chain.yml", checks=frozenset(CHECKS))
    assert known.exclude == (".nox/**",)
