"""What our own rules say of the files of configuration, and what they leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration import building, compose, kubernetes, lifetimes
from pipeline.checks.hardening.configuration.images import origin_problems
from pipeline.checks.hardening.configuration.inputs import at, counted, missing
from pipeline.checks.hardening.problem import Problem
from pipeline.errors import IncompleteError
from pipeline.model import Coverage, DataRecord, Gap, Missing
from pipeline.policy import numbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.checks.hardening.configuration.inputs import Inputs
    from pipeline.checks.hardening.problem import Open, Read

SCOPE = "configuration, by our own rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What our own rules say, and of which files (`read`).

    Of containers in these places Trivy says nothing: `alone` as they are written, by their file,
    and `strange` because it does not know the kind of object.
    """

    problems: tuple[Problem, ...]
    read: frozenset[str]
    alone: Mapping[str, Missing]
    strange: tuple[Missing, ...]
    coverage: tuple[Coverage, ...]
    data: tuple[DataRecord, ...]


def evaluate(inputs: Inputs) -> Own:
    """Every file that we have rules for, under them."""
    target = inputs.target
    known = (*target.dockerfiles, *target.compose, *target.kubernetes)
    gaps = {f"{one.subject} {number}": one for number, one in enumerate(inputs.lost)}
    found: dict[str, Read] = {}
    for path in known:
        seen = _look(inputs, path)
        if isinstance(seen, Missing):
            gaps[path] = seen
            continue
        found[path] = seen
        for one in seen.open:
            gaps.setdefault(at(one.place), _left(one))
    images = sum(one.images for one in found.values())
    undated = [one for seen in found.values() for one in seen.undated]
    return Own(
        problems=tuple(
            problem
            for seen in found.values()
            for problem in (*seen.problems, *origin_problems(seen.named, inputs.registries))
        ),
        read=frozenset(found),
        alone={one.place.path: _left(one) for seen in found.values() for one in seen.ours_alone},
        strange=tuple(_left(one) for seen in found.values() for one in seen.strange),
        coverage=(
            *((counted(SCOPE, "files", known, gaps),) if known or gaps else ()),
            *(_dated(images, undated) if images else ()),
        ),
        data=(_table(),) if images else (),
    )


def _look(inputs: Inputs, path: str) -> Read | Missing:
    if path in inputs.unread:
        return inputs.unread[path]
    try:
        text = inputs.contents[path].decode("utf-8-sig")
        if path in inputs.target.dockerfiles:
            ignores = inputs.ignores_for(path)
            return building.read(text, path, ignores=ignores, today=inputs.today)
        if path in inputs.target.compose:
            known = inputs.target.dockerfiles
            return compose.read(text, path, inputs.today, dockerfiles=known)
        return kubernetes.read(text, path, inputs.today)
    except UnicodeDecodeError as error:
        return missing(path, Gap.PARSE_ERROR, f"not UTF-8 at byte {error.start}")
    except IncompleteError as error:
        return missing(path, Gap.PARSE_ERROR, error.what)


def _dated(images: int, undated: list[Open]) -> Iterator[Coverage]:
    """Images whose end of support is known, beside the question; each unknown one is told once."""
    places: dict[str, list[Open]] = {}
    for one in undated:
        places.setdefault(one.why, []).append(one)
    known = images - len(undated)
    yield Coverage(
        scope="support of base images",
        unit="images",
        expected=known + len(places),
        evaluated=known,
        missing=tuple(_everywhere(several) for _, several in sorted(places.items())),
        required=False,
    )


def _everywhere(several: list[Open]) -> Missing:
    first, *others = sorted(several, key=lambda one: (one.place.path, one.place.line or 0))
    more = f", nor in {numbered(len(others), 'other place')}" if others else ""
    return replace(_left(first), why=f"{first.why}{more}")


def _table() -> DataRecord:
    checked, known, _ = lifetimes.products()
    return DataRecord(
        name="end of support",
        origin="kept with the pipeline, from the publishers' own pages",
        as_of=checked,
        entries=sum(len(product.until) for product in known.values()),
    )


def _left(one: Open) -> Missing:
    return Missing(subject=at(one.place), gap=one.gap, why=one.why, location=one.place)
