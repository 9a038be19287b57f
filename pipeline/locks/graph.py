"""By which ways a package came into a lock."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.model import Lock

MAX_PATHS = 3
"""How many ways are told: the shortest ones, enough to act on."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Who asks for whom, and which packages the project itself asks for.

    `parents` is keyed by what is asked for: a package key, or a bare name, which means every
    version of it.
    """

    parents: Mapping[str, Sequence[str]]
    direct: frozenset[str]

    @classmethod
    def of(cls, lock: Lock) -> Graph:
        """The graph of one lock."""
        parents: dict[str, set[str]] = defaultdict(set)
        for package in lock.packages:
            if package.source.origin is not Origin.WORKSPACE:
                for wanted in package.requires:
                    parents[wanted].add(package.key)
        return cls(
            {wanted: sorted(found) for wanted, found in parents.items()},
            frozenset(package.key for package in lock.packages if package.direct),
        )

    def paths(self, key: str) -> tuple[tuple[str, ...], ...]:
        """The shortest chains down to `key`, each from a direct package or one nobody asks for.

        Breadth first, each package visited once, so a cycle ends it.
        """
        found: list[tuple[str, ...]] = []
        seen = {key}
        queue: deque[tuple[str, ...]] = deque([(key,)])
        while queue and len(found) < MAX_PATHS:
            path = queue.popleft()
            name = path[0].partition("==")[0]
            parents = [*self.parents.get(path[0], ()), *self.parents.get(name, ())]
            if path[0] in self.direct or not parents:
                found.append(path)
            for parent in parents:
                if parent not in seen:
                    seen.add(parent)
                    queue.append((parent, *path))
        return tuple(found)


def shortest(many: Iterable[Iterable[tuple[str, ...]]]) -> tuple[tuple[str, ...], ...]:
    """The `MAX_PATHS` shortest of several collections of paths, each once."""
    distinct = {path for paths in many for path in paths}
    return tuple(sorted(distinct, key=lambda path: (len(path), path))[:MAX_PATHS])
