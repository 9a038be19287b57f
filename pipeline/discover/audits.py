"""Which commands and actions audit dependencies, and which fail when they find something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Audit(NamedTuple):
    """An audit by its short name; the arguments are left out, for they may hold a secret.

    `fails` says whether it answers with a failure when it finds something.
    """

    name: str
    fails: bool


def audit_of_command(words: Sequence[str], *, nox_audits: bool) -> Audit | None:
    """The audit that a command is. `nox_audits`: the noxfile's default sessions audit."""
    program, arguments = _program(words)
    if program in {"pipeline", "supply-chain"}:
        return _supply_chain(arguments)
    if program == "nox":
        return _nox(arguments) if nox_audits else None
    judge = _PROGRAMS.get(program)
    if judge is None or _asks_for_help(arguments):
        return None
    return judge(program, arguments)


def audit_of_action(uses: str, settings: Callable[[str], str]) -> Audit | None:
    """The audit that a step's or job's `uses` is; `settings` gives an input of it, or ""."""
    name = uses.partition("@")[0].strip().lower()
    if re.search(r"/\.github/workflows/(?:scan|full)\.ya?ml$", name):
        checks, threshold = settings("checks").strip(), settings("fail-on").strip()
        if "${{" in checks + threshold:  # it may yield any value, so nothing is known
            return None
        if {"", "auto", "dependencies"}.isdisjoint(re.split(r"[\s,]+", checks)):
            return None
        return Audit(uses, fails=threshold != "never")
    for action, (setting, expected) in _ACTIONS.items():
        if name == action or name.startswith(f"{action}/"):
            return Audit(uses, fails=_is_set(settings(setting), expected) if setting else True)
    return None


_ACTIONS = {
    "pypa/gh-action-pip-audit": ("", ""),
    "google/osv-scanner-action": ("fail-on-vuln", "not false"),
    "google/osv-scanner/actions": ("fail-on-vuln", "not false"),
    "aquasecurity/trivy-action": ("exit-code", "not zero"),
    "actions/dependency-review-action": ("warn-only", "not true"),
    "anchore/scan-action": ("fail-build", "not false"),
}
"""Actions, with the input that decides whether they fail, and what it must be for that."""


def _is_set(value: str, expected: str) -> bool:
    value = value.strip().lower()
    if expected == "not false":
        return value in {"", "true"}
    if expected == "not true":
        return value in {"", "false"}
    return value.isdecimal() and int(value) != 0


# ------------------------------------------------------------------------------------ programs

_RUNNERS = {
    ("uvx",), ("npx",), ("pnpx",), ("bunx",), ("uv", "run"), ("uv", "tool", "run"), ("pipx", "run"),
    ("poetry", "run"), ("pdm", "run"), ("hatch", "run"), ("pipenv", "run"), ("rye", "run"),
    ("sudo",), ("env",), ("exec",), ("command",), ("time",), ("nohup",), ("python", "-m"),
}  # fmt: skip
_WITH_VALUE = {
    "--with", "--from", "--python", "-p", "--group", "--extra", "--only-group", "--project",
    "--directory", "--spec", "--index-url", "-i", "--with-requirements", "--env-file", "--package",
    "--index", "--default-index", "--with-editable", "-u", "-g", "--isolated-env",
}  # fmt: skip
"""Options of the runners that take the next word as their value."""


def _program(words: Sequence[str]) -> tuple[str, list[str]]:
    """The program that a command starts in the end, by its bare name, and its arguments."""
    rest = list(words)
    while rest:
        if re.match(r"[A-Za-z_]\w*=", rest[0]):
            rest = rest[1:]
            continue
        first = re.sub(r"\.exe$", "", rest[0].replace("\\", "/").rpartition("/")[2])
        head = [re.sub(r"^(?:py|python[\d.]*)$", "python", first), *rest[1:3]]
        size = next((n for n in (3, 2, 1) if tuple(head[:n]) in _RUNNERS), 0)
        if not size:
            return first.partition("@")[0].replace("pip_audit", "pip-audit"), rest[1:]
        rest = rest[size:]
        while rest and rest[0].startswith("-"):
            rest = rest[2 if rest[0] in _WITH_VALUE else 1 :]
    return "", []


def _asks_for_help(arguments: Sequence[str]) -> bool:
    return not {"--help", "-h", "--version", "-V", "help", "version"}.isdisjoint(arguments)


def _plain(arguments: Sequence[str]) -> list[str]:
    return [argument for argument in arguments if not argument.startswith(("-", "+"))]


def _value(arguments: Sequence[str], *options: str) -> str | None:
    """The value of the last of the options, "--x=1" or "--x 1"; `None` when none is given."""
    found = None
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in options:
            found = value if equals else "".join(arguments[number + 1 : number + 2])
    return found


def _pip_audit(program: str, arguments: Sequence[str]) -> Audit | None:
    if {"--dry-run", "-d"}.intersection(arguments):
        return None
    return Audit(program, fails="--exit-zero" not in arguments)


def _trivy(program: str, arguments: Sequence[str]) -> Audit | None:
    """Trivy fails only when it was told with which exit code."""
    command = next(iter(_plain(arguments)), "")
    scanners = _value(arguments, "--scanners", "--security-checks")
    if command not in {"fs", "filesystem", "repo", "repository", "rootfs"}:
        return None
    if scanners is not None and "vuln" not in scanners.split(","):
        return None
    code = _value(arguments, "--exit-code") or ""
    return Audit(f"{program} {command}", fails=code.isdecimal() and int(code) != 0)


def _govulncheck(program: str, arguments: Sequence[str]) -> Audit:
    """Output for machines goes with success, whatever was found."""
    for_machines = (_value(arguments, "-format", "--format") or "text") != "text"
    return Audit(
        program, fails=not for_machines and not {"-json", "--json"}.intersection(arguments)
    )


def _osv_scanner(program: str, _: Sequence[str]) -> Audit:
    return Audit(program, fails=True)


def _subcommand(*wanted: tuple[str, ...]) -> Callable[[str, Sequence[str]], Audit | None]:
    """An audit by one of these subcommands, unless it is to repair what it finds."""

    def judge(program: str, arguments: Sequence[str]) -> Audit | None:
        words = tuple(_plain(arguments))
        for command in wanted:
            if words[: len(command)] == command and words[len(command) :][:1] not in {
                ("fix",),
                ("signatures",),
            }:
                return Audit(" ".join((program, *command)), fails="--exit-zero" not in arguments)
        return None

    return judge


_PROGRAMS: dict[str, Callable[[str, Sequence[str]], Audit | None]] = {
    "pip-audit": _pip_audit,
    "osv-scanner": _osv_scanner,
    "trivy": _trivy,
    "govulncheck": _govulncheck,
    "npm": _subcommand(("audit",)),
    "pnpm": _subcommand(("audit",)),
    "bun": _subcommand(("audit",)),
    "yarn": _subcommand(("audit",), ("npm", "audit")),
    "uv": _subcommand(("audit",)),
    "cargo": _subcommand(("audit",)),
    "cargo-audit": _subcommand(("audit",)),
}


def _supply_chain(arguments: Sequence[str]) -> Audit | None:
    """`run` and `gate` answer with the verdict; `check` succeeds once it has recorded evidence."""
    command, *names = [*_plain(arguments), ""]
    if _asks_for_help(arguments) or command not in {"run", "gate", "check"}:
        return None
    if command == "check" and not {"dependencies", ""}.intersection(names[:-1] or [""]):
        return None
    return Audit(f"supply-chain {command}", fails=command != "check")


def _nox(arguments: Sequence[str]) -> Audit | None:
    """The default sessions end in the gate; of named ones only `gate` fails for a finding."""
    sessions: list[str] = []
    is_chosen = False
    for argument in arguments:
        if argument == "--":
            break
        name, equals, value = argument.partition("=")
        if name in {"-s", "--session", "--sessions", "-e"}:
            is_chosen = True
            sessions += [value] if equals else []
        elif name in {"-l", "--list", "-h", "--help", "-t", "--tags", "-k", "--keywords",
                      "-f", "--noxfile", "--install-only", "--version"}:  # fmt: skip
            return None
        elif is_chosen and not argument.startswith("-"):
            sessions.append(argument)
    if not is_chosen:
        return Audit("nox", fails=True)
    named = [name for name in ("gate", "dependencies") if name in sessions]
    return Audit(f"nox -s {named[0]}", fails=named[0] == "gate") if named else None
