"""What the scripts of a Dockerfile do: build, install without a lock, run what they download."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.written import blind_downloads
from pipeline.discover.shell import Options, find_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.checks.hardening.configuration.instructions import Instruction

_SHELL = Options(errexit=False, pipefail=False)
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_WRAPPERS = frozenset({"sudo", "env", "exec", "command", "time", "nice"})

_INSTALLERS = frozenset({"apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper"})
_INSTALLING = frozenset({"install", "add", "in"})
_REMOVING = frozenset({"del", "remove", "purge", "autoremove", "erase"})
_TOOLS = frozenset(
    {
        "alpine-sdk", "autoconf", "automake", "build-base", "build-essential", "cargo", "clang",
        "cmake", "default-jdk", "g++", "gcc", "gcc-c++", "golang", "gradle", "libtool", "make",
        "maven", "meson", "ninja-build", "rust", "rustc",
    }
)  # fmt: skip
"""Packages that nothing needs once a program is built."""

_BUILDERS = frozenset({"cmake", "g++", "gcc", "javac", "make", "ninja", "rustc", "tsc", "webpack"})
_BUILDING = {
    "bun": {"build"},
    "bundle": {"build"},
    "cargo": {"build", "install"},
    "dotnet": {"build", "publish"},
    "go": {"build", "install"},
    "gradle": {"assemble", "bootJar", "build", "jar"},
    "gradlew": {"assemble", "bootJar", "build", "jar"},
    "mvn": {"install", "package", "verify"},
    "mvnw": {"install", "package", "verify"},
    "next": {"build"},
    "ng": {"build"},
    "npm": {"build"},
    "pip": {"wheel"},
    "pip3": {"wheel"},
    "pnpm": {"build"},
    "uv": {"build"},
    "vite": {"build"},
    "yarn": {"build"},
}
_EXACT = re.compile(r"(?:@?[^@=\s]+)(?:@|==)(?:v?\d[\w.+!-]*|\$.+)")
"""A package with the one version that is wanted, as npm, pip and Go write it; a variable may hold
the version."""


@dataclass(frozen=True, slots=True)
class _Lapse:
    """How an installation leaves the lock aside, and the options with which it does not.

    `named`: it may name packages, and those with a version are as good as a lock. `mark` stands
    in every name that is not the project's own.
    """

    why: str
    unless: frozenset[str] = frozenset()
    named: bool = False
    mark: str = ""


_NPM = _Lapse("npm install may change what is locked; npm ci does not", named=True)
_YARN = _Lapse(
    "yarn may change what is locked without --immutable",
    frozenset({"--frozen-lockfile", "--immutable", "--version"}),
)
_PNPM = _Lapse(
    "pnpm may change what is locked without --frozen-lockfile", frozenset({"--frozen-lockfile"})
)
_PIP = _Lapse(
    "pip takes the newest version of what is named",
    frozenset({"-r", "--requirement", "--require-hashes", "--no-deps"}),
    named=True,
)
_LAPSES = {
    ("npm", "install"): _NPM,
    ("npm", "i"): _NPM,
    ("npm", "add"): _NPM,
    ("yarn", ""): _YARN,
    ("yarn", "install"): _YARN,
    ("pnpm", "install"): _PNPM,
    ("pnpm", "i"): _PNPM,
    ("pip", "install"): _PIP,
    ("uv", "sync"): _Lapse(
        "uv sync may change what is locked without --locked", frozenset({"--locked", "--frozen"})
    ),
    ("pipenv", "install"): _Lapse(
        "pipenv may lock anew without --deploy", frozenset({"--deploy", "--ignore-pipfile"})
    ),
    ("composer", "update"): _Lapse("composer update leaves the lock aside"),
    ("composer", "require"): _Lapse("composer require takes the newest version", named=False),
    ("go", "install"): _Lapse(
        "go install takes what is newest where it names no version", named=True, mark="@"
    ),
    ("cargo", "install"): _Lapse(
        "cargo install leaves the lock aside without --locked", frozenset({"--locked"})
    ),
    ("gem", "install"): _Lapse(
        "gem takes the newest version where none is named", frozenset({"-v", "--version"})
    ),
}


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments, and the line on which it stands."""

    words: tuple[str, ...]
    line: int

    @property
    def program(self) -> str:
        """Its name without the folder."""
        return self.words[0].rpartition("/")[2]

    @property
    def operands(self) -> tuple[str, ...]:
        """The arguments that are no options."""
        return tuple(word for word in self.words[1:] if not word.startswith("-"))


def commands(run: Instruction) -> Iterator[Command]:
    """What a `RUN` instruction runs, as far as it is a shell's or written as a list."""
    for script in _scripts(run):
        for call in find_calls(script.text, _SHELL):
            words = list(call.words)
            while words and (_ASSIGNMENT.fullmatch(words[0]) or words[0] in _WRAPPERS):
                words.pop(0)
            if words:
                yield Command(tuple(words), script.lines[call.line])
    if run.array and not _shell_of(run.array):
        yield Command(run.array, run.line)


def downloads(run: Instruction) -> Iterator[int]:
    """The lines that hand a download to a shell."""
    for script in _scripts(run):
        # A command that goes on over several lines is one; every character keeps its place.
        for offset in blind_downloads(script.text.replace("\\\n", "  ")):
            yield script.lines[script.text.count("\n", 0, offset)]


def building(found: list[Command]) -> Iterator[tuple[Command, str]]:
    """Commands that build, or bring tools that only building needs and that stay."""
    removes = any(
        one.program in _INSTALLERS and _REMOVING.intersection(one.operands[:1]) for one in found
    )
    for one in found:
        operands = [*one.operands, "", ""]
        if one.program in _INSTALLERS and operands[0] in _INSTALLING:
            tools = sorted(_TOOLS.intersection(word.partition("=")[0] for word in operands[1:]))
            if tools and not removes:
                yield one, f"it installs {', '.join(tools)}"
        elif one.program in _BUILDERS:
            yield one, f"it runs {one.program}"
        elif one.program.startswith("python") and one.words[1:3] == ("-m", "build"):
            yield one, "it builds a distribution"
        else:
            verb = operands[1] if operands[0] == "run" else operands[0]
            if verb.partition(":")[0] in _BUILDING.get(one.program, ()):
                yield one, f"it runs {one.program} {verb}"


def unlocked(one: Command) -> str:
    """Why a command installs other versions tomorrow; "" where it does not."""
    program, words = one.program, list(one.words[1:])
    if program.startswith("python") and words[:2] == ["-m", "pip"]:
        program, words = "pip", words[2:]
    elif program == "uv" and words[:1] == ["pip"]:
        program, words = "pip", words[1:]
    verb, *named = [word for word in words if not word.startswith("-")] or [""]
    lapse = _LAPSES.get((program.removesuffix("3"), verb))
    if lapse is None:
        return ""
    named = [word for word in named if lapse.mark in word]
    if lapse.mark and not named:
        return ""
    options = {word.partition("=")[0] for word in words if word.startswith("-")}
    is_exact = lapse.named and bool(named) and all(map(_EXACT.fullmatch, named))
    return "" if is_exact or options & lapse.unless else lapse.why


# ----------------------------------------------------------------------------------- scripts


@dataclass(frozen=True, slots=True)
class _Script:
    """A script as its shell reads it, and the number of each of its lines in the file."""

    text: str
    lines: Sequence[int]


def _scripts(run: Instruction) -> Iterator[_Script]:
    if run.documents and run.text.startswith("<<"):
        for document in run.documents:
            count = document.text.count("\n") + 1
            yield _Script(document.text, range(document.line, document.line + count))
    elif run.array is not None:
        if script := _shell_of(run.array):
            yield _Script(script, [run.line] * (script.count("\n") + 1))
    else:
        starts = [0, *(found.end() for found in re.finditer("\n", run.text))]
        yield _Script(run.text.replace("\n", "\\\n"), [run.line_at(start) for start in starts])


def _shell_of(array: tuple[str, ...]) -> str:
    """The script in a list that starts a shell with one; "" for any other list."""
    starts = len(array) > 2 and array[0].rpartition("/")[2] in _SHELLS  # noqa: PLR2004 - sh -c x
    return array[2] if starts and "c" in array[1] else ""
