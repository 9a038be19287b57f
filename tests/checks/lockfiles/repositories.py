"""Small repositories for the rules, and what the check says of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline.checks import lockfiles
from pipeline.checks.job import Options
from pipeline.discover import discover
from pipeline.model import Policy
from pipeline.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline.model import Finding, Reading, Target

TODAY = date(2026, 11, 22)
SHA = "ab" * 32
COMMIT = "0123456789abcdef0123456789abcdef01234567"
INTEGRITY = "sha512-" + "q" * 85 + "w=="

Files = dict[str, str]


def pinned(*lines: str, hashed: bool = True) -> str:
    """A requirements file; every line is hashed unless it names a source of its own."""
    tail = f" --hash=sha256:{SHA}" if hashed else ""
    return "".join(
        line + ("" if line.startswith("-") or "@" in line else tail) + "\n" for line in lines
    )


def entry(name: str, version: str = "1.0.0", /, **more: Any) -> dict[str, Any]:
    """An entry of a `package-lock.json`, as npm writes one for its registry."""
    base = name.rpartition("/")[2]
    made = {
        "version": version,
        "resolved": f"https://registry.npmjs.org/{name}/-/{base}-{version}.tgz",
        "integrity": INTEGRITY,
        **more,
    }
    return {key: value for key, value in made.items() if value is not None}


def npm(wanted: Mapping[str, str], **entries: dict[str, Any]) -> Files:
    """A `package.json` and its lock; the entries are keyed by name, with "__" for "/"."""
    root = {"name": "shop", "version": "1.0.0", "dependencies": dict(wanted)}
    packages = {
        "": root,
        **{f"node_modules/{name.replace('__', '/')}": made for name, made in entries.items()},
    }
    lock = {"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    return {"package.json": json.dumps(root), "package-lock.json": json.dumps(lock, indent=1)}


PYPROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = [{}]\n'


def uv(*wanted: str, packages: str = "", edges: str = "") -> Files:
    """A `pyproject.toml` and a `uv.lock` whose project needs what `edges` names."""
    listed = ", ".join(f'"{one}"' for one in wanted)
    names = "".join(f'    {{ name = "{one}" }},\n' for one in edges.split())
    return {
        "pyproject.toml": PYPROJECT.format(listed),
        "uv.lock": (
            'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n'
            '[[package]]\nname = "shop"\nversion = "1"\nsource = { virtual = "." }\n'
            f"dependencies = [\n{names}]\n\n{packages}"
        ),
    }


def wheel(
    name: str, version: str = "1.0", *, file: str = "", registry: str = "https://pypi.org/simple"
) -> str:
    """A package of a `uv.lock` with one wheel."""
    url = file or f"https://files.pythonhosted.org/packages/aa/{name}-{version}-py3-none-any.whl"
    return (
        f'[[package]]\nname = "{name}"\nversion = "{version}"\n'
        f'source = {{ registry = "{registry}" }}\n'
        f'wheels = [\n    {{ url = "{url}", hash = "sha256:{SHA}", size = 1 }},\n]\n\n'
    )


CLEAN: dict[str, Files] = {
    "requirements": {"requirements.txt": pinned("a==1.0", "b==2.0")},
    "pip-compile": {
        "requirements.in": "a>=1\n",
        "requirements.txt": pinned("a==1.0", "b==2.0"),
    },
    "uv": uv("a>=1", packages=wheel("a"), edges="a"),
    "npm": npm({"a": "^1.0.0"}, a=entry("a")),
    "npm with a scope": npm({"@x/b": "~1.0.0"}, **{"@x__b": entry("@x/b")}),
}
"""Repositories with which nothing is wrong."""


@dataclass(frozen=True)
class Case:
    """A rule, a repository that breaks it and one that nearly does."""

    breaking: Files
    near: Files
    severity: str
    policy: Policy = field(default_factory=Policy)
    others: frozenset[str] = frozenset()
    """Further rules that the breaking one cannot but break too."""


def write(root: Path, files: Files) -> Target:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return discover(Tree.at(root))


def read(target: Target, **options: Any) -> Reading:
    return lockfiles.read(target, Options(as_of=TODAY, **({"offline": True} | options)), [])


def rules(reading: Reading) -> set[str]:
    return {finding.rule.removeprefix("lockfiles/") for finding in reading.findings}


def only(reading: Reading, rule: str) -> Finding:
    (found,) = (one for one in reading.findings if one.rule == f"lockfiles/{rule}")
    return found
