"""The files of configuration: what is read of them, by whom, and what is not.

Two parties look, our own rules and Trivy, and each is counted for itself: a file that one of them
passed over is a gap, however well the other knows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration import (
    building,
    compose,
    kubernetes,
    lifetimes,
    trivy,
)
from pipeline.checks.hardening.problem import Problem
from pipeline.errors import IncompleteError
from pipeline.model import Coverage, DataRecord, Gap, Location, Missing, Target, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipeline.checks.hardening.problem import Open, Read
    from pipeline.checks.job import Options

IGNORE_FILE = ".dockerignore"
OWN_RULES, TRIVY = "configuration, by our own rules", "configuration, by Trivy"
"""What the coverage calls the two parties that looked."""

_MODULE = re.compile(
    r'^[ \t]*module[ \t]+"[^"\n]*"[ \t]*\{[^{}]*?\bsource[ \t]*=[ \t]*"([^"\n]*)"', re.MULTILINE
)
_ABSENT = (
    "Trivy, which evaluates it, is not here or is not the one that is pinned:"
    " `supply-chain tools install` gets it, `supply-chain tools status` tells what is wrong"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What our own rules say, of which files (`read`), and what they leave open."""

    problems: tuple[Problem, ...]
    read: frozenset[str]
    coverage: tuple[Coverage, ...]
    data: tuple[DataRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """Which files Trivy evaluated (`seen`), against those that it should have."""

    seen: frozenset[str]
    coverage: tuple[Coverage, ...]


@dataclass(slots=True)
class Inputs:
    """Every file by its kind, as far as it was read.

    `files` are all of them, `wanted` those that have to be read first. `ignores` are the
    `.dockerignore` files that hold something back. `lost` are places where more may be.
    """

    target: Target
    today: date
    contents: dict[str, bytes] = field(default_factory=dict)
    unread: dict[str, Missing] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    ignores: frozenset[str] = frozenset()
    lost: tuple[Missing, ...] = ()

    @classmethod
    def of(cls, target: Target, options: Options) -> Inputs:
        """What is known of a target's configuration with the files that were read so far."""
        files = (
            *target.dockerfiles,
            *target.compose,
            *target.kubernetes,
            *target.helm,
            *target.terraform,
            *target.cloudformation,
        )
        files = tuple(dict.fromkeys(files))
        beside = {name for path in target.dockerfiles for name in _ignore_files(path)}
        inputs = cls(
            target=target,
            today=options.as_of,
            files=files,
            wanted=tuple(sorted({*files, *beside} - options.files.keys())),
            lost=tuple(
                _missing(
                    ".", part.gap, f"configuration may be in what could not be read: {part.why}"
                )
                for part in target.unread
                if part.location.path == "."
            ),
        )
        for path in files:
            content = options.files.get(path)
            if isinstance(content, Unread):
                inputs.unread[path] = _missing(path, content.gap, content.why)
            elif content is not None:
                inputs.contents[path] = content
        inputs.ignores = frozenset(path for path in beside if holds_back(options.files.get(path)))
        return inputs

    def copies(self) -> Iterator[tuple[str, trivy.Copies]]:
        """What Trivy is given, kind by kind."""
        target = self.target
        yield trivy.DOCKERFILE, trivy.dockerfiles(self._read(target.dockerfiles))
        yield trivy.KUBERNETES, trivy.manifests(self._read(target.kubernetes))
        yield trivy.HELM, trivy.charts(self._read(target.helm), self._charts())
        yield trivy.TERRAFORM, trivy.terraform(self._read(target.terraform))
        yield trivy.CLOUDFORMATION, trivy.templates(self._read(target.cloudformation))

    # ------------------------------------------------------------------------- our own rules

    def evaluate(self) -> Own:
        """Every file that we have rules for, under them."""
        problems: list[Problem] = []
        missing: dict[str, Missing] = {}
        undated: list[Open] = []
        read: set[str] = set()
        images = 0
        for path, look in self._readers():
            if path in self.unread:
                missing[path] = self.unread[path]
                continue
            try:
                found = look(self.contents[path].decode("utf-8-sig"))
            except UnicodeDecodeError as error:
                missing[path] = _missing(path, Gap.PARSE_ERROR, f"not UTF-8 at byte {error.start}")
                continue
            except IncompleteError as error:
                missing[path] = _missing(path, Gap.PARSE_ERROR, error.what)
                continue
            read.add(path)
            problems += found.problems
            undated += found.undated
            images += found.images
            for one in found.open:
                missing.setdefault(_at(one.place), _left(one))
        known = {path for path, _ in self._readers()}
        missing |= {f"{one.subject} {number}": one for number, one in enumerate(self.lost)}
        coverage = []
        if known or missing:
            coverage.append(_coverage(OWN_RULES, "files", known, missing))
        if images:
            lapses = {_at(one.place): _left(one) for one in undated}
            coverage.append(
                Coverage(
                    scope="support of base images",
                    unit="images",
                    expected=images,
                    evaluated=images - len(undated),
                    missing=tuple(lapses.values()),
                    required=False,
                )
            )
        return Own(
            problems=tuple(problems),
            read=frozenset(read),
            coverage=tuple(coverage),
            data=(_table(),) if images else (),
        )

    def _readers(self) -> Iterator[tuple[str, Callable[[str], Read]]]:
        def dockerfile(path: str) -> Callable[[str], Read]:
            ignores = bool(self.ignores.intersection(_ignore_files(path)))
            return lambda text: building.read(text, path, ignores=ignores, today=self.today)

        for path in self.target.dockerfiles:
            yield path, dockerfile(path)
        for path in self.target.compose:
            yield path, lambda text, path=path: compose.read(text, path, self.today)  # type: ignore[misc]
        for path in self.target.kubernetes:
            yield path, lambda text, path=path: kubernetes.read(text, path, self.today)  # type: ignore[misc]

    # ---------------------------------------------------------------------------------- Trivy

    def account(self, answers: Mapping[str, trivy.Answer], *, present: bool) -> Theirs:
        """Hold Trivy's answers against what it was given, and that against what there is."""
        expected: set[str] = set()
        missing: dict[str, Missing] = {}
        aside: list[Missing] = []
        for kind, copies in self.copies():
            answer = answers.get(kind)
            silent: dict[str, bool] = {}
            for name, given in copies.given.items():
                if not given.kind:
                    continue
                silent[given.path] = silent.get(given.path, False) or (
                    answer is None or name not in answer.read
                )
            if kind == trivy.HELM:
                silent = self._by_chart(silent, aside if answer else [])
            else:
                silent |= dict.fromkeys(self._left_out(kind, silent), True)
            expected |= silent.keys()
            for path in (path for path, is_silent in silent.items() if is_silent):
                missing[path] = self.unread.get(path) or _unseen(path, answer, present=present)
        aside += self._modules()
        coverage = []
        if expected:
            coverage.append(_coverage(TRIVY, "files for Trivy", expected, missing))
        if aside:
            coverage.append(
                Coverage(
                    scope="configuration that only a deployment has",
                    unit="parts",
                    expected=len(aside),
                    evaluated=0,
                    missing=tuple(aside),
                    required=False,
                )
            )
        return Theirs(seen=frozenset(expected - missing.keys()), coverage=tuple(coverage))

    def _left_out(self, kind: str, given: Mapping[str, bool]) -> Iterator[str]:
        """Files of a kind that Trivy was not even given."""
        files = {
            trivy.DOCKERFILE: self.target.dockerfiles,
            trivy.TERRAFORM: self.target.terraform,
            trivy.CLOUDFORMATION: self.target.cloudformation,
        }.get(kind, tuple(path for path in self.target.kubernetes if path in self.unread))
        yield from (path for path in files if path not in given)

    def _charts(self) -> tuple[str, ...]:
        """The folders of charts, each with a slash at its end; "" is the root."""
        return tuple(
            path.removesuffix("Chart.yaml")
            for path in self.target.helm
            if PurePosixPath(path).name == "Chart.yaml"
        )

    def _by_chart(self, silent: Mapping[str, bool], aside: list[Missing]) -> dict[str, bool]:
        """Charts instead of their templates: one that was rendered in part was evaluated.

        What its default values leave out is told beside the question.
        """
        charts: dict[str, bool] = {}
        for root in self._charts():
            inside = {
                path: is_silent
                for path, is_silent in silent.items()
                if path.startswith(root) and trivy.is_manifest(path.removeprefix(root))
            }
            lost = [
                path for path in self.target.helm if path.startswith(root) and path in self.unread
            ]
            if not inside and not lost:
                continue
            charts[f"{root}Chart.yaml"] = bool(lost) or all(inside.values())
            if not charts[f"{root}Chart.yaml"]:
                why = "its chart's own values leave it out, so nobody knows what it becomes"
                aside += [
                    _missing(path, Gap.INPUT_MISSING, why)
                    for path, is_silent in inside.items()
                    if is_silent
                ]
        return charts

    def _modules(self) -> Iterator[Missing]:
        """Modules of Terraform that stand elsewhere; they are not fetched."""
        for path, content in self._read(self.target.terraform).items():
            text = content.decode(errors="replace")
            for found in _MODULE.finditer(text):
                if not found[1].startswith(("./", "../")):
                    place = Location(path=path, line=text.count("\n", 0, found.start(1)) + 1)
                    why = "this module stands elsewhere, and was not fetched"
                    yield Missing(
                        subject=_at(place), gap=Gap.INPUT_MISSING, why=why, location=place
                    )

    def _read(self, paths: tuple[str, ...]) -> dict[str, bytes]:
        return {path: self.contents[path] for path in paths if path in self.contents}


def _ignore_files(path: str) -> list[str]:
    """Where a `.dockerignore` for a Dockerfile may stand, nearest first.

    The folder of the build is not written in a Dockerfile: any above it may be the one. Source:
    https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    folders = PurePosixPath(path).parents
    return [f"{path}{IGNORE_FILE}", *(str(folder / IGNORE_FILE) for folder in folders)]


def holds_back(content: bytes | Unread | None) -> bool:
    """Whether a `.dockerignore` is there and leaves anything out."""
    return isinstance(content, bytes) and any(
        line.strip() and not line.lstrip().startswith((b"#", b"!")) for line in content.splitlines()
    )


def _table() -> DataRecord:
    checked, known, _ = lifetimes.products()
    return DataRecord(
        name="end of support",
        origin="kept with the pipeline, from the publishers' own pages",
        as_of=checked,
        entries=sum(len(product.until) for product in known.values()),
    )


def _coverage(scope: str, unit: str, known: set[str], missing: Mapping[str, Missing]) -> Coverage:
    return Coverage(
        scope=scope,
        unit=unit,
        expected=len(known | missing.keys()),
        evaluated=len(known - missing.keys()),
        missing=tuple(missing[key] for key in sorted(missing)),
    )


def _unseen(path: str, answer: trivy.Answer | None, *, present: bool) -> Missing:
    if answer is not None:
        why = "Trivy's answer does not speak of it: it was not understood, or passed over"
        return _missing(path, Gap.NOT_ACCOUNTED_FOR, why)
    if present:
        return _missing(path, Gap.TOOL_FAILED, "the run of Trivy that should tell of it failed")
    return _missing(path, Gap.TOOL_MISSING, _ABSENT)


def _left(one: Open) -> Missing:
    return Missing(subject=_at(one.place), gap=one.gap, why=one.why, location=one.place)


def _at(place: Location) -> str:
    return f"{place.path}:{place.line}" if place.line else place.path


def _missing(path: str, gap: Gap, why: str) -> Missing:
    return Missing(subject=path, gap=gap, why=why, location=Location(path=path))
