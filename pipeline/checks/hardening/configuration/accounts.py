"""Trivy's answers held against what it was given, and that against what there is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration import copies
from pipeline.checks.hardening.configuration.inputs import at, counted, missing
from pipeline.errors import IncompleteError
from pipeline.model import Coverage, Gap, Location, Missing
from pipeline.policy import some
from pipeline.text import plain
from pipeline.yamltree import Table, compose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.checks.hardening.configuration.inputs import Inputs
    from pipeline.checks.hardening.configuration.own import Own
    from pipeline.checks.hardening.configuration.trivy import Answer

SCOPE = "configuration, by Trivy"

_MODULE = re.compile(
    r'^[ \t]*module[ \t]+"[^"\n]*"[ \t]*\{[^{}]*?\bsource[ \t]*=[ \t]*"([^"\n]*)"', re.MULTILINE
)
_PROVIDERS = re.compile(r"^[ \t]*required_providers[ \t]*\{", re.MULTILINE)
_ABSENT = (
    "Trivy, which evaluates it, is not here or is not the one that is pinned:"
    " `supply-chain tools install` gets it, `supply-chain tools status` tells what is wrong"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """Which files Trivy evaluated (`seen`), against those that it should have."""

    seen: frozenset[str]
    coverage: tuple[Coverage, ...]


def account(inputs: Inputs, answers: Mapping[str, Answer], own: Own, *, present: bool) -> Theirs:
    """What of the files that are Trivy's to evaluate is in its answers, by their runs.

    `present`: there is a Trivy, whether its runs went well or not. What our `own` rules saw in
    places that it passes over is not evaluated by it, whatever it says of the file.
    """
    gaps: dict[str, Missing] = {}
    expected: set[str] = set()
    aside: list[Missing] = list(own.strange)
    for kind, made in inputs.copies():
        answer = answers.get(copies.run_of(kind))
        silent = _silent(made, answer)
        if kind == copies.HELM:
            silent = _by_chart(inputs, silent, aside if answer else [])
        else:
            silent |= dict.fromkeys(_left_out(inputs, kind, silent), True)
        expected |= silent.keys()
        for path in (path for path, is_silent in silent.items() if is_silent):
            gaps[path] = (
                inputs.unread.get(path)
                or (_incomplete(inputs, path) if answer and kind == copies.HELM else None)
                or _unseen(path, answer, present=present)
            )
    expected |= own.alone.keys()
    gaps = dict(own.alone) | gaps
    aside += _elsewhere(inputs)
    coverage = []
    if expected:
        coverage.append(counted(SCOPE, "files for Trivy", expected, gaps))
    if aside:
        coverage.append(
            Coverage(
                scope="configuration that stands elsewhere, or is nothing that Trivy knows",
                unit="parts",
                expected=len(aside),
                evaluated=0,
                missing=tuple(aside),
                required=False,
            )
        )
    strange = {one.location.path for one in own.strange if one.location}
    return Theirs(seen=frozenset(expected - gaps.keys() - strange), coverage=tuple(coverage))


def _silent(made: copies.Copies, answer: Answer | None) -> dict[str, bool]:
    """Each file that was given, and whether the answer leaves out any part of it."""
    silent: dict[str, bool] = {}
    for name, given in made.given.items():
        if given.kind:
            is_read = answer is not None and name in answer.read
            silent[given.path] = silent.get(given.path, False) or not is_read
    return silent


def _left_out(inputs: Inputs, kind: str, given: Mapping[str, bool]) -> Iterator[str]:
    """Files of a kind that Trivy was not even given."""
    target = inputs.target
    files = {
        copies.DOCKERFILE: target.dockerfiles,
        copies.TERRAFORM: target.terraform,
        copies.CLOUDFORMATION: target.cloudformation,
        # A file without an object for a cluster is nobody's to evaluate.
        copies.KUBERNETES: tuple(path for path in target.kubernetes if path in inputs.unread),
    }[kind]
    yield from (path for path in files if path not in given)


def _by_chart(inputs: Inputs, silent: Mapping[str, bool], aside: list[Missing]) -> dict[str, bool]:
    """Charts instead of their templates: one that was rendered in part was evaluated.

    What its default values leave out is told beside the question.
    """
    charts: dict[str, bool] = {}
    for root in inputs.charts():
        inside = {
            path: is_silent
            for path, is_silent in silent.items()
            if path.startswith(root) and copies.is_manifest(path.removeprefix(root))
        }
        lost = any(path.startswith(root) for path in inputs.target.helm if path in inputs.unread)
        # A chart may be made of others alone.
        if not (inside or lost or _asked(inputs, root)):
            continue
        is_silent = charts[f"{root}Chart.yaml"] = lost or all(inside.values())
        if not is_silent:
            why = "its chart's own values leave it out, so nobody knows what it becomes"
            left = [path for path, is_left in inside.items() if is_left]
            aside += [missing(path, Gap.INPUT_MISSING, why) for path in left]
    return charts


def _incomplete(inputs: Inputs, path: str) -> Missing | None:
    """That a chart lacks others that it depends on: it cannot be rendered without them."""
    folder = path.removesuffix("Chart.yaml")
    lacking = sorted(
        name
        for name in _asked(inputs, folder)
        if not any(other.startswith(f"{folder}charts/{name}") for other in inputs.target.helm)
    )
    if not lacking:
        return None
    why = (
        f"it needs charts that are not in its folder, so it was not rendered: {some(lacking)};"
        " `helm dependency build` brings them"
    )
    return missing(path, Gap.INPUT_MISSING, plain(why, limit=400))


def _asked(inputs: Inputs, folder: str) -> set[str]:
    """The names of the charts that the one in a folder asks for.

    Helm 2 had them in a file of their own, which Helm 3 still reads:
    https://helm.sh/docs/topics/charts/#the-apiversion-field
    """
    found: set[str] = set()
    for path in (f"{folder}Chart.yaml", f"{folder}requirements.yaml"):
        text = inputs.contents.get(path, b"").decode(errors="replace")
        try:
            root = compose(text, path, aliases=True)
        except IncompleteError:
            continue
        wanted = root.items("dependencies") if isinstance(root, Table) else ()
        found |= {one.text("name") for one in wanted if isinstance(one, Table)}
    return found


def _elsewhere(inputs: Inputs) -> Iterator[Missing]:
    """Modules and providers of Terraform that stand elsewhere; they are not fetched."""
    for path, content in inputs.read(inputs.target.terraform).items():
        text = content.decode(errors="replace")
        modules = (
            found.start(1)
            for found in _MODULE.finditer(text)
            if not found[1].startswith(("./", "../"))
        )
        providers = (found.start() for found in _PROVIDERS.finditer(text))
        for starts, why in (
            (modules, "this module stands elsewhere, and was not fetched"),
            (providers, "these providers stand elsewhere, and nobody looked at their releases"),
        ):
            for start in starts:
                place = Location(path=path, line=text.count("\n", 0, start) + 1)
                yield Missing(subject=at(place), gap=Gap.INPUT_MISSING, why=why, location=place)


def _unseen(path: str, answer: Answer | None, *, present: bool) -> Missing:
    if answer is not None:
        why = "Trivy's answer does not speak of it: it was not understood, or passed over"
        return missing(path, Gap.NOT_ACCOUNTED_FOR, why)
    if present:
        return missing(path, Gap.TOOL_FAILED, "the run of Trivy that should tell of it failed")
    return missing(path, Gap.TOOL_MISSING, _ABSENT)
