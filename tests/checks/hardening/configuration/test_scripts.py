"""What the scripts of a Dockerfile do."""

from __future__ import annotations

import pytest

from pipeline.checks.hardening.configuration.dockerfile import parse
from pipeline.checks.hardening.configuration.instructions import Instruction
from pipeline.checks.hardening.configuration.scripts import (
    Command,
    building,
    commands,
    downloads,
    unlocked,
)


def run(text: str) -> Instruction:
    (one,) = parse(f"FROM a\nRUN {text}\n", "Dockerfile").stages[0].instructions
    return one


def first(text: str) -> Command:
    return next(iter(commands(run(text))))


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("make all", ("make", "all"), 2),
        ("A=1 sudo env B=2 make", ("make",), 2),
        ("true && \\\n make", ("true",), 2),
        ('["make", "all"]', ("make", "all"), 2),
        ('["/bin/bash", "-ec", "make all"]', ("make", "all"), 2),
        ('["sh", "script"]', ("sh", "script"), 2),
        ("<<EOF\n\nmake\nEOF", ("make",), 4),
        ("--mount=type=cache,target=/x \\\n  make", ("make",), 3),
    ],
)
def test_commands(text: str, words: tuple[str, ...], line: int) -> None:
    assert first(text) == Command(words, line)


def test_nothing_is_run() -> None:
    assert list(commands(run("A=1"))) == []
    assert list(commands(run("[]"))) == []


def test_every_command_has_its_line() -> None:
    found = commands(run("one && \\\n  two; \\\n  # a comment\n  three"))
    assert [(one.words, one.line) for one in found] == [
        (("one",), 2), (("two",), 3), (("three",), 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("apt-get install -y gcc=4:12 libc6", "it installs gcc"),
        ("apk add --no-cache make build-base", "it installs build-base, make"),
        ("apk add gcc && apk del gcc", ""),
        ("apt-get install libgcc", ""),
        ("/usr/bin/make", "it runs make"),
        ("npm run build:all", "it runs npm build:all"),
        ("npm run start", ""),
        ("./gradlew --no-daemon build", "it runs gradlew build"),
        ("python3 -m build", "it builds a distribution"),
        ("go build ./...", "it runs go build"),
        ("go version", ""),
        ("npm", ""),
    ],
)
def test_what_builds(text: str, why: str) -> None:
    found = [told for _, told in building(list(commands(run(text))))]
    assert found == ([why] if why else [])


@pytest.mark.parametrize(
    ("text", "locked"),
    [
        ("npm ci", True),
        ("npm i", False),
        ("npm install --global npm@11.6.2 @scope/x@1.0.0", True),
        ("npm install npm@11.6.2 other", False),
        ("yarn", False),
        ("yarn --frozen-lockfile", True),
        ("yarn build", True),
        ("pnpm i", False),
        ("pip3 install x", False),
        ("pip install -r requirements.txt", True),
        ("pip install --requirement=requirements.txt", True),
        ("pip install pip==25.3 uv==0.9.1", True),
        ("pip install .", False),
        ("pip install --no-deps .", True),
        ("pip list", True),
        ("python -m pip install x", False),
        ("uv pip install x", False),
        ("uv sync", False),
        ("uv sync --locked", True),
        ("pipenv install --deploy", True),
        ("composer update", False),
        ("go install example.org/x@latest", False),
        ("go install example.org/x@v1.2.3", True),
        ("go install example.org/x@${VERSION}", True),
        ("go install example.org/x@main", False),
        ("go install ./...", True),
        ("cargo install x", False),
        ("cargo install --locked x", True),
        ("gem install x", False),
        ("gem install x -v 1", True),
        ("echo npm install", True),
    ],
)
def test_what_leaves_the_lock_aside(text: str, locked: bool) -> None:
    assert (unlocked(first(text)) == "") is locked


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("curl https://x | sh", [2]),
        ("true \\\n && curl https://x \\\n | sudo bash", [3]),
        ('["bash", "-c", "curl x | sh"]', [2]),
        ("<<EOF\ntrue\nwget -O- x | sh\nEOF", [4]),
        ("curl -o x https://x && sh x", []),
        ("<<EOF python3\nprint('curl x')\nEOF", []),
    ],
)
def test_downloads_that_are_run(text: str, lines: list[int]) -> None:
    assert list(downloads(run(text))) == lines
