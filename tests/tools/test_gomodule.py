"""A program built from its released module: by the real Go, and by stand-ins that misbehave."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from pipeline.errors import IncompleteError
from pipeline.tools.binaries import Binary, RefusedError
from pipeline.tools.gomodule import build
from pipeline.tools.pins import MODULES, Pin, pin
from pipeline.tools.release import UnavailableError
from pipeline.tools.surroundings import shun
from tests.kit.goprogram import TRIVY, program

SETTINGS = {"GOPROXY": "p", "GOMODCACHE": "/m", "GOCACHE": "/c", "GOTOOLCHAIN": "auto"}

GO = """\
#!{python} -I
import json, os, shutil, sys
open({seen!r}, "a").write(json.dumps([sys.argv[1:], dict(os.environ), os.listdir()]) + "\\n")
if sys.argv[1] == "env":
    print({settings!r})
elif {fails!r}:
    sys.exit("go: downloading x\\nmain.go: no such package")
else:
    shutil.copy({made!r}, sys.argv[sys.argv.index("-o") + 1])
"""


class Go:
    """A stand-in for Go in `PATH` that leaves a program which says what a test wants."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        monkeypatch.setenv("PATH", str(folder))

    def makes(self, content: bytes, *, fails: bool = False, settings: str = "") -> None:
        made = self.folder / "made"
        made.write_bytes(content)
        text = GO.format(
            python=os.path.realpath(shutil.which("python3", path=os.defpath) or "/usr/bin/python3"),
            seen=str(self.folder / "seen"),
            settings=settings or json.dumps(SETTINGS),
            fails=fails,
            made=str(made),
        )
        (self.folder / "go").write_text(text)
        (self.folder / "go").chmod(0o755)

    @property
    def seen(self) -> list[tuple[list[str], dict[str, str], list[str]]]:
        lines = (self.folder / "seen").read_text().splitlines()
        return [tuple(json.loads(line)) for line in lines]


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Go:
    return Go(tmp_path, monkeypatch)


def test_go_gets_our_module_and_nothing_of_the_environment(
    go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    go.makes(program())
    for name in ("GOFLAGS", "GOSUMDB", "GOWORK", "TRIVY_X"):
        monkeypatch.setenv(name, "evil")
    monkeypatch.setenv("GOPROXY", "https://proxy.example.org")
    said: list[str] = []
    found = build(pin("trivy"), go.scratch, tell=said.append)
    assert said == ["building trivy 0.74.0 with Go, which takes some minutes"]
    assert found.path == go.scratch / "trivy"
    assert "go.sum" in found.verified
    assert f"{TRIVY} v0.74.0 h1:" in found.verified
    assert f"{TRIVY}@v0.74.0" in found.obtained
    (asked, told, _), (arguments, environment, files) = go.seen
    assert asked == ["env", "-json", *SETTINGS]
    assert told["GOPROXY"] == "https://proxy.example.org"
    assert arguments[:2] == ["build", "-mod=readonly"]
    assert arguments[-1] == f"{TRIVY}/cmd/trivy"
    assert sorted(files) == ["go.mod", "go.sum", "tools.go"]
    assert environment["GOPROXY"] == "p"  # what Go said of the user's settings
    assert (environment["GOFLAGS"], environment["GOENV"], environment["GOWORK"]) == (
        "",
        "off",
        "off",
    )
    assert not environment.keys() & {"GOSUMDB", "TRIVY_X"}
    assert environment["HOME"] == str(go.scratch / "home")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (program("v0.69.4"), "must never run"),
        (program("v0.73.0"), "is not the pinned"),
        (program(checksum="h1:other="), "does not tell"),
        (b"\x7fELF", "cannot be told"),
    ],
)
def test_something_else_that_came_out_is_refused(go: Go, content: bytes, why: str) -> None:
    go.makes(content)
    with pytest.raises(RefusedError, match=why):
        build(pin("trivy"), go.scratch)


def test_what_cannot_be_built_is_told_with_gos_last_words(go: Go) -> None:
    go.makes(b"", fails=True)
    with pytest.raises(UnavailableError, match=r"exit code 1: main\.go: no such package"):
        build(pin("trivy"), go.scratch)


def test_without_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match=r"Go 1\.26\.3 or newer, and there is no Go"):
        build(pin("trivy"), tmp_path)


@pytest.mark.parametrize("place", [".", "", "scanned/bin"])
def test_a_go_that_lies_around_is_none(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    go.makes(b"")
    scanned = tmp_path / "scanned"
    shutil.copytree(go.folder, scanned / "bin")
    monkeypatch.setenv("PATH", place and str(place if place == "." else tmp_path / place))
    monkeypatch.chdir(scanned / "bin")
    shun(scanned)
    with pytest.raises(UnavailableError, match="there is no Go"):
        build(pin("trivy"), go.scratch)
    shun(tmp_path / "another")


@pytest.mark.parametrize("settings", ["", "[]", "{}"])
def test_a_go_that_says_nothing_of_itself(go: Go, settings: str) -> None:
    go.makes(b"", settings=settings or " ")
    with pytest.raises(IncompleteError, match="Go does not tell its settings"):
        build(pin("trivy"), go.scratch)


def test_the_real_go_refuses_a_changed_checksum(
    trivy: Binary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a moved tag, or with a proxy that serves other code."""
    if shutil.which("go") is None:
        pytest.skip("no Go here")
    wanted: Pin = pin("trivy")
    modules, scratch = tmp_path / "go", tmp_path / "scratch"
    shutil.copytree(MODULES / "trivy", modules / "trivy")
    sums = modules / "trivy" / "go.sum"
    sums.write_text(sums.read_text().replace(wanted.module.sum, "h1:" + "A" * 43 + "="))
    monkeypatch.setattr("pipeline.tools.gomodule.MODULES", modules)
    scratch.mkdir()
    with pytest.raises(RefusedError, match="other code than the checksums"):
        build(wanted, scratch)
    assert trivy.path.is_file()
