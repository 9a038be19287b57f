"""Programs from Go modules: built once, or told why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.kit import golang
from tests.kit.golang import Program, UnavailableError, built, cache, locked

ONE = Program("one", "example.org/group/one", "v1.0.0")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def go(tmp_path: Path, script: str) -> None:
    """A `go` that does as it is told."""
    path = tmp_path / "bin" / "go"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_without_go_there_is_no_program() -> None:
    with pytest.raises(UnavailableError, match="one is built with Go, which is not installed"):
        built(ONE)


def test_a_program_is_built_once(tmp_path: Path) -> None:
    go(tmp_path, f'echo "$@" >> {tmp_path}/asked; : > "$GOBIN/one"')
    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(lambda _: built(ONE), range(4)))
    assert paths == {cache() / "one-v1.0.0" / "one"}
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["install -trimpath -buildvcs=false example.org/group/one@v1.0.0"]


def test_a_module_of_our_own_is_built_where_it_is(tmp_path: Path) -> None:
    go(tmp_path, 'test -f go.mod || exit 1; while test "$1" != -o; do shift; done; : > "$2"')
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "go.mod").write_text("")
    assert built(Program("own", ".", "v1", folder)).is_file()


def test_a_build_that_fails_says_why(tmp_path: Path) -> None:
    go(tmp_path, "echo first >&2; echo 'the proxy is away' >&2; exit 1")
    with pytest.raises(UnavailableError, match=r"one cannot be built .*: the proxy is away"):
        built(ONE)
    assert not (cache() / "one-v1.0.0" / "one").exists()


def test_a_build_that_hangs_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golang, "PATIENCE", 0.2)
    go(tmp_path, "exec /bin/sleep 5")
    with pytest.raises(UnavailableError, match=r"not built within 0\.2 s"):
        built(ONE)


def test_whoever_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golang, "PATIENCE", 0.2)
    path = tmp_path / "cache" / "lock"
    with locked(path), pytest.raises(UnavailableError, match="another process"), locked(path):
        pytest.fail("it was taken twice")


def test_where_programs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache() == Path.home() / ".cache" / "supply-chain-kit"
