"""`supply-chain init`: what it writes, what it asks, what it leaves, and its exit codes."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.cli import main, make_parser
from pipeline.starters import pin
from pipeline.starters.pin import Pin
from pipeline.starters.propose import DEFAULT, STARTERS

COMMIT = "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10"
PINNED = (
    *("--tool-repository", "acme/supply-chain", "--tool-ref", COMMIT),
    *("--tool-version", "v1.2.3"),
)
WRITTEN = [
    ".github/dependabot.yml",
    ".github/workflows/supply-chain.yml",
    ".pre-commit-config.yaml",
    "noxfile.py",
    "supply-chain.yml",
]


class Told(NamedTuple):
    """How it ended."""

    code: int
    out: str
    err: str


Init = Callable[..., Told]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository that we stand in."""
    folder = tmp_path / "empty"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def init(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Init:
    """Run it where nobody can be asked, in a copy that knows no commit."""
    monkeypatch.setattr(pin, "known", lambda: None)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 9))

    def call(*arguments: str | Path) -> Told:
        code = main(["init", *map(str, arguments)])
        out, err = capsys.readouterr()
        return Told(code, out, err)

    return call


def files(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def test_an_empty_repository_gets_all_it_needs(root: Path, init: Init) -> None:
    told = init(*PINNED)
    assert told.code == 0, told.err
    assert sorted(files(root)) == WRITTEN
    for name in WRITTEN:
        assert f"written      {name}" in told.out
    assert "next: " in told.out
    workflow = files(root)[".github/workflows/supply-chain.yml"]
    assert f"uses: acme/supply-chain/.github/workflows/scan.yml@{COMMIT}" in workflow


def test_a_second_time_nothing_changes(root: Path, init: Init) -> None:
    init(*PINNED)
    before = files(root)
    told = init(*PINNED)
    assert told.code == 0
    assert files(root) == before
    assert "unchanged    noxfile.py" in told.out
    assert "left         supply-chain.yml: it says already what holds here" in told.out
    assert "next: " not in told.out


def test_a_dry_run_shows_everything_and_writes_nothing(root: Path, init: Init) -> None:
    (root / "noxfile.py").write_text("import nox\n")
    told = init(*PINNED, "--dry-run")
    assert told.code == 0
    assert files(root) == {"noxfile.py": "import nox\n"}
    assert "+++ b/supply-chain.yml" in told.out
    assert "--- a/noxfile.py" in told.out
    assert "+sessions.register()" in told.out
    assert "would change noxfile.py" in told.out
    assert "would write  supply-chain.yml" in told.out


def test_where_nobody_can_be_asked_what_is_there_stays(root: Path, init: Init) -> None:
    (root / "noxfile.py").write_text("import nox\n")
    told = init(*PINNED)
    assert told.code == 3
    assert files(root)["noxfile.py"] == "import nox\n"
    assert "+sessions.register()" in told.out
    assert "left         noxfile.py\n" in told.out
    assert told.err == "noxfile.py differs and was left: --yes changes it\n"
    assert sorted(files(root)) == WRITTEN  # the others are written


def test_the_quiet_say_only_what_went_wrong(root: Path, init: Init) -> None:
    (root / "noxfile.py").write_text("import nox\n")
    told = init(*PINNED, "--quiet")
    assert told == (3, "", "noxfile.py differs and was left: --yes changes it\n")


@pytest.mark.parametrize("option", ["-y", "--yes", "--force"])
def test_who_says_yes_is_not_asked(root: Path, init: Init, option: str) -> None:
    (root / "noxfile.py").write_text("import nox\n")
    told = init(*PINNED, option)
    assert told.code == 0
    assert "sessions.register()" in files(root)["noxfile.py"]
    assert "changed      noxfile.py" in told.out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "changed"),
    [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)],
)
def test_on_a_terminal_each_change_is_asked_for(
    root: Path, init: Init, monkeypatch: pytest.MonkeyPatch, answer: str, changed: bool
) -> None:
    (root / "noxfile.py").write_text("import nox\n")
    said = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    monkeypatch.setattr("sys.stdout", said)
    assert init(*PINNED).code == 0
    assert "+sessions.register()" in said.getvalue()
    assert "Change noxfile.py like this? [y/N] " in said.getvalue()
    assert ("sessions.register()" in files(root)["noxfile.py"]) is changed
    assert sorted(files(root)) == WRITTEN


def test_an_interruption_while_asking_writes_nothing(
    root: Path, init: Init, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Terminal):
        def readline(self, *_: object) -> str:  # type: ignore[override]  # it never answers
            raise KeyboardInterrupt

    (root / "noxfile.py").write_text("import nox\n")
    monkeypatch.setattr("sys.stdin", Interrupted())
    monkeypatch.setattr("sys.stdout", Terminal())
    assert init(*PINNED).code == 130
    assert files(root) == {"noxfile.py": "import nox\n"}


def test_hostile_text_in_a_file_does_nothing_to_the_terminal(root: Path, init: Init) -> None:
    (root / "noxfile.py").write_text("import nox\nx = '\x1b[2J\u202e'\n")
    told = init(*PINNED, "--dry-run")
    assert "\x1b" not in told.out
    assert "\u202e" not in told.out


# ------------------------------------------------------------------------------ which commit


def test_without_a_commit_nothing_is_written(root: Path, init: Init) -> None:
    told = init()
    assert told.code == 2
    assert files(root) == {}
    assert "no commit of supply-chain-pipeline is known that “workflow” could call" in told.err
    assert "--tool-repository OWNER/NAME, --tool-ref COMMIT and" in told.err


def test_what_calls_nothing_needs_no_commit(root: Path, init: Init) -> None:
    assert init("--without", "workflow,pre-commit").code == 0
    assert sorted(files(root)) == [".github/dependabot.yml", "noxfile.py", "supply-chain.yml"]


def test_a_release_needs_no_word_about_its_commit(
    root: Path, init: Init, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pin, "known", lambda: Pin("acme/tool", COMMIT, "v1.2.3"))
    assert init().code == 0
    assert f"scan.yml@{COMMIT} # v1.2.3\n" in files(root)[".github/workflows/supply-chain.yml"]
    other = "ab" * 20
    assert init("--tool-ref", other, "--tool-version", "v2.0.0", "--yes").code == 0
    workflow = files(root)[".github/workflows/supply-chain.yml"]
    assert f"uses: acme/tool/.github/workflows/scan.yml@{other} # v2.0.0\n" in workflow


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tool-ref", COMMIT, "--tool-version", "v1"), "--tool-repository is missing"),
        (("--tool-repository", "acme/x"), "--tool-ref is missing"),
        (("--tool-repository", "acme/x", "--tool-ref", COMMIT), "--tool-version is missing"),
        ((*PINNED, "--tool-ref", "main"), "no full commit id"),
        ((*PINNED, "--tool-version", "latest"), "no version"),
        ((*PINNED, "--with", "docker"), "there is no starter 'docker'"),
        ((*PINNED, "--without", "x,y"), "there is no starter 'x'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(
    root: Path, init: Init, arguments: tuple[str, ...], said: str
) -> None:
    told = init(*arguments)
    assert told.code == 2
    assert said in told.err
    assert files(root) == {}


# ------------------------------------------------------------------------------ where


def test_another_folder(root: Path, init: Init, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert init(other, *PINNED, "--quiet") == (0, "", "")
    assert sorted(files(other)) == WRITTEN
    assert files(root) == {}


def test_no_folder(root: Path, init: Init) -> None:
    told = init(root / "none", *PINNED)
    assert told.code == 2
    assert "not a folder" in told.err


def test_a_part_of_a_repository_is_refused(root: Path, init: Init) -> None:
    (root / "service").mkdir()
    told = init(root / "service", *PINNED)
    assert told.code == 2
    assert "this folder is a part of a repository" in told.err
    assert f"name the repository's own folder: {root}" in told.err
    assert files(root) == {}


@pytest.mark.parametrize("place", [".github", ".github/workflows", "noxfile.py"])
def test_a_link_out_of_the_repository_is_refused_before_anything_is_written(
    root: Path, init: Init, tmp_path: Path, place: str
) -> None:
    (tmp_path / "outside").mkdir()
    (root / place).parent.mkdir(exist_ok=True)
    (root / place).symlink_to(tmp_path / "outside")
    told = init(*PINNED, "--yes")
    assert told.code == 2
    assert "a symbolic link stands where a" in told.err
    assert list((tmp_path / "outside").iterdir()) == []
    assert not (root / "supply-chain.yml").exists()


def test_a_file_that_is_no_text_is_named(root: Path, init: Init) -> None:
    (root / "noxfile.py").write_bytes(b"\xff")
    told = init(*PINNED)
    assert told.code == 2
    assert "noxfile.py: not UTF-8 at byte 0" in told.err


def test_what_is_found_is_watched(root: Path, init: Init) -> None:
    (root / "requirements.txt").write_text("idna==3.10\n")
    init(*PINNED)
    assert "package-ecosystem: pip" in files(root)[".github/dependabot.yml"]
    assert "# require: [" in files(root)["supply-chain.yml"]


def test_renovate_instead_of_dependabot(root: Path, init: Init) -> None:
    assert init(*PINNED, "--renovate").code == 0
    assert "renovate.json" in files(root)
    assert ".github/dependabot.yml" not in files(root)


def test_every_starter_at_once(root: Path, init: Init) -> None:
    told = init(*PINNED, *(part for name in STARTERS for part in ("--with", name)))
    assert told.code == 0, told.err
    assert {"Dockerfile", ".gitlab-ci.yml", "azure-pipelines.yml", "nginx.conf"} <= files(
        root
    ).keys()


def test_the_help_names_every_starter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    said = " ".join(help_of("init").split())
    for name in STARTERS:
        assert name in said
    assert ", ".join(DEFAULT) in said
    assert "supply-chain init --dry-run" in said


def help_of(verb: str) -> str:
    (actions,) = make_parser(verb)._subparsers._group_actions  # type: ignore[union-attr]
    return str(actions.choices[verb].format_help())  # type: ignore[index]


def test_git_is_not_needed(tmp_path: Path, init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert init(*PINNED).code == 0
    assert sorted(files(folder)) == WRITTEN
    shutil.rmtree(folder)
