"""The checks: one module per question, all of one shape, and the registry of them.

A check plans jobs for a tool and reads what the tool left; both are pure functions, so that
recorded output tests them. Running, time limits and faults belong to `pipeline.collect`.

A new check is a module here, a test module, and a line in `CHECKS`; its Nox session, evidence
file and policy key follow from the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.advisories.source import Question
    from pipeline.checks.job import Job, Network, Options, Ran, Rule, Skip, Tool, Wanted
    from pipeline.model import Reading, Target


class Check(Protocol):
    """What a module in this folder provides. The first line of its docstring is its question."""

    @property
    def TOOL(self) -> Tool | None:  # noqa: N802 - modules hold constants
        """The program it needs, if any."""

    @property
    def NETWORK(self) -> Network:  # noqa: N802
        """What it needs from outside."""

    @property
    def RULES(self) -> Mapping[str, Rule]:  # noqa: N802
        """The rules it can report, by id; advisories need none."""

    def questions(self, target: Target) -> Sequence[Question]:
        """What it asks the advisory source, if that is its network."""

    def plan(self, target: Target, options: Options) -> Sequence[Job] | Skip | Wanted:
        """The jobs to run, why there are none, or the files that have to be read before."""

    def read(self, target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
        """What the jobs' output says; raises `UnreadableOutputError` when it makes no sense."""


class Registry(Mapping[str, Check]):
    """The checks by name, each imported when it is first asked for: a command needs few of them."""

    def __init__(self, *names: str) -> None:
        self._names = dict.fromkeys(names)

    def __getitem__(self, name: str) -> Check:
        if name not in self._names:
            raise KeyError(name)
        return cast("Check", import_module(f"pipeline.checks.{name}"))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


CHECKS = Registry(
    "dependencies",
    "lockfiles",
    "provenance",
    "sbom",
    "container",
    "secrets",
    "workflows",
    "hardening",
)
"""All checks, in the order in which the report shows them."""


def question(check: Check) -> str:
    """The question a check answers: the first line of its module's docstring."""
    return (check.__doc__ or "").strip().splitlines()[0]
