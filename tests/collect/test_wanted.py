from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from pipeline import collect as room
from pipeline.checks.job import Job, Options, Ran, Skip, Tool, Wanted
from pipeline.collect import wanted
from pipeline.discover import discover
from pipeline.errors import IncompleteError
from pipeline.model import Coverage, Evidence, Gap, Policy, Reading, Status, Target, TrivySettings
from pipeline.store import Plan
from pipeline.tools.binaries import Binary
from pipeline.tools.trivydb import Request
from pipeline.tree import Tree
from tests.advice import RECORDS
from tests.collect.checks import Curious
from tests.kit import trivydb


def test_a_check_sees_the_files_that_it_wants_and_no_others(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Curious()})
    monkeypatch.setattr(wanted, "MAX_WANTED_FILE", 40)
    (tmp_path / "first").write_text("second large ../outside link")
    (tmp_path / "second").write_text("here")
    (tmp_path / "large").write_bytes(b"x" * 41)
    (tmp_path / "link").symlink_to("/etc/hostname")
    evidence = run()
    assert evidence.status is Status.PARTIAL
    assert evidence.reason == "2 of 6 files were evaluated"
    (coverage,) = evidence.coverage
    assert {item.subject: item.gap for item in coverage.missing} == {
        "missing": Gap.INPUT_MISSING,
        "large": Gap.TOO_LARGE,
        "../outside": Gap.INPUT_MISSING,
        "link": Gap.INPUT_MISSING,
    }


def test_wanted_files_have_a_limit_together(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Curious()})
    monkeypatch.setattr(wanted, "MAX_WANTED", 30)
    (tmp_path / "first").write_text("second")
    (tmp_path / "second").write_bytes(b"x" * 25)
    (coverage,) = run().coverage
    assert [item.gap for item in coverage.missing] == [Gap.INPUT_MISSING, Gap.TOO_LARGE]


def test_a_check_that_goes_in_circles_is_errored(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Curious()
    monkeypatch.setattr(check, "plan", lambda *_: Wanted(files=("first",)))
    monkeypatch.setattr(room, "CHECKS", {"dependencies": check})
    assert run().status is Status.ERRORED


# ------------------------------------------------------------------------- a pinned program


class Pinned(Curious):
    """A check whose tool is a pinned binary, which it asks for its version and its database."""

    TOOL = Tool(binary="trivy")  # type: ignore[assignment]

    def __init__(self, *, skips: bool = False) -> None:
        self.skips = skips
        self.planned: list[tuple[bool, bool]] = []

    def plan(self, target: Target, options: Options) -> tuple[Job, ...] | Wanted | Skip:  # type: ignore[override]
        self.planned.append((options.tool is not None, options.database is not None))
        if self.skips:
            return Skip(status=Status.NOT_APPLICABLE, reason="no images")
        if options.database is None:
            return Wanted(tool=True, database=True)
        arguments = ("version", "-f", "json", "--cache-dir", options.database.cache)
        return (Job(name="version", arguments=arguments),)

    def read(self, target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
        assert options.tool
        assert options.database
        told = json.loads(runs[0].stdout)
        assert told["Version"] == options.tool.version
        assert told["VulnerabilityDB"]["Version"] == 2
        return Reading(
            coverage=(Coverage(scope="x", unit="words", expected=1, evaluated=1),),
            data=options.database.records,
        )


def test_a_pinned_program_and_its_database_are_given_when_they_are_wanted(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trivy: Binary
) -> None:
    cache = trivydb.make(tmp_path / "cache", [json.loads(path.read_bytes()) for path in RECORDS])
    check = Pinned()
    monkeypatch.setattr(room, "CHECKS", {"dependencies": check})
    evidence = run(trivy=TrivySettings(database=str(cache)))
    assert (evidence.status, evidence.reason) == (Status.CLEAN, "")
    assert check.planned == [(False, False), (True, True)]
    (record,) = evidence.tools
    assert (record.name, record.digest) == ("trivy", trivy.record.digest)
    assert record.verified
    assert evidence.data[0].name == "Trivy vulnerability database"


def test_a_missing_pinned_program_is_errored_with_the_way_to_get_it(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY", raising=False)
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Pinned()})
    evidence = run()
    assert evidence.status is Status.ERRORED
    assert "trivy is not installed" in evidence.reason
    assert "supply-chain tools install trivy" in evidence.reason
    assert evidence.tools == ()


def test_a_check_with_nothing_to_do_needs_no_program(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", "/nowhere/trivy")
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Pinned(skips=True)})
    evidence = run()
    assert (evidence.status, evidence.tools) == (Status.NOT_APPLICABLE, ())


def test_a_missing_database_is_errored(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trivy: Binary
) -> None:
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Pinned()})
    evidence = run(trivy=TrivySettings(database=str(tmp_path / "nothing")))
    assert evidence.status is Status.ERRORED
    assert "database is missing" in evidence.reason
    assert [record.name for record in evidence.tools] == ["trivy"]


class Modest(Pinned):
    """A check that does without its program where it cannot be had, and never lets it fetch."""

    def __init__(self, *, fetch: bool = False) -> None:
        super().__init__()
        self.fetch = fetch
        self.lacking: list[str] = []

    def plan(self, target: Target, options: Options) -> tuple[Job, ...] | Wanted:
        self.lacking.append(options.lacking)
        if options.database is None and not options.lacking:
            return Wanted(database=True, optional=True, fetch=self.fetch)
        return ()

    def read(self, target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
        return Reading(coverage=(Coverage(scope="x", unit="words", expected=1, evaluated=1),))


@pytest.mark.parametrize("fetch", [False, True])
def test_what_is_optional_and_missing_is_told_and_the_check_goes_on(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch, trivy: Binary, fetch: bool
) -> None:
    asked: list[bool] = []

    def ready(request: Request) -> None:
        asked.append(request.offline)
        raise IncompleteError("there is none")

    check = Modest(fetch=fetch)
    monkeypatch.setattr(room, "CHECKS", {"dependencies": check})
    monkeypatch.setattr("pipeline.tools.trivydb.ready", ready)
    evidence = run(offline=False)
    assert evidence.status is Status.CLEAN
    assert check.lacking == ["", "there is none"]
    # Only what is wanted in earnest is downloaded.
    assert asked == [not fetch]


@pytest.mark.parametrize(
    ("files", "names", "expected"),
    [
        ({"Dockerfile": "FROM scratch\n"}, ["hardening", "secrets"], ("trivy",)),
        ({"Dockerfile": "FROM scratch\n"}, ["secrets", "lockfiles"], ()),
        ({"requirements.txt": ""}, ["hardening", "container"], ()),
    ],
)
def test_a_program_is_needed_where_there_is_work_for_it(
    tmp_path: Path, files: dict[str, str], names: list[str], expected: tuple[str, ...]
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    plan = Plan(
        root=str(tmp_path),
        as_of=date(2026, 11, 22),
        offline=True,
        checks=tuple(names),
        target=discover(Tree.at(tmp_path)),
        policy=Policy(),
    )
    assert wanted.programs(names, plan) == expected
