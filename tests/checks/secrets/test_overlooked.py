"""Which files the engine's own rules pass over: our list against the engine itself."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from pipeline.checks.secrets.engine import ACCEPTED, TOOL, environment, read
from pipeline.checks.secrets.objects import StandIn
from pipeline.checks.secrets.overlooked import (
    AGAIN,
    CANARY,
    NOTHING,
    beside,
    is_passed_over,
    lay,
)
from pipeline.tools import python
from pipeline.tools.run import Command, run

from .conftest import is_whole, search

NAMES = [
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "npm-shrinkwrap.json",
    "deno.lock",
    "bun.lock",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "Cargo.lock",
    "Gemfile.lock",
    "composer.lock",
    "go.sum",
    "go.mod",
    "go.work",
    "go.work.sum",
    "gradle.lockfile",
    "packages.lock.json",
    "mix.lock",
    "verification-metadata.xml",
    "gradlew",
    "gradlew.bat",
    "mvnw",
    "mvnw.cmd",
    "node_modules/a/i.js",
    "bower_components/a.js",
    "vendor/github.com/a/b.go",
    "vendor/golang.org/x/b.go",
    "vendor/bundle/a.rb",
    "vendor/ruby/a.rb",
    "vendor/a.go",
    "lib/python3.11/site-packages/a/b.py",
    "venv/lib/python3.11/site-packages/a.py",
    "a-1.0.dist-info/RECORD",
    "a.svg",
    "a.png",
    "a.jpg",
    "a.jpeg",
    "a.gif",
    "a.bmp",
    "a.tiff",
    "a.ttf",
    "a.otf",
    "a.woff",
    "a.woff2",
    "a.eot",
    "a.css",
    "a.html",
    "jquery.min.js",
    "jquery-3.1.js",
    "bootstrap.js",
    "angular.js",
    "plotly.js",
    "swagger-ui.js",
    "a.min.js",
    "gitleaks.toml",
    ".gitleaks.toml",
    "a.go.sum",
    "third_party/a.c",
    "dist/a.js",
    "build/a.js",
    "a.map",
    "a.log",
    "a.csv",
    "a.md",
    "a.txt",
    "a.ipynb",
    "a.xml",
    "a.tfstate",
    ".env",
    "tests/a.py",
    "examples/a.py",
    "a.pem",
    "a.json",
    "a.yml",
    ".npmrc",
    "a.pdf",
    "a.bin",
    "LICENSE",
]


def test_every_name_that_the_engine_passes_over_is_on_our_list(tmp_path: Path, token: str) -> None:
    root = tmp_path / "names"
    for name in NAMES:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"key = '{token}'\n")
    answer = run(
        Command(
            argv=(
                *python.command(module=TOOL.module),
                *("scan", str(root), "--no-validate", "--no-update-check", "--no-dedup"),
                *("--quiet", "--format", "jsonl"),
            ),
            accept=ACCEPTED,
            env=environment(),
        ),
        cwd=tmp_path,
        home=tmp_path,
    )
    assert answer.ok
    seen = {hit.path.removeprefix(f"{root}/") for hit in read(answer.stdout).hits}
    missed = set(NAMES) - seen
    assert "package-lock.json" in missed, "else the second look is not needed any more"
    assert {name for name in missed if not is_passed_over(name)} == set()


@pytest.mark.parametrize("path", ["a.py", "src/locks.py", "go.py", "environment/a.py", "html/a.js"])
def test_code_is_looked_at_once(path: str) -> None:
    assert not is_passed_over(path)


def test_the_same_content_lies_once_under_a_name_for_all_its_paths() -> None:
    laid = lay({"b/go.sum": b"x\n", "a/go.sum": b"x\n", "yarn.lock": b""}, StandIn())
    assert sorted(laid.names.values()) == [(), ("a/go.sum", "b/go.sum"), ("yarn.lock",)]
    assert laid.names[AGAIN + CANARY] == ()
    assert laid.tree.keys() == laid.names.keys()
    assert len(set(laid.tree.values())) == len(laid.tree)
    assert lay({}, StandIn()) is NOTHING


def test_nothing_in_a_repository_can_be_the_object_of_a_second_look() -> None:
    one, other = (lay({"go.sum": b"x\n"}, StandIn()).tree for _ in range(2))
    assert set(one.values()).isdisjoint(other.values())


def test_beside_todays_files_it_lies_packed_and_archives_as_they_are() -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("a.txt", "value")
    again = {"b/go.sum": b"x\n", "a/go.sum": b"x\n", "yarn.lock": b"", "a.png": inner.getvalue()}
    laid, files = beside(again, packed=True)
    assert laid.names.keys() == files.keys()
    found = {laid.names[name]: (name, content) for name, content in files.items()}
    for paths, content in ((("a/go.sum", "b/go.sum"), b"x\n"), (("yarn.lock",), b"")):
        name, packed = found[paths]
        assert name.endswith(".txt.gz")
        assert gzip.decompress(packed) == content
    name, content = found["a.png",]
    assert name.endswith(".txt")
    assert content == again["a.png"]
    assert beside(again, packed=True) == (laid, files)
    assert beside({}, packed=True) == (NOTHING, {})


def test_in_memory_it_lies_as_it_is() -> None:
    laid, files = beside({"b/go.sum": b"x\n", "a/go.sum": b"x\n"}, packed=False)
    ((name, paths),) = laid.names.items()
    assert paths == ("a/go.sum", "b/go.sum")
    assert files == {name: b"x\n"}
    assert name.endswith(".txt")


@pytest.mark.parametrize("where", ["in memory", "on a disk"])
def test_what_lies_there_is_read_by_the_engine(
    tmp_path: Path, token: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of content: text, nothing, an archive, text between bytes."""
    (tmp_path / "memory").mkdir()
    place = str(tmp_path / "memory") if where == "in memory" else ""
    monkeypatch.setattr("pipeline.checks.secrets.calls.in_memory", lambda: place)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.txt", f"key = '{token}'\n")
    kinds = {
        "text": f"key = '{token}'\n".encode(),
        "empty": b"",
        "archive": inner.getvalue(),
        "binary": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + f" key='{token}' ".encode(),
    }
    for kind, content in kinds.items():
        root = tmp_path / kind
        (root / "node_modules").mkdir(parents=True)
        (root / "node_modules" / "file.svg").write_bytes(content)
        reading = search(root)
        assert [finding.locations[0].path for finding in reading.findings] == (
            [] if kind == "empty" else ["node_modules/file.svg"]
        ), kind
        assert is_whole(reading)
