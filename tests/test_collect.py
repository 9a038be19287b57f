"""Every way in which a tool can fail, through real processes: none of them ends `clean`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import ClassVar

import pytest

from pipeline import collect as room
from pipeline.advisories.source import Question
from pipeline.checks.job import Job, Network, Options, Ran, Rule, Skip, Tool, Wanted
from pipeline.collect import collect
from pipeline.errors import IncompleteError, UsageError
from pipeline.model import (
    Coverage,
    Evidence,
    File,
    Finding,
    Gap,
    Kind,
    Location,
    Lock,
    Missing,
    Package,
    Policy,
    Reading,
    Severity,
    Status,
    Table,
    Target,
    ToolRecord,
    TrivySettings,
    Unread,
)
from pipeline.store import Output, Plan
from pipeline.tools import python
from pipeline.tools.binaries import Binary
from pipeline.tools.trivydb import Request
from tests.advice import RECORDS, make_store
from tests.kit import trivydb


def target(*names: str) -> Target:
    packages = tuple(
        Package(
            ecosystem="PyPI",
            name=name,
            version=version,
            location=Location(path="requirements.txt", line=number),
        )
        for number, (name, version) in enumerate((one.split("==") for one in names), 1)
    )
    lock = Lock(
        path="requirements.txt",
        format="requirements.txt",
        ecosystem="PyPI",
        digest="sha256:0",
        packages=packages,
    )
    return Target(name="t", git=None, files=1, locks=(lock,))


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Evidence]:
    """Collect the dependencies check over some pins, from the small store of the tests."""
    store = make_store(tmp_path / "advisories.sqlite")

    def run(*names: str, **changes: object) -> Evidence:
        values: dict[str, object] = {
            "root": str(tmp_path),
            "as_of": date(2026, 11, 1),
            "offline": True,
            "checks": ("dependencies",),
            "target": target(*names),
            "policy": Policy(),
            "advisories": str(store),
            **changes,
        }
        output = Output(tmp_path / "out")
        plan = output.begin(Plan(**values))  # type: ignore[arg-type]
        evidence = collect("dependencies", plan, output)
        (recorded,) = output.evidence(plan)
        assert recorded.evidence == evidence
        return evidence

    return run


def tool(script: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", script)


# ------------------------------------------------------------------------------- the real tool


def test_a_clean_lock_is_clean(run: Callable[..., Evidence]) -> None:
    evidence = run("idna==3.10", "sniffio==1.3.1")
    assert (evidence.status, evidence.reason) == (Status.CLEAN, "")
    assert (evidence.expected, evidence.evaluated) == (2, 2)
    (tool_record,) = evidence.tools
    assert tool_record.name == "pip-audit"
    assert tool_record.version
    assert tool_record.digest.startswith("sha256:")


def test_a_vulnerable_lock_is_found(run: Callable[..., Evidence]) -> None:
    evidence = run("jinja2==2.10", "idna==3.10")
    assert evidence.status is Status.FOUND
    assert {finding.rule for finding in evidence.findings} == {"CVE-2019-10906", "CVE-2020-28493"}
    assert (evidence.expected, evidence.evaluated) == (2, 2)


def test_an_unanswerable_package_is_partial(run: Callable[..., Evidence]) -> None:
    evidence = run("idna==3.10", "odd==not-a-version")
    assert evidence.status is Status.PARTIAL
    assert evidence.reason == "1 of 2 packages were evaluated"


def test_nothing_to_look_at_is_not_applicable(run: Callable[..., Evidence]) -> None:
    evidence = run(target=Target(name="t", git=None, files=0))
    assert evidence.status is Status.NOT_APPLICABLE


# ------------------------------------------------------------------------------ the broken tool

FAULTS = {
    "crashes": "raise SystemExit(2)",
    "reports no finding at all": "raise SystemExit(0)",
    "raises": "raise RuntimeError('boom')",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "writes nothing": "raise SystemExit(1)",
    "writes garbage": "open('audit.json', 'w').write('<html>'); raise SystemExit(1)",
    "writes half": "open('audit.json', 'w').write('{\"dependencies\": ['); raise SystemExit(1)",
    "writes an empty file": "open('audit.json', 'w'); raise SystemExit(1)",
    "forgets everything": (
        "open('audit.json', 'w').write('{\"dependencies\": []}'); raise SystemExit(1)"
    ),
    "floods": "import sys\nwhile True: sys.stdout.write('x' * 65536)",
}


@pytest.mark.parametrize("script", FAULTS.values(), ids=FAULTS.keys())
def test_a_broken_tool_is_errored(
    run: Callable[..., Evidence], script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "command", lambda **kind: tool(script))
    evidence = run("idna==3.10")
    assert evidence.status is Status.ERRORED
    assert evidence.reason
    assert evidence.findings == ()


def test_a_hanging_tool_is_errored(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "command", lambda **kind: tool("import time; time.sleep(600)"))
    monkeypatch.setattr("pipeline.checks.dependencies.pip_audit.TIMEOUT", 0.1)
    evidence = run("idna==3.10")
    assert evidence.status is Status.ERRORED
    assert "1.1 s" in evidence.reason


def test_a_missing_tool_is_errored_and_says_how_to_get_it(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "find", lambda distribution: None)
    evidence = run("idna==3.10")
    assert evidence.status is Status.ERRORED
    assert "pip install pip-audit" in evidence.reason
    assert evidence.tools == ()


def test_the_tools_last_words_are_kept_on_one_line(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import sys; sys.stderr.write('first\\nno space left\\n'); sys.exit(3)"
    monkeypatch.setattr(python, "command", lambda **kind: tool(script))
    assert "no space left" in run("idna==3.10").reason


# --------------------------------------------------------------------------- the broken advice


def test_no_advisories_at_all_is_errored(run: Callable[..., Evidence], tmp_path: Path) -> None:
    evidence = run("idna==3.10", advisories=str(tmp_path / "missing.zip"))
    assert evidence.status is Status.ERRORED


def test_a_corrupt_store_is_errored(run: Callable[..., Evidence], tmp_path: Path) -> None:
    store = tmp_path / "corrupt.sqlite"
    content = bytearray((tmp_path / "advisories.sqlite").read_bytes())
    content[4096:] = b"\0" * (len(content) - 4096)
    store.write_bytes(content)
    assert run("jinja2==2.10", advisories=str(store)).status is Status.ERRORED


def test_old_advisories_are_marked(run: Callable[..., Evidence]) -> None:
    evidence = run("idna==3.10", as_of=date(2026, 12, 24))
    assert [record.fresh for record in evidence.data if "osv" in record.name.lower()] == [False]


# ------------------------------------------------------------------------------- files wanted


class Curious:
    """A check that wants `first`, then what that names, and tells what it was given."""

    TOOL = None
    NETWORK = Network.NONE
    RULES: ClassVar[dict[str, Rule]] = {}

    def questions(self, target: Target) -> tuple[Question, ...]:
        return ()

    def plan(self, target: Target, options: Options) -> tuple[Job, ...] | Wanted:
        first = options.files.get("first")
        if first is None:
            return Wanted(files=("first", "missing"))
        assert isinstance(first, bytes)
        names = tuple(first.decode().split())
        return () if set(names) <= options.files.keys() else Wanted(files=names)

    def read(self, target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
        missing = tuple(
            Missing(subject=path, gap=content.gap, why=content.why)
            for path, content in options.files.items()
            if isinstance(content, Unread)
        )
        count = len(options.files)
        return Reading(
            coverage=(
                Coverage(
                    scope="files",
                    unit="files",
                    expected=count,
                    evaluated=count - len(missing),
                    missing=missing,
                ),
            )
        )


def test_a_check_sees_the_files_that_it_wants_and_no_others(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Curious()})
    monkeypatch.setattr(room, "MAX_WANTED_FILE", 40)
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
    monkeypatch.setattr(room, "MAX_WANTED", 30)
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


# ------------------------------------------------------------------------------ our own faults


def test_a_fault_of_our_own_is_errored_and_loud(
    run: Callable[..., Evidence],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stumble(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(room, "_run", stumble)
    evidence = run("idna==3.10")
    assert evidence.status is Status.ERRORED
    assert "fault in the pipeline" in evidence.reason
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_only_planned_checks_run(tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    plan = output.begin(
        Plan(
            root=str(tmp_path),
            as_of=date(2026, 11, 1),
            offline=True,
            checks=("dependencies",),
            target=target(),
            policy=Policy(),
        )
    )
    with pytest.raises(UsageError, match="not planned"):
        collect("secrets", plan, output)


def test_the_test_store_holds_what_it_should() -> None:
    assert len(RECORDS) > 5


# --------------------------------------------------------------------- other programs, and files


class Helped(Curious):
    """A check that asks another program, and keeps what it said."""

    def __init__(self, script: str, *, optional: bool) -> None:
        self.job = Job(
            name="helper",
            arguments=("-I", "-c", script),
            program=sys.executable,
            optional=optional,
        )

    def plan(self, target: Target, options: Options) -> tuple[Job, ...] | Wanted:
        return (self.job,)

    def read(self, target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
        assert options.as_of == date(2026, 11, 1)
        said = b"".join(run.stdout for run in runs)
        return Reading(
            coverage=(Coverage(scope="x", unit="words", expected=1, evaluated=1),),
            files=(File(path="said.txt", content=said, media_type="text/plain"),),
            tables=(Table(title="Words", columns=("Runs",), rows=((len(runs),),)),),
            tools=(ToolRecord(name="helper", version="1"),),
        )


def test_another_program_can_take_part_and_files_and_tables_are_recorded(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Helped("print('hello')", optional=False)})
    evidence = run()
    assert evidence.status is Status.CLEAN
    assert [tool.name for tool in evidence.tools] == ["helper"]
    assert evidence.tables[0].rows == ((1,),)
    (artefact,) = evidence.artefacts
    assert artefact.path == "dependencies/said.txt"
    assert (tmp_path / "out" / artefact.path).read_bytes() == b"hello\n"


def test_a_job_is_led_to_files_elsewhere(
    run: Callable[..., Evidence], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "file").write_text("far away")
    helped = Helped("print(open('image/blobs/file').read())", optional=False)
    helped.job = replace(
        helped.job, inputs={"image/index": b""}, links={"image/blobs": str(tmp_path / "large")}
    )
    monkeypatch.setattr(room, "CHECKS", {"dependencies": helped})
    (artefact,) = run().artefacts
    assert (tmp_path / "out" / artefact.path).read_text() == "far away\n"


class Warned(Curious):
    """A check whose tool brought advisories of its own."""

    def plan(self, target: Target, options: Options) -> tuple[Job, ...] | Wanted:
        return ()

    def read(self, target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
        known = Finding(
            check="dependencies",
            rule="CVE-2020-11978",
            kind=Kind.VULNERABILITY,
            severity=Severity.LOW,
            title="t",
            subject="pkg:pypi/x@1",
            locations=(),
        )
        other = replace(known, rule="GHSA-0", aliases=("CVE-0-0",))
        rule = replace(known, kind=Kind.RULE)
        return Reading(
            findings=(known, other, rule),
            coverage=(Coverage(scope="x", unit="words", expected=1, evaluated=1),),
        )


def test_others_vulnerabilities_are_ranked_by_kev_and_epss(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Warned()})
    evidence = run()
    known, other, rule = evidence.findings
    assert known.exploited is not None
    assert known.exploited.due == date(2022, 7, 18)
    assert known.epss is not None
    assert (other.exploited, other.epss, rule.exploited) == (None, None, None)
    assert [record.name for record in evidence.data] == ["kev", "epss"]


def test_what_only_a_second_opinion_tells_of_is_ranked_too(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advisory source was asked about everything else: the rest must not look unexploited."""
    check = Warned()
    check.NETWORK = Network.ADVISORIES
    monkeypatch.setattr(room, "CHECKS", {"dependencies": check})
    evidence = run()
    assert evidence.findings[0].exploited is not None
    assert [record.name for record in evidence.data].count("kev") == 1


def test_only_an_optional_job_may_fail(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        room, "CHECKS", {"dependencies": Helped("raise SystemExit(3)", optional=True)}
    )
    evidence = run()
    assert evidence.status is Status.CLEAN
    assert evidence.tables[0].rows == ((0,),)
    monkeypatch.setattr(
        room, "CHECKS", {"dependencies": Helped("raise SystemExit(3)", optional=False)}
    )
    assert run().status is Status.ERRORED


def test_a_file_that_a_check_may_not_write_is_our_own_fault(
    run: Callable[..., Evidence],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    check = Helped("print('hello')", optional=False)
    outside = Reading(files=(File(path="../plan.json", content=b"", media_type="x"),))
    monkeypatch.setattr(check, "read", lambda *_: outside)
    monkeypatch.setattr(room, "CHECKS", {"dependencies": check})
    assert run().status is Status.ERRORED
    assert "no path below" in capsys.readouterr().err


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
