"""A Dockerfile as stages: what each starts from, and what is known of its variables.

Source: https://docs.docker.com/reference/dockerfile/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration.instructions import (
    Instruction,
    UnreadableDockerfileError,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = re.compile(
    r"\\(.)|\$(?:\{([A-Za-z_]\w*)(?:(:?[-+?])([^${}]*))?\}|([A-Za-z_]\w*))|\$(\{)", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage. `image` is what it starts from, `None` where only the build decides.

    `base` is the number of the earlier stage that it starts from instead. `written` is the image
    as it stands there.
    """

    name: str
    start: Instruction
    written: str
    image: str | None
    base: int | None
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A whole file: what stands before the first stage, and the stages."""

    before: tuple[Instruction, ...]
    stages: tuple[Stage, ...]

    def lineage(self, stage: Stage) -> tuple[Stage, ...]:
        """The stage and those of the file that it is built on, the stage itself first."""
        found = [stage]
        while found[-1].base is not None:
            found.append(self.stages[found[-1].base])
        return tuple(found)

    def variables(self, stage: Stage) -> dict[str, str | None]:
        """What is known of the variables at the end of a stage; `None` is open until the build."""
        outer = _defaults(self.before)
        known: dict[str, str | None] = {}
        arguments: dict[str, str | None] = {}
        for one in reversed(self.lineage(stage)):
            arguments = {}  # they hold in their own stage; environment variables are passed on
            for instruction in one.instructions:
                if instruction.name not in {"ARG", "ENV"}:
                    continue
                for name, value, _ in instruction.pairs():
                    told = None if value is None else expanded(value, arguments | known)
                    if instruction.name == "ENV":
                        known[name] = told
                    else:
                        arguments[name] = outer.get(name) if value is None else told
        return arguments | known


def parse(text: str, path: str) -> Dockerfile:
    """The Dockerfile in `text`; raises `UnreadableDockerfileError`."""
    instructions = list(read(text, path))
    firsts = [number for number, one in enumerate(instructions) if one.name == "FROM"]
    if not firsts:
        raise UnreadableDockerfileError("it has no FROM", where=path)
    before = tuple(instructions[: firsts[0]])
    for one in before:
        if one.name != "ARG":
            raise UnreadableDockerfileError(
                f"{one.name} before the first FROM", where=f"{path}:{one.line}"
            )
    stages: list[Stage] = []
    known = _defaults(before)
    for first, last in zip(firsts, [*firsts[1:], len(instructions)], strict=True):
        stages.append(_stage(instructions[first:last], known, stages, path))
    return Dockerfile(before=before, stages=tuple(stages))


def expanded(text: str, known: Mapping[str, str | None]) -> str | None:
    """`text` with its variables replaced; `None` where one of them is not known.

    Understood are `$a`, `${a}`, `${a:-b}`, `${a-b}`, `${a:+b}`, `${a+b}` and `${a:?b}`.
    """
    parts, at = [], 0
    for found in _VARIABLE.finditer(text):
        escaped, braced, operator, other, bare, odd = found.groups()
        parts.append(text[at : found.start()])
        at = found.end()
        if odd:
            return None
        if escaped is not None:
            parts.append(escaped)
            continue
        value = known.get(braced or bare, "" if operator in {"-", ":-", "+", ":+"} else None)
        if operator in {"-", ":-"}:
            value = value or other
        elif operator in {"+", ":+"}:
            value = other if value else ""
        if value is None:
            return None
        parts.append(value)
    return "".join([*parts, text[at:]])


def _defaults(before: tuple[Instruction, ...]) -> dict[str, str | None]:
    """The arguments before the first stage: what a build that says nothing has."""
    known: dict[str, str | None] = {}
    for one in before:
        for name, value, _ in one.pairs():
            known[name] = None if value is None else expanded(value, known)
    return known


def _stage(
    instructions: list[Instruction],
    known: Mapping[str, str | None],
    stages: list[Stage],
    path: str,
) -> Stage:
    start = instructions[0]
    words = start.words
    if not words or (len(words) > 1 and (len(words) != 3 or words[1].lower() != "as")):  # noqa: PLR2004 - image AS name
        raise UnreadableDockerfileError(
            "FROM wants an image, and at most a name for the stage", where=f"{path}:{start.line}"
        )
    image = expanded(words[0], known)
    names = {stage.name.lower(): number for number, stage in enumerate(stages) if stage.name}
    return Stage(
        name=words[2] if len(words) > 1 else "",
        start=start,
        written=words[0],
        image=image or None,
        base=names.get(image.lower()) if image else None,
        instructions=tuple(instructions[1:]),
    )
