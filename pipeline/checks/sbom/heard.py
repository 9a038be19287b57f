"""What cyclonedx-bom and npm are asked, and what they say; nothing that nobody asked for counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.checks.job import Job
from pipeline.model import ToolRecord
from pipeline.registries.release import pins as releases
from pipeline.sbom import Json, npm, pins
from pipeline.sbom.identity import bare, identify
from pipeline.sbom.licences import describe
from pipeline.sbom.parts import is_own
from pipeline.sbom.validate import keep_sound
from pipeline.sbom.write import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.checks.job import Options, Ran
    from pipeline.model import Lock, Package, Target


_TIMEOUT = 120.0


def files_of(lock: Lock) -> tuple[str, str]:
    """A lock of npm and the manifest beside it."""
    folder = lock.path.rpartition("/")[0]
    return lock.path, f"{folder}/{npm.MANIFEST}" if folder else npm.MANIFEST


def packages_in(target: Target) -> Iterator[Package]:
    """Every locked package that is not the repository's own code."""
    for lock in target.locks:
        yield from (package for package in lock.packages if not is_own(package))


def python_job(target: Target) -> Iterator[Job]:
    """One run of cyclonedx-bom over all Python pins, where there are any."""
    if lines := pins.pins(packages_in(target)):
        yield Job(
            name="cyclonedx-py",
            arguments=pins.ARGUMENTS,
            inputs={pins.INPUT: "".join(f"{line}\n" for line in lines.values()).encode()},
            outputs=(pins.OUTPUT,),
            timeout=_TIMEOUT,
        )


def npm_jobs(target: Target, options: Options) -> Iterator[Job]:
    """One run of npm for each of its locks that can be read."""
    for lock in target.locks:
        if lock.format != npm.FORMAT:
            continue
        locked, manifest = (options.files[path] for path in files_of(lock))
        if not isinstance(locked, bytes) or not isinstance(manifest, bytes):
            continue
        if inputs := npm.copies(manifest, locked):
            yield Job(
                name=f"npm sbom {lock.path}",
                arguments=npm.ARGUMENTS,
                inputs=inputs,
                timeout=_TIMEOUT,
                program="npm",
                optional=True,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the tools said.

    `asked` are the pins that cyclonedx-py was given, `surplus` what it lists beside them;
    `components` describe the tools themselves.
    """

    known: Mapping[str, Json]
    asked: Mapping[str, str]
    surplus: tuple[str, ...]
    components: tuple[Json, ...]
    npm: ToolRecord | None
    by_python: frozenset[str]
    by_npm: frozenset[str]


def hear(target: Target, options: Options, runs: Sequence[Ran]) -> Heard:
    """What the tools said that is sound, and was asked for; the rest is `surplus`."""
    known: dict[str, Json] = {}
    surplus: tuple[str, ...] = ()
    tools: list[Json] = [
        {"type": "application", "name": "supply-chain-pipeline", "version": __version__}
    ]
    record = None
    by_npm: set[str] = set()
    asked = pins.pins(packages_in(target))
    for run in runs:
        if run.job.program:
            found, seen = npm.take(run.stdout)
            record = record or seen
            found = keep_sound(found)
            by_npm |= found.keys()
        else:
            made, parts = pins.take(run.outputs.get(pins.OUTPUT))
            surplus = tuple(sorted(made.keys() - asked.keys()))
            found = {purl: part for purl, part in keep_sound(made).items() if purl in asked}
            tools += [_with_digest(part, options.tool) for part in parts]
        known.update(found)
    if record:
        tools.append({"type": "application", "name": "npm", "version": record.version})
    return Heard(
        known=known,
        asked=asked,
        surplus=surplus,
        components=tuple(sorted(tools, key=lambda tool: str(tool["name"]))),
        npm=record,
        by_python=frozenset(asked.keys() & known.keys()),
        by_npm=frozenset(by_npm),
    )


def _with_digest(part: Json, tool: ToolRecord | None) -> Json:
    """A tool's own description, with the digest of what is installed where that is known."""
    if tool is None or not tool.digest or part.get("name") != "cyclonedx-py":
        return part
    return {**part, "properties": [{"name": f"{PREFIX}installed-digest", "value": tool.digest}]}


def licences_of(target: Target, options: Options) -> dict[str, Json]:
    """What registries tell of the licences of locked releases, by bare package URL.

    What they do not tell stays unknown in the documents, and is counted there.
    """
    return {
        bare(identify(packages[0])): describe(release.licence)
        for lock in target.locks
        for pin, packages in releases(lock).items()
        if (release := options.releases.get(pin)) and release.licence
    }
