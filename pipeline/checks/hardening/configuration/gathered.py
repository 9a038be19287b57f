"""What rules find in one file, gathered on the way: problems, what stays open, which images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration import lifetimes
from pipeline.checks.hardening.configuration.images import pin_problems
from pipeline.checks.hardening.problem import Open, Problem, Read
from pipeline.model import Gap, Location
from pipeline.text import plain

if TYPE_CHECKING:
    from datetime import date

    from pipeline.checks.hardening.configuration.images import Reference
    from pipeline.model import Severity


class Gathered:
    """One file under its rules. `today` is the day by which the age of images is judged."""

    def __init__(self, path: str, today: date) -> None:
        self.path = path
        self.today = today
        self.problems: list[Problem] = []
        self.open: list[Open] = []
        self.undated: list[Open] = []
        self.images = 0
        self.named: list[tuple[str, Location]] = []

    def at(self, line: int) -> Location:
        """A line of the file."""
        return Location(path=self.path, line=line)

    def find(self, rule: str, severity: Severity, line: int, detail: str) -> None:
        """Something is wrong there."""
        place = self.at(line)
        self.problems.append(Problem(rule=rule, severity=severity, place=place, detail=detail))

    def leave(self, line: int, why: str) -> None:
        """What is there cannot be told from the file."""
        self.open.append(Open(place=self.at(line), why=why, gap=Gap.INPUT_MISSING))

    def name(self, image: str, line: int) -> None:
        """An image of a registry is named there."""
        place = self.at(line)
        self.named.append((image, place))
        self.problems += pin_problems(image, place)

    def date(self, named: Reference, line: int) -> None:
        """Something is built on it, or runs: the end of its support counts."""
        place = self.at(line)
        self.images += 1
        self.problems += lifetimes.problems(named, place, self.today)
        if not lifetimes.lifetimes(named):
            image = plain(f"{named.repository}:{named.tag}".rstrip(":"), limit=200)
            why = f"the table of supported releases does not know {image}"
            self.undated.append(Open(place=place, why=why, gap=Gap.DATA_MISSING))

    def told(self) -> Read:
        """All of it."""
        return Read(
            problems=tuple(self.problems),
            open=tuple(self.open),
            images=self.images,
            undated=tuple(self.undated),
            named=tuple(self.named),
        )
