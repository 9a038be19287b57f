"""`supply-chain secrets`: what it says, what it writes down, and its exit codes.

Every token is made up when a test runs, and none may be in anything that is said or written.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from pipeline import settings, stages
from pipeline.cli import main, make_parser
from pipeline.model import Waiver
from pipeline.tools import python
from tests.checks.secrets.conftest import Repository, cache, make_token, rule_cache
from tests.kit import images as kit

__all__ = ["cache", "rule_cache"]  # fixtures

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 1)
END = "2027-01-31"
WHY = (
    "--reason",
    'Revoked: it is "dead" \\ 🔑\u2028\x85',
    "--owner",
    "platform: team #1",
    "--expires",
)


class Told(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Told]


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "today", lambda: DAY)


@pytest.fixture
def tokens() -> list[str]:
    """What was planted, in the order of planting."""
    return []


@pytest.fixture
def plant(tokens: list[str]) -> Callable[[], str]:
    """A line of code with a new token."""

    def plant() -> str:
        tokens.append(make_token())
        return f"key = '{tokens[-1]}'\n"

    return plant


Plant = Callable[[], str]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A clean repository with one commit, and us in another folder."""
    found = Repository(tmp_path / "repository")
    found.commit(clean="x = 1\n")
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.chdir(aside)
    return found


@pytest.fixture
def secrets(
    repository: Repository, tokens: list[str], capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command on the repository; it may not say a token, nor touch what it looks at."""

    def secrets(*arguments: str) -> Told:
        before = _files(repository.root)
        code = main(["secrets", *arguments, str(repository.root)])
        said = capsys.readouterr()
        for token in tokens:
            assert token not in said.out + said.err
        assert _files(repository.root) == before
        return Told(code, said.out, said.err)

    return secrets


def _files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def shorten(repository: Repository, folder: Path) -> None:
    """Put a clone of the last commit alone in the repository's place."""
    repository.git("clone", "-q", "--depth=1", f"file://{repository.root}", str(folder / "clone"))
    repository.root.rename(folder / "whole")
    (folder / "clone").rename(repository.root)


# ------------------------------------------------------------------------------------- scan


def test_a_clean_repository(secrets: Command) -> None:
    assert secrets("scan") == (0, "", "")


def test_a_found_secret(repository: Repository, plant: Plant, secrets: Command) -> None:
    repository.commit(a=f"x = 1\n{plant()}")
    code, out, err = secrets("scan")
    assert (code, err) == (1, "")
    (line,) = out.splitlines()
    assert line.startswith("high: ")
    assert "at a.py:2: " in line
    assert "[secrets/" in line


def test_a_removed_secret(repository: Repository, plant: Plant, secrets: Command) -> None:
    guilty = repository.commit(a=plant())
    repository.commit(a="x = 1\n")
    code, out, _ = secrets("scan")
    assert code == 1
    assert "none of today's files" in out
    assert guilty[:12] in out


def test_what_is_tolerated_is_told_but_not_when_quiet(
    repository: Repository, plant: Plant, secrets: Command
) -> None:
    repository.write("tests/fixtures/a.py", plant())
    code, out, _ = secrets("scan")
    assert code == 0
    assert out.startswith("medium, below threshold: ")
    assert secrets("scan", "--quiet") == (0, "", "")
    repository.commit(b=plant())
    code, out, _ = secrets("scan", "--quiet")
    assert code == 1
    assert [line.startswith("high: ") for line in out.splitlines()] == [True]


def test_images_of_the_settings_and_named_ones(
    repository: Repository,
    plant: Plant,
    tokens: list[str],
    secrets: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beside = repository.root.parent
    for name in ("app", "other"):
        inside = {
            f"srv/{name}.py": plant().encode(),
            "root/.npmrc": f"//npm.internal/:_authToken={tokens[-1]}".encode(),
        }
        kit.layout(beside / name, {"1.0": kit.Built.of(inside)})
    repository.write("supply-chain.yml", "images:\n  - reference: ../app:1.0\n")
    repository.commit(a="x = 1\n")
    monkeypatch.chdir(repository.root)
    code, out, _ = secrets("scan", "--image", "../other:1.0")
    assert code == 1
    assert "../app:1.0!/srv/app.py:1" in out
    assert "../other:1.0!/srv/other.py:1" in out
    assert all(token not in out for token in tokens)
    assert secrets("scan", "--staged") == (0, "", "")
    code, text, _ = secrets("baseline", *WHY, END)
    assert code == 0
    waivers = yaml.safe_load(text)["waivers"]
    assert [one.get("path") for one in waivers if one["id"].startswith("secrets/")] == [
        "../app:1.0!/root/.npmrc"
    ]
    repository.write("supply-chain.yml", f"images:\n  - reference: ../app:1.0\n{text}")
    code, out, _ = secrets("scan")
    assert code == 0
    told = [line.partition(": ")[0] for line in out.splitlines() if "../app:1.0!/" in line]
    assert told == ["high, waived"] * 2


def test_what_was_not_looked_at_is_not_clean(
    repository: Repository, plant: Plant, secrets: Command, tmp_path: Path
) -> None:
    repository.commit(a=plant())
    repository.commit(a="x = 1\n")
    shorten(repository, tmp_path)
    code, out, err = secrets("scan")
    assert (code, out) == (3, "")
    assert err.startswith("not looked at: ")
    assert "shallow" in err
    repository.write("b.py", plant())
    code, out, err = secrets("scan")
    assert code == 1, "a violation comes before a gap"
    assert "b.py:1" in out
    assert "shallow" in err


def test_without_its_engine_it_fails(
    repository: Repository, plant: Plant, secrets: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a=plant())
    body = "import sys; sys.exit(70)"
    monkeypatch.setattr(python, "command", lambda **_: (sys.executable, "-I", "-c", body))
    code, out, err = secrets("scan")
    assert (code, out) == (3, "")
    assert err.startswith("error: ")


def test_the_policy_is_not_that_of_the_scanned_repository(
    repository: Repository, plant: Plant, secrets: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("supply-chain.yml", "version: 1\npolicy:\n  fail-on: never\n")
    repository.commit(a=plant())
    assert secrets("scan").code == 1
    assert secrets("scan", "--config", str(repository.root / "supply-chain.yml")).code == 0
    monkeypatch.chdir(repository.root)
    assert secrets("scan").code == 0


# ----------------------------------------------------------------------------------- --staged


def test_only_what_is_staged(repository: Repository, plant: Plant, secrets: Command) -> None:
    repository.commit(old=plant())
    repository.write("new.py", plant())
    assert secrets("scan", "--staged") == (0, "", "")
    repository.git("add", "new.py")
    code, out, err = secrets("scan", "--staged")
    assert (code, err) == (1, "")
    assert "at new.py:1: " in out
    assert "old.py" not in out


def test_the_staged_content_counts_and_not_the_file(
    repository: Repository, plant: Plant, secrets: Command
) -> None:
    repository.write("a.py", plant())
    repository.git("add", "a.py")
    repository.write("a.py", "x = 1\n")
    assert secrets("scan", "--staged").code == 1
    repository.git("add", "a.py")
    assert secrets("scan", "--staged") == (0, "", "")


def test_a_staged_removal_is_fine(repository: Repository, plant: Plant, secrets: Command) -> None:
    repository.commit(a=plant())
    repository.git("rm", "-q", "a.py")
    assert secrets("scan", "--staged") == (0, "", "")


def install_hook(repository: Repository) -> None:
    """The entry of `.pre-commit-hooks.yaml`, called by git itself as pre-commit calls it."""
    entry = shlex.split(hook()["entry"])
    assert entry[0] == "supply-chain"
    command = [sys.executable, "-m", "pipeline", *entry[1:]]
    script = repository.root / ".git/hooks/pre-commit"
    script.write_text(
        f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.join(command)}\n"
    )
    script.chmod(0o755)


def test_the_hook_stops_a_commit(repository: Repository, plant: Plant, tokens: list[str]) -> None:
    install_hook(repository)
    repository.commit(fine="x = 2\n")
    before = repository.git("rev-parse", "HEAD")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        repository.commit(a=plant())
    said = caught.value.stdout + caught.value.stderr
    assert "a.py:1" in said
    assert tokens[0] not in said
    assert repository.git("rev-parse", "HEAD") == before


@pytest.mark.parametrize("arguments", [("-a",), ("--", "clean.py")], ids=["-a", "a path"])
def test_the_hook_sees_what_no_add_staged(
    repository: Repository, plant: Plant, tokens: list[str], arguments: tuple[str, ...]
) -> None:
    """For such commits git gives the hook an index of its own; `.git/index` is the old one."""
    install_hook(repository)
    repository.write("clean.py", plant())
    with pytest.raises(subprocess.CalledProcessError) as caught:
        repository.git("commit", "-q", "-m", "change", *arguments)
    said = caught.value.stdout + caught.value.stderr
    assert "clean.py:1" in said
    assert tokens[0] not in said


def test_an_index_of_another_repository_is_not_looked_at(
    repository: Repository,
    plant: Plant,
    secrets: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository.write("a.py", plant())
    repository.git("add", "a.py")
    other = Repository(tmp_path / "other")
    other.commit(a="x = 1\n")
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git/index"))
    assert secrets("scan", "--staged").code == 1


# ----------------------------------------------------------------------------------- baseline


def accepted(text: str) -> tuple[Waiver, ...]:
    """The waivers as `supply-chain.yml` gives them to the policy."""
    return settings.parse(f"version: 1\n{text}", "supply-chain.yml").policy.waivers


def test_the_baseline_is_waivers(repository: Repository, plant: Plant, secrets: Command) -> None:
    repository.commit(a=plant(), b=plant())
    code, out, err = secrets("baseline", *WHY, END)
    assert (code, err) == (0, "")
    waivers = accepted(out)
    assert len(waivers) == 2
    for waiver in waivers:
        assert (waiver.reason, waiver.owner) == (WHY[1], WHY[3])
        assert waiver.expires == date.fromisoformat(END)
        assert (waiver.package, waiver.path) == ("", ""), "the secret is named, wherever it is"


def test_it_silences_exactly_what_was_there(
    repository: Repository, plant: Plant, secrets: Command
) -> None:
    for name in (".env", "a?b/.env", "axb/.env"):
        repository.write(name, f"API_{plant()}")
    repository.commit(a=plant())
    repository.commit(a="x = 1\n", b=plant())
    output = Path("supply-chain.yml")
    assert secrets("scan").code == 1
    assert secrets("baseline", *WHY, END, "-o", str(output)) == (0, "", "")
    assert output.stat().st_mode & 0o777 == 0o644
    config = ("--config", str(output))
    code, out, err = secrets("scan", *config)
    assert (code, err) == (0, "")
    assert out
    assert all(", waived: " in line for line in out.splitlines())
    assert secrets("scan", "--quiet", *config) == (0, "", "")
    repository.write("ayb/.env", f"API_{plant()}")
    repository.write("c.py", plant())
    code, out, _ = secrets("scan", "--quiet", *config)
    assert code == 1
    assert len(out.splitlines()) == 3, "the new file, the secret in it, and the new secret"
    assert all("ayb/.env" in line or "c.py" in line for line in out.splitlines())


def test_a_run_reports_them_as_accepted(
    repository: Repository, plant: Plant, secrets: Command, tmp_path: Path
) -> None:
    repository.commit(a=plant())
    assert secrets("baseline", *WHY, END, "-o", "supply-chain.yml").code == 0
    argv = ["run", str(repository.root), "--only", "secrets", "--offline", "--quiet"]
    argv += ["--as-of", str(DAY), "--output", str(tmp_path / "out")]
    main([*argv, "--config", "supply-chain.yml"])
    report = json.loads((tmp_path / "out/report/report.json").read_bytes())
    (finding,) = report["findings"]
    assert finding["disposition"] == "waived"
    assert finding["waiver"]["reason"] == WHY[1]


def test_what_is_accepted_already_is_not_recorded_again(
    repository: Repository, plant: Plant, secrets: Command
) -> None:
    repository.commit(a=plant())
    first = secrets("baseline", *WHY, END).out
    Path("supply-chain.yml").write_text(first)
    repository.commit(b=plant())
    second = secrets("baseline", *WHY, END, "--config", "supply-chain.yml").out
    both = {waiver.id for text in (first, second) for waiver in accepted(text)}
    assert len(accepted(first)) == len(accepted(second)) == 1
    assert len(both) == 2


def test_it_ends(
    repository: Repository, plant: Plant, secrets: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a=plant())
    assert secrets("baseline", *WHY, str(DAY), "-o", "supply-chain.yml").code == 0
    assert secrets("scan", "--config", "supply-chain.yml").code == 0
    monkeypatch.setattr(stages, "today", lambda: DAY + timedelta(days=1))
    code, out, _ = secrets("scan", "--config", "supply-chain.yml")
    assert code == 1
    assert "at a.py:1: " in out


def test_nothing_to_record(secrets: Command) -> None:
    code, out, err = secrets("baseline", *WHY, END)
    assert (code, out, err) == (0, "waivers: []\n", "")
    assert accepted(out) == ()


def test_no_file_is_overwritten(repository: Repository, plant: Plant, secrets: Command) -> None:
    repository.commit(a=plant())
    Path("kept.yml").write_text("mine")
    code, out, err = secrets("baseline", *WHY, END, "-o", "kept.yml")
    assert (code, out) == (2, "")
    assert "exists already" in err
    assert Path("kept.yml").read_text() == "mine"


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (str(DAY - timedelta(days=1)), "is over"),
        (str(DAY + timedelta(days=367)), "more than 366 days away"),
    ],
)
def test_a_day_that_makes_no_sense_is_refused(secrets: Command, day: str, why: str) -> None:
    code, out, err = secrets("baseline", *WHY, day, "-o", "new.yml")
    assert (code, out) == (2, "")
    assert why in err
    assert not Path("new.yml").exists()


@pytest.mark.parametrize("day", ["soon", "2026-13-01", "2026-02-30", ""])
def test_what_is_no_day_is_refused(secrets: Command, day: str) -> None:
    with pytest.raises(SystemExit) as caught:
        secrets("baseline", *WHY, day)
    assert caught.value.code == 2


@pytest.mark.parametrize("part", ["--reason", "--owner", "--expires"])
def test_every_part_is_asked_for(
    secrets: Command, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*WHY, END]
    at = given.index(part)
    with pytest.raises(SystemExit) as caught:
        secrets("baseline", *given[:at], *given[at + 2 :])
    assert caught.value.code == 2
    assert part in capsys.readouterr().err


@pytest.mark.parametrize(("part", "text"), [("--reason", " "), ("--owner", "x" * 201)])
def test_waivers_that_would_not_load_are_refused(
    repository: Repository, plant: Plant, secrets: Command, part: str, text: str
) -> None:
    repository.commit(a=plant())
    given = [*WHY, END]
    given[given.index(part) + 1] = text
    code, out, err = secrets("baseline", *given, "-o", "new.yml")
    assert (code, out) == (2, "")
    assert part.removeprefix("--") in err
    assert not Path("new.yml").exists()


def test_what_was_not_seen_cannot_be_accepted(
    repository: Repository, plant: Plant, secrets: Command, tmp_path: Path
) -> None:
    repository.commit(a=plant())
    shorten(repository, tmp_path)
    code, out, err = secrets("baseline", *WHY, END, "-o", "new.yml")
    assert (code, out) == (3, "")
    assert "shallow" in err
    assert not Path("new.yml").exists()


# ------------------------------------------------------------------------ .pre-commit-hooks.yaml


def hook() -> dict[str, Any]:
    """The one hook that is offered."""
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return dict(found)


def test_the_hook_is_one_that_pre_commit_can_install_and_run() -> None:
    found = hook()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    program, *arguments = shlex.split(found["entry"])
    assert program in project["scripts"], "what pre-commit installs offers the program"
    assert make_parser().parse_args(arguments).staged is True
    assert found["language"] == "python"
    assert found["stages"] == ["pre-commit"]
    # It looks at the index itself: names of files would only run it several times.
    assert found["pass_filenames"] is False
    assert found["always_run"] is True
    assert set(found["additional_dependencies"]) <= set(project["optional-dependencies"]["tools"])
    assert any(part.startswith("kingfisher") for part in found["additional_dependencies"])
