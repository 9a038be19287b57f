"""The commands of a shell script, and whether the failure of each fails the script.

Only as much of the shell as that question needs, and with doubt on the safe side: a command
whose failure is not certain to reach the script's exit code does not count as fatal.
Source: POSIX Shell Command Language, 2.9 and `set -e`,
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple

_WORD = r"""(?:\$\{\{.*?\}\}|\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s|&;()<>'"\\])+"""
_TOKEN = re.compile(
    rf"""
      (?:[^\S\n]|\\\n)+ | (?<!\S)\#[^\n]*
    | (?:\d*(?:>>|>\||<<<|<<-?|[<>])|&>>?)(?:&[-\d]+|[^\S\n]*{_WORD})?   # a redirection
    | (?P<operator>\|\||&&|;;|\|&|[|&;()\n])
    | (?P<word>{_WORD})
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r"""\\(.)|'([^']*)'|"((?:\\.|[^"\\])*)\"""", re.DOTALL)
_HEREDOC = re.compile(r"""(?<!<)<<-?\s*(["']?)([A-Za-z_]\w*)\1""")

_OPENING = {"if", "while", "until", "for", "case", "select", "{"}
_CLOSING = {"fi", "done", "esac", "}"}
_CONDITIONS = {"if", "elif", "while", "until"}
_BODIES = {"then", "do", "else"}
_PIPES = {"|", "|&"}


@dataclass(frozen=True, slots=True)
class Options:
    """How a shell runs: whether a failure ends it, and whether one inside a pipe counts."""

    errexit: bool
    pipefail: bool


class Call(NamedTuple):
    """A command with its arguments, without quotation marks. Lines count from 0."""

    words: tuple[str, ...]
    line: int
    fatal: bool


def find_calls(script: str, options: Options) -> list[Call]:
    """Every command of `script`, run by a shell that was started with `options`."""
    commands = _Parser(options).parse(_without_heredocs(script))
    return [
        Call(command.words, command.line, _is_fatal(commands, number))
        for number, command in enumerate(commands)
    ]


def _without_heredocs(script: str) -> str:
    """The script with the lines of embedded documents made empty."""
    lines = []
    ends: list[str] = []
    for line in script.split("\n"):
        if ends:
            if line.strip() == ends[0]:
                ends.pop(0)
            lines.append("")
        else:
            lines.append(line)
            ends += [found[2] for found in _HEREDOC.finditer(line)]
    return "\n".join(lines)


# ------------------------------------------------------------------------------------- parsing


@dataclass(slots=True)
class _Command:
    """A command as parsed.

    `after` is the operator behind it. `around` holds, for each group it stands in that has an
    operator behind it, the number of the group's last command and that operator.
    """

    words: tuple[str, ...]
    line: int
    options: Options
    after: str
    in_condition: bool
    around: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """Something that opened: a keyword, "(", "$(" or "=(".

    The last two stand inside a command, whose words wait for the end.
    """

    kind: str
    first: int
    is_condition: bool = False
    waiting: tuple[int, list[str]] = (0, [])


class _Parser:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.commands: list[_Command] = []
        self.groups: list[_Group] = []
        self.closed: _Group | None = None
        self.words: list[str] = []
        self.line = 0

    def parse(self, script: str) -> list[_Command]:
        line = 0
        for token in _TOKEN.finditer(script):
            if token["word"]:
                self.line = self.line if self.words else line
                self.words.append(token["word"])
            elif token["operator"]:
                self.operator(token["operator"])
            line += token[0].count("\n")
        self.operator("\n")
        return self.commands

    def operator(self, text: str) -> None:
        inside = self.words[-1][-1] if text == "(" and self.words else ""
        if inside in {"$", "="}:
            self.groups.append(
                _Group(f"{inside}(", len(self.commands), waiting=(self.line, self.words))
            )
            self.words = []
            return
        self.flush(text)
        top = self.groups[-1].kind if self.groups else ""
        if text == "(":
            self.groups.append(_Group("(", len(self.commands)))
        elif text == ")" and top == "(":
            self.closed = self.groups.pop()
        elif text == ")" and top in {"$(", "=("}:
            self.line, self.words = self.groups.pop().waiting

    def flush(self, operator: str) -> None:
        """End the command that the words make up; `operator` stands behind it."""
        line, words, self.words = self.line, self.words, []
        negated = False
        while words:
            head = words[0]
            if head in _OPENING:
                self.groups.append(_Group(head, len(self.commands), head in _CONDITIONS))
                words = words[1:] if head in _CONDITIONS or head == "{" else []
            elif head in _BODIES | {"elif"} and self.groups:
                self.groups[-1].is_condition = head == "elif"
                words = words[1:]
            elif head in _CLOSING:
                if self.groups and self.groups[-1].kind in _OPENING:
                    self.closed = self.groups.pop()
                words = []
            elif head == "!":
                negated = True
                words = words[1:]
            else:
                break
        if words:
            self.add(tuple(_unquoted(word) for word in words), line, operator, negated=negated)
        elif self.closed and operator not in {"\n", ";", ";;", ")", "("}:
            for command in self.commands[self.closed.first :]:
                command.around.append((len(self.commands) - 1, operator))
        self.closed = None if operator != ")" else self.closed

    def add(self, words: tuple[str, ...], line: int, operator: str, *, negated: bool) -> None:
        if any(group.kind == "=(" for group in self.groups):
            return  # the members of an array are no commands
        if words[0] == "set":
            self.options = _changed(self.options, words[1:])
        uncertain = any(group.is_condition or group.kind == "$(" for group in self.groups)
        self.commands.append(
            _Command(words, line, self.options, operator, in_condition=negated or uncertain)
        )


def _unquoted(word: str) -> str:
    return _QUOTED.sub(r"\1\2\3", word.replace("\\\n", ""))


def _changed(options: Options, arguments: tuple[str, ...]) -> Options:
    """The options after `set` with these arguments."""
    for number, argument in enumerate(arguments):
        if argument[:1] not in {"-", "+"}:
            continue
        on = argument[0] == "-"
        long = arguments[number + 1] if argument.endswith("o") and arguments[number + 1 :] else ""
        if "e" in argument or long == "errexit":
            options = replace(options, errexit=on)
        if long == "pipefail":
            options = replace(options, pipefail=on)
    return options


# ------------------------------------------------------------------------------------- judging


def _is_fatal(commands: list[_Command], number: int) -> bool:
    command = commands[number]
    if command.in_condition:
        return False
    places = [(number, command.after), *command.around]
    return all(_passes_on(commands, last, after, command.options) for last, after in places)


def _passes_on(commands: list[_Command], number: int, operator: str, options: Options) -> bool:
    """Whether a failure of command `number`, with `operator` behind it, fails the script."""
    while operator in _PIPES and number + 1 < len(commands):
        if not options.pipefail:
            return False
        number += 1
        operator = commands[number].after
    following = commands[number + 1].words if number + 1 < len(commands) else ()
    if operator == "||":
        fails = following[:1] == ("false",) or (
            following[:1] in {("exit",), ("return",)} and following[1:] not in {("0",), ()}
        )
        return fails and _passes_on(commands, number + 1, commands[number + 1].after, options)
    if operator == "&" or (operator == ";" and following in {("true",), (":",), ("exit", "0")}):
        return False
    if operator == "&&":
        # `set -e` looks at the last command of such a list only; the list's result is the first
        # failure, which counts where nothing comes behind it.
        return all(later.after == "&&" for later in commands[number:-1])
    return options.errexit or number == len(commands) - 1
