"""Make docs/reference.md and the tables of docs/github-actions.md, or tell what is out of date.

`python docs/generate.py` ends with 1 when a file differs; with `--write` it writes it anew.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import workflow_tables

from pipeline import cli, model, policy
from pipeline.checks import CHECKS, question
from pipeline.commands.explain import topics
from pipeline.controls import CONTROLS
from pipeline.controls.frameworks import FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference.md"
ACTIONS = ROOT / "docs" / "github-actions.md"
SCHEMA = ROOT / "pipeline" / "supply-chain.schema.json"


def reference() -> str:
    """The whole page."""
    os.environ["COLUMNS"] = "96"  # argparse wraps to the terminal otherwise
    parts = [
        "# Reference",
        "Made from the code by `nox -s docs -- --write`; `nox -s docs` fails when it is old.",
        "## Commands",
        *commands(),
        "## Checks",
        table(
            ("Check", "Question", "Tool", "Network"),
            (
                (
                    f"`{name}`",
                    question(check),
                    check.TOOL.name if check.TOOL else "none",
                    check.NETWORK.value,
                )
                for name, check in CHECKS.items()
            ),
        ),
        "## Rules",
        table(("Rule", "Meaning"), ((f"`{name}`", text) for name, text in rules())),
        "## Controls",
        table(
            ("Control", "Question", "Gate", "Severity", "Evidence for"),
            (
                (
                    entry.control.id,
                    entry.control.title,
                    entry.control.gate.value,
                    entry.control.severity.value,
                    "; ".join(f"{one.framework} {one.id}" for one in entry.control.requirements),
                )
                for entry in CONTROLS.values()
            ),
        ),
        "## Frameworks",
        "A result is evidence for a requirement, never a claim to comply with it.",
        table(
            ("Framework", "Version", "Basis"),
            ((one.title, one.version, one.basis) for one in FRAMEWORKS.values()),
        ),
        "## Reasons why an input was not evaluated",
        table(("Reason", "To mend it"), ((f"`{gap}`", policy.FIXES[gap]) for gap in model.Gap)),
        "## Configuration: `supply-chain.yml`",
        table(("Key", "Meaning"), settings()),
    ]
    return "\n\n".join(parts) + "\n"


def commands() -> Iterator[str]:
    """The help text of every command."""
    parser = cli.make_parser()
    yield fence(parser.format_help())
    for action in parser._subparsers._group_actions if parser._subparsers else ():  # noqa: SLF001 - argparse lists its commands nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, verb in action.choices.items():
                yield f"### `supply-chain {name}`"
                yield fence(verb.format_help())


def rules() -> Iterator[tuple[str, str]]:
    """Every rule with the first paragraph of its explanation."""
    for name, text in topics():
        if "/" in name:
            yield name, text.split("\n\n", maxsplit=1)[0]


def settings() -> Iterator[tuple[str, str]]:
    """Every key of the configuration, dotted, with its description."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    def walk(node: dict[str, object], path: str) -> Iterator[tuple[str, str]]:
        properties = node.get("properties")
        for key, part in (properties if isinstance(properties, dict) else {}).items():
            name = f"{path}{key}"
            yield f"`{name}`", str(part.get("description", ""))
            yield from walk(part, f"{name}.")
            if isinstance(part.get("items"), dict):
                yield from walk(part["items"], f"{name}[].")

    yield from walk(schema, "")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; cells are put on one line."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(re.sub(r"\s+", " ", cell).replace("|", "\\|") for cell in line) + " |"
        for line in lines
    )


def fence(text: str) -> str:
    """A block of preformatted text."""
    return f"```text\n{text.rstrip()}\n```"


def main() -> int:
    """Compare or write; the exit code."""
    there = ACTIONS.read_text(encoding="utf-8")
    code = 0
    for page, made in (
        (PAGE, reference()),
        (ACTIONS, workflow_tables.insert(there, workflow_tables.tables(table))),
    ):
        if "--write" in sys.argv[1:]:
            page.write_text(made, encoding="utf-8")
        elif not page.is_file() or page.read_text(encoding="utf-8") != made:
            print(f"docs/{page.name} is out of date: run `nox -s docs -- --write`")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
