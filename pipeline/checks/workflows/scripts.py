"""Shell scripts inside the files of other CI systems: audits that cannot fail, blind downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.workflows.pins import piped_lines, piped_problem
from pipeline.checks.workflows.problem import Problem
from pipeline.discover.audits import audit_of_command
from pipeline.discover.shell import find_calls
from pipeline.model import Location, Severity
from pipeline.yamltree import Items, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.discover.shell import Options
    from pipeline.yamltree import Node


def scalars(node: Node | None) -> Iterator[Scalar]:
    """The texts of a node that is one text, or a list of texts and lists."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Items):
        for item in node.items:
            yield from scalars(item)


def script_problems(
    scripts: list[Scalar], path: str, *, shell: Options, counts: bool
) -> Iterator[Problem]:
    """What is wrong with scripts that one shell runs; `counts`: a failure fails the whole."""
    for script in scripts:
        for index in piped_lines(script.text):
            yield piped_problem(Location(path=path, line=script.line_of(index)))
        for call in find_calls(script.text, shell):
            audit = audit_of_command(call.words, nox_audits=False)
            if audit and not (audit.fails and call.fatal and counts):
                yield swallowed(Location(path=path, line=script.line_of(call.line)), audit.name)


def swallowed(place: Location, command: str) -> Problem:
    """An audit that runs, and whose failure changes nothing."""
    return Problem(
        rule="swallowed-gate",
        severity=Severity.MEDIUM,
        place=place,
        detail=f"the failure of {command} does not fail the job",
    )
