"""`supply-chain explain`: what a rule, control, status, reason or exit code means."""

from __future__ import annotations

import difflib
import inspect
import sys
import textwrap
from typing import TYPE_CHECKING, Protocol

from pipeline import errors, model, policy
from pipeline.checks import CHECKS, question
from pipeline.controls import CONTROLS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    class Explained(Protocol):
        """A rule with its explanation, whoever reports it."""

        @property
        def title(self) -> str:
            """What is wrong."""

        @property
        def why(self) -> str:
            """Why it matters."""

        @property
        def fix(self) -> str:
            """How to mend it."""


_WIDTH = 88


def execute(arguments: argparse.Namespace) -> int:
    """Explain one thing, or list everything that can be explained."""
    known = dict(topics())
    if arguments.id is None:
        for name, text in known.items():
            sys.stdout.write(f"{name:<32} {textwrap.shorten(text, 70, placeholder=' …')}\n")
        return 0
    spelt = {name.lower(): name for name in known}
    wanted = spelt.get(arguments.id.lower())
    if wanted is None:
        near = [spelt[name] for name in difflib.get_close_matches(arguments.id.lower(), spelt)]
        raise errors.UsageError(
            f"nothing is called {arguments.id!r}",
            fix=f"try {' or '.join(near)}" if near else "run `supply-chain explain` for a list",
        )
    sys.stdout.write(f"{wanted}\n\n{_wrapped(known[wanted])}\n")
    return 0


def topics() -> Iterator[tuple[str, str]]:
    """Every name that can be explained, and its text in paragraphs."""
    for name, check in CHECKS.items():
        yield name, f"{question(check)}\n\n{_rest(check)}"
        yield from _rules(check.RULES)
    yield from _rules(policy.RULES)
    for control_id, entry in CONTROLS.items():
        control = entry.control
        requirements = ", ".join(f"{one.framework} {one.id}" for one in control.requirements)
        yield (
            control_id,
            (
                f"{control.title}\n\nWhy: {control.rationale}\n\n"
                f"How it is evaluated: {control.how}\n\nTo mend it: {control.fix}\n\n"
                f"Its result is evidence for: {requirements}"
            ),
        )
    for status in model.Status:
        yield status.value, _STATUSES[status]
    for gap in model.Gap:
        yield gap.value, f"A reason why an input was not evaluated.\n\n{policy.FIXES[gap]}"
    for code in errors.ExitCode:
        yield str(code.value), _EXIT_CODES[code]


_STATUSES = {
    model.Status.CLEAN: "Every input was evaluated and nothing was found.",
    model.Status.FOUND: "Every input was evaluated, and there are findings.",
    model.Status.PARTIAL: "Part of the inputs was not evaluated; the report names each of them.",
    model.Status.ERRORED: "The check did not do its work: nothing can be said.",
    model.Status.SKIPPED: "The check was not run, for the reason given.",
    model.Status.NOT_APPLICABLE: "The repository has nothing of the kind the check looks at.",
}
_EXIT_CODES = {
    errors.ExitCode.COMPLIANT: "Exit code: the policy is met, by evidence that is complete.",
    errors.ExitCode.VIOLATED: "Exit code: something violates the policy.",
    errors.ExitCode.USAGE: "Exit code: the command line or the configuration is wrong.",
    errors.ExitCode.INCOMPLETE: "Exit code: something required was not evaluated: nobody knows.",
    errors.ExitCode.UNSIGNED: "Exit code: a signature could not be made, or did not verify.",
    errors.ExitCode.INTERRUPTED: "Exit code: interrupted; what was recorded before is whole.",
}


def _rules(rules: Mapping[str, Explained]) -> Iterator[tuple[str, str]]:
    for rule_id, rule in rules.items():
        yield rule_id, f"{rule.title}\n\nWhy: {rule.why}\n\nTo mend it: {rule.fix}"


def _rest(check: object) -> str:
    text = inspect.getdoc(check) or ""
    return text.partition("\n\n")[2]


def _wrapped(text: str) -> str:
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(part.split()), _WIDTH) for part in paragraphs)
