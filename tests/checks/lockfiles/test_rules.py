"""Each rule: one repository that breaks exactly it, one that nearly does, none on a clean one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pipeline.checks import lockfiles
from pipeline.checks.job import Options, Skip
from pipeline.checks.lockfiles.rules import RULES
from pipeline.discover import discover
from pipeline.model import Kind, Policy, Status
from pipeline.tree import Tree
from tests.checks.lockfiles.repositories import (
    CLEAN,
    COMMIT,
    INTEGRITY,
    PYPROJECT,
    SHA,
    Case,
    entry,
    npm,
    only,
    pinned,
    read,
    rules,
    uv,
    wheel,
    write,
)
from tests.kit.git import git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.checks.lockfiles.repositories import Files

SHA1 = "sha1-" + "q" * 27 + "="
MIRROR = "https://npm.example.com/api/a/-/a-1.0.0.tgz"
CASES: dict[str, Case] = {
    "missing-lock": Case(
        breaking={"pyproject.toml": PYPROJECT.format('"a"')},
        near={"pyproject.toml": PYPROJECT.format("")},
        severity="medium",
    ),
    "out-of-step": Case(
        breaking=uv("a>=2", packages=wheel("a"), edges="a"),
        near=uv("a>=1,<2", packages=wheel("a"), edges="a"),
        severity="medium",
    ),
    "unneeded": Case(
        breaking=uv("a", packages=wheel("a") + wheel("b"), edges="a"),
        near=uv("a", "b", packages=wheel("a") + wheel("b"), edges="a b"),
        severity="low",
    ),
    "missing-hash": Case(
        breaking={"requirements.txt": pinned("a==1.0") + "b==2.0\n"},
        near={"requirements.txt": pinned("a==1.0", "b==2.0")},
        severity="medium",
    ),
    "weak-hash": Case(
        breaking=npm({"a": "1"}, a=entry("a", integrity=SHA1)),
        near=npm({"a": "1"}, a=entry("a", integrity=f"{SHA1} {INTEGRITY}")),
        severity="medium",
    ),
    "unpinned": Case(
        breaking={"requirements.txt": pinned("a==1.0") + "b>=2.0\n"},
        near={"requirements.txt": pinned("a==1.0", "b==2.0")},
        severity="medium",
    ),
    "git-source": Case(
        breaking={"requirements.txt": f"a @ git+https://git.example.com/a@{COMMIT}\n"},
        near={"requirements.txt": pinned("a==1.0")},
        severity="low",
    ),
    "mutable-ref": Case(
        breaking={"requirements.txt": "a @ git+https://git.example.com/a@main\n"},
        near={"requirements.txt": pinned("a==1.0")},
        severity="medium",
    ),
    "url-source": Case(
        breaking={
            "requirements.txt": f"a @ https://example.com/a-1.0-py3-none-any.whl#sha256={SHA}\n"
        },
        near={"requirements.txt": pinned("a==1.0")},
        severity="low",
    ),
    "path-source": Case(
        breaking=npm({"a": "file:../a"}, a={"resolved": "../a", "link": True}),
        near={
            **npm({"a": "file:a"}, a={"resolved": "a", "link": True}),
            "a/package.json": '{"name": "a"}',
        },
        severity="medium",
    ),
    "plain-http": Case(
        breaking=npm(
            {"a": "1"}, a=entry("a", resolved="http://registry.npmjs.org/a/-/a-1.0.0.tgz")
        ),
        near=npm({"a": "1"}, a=entry("a", resolved="http://localhost:4873/a/-/a-1.0.0.tgz")),
        severity="high",
    ),
    "several-indexes": Case(
        breaking={
            "requirements.txt": "--extra-index-url https://pypi.example.com/simple\n"
            + pinned("a==1.0")
        },
        near={
            "requirements.txt": "--index-url https://pypi.example.com/simple\n" + pinned("a==1.0")
        },
        severity="medium",
    ),
    "confusable-name": Case(
        breaking={
            **npm({"a": "1", "b": "1"}, a=entry("a", resolved=MIRROR), b=entry("b")),
            ".npmrc": "registry=https://npm.example.com/api/\n",
        },
        near={
            **npm(
                {"@x/a": "1", "b": "1"},
                **{
                    "@x__a": entry(
                        "@x/a", resolved="https://npm.example.com/api/@x/a/-/a-1.0.0.tgz"
                    )
                },
                b=entry("b"),
            ),
            ".npmrc": "@x:registry=https://npm.example.com/api/\n",
        },
        severity="low",
    ),
    "foreign-host": Case(
        breaking=npm({"a": "1", "b": "1"}, a=entry("a", resolved=MIRROR), b=entry("b")),
        near=npm(
            {"a": "1", "b": "1"},
            a=entry("a", resolved=MIRROR),
            b=entry("b", resolved=MIRROR.replace("a/-/a", "b/-/b")),
        ),
        severity="medium",
    ),
    "name-mismatch": Case(
        breaking=npm(
            {"a": "1"}, a=entry("a", resolved="https://registry.npmjs.org/evil/-/evil-1.0.0.tgz")
        ),
        near=npm(
            {"a": "npm:real@^1.0.0"},
            a=entry("real", name="real"),
        ),
        severity="high",
    ),
    "registry-not-allowed": Case(
        breaking=npm({"a": "1"}, a=entry("a", resolved=MIRROR)),
        near=npm({"a": "1"}, a=entry("a")),
        severity="high",
        policy=Policy(registries=("registry.npmjs.org",)),
    ),
    "install-script": Case(
        breaking=npm({"a": "1"}, a=entry("a", hasInstallScript=True)),
        near=npm({"a": "1"}, a=entry("a", hasInstallScript=False)),
        severity="low",
    ),
    "disagreeing-locks": Case(
        breaking={
            **uv("a", packages=wheel("a", "1.0"), edges="a"),
            "requirements.txt": pinned("a==1.1"),
        },
        near={
            **uv("a", packages=wheel("a", "1.0"), edges="a"),
            "requirements.txt": pinned("a==1.0"),
        },
        severity="medium",
    ),
    "deprecated": Case(
        breaking=npm({"a": "1"}, a=entry("a", deprecated="use b")),
        near=npm({"a": "1"}, a=entry("a", deprecated="")),
        severity="low",
    ),
}
"""The rules that need the repository's files alone."""

GIT_ONLY = {"untracked-lock"}
"""Proven below, in a git repository."""

FROM_REGISTRIES = {"yanked", "too-new", "licence-denied"}
"""Proven in test_releases.py."""


def test_every_rule_has_its_repositories() -> None:
    known = {rule.removeprefix("lockfiles/") for rule in RULES}
    assert CASES.keys() | GIT_ONLY | FROM_REGISTRIES == known


@pytest.mark.parametrize("rule", CASES)
def test_a_repository_that_breaks_a_rule_breaks_it_alone(rule: str, tmp_path: Path) -> None:
    case = CASES[rule]
    reading = read(write(tmp_path, case.breaking), policy=case.policy)
    assert rules(reading) == {rule} | case.others
    found = only(reading, rule)
    assert found.severity == case.severity
    assert (found.check, found.kind) == ("lockfiles", Kind.RULE)
    assert found.detail
    assert found.fix == RULES[found.rule].fix
    assert found.locations
    assert all((tmp_path / place.path).is_file() for place in found.locations)


@pytest.mark.parametrize("rule", CASES)
def test_a_repository_that_nearly_breaks_it_does_not(rule: str, tmp_path: Path) -> None:
    case = CASES[rule]
    assert rules(read(write(tmp_path, case.near), policy=case.policy)) == set()


@pytest.mark.parametrize("files", CLEAN.values(), ids=CLEAN.keys())
def test_a_clean_repository_has_no_finding_and_no_gap(files: Files, tmp_path: Path) -> None:
    reading = read(write(tmp_path, files))
    assert reading.findings == ()
    assert all(part.complete for part in reading.coverage if part.required)
    assert sum(part.evaluated for part in reading.coverage if part.unit == "packages") > 0


LOCKED = uv("a", packages=wheel("a"), edges="a")


@pytest.mark.parametrize(
    ("ignore", "commit", "expected"),
    [
        ("", True, set()),
        ("", False, {"untracked-lock"}),
        ("uv.lock\n", False, {"untracked-lock"}),
        ("other.lock\n", True, set()),
    ],
)
def test_a_lock_that_nobody_else_has_is_told(
    tmp_path: Path, ignore: str, commit: bool, expected: set[str]
) -> None:
    write(tmp_path, {**LOCKED, ".gitignore": ignore})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "pyproject.toml", ".gitignore", *(["uv.lock"] if commit else []))
    git(tmp_path, "commit", "-qm", "one")
    assert rules(read(write(tmp_path, {}))) == expected


def test_a_lock_that_the_policy_excludes_is_not_ignored(tmp_path: Path) -> None:
    write(tmp_path, LOCKED)
    git(tmp_path, "init", "-q")
    target = discover(Tree.at(tmp_path), exclude=["uv.lock"])
    assert (target.untracked, target.ignored) == ((), ())


def test_every_rule_explains_itself() -> None:
    for rule, text in RULES.items():
        assert rule.startswith("lockfiles/")
        assert text.why.endswith(".")
        assert text.fix.endswith(".")
        assert not text.title.endswith(".")


def test_the_same_problem_in_two_locks_is_one_finding_in_two_places(tmp_path: Path) -> None:
    lock = npm({"a": "1"}, a=entry("a", hasInstallScript=True))
    both = {f"{folder}/{name}": text for folder in ("x", "y") for name, text in lock.items()}
    found = only(read(write(tmp_path, both)), "install-script")
    assert [place.path for place in found.locations] == [
        "x/package-lock.json",
        "y/package-lock.json",
    ]


def test_nothing_to_look_at_is_not_applicable(tmp_path: Path) -> None:
    target = write(tmp_path, {"README.md": json.dumps("nothing")})
    skip = lockfiles.plan(target, Options())
    assert isinstance(skip, Skip)
    assert skip.status is Status.NOT_APPLICABLE
