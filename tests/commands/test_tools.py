"""`supply-chain tools`: what it says of the pinned programs, and its exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.commands import tools as room
from pipeline.tools import gomodule, release
from pipeline.tools.binaries import Binary
from pipeline.tools.release import Obtained, UnavailableError
from tests.advice import RECORDS
from tests.fake import Fake
from tests.kit import trivydb
from tests.kit.artifacts import Registry


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and no program in `PATH`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (state,) = json.loads(capsys.readouterr().out)["tools"]
    assert isinstance(state, dict)
    return state


def test_a_missing_program_and_how_to_get_it(
    empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tools", "status"]) == 3
    said = capsys.readouterr().out
    assert said.startswith("trivy 0.74.0 (pinned): missing\n")
    assert "supply-chain tools install trivy" in said


def test_a_program_that_is_another_is_refused(
    empty: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty / "trivy").write_text("#!/bin/sh\ntouch /tmp/ran\n")
    monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(empty / "trivy"))
    assert main(["tools", "status", "trivy", "--json"]) == 3
    state = told(capsys)
    assert state["status"] == "refused"
    assert "cannot be told" in state["why"]
    assert state["path"] == state["digest"] == ""


def test_the_real_one_is_ready(trivy: Binary, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "status", "--json"]) == 0
    state = told(capsys)
    assert (state["status"], state["version"]) == ("ready", "0.74.0")
    assert state["digest"] == trivy.record.digest
    assert state["obtained"] == "named by SUPPLY_CHAIN_TRIVY"
    assert "h1:" in state["verified"]
    assert main(["tools", "status"]) == 0
    assert f"  verified by: {state['verified']}\n" in capsys.readouterr().out
    assert main(["tools", "status", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_install_puts_it_into_our_folder(
    trivy: Binary,
    empty: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY", raising=False)

    def build(wanted: object, scratch: Path, *, tell: Callable[[str], None]) -> Obtained:
        tell("building it takes a while")
        shutil.copy(trivy.path, scratch / "trivy")
        return Obtained(scratch / "trivy", "Go", "go.sum")

    monkeypatch.setattr(gomodule, "build", build)
    assert main(["tools", "install", "trivy", "--route", "go-module"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("trivy 0.74.0 (pinned): ready\n")
    assert said.err.startswith("building it takes a while\n")
    digest = trivy.record.digest.removeprefix("sha256:")
    place = empty / "cache" / "supply-chain" / "tools" / "trivy" / "0.74.0" / digest
    assert sorted(path.name for path in place.iterdir()) == ["receipt.json", "trivy"]
    monkeypatch.setattr(gomodule, "build", None)
    assert main(["tools", "install", "--json"]) == 0
    assert told(capsys)["path"] == str(place / "trivy")


def test_what_cannot_be_installed_is_told_route_by_route(
    empty: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Obtained:
        raise UnavailableError("not here")

    monkeypatch.setattr(release, "fetch", fail)
    assert main(["tools", "install"]) == 3
    said = capsys.readouterr().err
    assert "release: not here; go-module: trivy can be built with Go" in said
    assert "To mend it: install Go" in said


def test_a_policy_may_name_the_program(
    empty: Path, trivy_program: Binary, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = empty / "policy.yml"
    policy.write_text(f"tools: {{trivy: {{path: {trivy_program.path}}}}}\n")
    assert main(["tools", "status", "--config", str(policy), "--json"]) == 0
    assert told(capsys)["obtained"] == "named by the policy"


def plan(folder: Path, files: dict[str, str], *words: str) -> list[str]:
    """Start a run of a repository with these files; answers how its programs are installed."""
    for name, content in files.items():
        (folder / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "shop" / name).write_text(content)
    output = str(folder / "output")
    assert main(["plan", str(folder / "shop"), "--output", output, "--quiet", *words]) == 0
    return ["tools", "install", "--planned", output]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"requirements.txt": "idna==3.10\n"}, ()),
        ({"Dockerfile": "FROM scratch\n"}, ("--offline",)),
        ({"Dockerfile": "FROM scratch\n"}, ("--only", "secrets")),
    ],
    ids=["nothing for it", "offline", "another check"],
)
def test_nothing_is_installed_that_the_run_does_not_need(
    empty: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(release, "fetch", None)
    monkeypatch.setattr(gomodule, "build", None)
    assert main(plan(empty, files, *words)) == 0


def test_what_a_run_needs_is_installed_once(
    trivy: Binary,
    empty: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY", raising=False)

    def fetch(wanted: object, scratch: Path, **_: object) -> Obtained:
        shutil.copy(trivy.path, scratch / "trivy")
        return Obtained(scratch / "trivy", "a release", "its digest")

    monkeypatch.setattr(release, "fetch", fetch)
    words = plan(empty, {"Dockerfile": "FROM scratch\n"})
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("trivy 0.74.0 (pinned): ready\n")
    monkeypatch.setattr(release, "fetch", None)
    assert main(words) == 0
    assert capsys.readouterr().out == ""


def test_what_a_run_needs_and_nobody_has_is_told(
    empty: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Obtained:
        raise UnavailableError("not here")

    monkeypatch.setattr(release, "fetch", fail)
    assert main(plan(empty, {"k8s.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {}\n"})) == 3
    assert "release: not here" in capsys.readouterr().err


def test_a_folder_without_a_run(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "install", "--planned", str(empty)]) == 2
    assert "no run was started here" in capsys.readouterr().err


def test_update_fetches_the_database(
    empty: Path, trivy: Binary, fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(fake)
    facts = [json.loads(path.read_bytes()) for path in RECORDS]
    cache = trivydb.make_java(trivydb.make(empty / "served", facts), {})
    registry.serve(cache / "db")
    registry.serve(cache / "java-db", "trivy-java-db", "1")
    policy = empty / "policy.yml"
    policy.write_text(
        "tools:\n  trivy:\n"
        f"    database-repository: {registry.reference()}\n"
        f"    java-database-repository: {registry.reference('trivy-java-db', '1')}\n"
    )
    words = ["tools", "update", "--config", str(policy)]
    assert main([*words, "--java"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Trivy vulnerability database: made ")
    assert f", fresh, from {registry.reference()}, sha256:" in first
    assert second.startswith("Trivy index of Java archives: made ")
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert Path(told["cache"], "db", "trivy.db").is_file()
    assert any(source.startswith("pip::") for source in told["sources"])
    assert main([*words, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert registry.downloads == 2


def test_update_of_an_old_database_is_incomplete(
    empty: Path, trivy: Binary, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = [json.loads(path.read_bytes()) for path in RECORDS]
    made = datetime.now(UTC) - timedelta(days=30)
    cache = trivydb.make(empty / "given", facts, updated=made)
    policy = empty / "policy.yml"
    policy.write_text(f"tools: {{trivy: {{database: {cache}}}}}\n")
    assert main(["tools", "update", "--config", str(policy)]) == 3
    assert ", too old, from " in capsys.readouterr().out


def test_names_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "status", "grype"]) == 2
    assert "choose one of trivy" in capsys.readouterr().err


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["tools", "--help"])
    assert "supply-chain tools install trivy" in capsys.readouterr().out
    assert room.__doc__
