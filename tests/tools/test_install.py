"""Installing: the routes in their order, a mismatch that ends it, and a place that is whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import IncompleteError
from pipeline.tools import gomodule, release
from pipeline.tools.binaries import RECEIPT, Binary, RefusedError, find, folder
from pipeline.tools.install import install
from pipeline.tools.pins import pin
from pipeline.tools.release import Obtained, UnavailableError
from pipeline.trust.roots import pinned
from pipeline.web import WebError
from tests.kit.goprogram import program

Route = Callable[..., Obtained]
WANTED = pin("trivy")


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY", raising=False)


def leaving(content: bytes) -> Route:
    """A route that leads to a program with this content."""

    def route(wanted: object, scratch: Path, **_: object) -> Obtained:
        (scratch / "trivy").write_bytes(content)
        return Obtained(scratch / "trivy", "a test", "its author")

    return route


def failing(error: Exception) -> Route:
    def route(*_: object, **__: object) -> Obtained:
        raise error

    return route


@pytest.fixture
def routes(monkeypatch: pytest.MonkeyPatch) -> Callable[[Route, Route], None]:
    def routes(first: Route, second: Route) -> None:
        monkeypatch.setattr(release, "fetch", first)
        monkeypatch.setattr(gomodule, "build", second)

    return routes


Routes = Callable[[Route, Route], None]
NEVER = failing(AssertionError("this route must not be tried"))


def test_the_release_comes_first(routes: Routes) -> None:
    routes(leaving(program("(devel)")), NEVER)
    said: list[str] = []
    found = install(WANTED, root=pinned(), tell=said.append)
    assert found.path.read_bytes() == program("(devel)")
    assert found.record.digest == f"sha256:{found.path.parent.name}"
    assert (found.record.obtained, found.record.verified) == ("a test", "its author")
    assert said == ["fetching the release of trivy 0.74.0"]
    assert find("trivy") == found


@pytest.mark.parametrize("error", [UnavailableError("none is pinned"), WebError("no network")])
def test_then_the_module(routes: Routes, error: Exception) -> None:
    routes(failing(error), leaving(program()))
    found = install(WANTED, root=pinned())
    assert isinstance(found, Binary)


def test_one_route_only(routes: Routes) -> None:
    routes(NEVER, leaving(program()))
    assert install(WANTED, root=pinned(), routes=("go-module",)).path.is_file()


def test_a_mismatch_ends_it(routes: Routes) -> None:
    routes(failing(RefusedError("its digest is another")), NEVER)
    with pytest.raises(RefusedError, match="its digest is another"):
        install(WANTED, root=pinned())
    assert find("trivy") is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (program("v0.69.5"), "must never run"),
        (program("v0.73.0"), "what was had is trivy 0.73.0, not the pinned 0.74.0"),
        (program(module="example.com/evil"), r"built from example\.com/evil"),
    ],
)
def test_what_was_had_is_looked_at_once_more(routes: Routes, content: bytes, why: str) -> None:
    routes(leaving(content), NEVER)
    with pytest.raises(RefusedError, match=why):
        install(WANTED, root=pinned())
    assert find("trivy") is None
    assert {path.name for path in folder(WANTED).iterdir()} == {".lock"}


def test_no_route_leads_there(routes: Routes) -> None:
    routes(
        failing(WebError("no connection", where="https://example.org")),
        failing(UnavailableError("there is no Go")),
    )
    with pytest.raises(IncompleteError) as caught:
        install(WANTED, root=pinned())
    assert "release: https://example.org: no connection; go-module: there is no Go" in (
        caught.value.what
    )
    assert "SUPPLY_CHAIN_TRIVY" in caught.value.fix
    assert {path.name for path in folder(WANTED).iterdir()} == {".lock"}


def test_what_is_there_is_not_fetched_again(routes: Routes) -> None:
    routes(leaving(program()), NEVER)
    first = install(WANTED, root=pinned())
    routes(NEVER, NEVER)
    assert install(WANTED, root=pinned()) == first


def test_what_was_left_half_made_is_made_anew(routes: Routes) -> None:
    routes(leaving(program()), NEVER)
    first = install(WANTED, root=pinned())
    (first.path.parent / RECEIPT).unlink()
    assert install(WANTED, root=pinned()) == first
    assert json.loads((first.path.parent / RECEIPT).read_text())["version"] == "0.74.0"


def test_several_at_once_fetch_it_once(routes: Routes) -> None:
    asked: list[int] = []

    def route(wanted: object, scratch: Path, **_: object) -> Obtained:
        asked.append(1)
        return leaving(program())(wanted, scratch)

    routes(route, NEVER)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: install(WANTED, root=pinned()), range(4)))
    assert len(asked) == 1
    assert len(set(found)) == 1
