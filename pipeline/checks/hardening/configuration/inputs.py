"""The files of configuration, kind by kind, as far as they could be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration import copies
from pipeline.model import Coverage, Location, Missing, Target, Unread

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pipeline.checks.job import Options
    from pipeline.model import Gap

_IGNORE_FILE = ".dockerignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Every file by its kind, as far as it was read.

    `files` are all of them, `wanted` those that have to be read first. `registries` are those
    that images may come from. `ignores` are the `.dockerignore` files that hold something back.
    `lost` are places where more may be.
    """

    target: Target
    today: date
    registries: tuple[str, ...]
    files: tuple[str, ...]
    wanted: tuple[str, ...]
    contents: Mapping[str, bytes] = field(default_factory=dict)
    unread: Mapping[str, Missing] = field(default_factory=dict)
    ignores: frozenset[str] = frozenset()
    lost: tuple[Missing, ...] = ()

    @classmethod
    def of(cls, target: Target, options: Options) -> Inputs:
        """What is known of a target's configuration with the files that were read so far."""
        containers = (*target.dockerfiles, *target.compose, *target.kubernetes)
        others = (*target.helm, *target.terraform, *target.cloudformation)
        files = tuple(dict.fromkeys((*containers, *others)))
        beside = {name for path in target.dockerfiles for name in _ignore_files(path)}
        read = {path: options.files[path] for path in files if path in options.files}
        return cls(
            target=target,
            today=options.as_of,
            registries=options.policy.image_registries,
            files=files,
            wanted=tuple(sorted({*files, *beside} - options.files.keys())),
            contents={path: found for path, found in read.items() if isinstance(found, bytes)},
            unread={
                path: missing(path, found.gap, found.why)
                for path, found in read.items()
                if isinstance(found, Unread)
            },
            ignores=frozenset(path for path in beside if holds_back(options.files.get(path))),
            lost=tuple(
                missing(
                    ".", part.gap, f"configuration may be in what could not be read: {part.why}"
                )
                for part in target.unread
                if part.location.path == "."
            ),
        )

    def read(self, paths: tuple[str, ...]) -> dict[str, bytes]:
        """What was read of some files."""
        return {path: self.contents[path] for path in paths if path in self.contents}

    def ignores_for(self, path: str) -> bool:
        """Whether something is held back from the build of a Dockerfile."""
        return bool(self.ignores.intersection(_ignore_files(path)))

    def charts(self) -> tuple[str, ...]:
        """The folders of charts, each with a slash at its end; "" is the root.

        A chart inside another one is a part of it.
        """
        roots = [
            path.removesuffix("Chart.yaml")
            for path in self.target.helm
            if PurePosixPath(path).name == "Chart.yaml"
        ]
        return tuple(
            root for root in roots if not any(root.startswith(f"{one}charts/") for one in roots)
        )

    def copies(self) -> Iterator[tuple[str, copies.Copies]]:
        """What Trivy is given, kind by kind."""
        target = self.target
        yield copies.DOCKERFILE, copies.dockerfiles(self.read(target.dockerfiles))
        yield copies.KUBERNETES, copies.manifests(self.read(target.kubernetes))
        yield copies.HELM, copies.charts(self.read(target.helm), self.charts())
        yield copies.TERRAFORM, copies.terraform(self.read(target.terraform))
        yield copies.CLOUDFORMATION, copies.templates(self.read(target.cloudformation))


def missing(path: str, gap: Gap, why: str) -> Missing:
    """A whole file that was not evaluated."""
    return Missing(subject=path, gap=gap, why=why, location=Location(path=path))


def at(place: Location) -> str:
    """A place in one word."""
    return f"{place.path}:{place.line}" if place.line else place.path


def counted(scope: str, unit: str, known: Collection[str], gaps: Mapping[str, Missing]) -> Coverage:
    """Files against what is missing of them; a gap in a file counts beside the file."""
    return Coverage(
        scope=scope,
        unit=unit,
        expected=len({*known, *gaps}),
        evaluated=len({*known} - gaps.keys()),
        missing=tuple(gaps[key] for key in sorted(gaps)),
    )


def holds_back(content: bytes | Unread | None) -> bool:
    """Whether a `.dockerignore` is there and leaves anything out."""
    return isinstance(content, bytes) and any(
        line.strip() and not line.lstrip().startswith((b"#", b"!")) for line in content.splitlines()
    )


def _ignore_files(path: str) -> list[str]:
    """Where a `.dockerignore` for a Dockerfile may stand, nearest first.

    The folder of the build is not written in a Dockerfile: any above it may be the one. Source:
    https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    folders = PurePosixPath(path).parents
    return [f"{path}{_IGNORE_FILE}", *(str(folder / _IGNORE_FILE) for folder in folders)]
