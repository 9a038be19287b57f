from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.actions import check, entry, plan, programs
from pipeline.errors import IncompleteError
from pipeline.model import Image
from pipeline.store import Output
from pipeline.tools import binaries, install
from pipeline.tools.pins import pin
from tests.actions.conftest import CLEAN, Scanning

Make = Callable[..., Scanning]
DOCKERFILE = {**CLEAN, "Dockerfile": "FROM scratch\n"}


def planned(run: Scanning) -> Output:
    runner = run.job("plan")
    plan.make(runner)
    run.outputs = run.end(runner)
    return Output(run.parts / "plan" / "projects" / "repository")


def test_the_cache_is_of_a_version_and_a_day() -> None:
    expected = f"supply-chain-trivy-{pin('trivy').version}-2026-11-22"
    assert programs.cache_key(["trivy"], "2026-11-22") == expected
    assert programs.cache_key([], "2026-11-22") == ""


@pytest.mark.parametrize(
    ("files", "expected"), [(CLEAN, "cache-key="), (DOCKERFILE, "cache-key=supply-chain-trivy-")]
)
def test_a_leg_asks_for_a_cache_where_it_has_work(
    scanning: Make, files: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scanning(files, checks="hardening")
    planned(run)
    runner = run.job("leg", KEY="repository.hardening", PLAN_DIGEST=run.outputs["digest"])
    for name, value in runner.environment.items():
        monkeypatch.setenv(name, value)
    assert entry.main(["programs"]) == 0
    assert (run.folder / "leg" / "output").read_text().startswith(expected)


def _binary(name: str, **_: object) -> SimpleNamespace:
    return SimpleNamespace(record=SimpleNamespace(version="1.2.3", verified=f"{name} by digest"))


def test_what_is_there_is_not_fetched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(binaries, "find", _binary)
    monkeypatch.setattr(install, "install", lambda *_, **__: pytest.fail("it was fetched"))
    programs.fetch(["trivy"])
    assert capsys.readouterr().out == "trivy 1.2.3: trivy by digest\n"


def test_what_is_not_there_is_fetched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(binaries, "find", lambda _: None)
    monkeypatch.setattr(install, "install", lambda wanted, **_: _binary(wanted.name))
    programs.fetch(["trivy"])
    assert capsys.readouterr().out == "trivy 1.2.3: trivy by digest\n"


def test_what_cannot_be_had_is_told_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(_: str) -> None:
        raise IncompleteError("its digest is another one", fix="look into it")

    monkeypatch.setattr(binaries, "find", refused)
    programs.fetch(["trivy"])
    assert "trivy cannot be had: its digest is another one" in capsys.readouterr().out


def test_offline_nothing_is_fetched(scanning: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "fetch", lambda _: pytest.fail("it was fetched"))
    run = scanning(DOCKERFILE, checks="lockfiles")
    planned(run)
    check.run(run.job("leg", KEY="repository.lockfiles", PLAN_DIGEST=run.outputs["digest"]))


def test_online_it_is(scanning: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(programs, "fetch", asked.append)
    run = scanning(CLEAN, checks="workflows", offline=False)
    planned(run)
    check.run(run.job("leg", KEY="repository.workflows", PLAN_DIGEST=run.outputs["digest"]))
    assert asked == [()]


def test_images_are_found_where_the_checkout_is_now(scanning: Make) -> None:
    found = planned(scanning()).plan().target
    inside = Image(name="./a.tar", transport="archive", place="/before/b/a.tar")
    outside = Image(name="r/x:1", transport="registry", place="r/x@sha256:0")
    target = replace(found, images=(inside, outside))
    moved = check._moved(target, "/before", Path("/now"))
    assert [image.place for image in moved.images] == ["/now/b/a.tar", "r/x@sha256:0"]
    assert check._moved(target, "/before", Path("/before")) is target
    assert check._moved(target, "/before", None) is target
