"""Does the software bill of materials list every locked package, and nothing else?

One CycloneDX document per project and one for the whole repository, made of the locks alone:
nothing is installed, resolved or run. cyclonedx-bom makes the Python part from pins written by us,
`npm sbom` adds to the Node part where npm is there, and the locks' own graph completes both and
covers every other ecosystem.

Every document is held against the official schema before anybody sees it, and the merged one is
read back and held against the locks, package by package. Licences that no tool tells are those
that PyPI and npm declare; offline they are declared unknown.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline import __version__
from pipeline.advisories.source import Question
from pipeline.checks.job import Job, Network, Rule, Skip, Tool, Wanted
from pipeline.checks.unread import unread_file, unread_lines
from pipeline.discover.unlocked import unlocked
from pipeline.errors import IncompleteError
from pipeline.model import (
    Coverage,
    File,
    Finding,
    Kind,
    Reading,
    Severity,
    Status,
    Table,
    ToolRecord,
)
from pipeline.registries.release import ASKED
from pipeline.registries.release import pins as releases
from pipeline.sbom import npm, pins
from pipeline.sbom.compare import compare
from pipeline.sbom.complete import SIGNATURE, measure
from pipeline.sbom.document import MEDIA_TYPE, VERSIONS, decode, encode, every_component, seal
from pipeline.sbom.identity import bare, identify, identify_own
from pipeline.sbom.licences import describe
from pipeline.sbom.merge import merge
from pipeline.sbom.parts import divide, is_own
from pipeline.sbom.validate import keep_sound, validate
from pipeline.sbom.write import PREFIX, Circumstances, describe_root, metadata, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.checks.job import Options, Ran
    from pipeline.model import Location, Lock, Package, Target
    from pipeline.sbom.complete import Field
    from pipeline.sbom.merge import Conflict
    from pipeline.sbom.parts import Part

type_json = dict[str, Any]

TOOL = Tool(distribution="cyclonedx-bom", module="cyclonedx_py")
NETWORK = Network.LICENCES
RULES: Mapping[str, Rule] = {
    "sbom/package-missing": Rule(
        title="A locked package is not in the SBOM",
        why=(
            "Whoever looks for a vulnerable package in the SBOM will not find it, and take the"
            " software for unaffected."
        ),
        fix="Make the SBOM anew from the lock: `supply-chain sbom`.",
    ),
    "sbom/component-surplus": Rule(
        title="The SBOM lists a package that no lock has",
        why=(
            "Either something is in the product that is not locked, or the SBOM speaks of another"
            " state of the software: nobody can rely on it."
        ),
        fix="Make the SBOM anew from the lock, or lock what is really used.",
    ),
    "sbom/hash-conflict": Rule(
        title="One package version is locked with contradicting hashes",
        why=(
            "Two locks take different files for the same version of a package. They may be builds"
            " for different platforms; or one of them was exchanged."
        ),
        fix="Write both locks anew from the same index, and compare what they record.",
    ),
    "sbom/field-missing": Rule(
        title="The SBOM is silent about a minimum element",
        why=(
            "CISA's minimum elements of 2026 accept that something is unknown, but not that it is"
            " passed over."
        ),
        fix="State it, or declare it unknown.",
    ),
}

MERGED, LOCKED = "repository.cdx.json", "locks.cdx.json"
"""The names of the repository's document, below a folder per specification version.

Where images were named, what the locks say is only a part of it: see `pipeline/assemble.py`.
"""

ELEMENTS = "CISA minimum elements of 2026, in the merged SBOM"
"""The title of the table about them."""
SILENT = "sbom/field-missing"
"""The rule about minimum elements that a document passes over."""

_TIMEOUT = 120.0


def questions(target: Target) -> tuple[Question, ...]:
    """The releases whose licences the registries are asked for."""
    return tuple(
        sorted(
            {
                Question(*pin)
                for lock in target.locks
                for pin in releases(lock)
                if pin.ecosystem in ASKED
            }
        )
    )


def plan(target: Target, options: Options) -> Sequence[Job] | Skip | Wanted:
    """One run of cyclonedx-bom over all Python pins, and one of npm for each of its locks."""
    if not (target.locks or target.projects or target.unread):
        return Skip(
            status=Status.NOT_APPLICABLE, reason="there is no dependency manifest and no lockfile"
        )
    wanted = [path for lock in target.locks if lock.format == npm.FORMAT for path in _files(lock)]
    if not set(wanted) <= options.files.keys():
        return Wanted(files=tuple(wanted))
    return (*_python_job(target), *_npm_jobs(target, options))


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
    """The documents, what they cover, and how complete they are."""
    heard = _hear(target, options, runs)
    about = Circumstances(
        target=target,
        made=options.as_of,
        tools=heard.components,
        known=heard.known,
        dropped=frozenset(heard.asked) - heard.known.keys(),
        licences=_licences(target, options),
    )
    parts = divide(target)
    covered = coverage(target)
    if not any(lock.packages for lock in target.locks):
        return Reading(coverage=covered)
    documents = {_name(part, parts): write(part, about) for part in parts}
    purl = identify_own(target.name, target.git, ".")
    root = describe_root(target.name, purl, about)
    merged = merge(documents, metadata(root, about))
    name = LOCKED if target.images else MERGED
    files = [
        sealed_file(f"{version}/{path}", seal(document, version))
        for version in VERSIONS
        for path, document in (
            (name, merged.document),
            *((f"projects/{part}.cdx.json", made) for part, made in documents.items()),
        )
    ]
    # What was written is what is judged: the bytes are read back.
    final = decode(next(f.content for f in files if f.path == f"{VERSIONS[-1]}/{name}"))
    fields = measure(final)
    return Reading(
        findings=(
            *_differences(final, target, about),
            *(_surplus(purl, "cyclonedx-py lists it") for purl in heard.surplus),
            *(_conflicting(conflict, target) for conflict in merged.conflicts),
            *silent(fields),
        ),
        coverage=covered,
        files=tuple(files),
        data=options.data,
        tables=(completeness(fields, offline=options.offline), _makers(final, heard, about)),
        tools=(heard.npm,) if heard.npm else (),
    )


# ------------------------------------------------------------------------------ what tools do


def _files(lock: Lock) -> tuple[str, str]:
    """A lock of npm and the manifest beside it."""
    folder = lock.path.rpartition("/")[0]
    return lock.path, f"{folder}/{npm.MANIFEST}" if folder else npm.MANIFEST


def _packages(target: Target) -> Iterator[Package]:
    """Every locked package that is not the repository's own code."""
    for lock in target.locks:
        yield from (package for package in lock.packages if not is_own(package))


def _python_job(target: Target) -> Iterator[Job]:
    if lines := pins.pins(_packages(target)):
        yield Job(
            name="cyclonedx-py",
            arguments=pins.ARGUMENTS,
            inputs={pins.INPUT: "".join(f"{line}\n" for line in lines.values()).encode()},
            outputs=(pins.OUTPUT,),
            timeout=_TIMEOUT,
        )


def _npm_jobs(target: Target, options: Options) -> Iterator[Job]:
    for lock in target.locks:
        if lock.format != npm.FORMAT:
            continue
        locked, manifest = (options.files[path] for path in _files(lock))
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
class _Heard:
    """What the tools said.

    `asked` are the pins that cyclonedx-py was given, `surplus` what it lists beside them;
    `components` describe the tools themselves.
    """

    known: Mapping[str, type_json]
    asked: Mapping[str, str]
    surplus: tuple[str, ...]
    components: tuple[type_json, ...]
    npm: ToolRecord | None
    by_python: frozenset[str]
    by_npm: frozenset[str]


def _hear(target: Target, options: Options, runs: Sequence[Ran]) -> _Heard:
    known: dict[str, type_json] = {}
    surplus: tuple[str, ...] = ()
    tools: list[type_json] = [
        {"type": "application", "name": "supply-chain-pipeline", "version": __version__}
    ]
    record = None
    by_npm: set[str] = set()
    asked = pins.pins(_packages(target))
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
    return _Heard(
        known=known,
        asked=asked,
        surplus=surplus,
        components=tuple(sorted(tools, key=lambda tool: str(tool["name"]))),
        npm=record,
        by_python=frozenset(asked.keys() & known.keys()),
        by_npm=frozenset(by_npm),
    )


def _with_digest(part: type_json, tool: ToolRecord | None) -> type_json:
    """A tool's own description, with the digest of what is installed where that is known."""
    if tool is None or not tool.digest or part.get("name") != "cyclonedx-py":
        return part
    return {**part, "properties": [{"name": f"{PREFIX}installed-digest", "value": tool.digest}]}


def _licences(target: Target, options: Options) -> dict[str, type_json]:
    """What registries tell of the licences of locked releases, by bare package URL.

    What they do not tell stays unknown in the documents, and is counted there.
    """
    return {
        bare(identify(packages[0])): describe(release.licence)
        for lock in target.locks
        for pin, packages in releases(lock).items()
        if (release := options.releases.get(pin)) and release.licence
    }


# ------------------------------------------------------------------------------- documents


def _name(part: Part, parts: Sequence[Part]) -> str:
    """A file name for a part: its path and ecosystem, told apart where they would look alike."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", f"{part.path}-{part.ecosystem}").strip("-").lower()
    alike = sum(
        re.sub(r"[^A-Za-z0-9]+", "-", f"{one.path}-{one.ecosystem}").strip("-").lower() == readable
        for one in parts
    )
    if alike == 1 and len(readable) < 100:  # noqa: PLR2004 - well below what file systems take
        return readable
    text = f"{part.path}\0{part.ecosystem}"
    return f"{readable[:80]}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:12]}"


def sealed_file(path: str, document: type_json) -> File:
    """A document as a file, once it is known to be valid; raises `IncompleteError` if not."""
    content = encode(document)
    if problems := validate(document):
        raise IncompleteError(
            f"the SBOM that was made is not valid: {problems[0]}",
            where=f"sbom/{path}",
            fix="please report it; nothing was written",
        )
    return File(path=path, content=content, media_type=MEDIA_TYPE)


# -------------------------------------------------------------------------------- coverage


def coverage(target: Target) -> tuple[Coverage, ...]:
    """What an SBOM made of the target's locks can list, and what it cannot."""
    return (*map(_cover, target.locks), *map(unread_file, unlocked(target)))


def _cover(lock: Lock) -> Coverage:
    """The packages of a lock; what could not be read is not in any SBOM."""
    packages = {identify(package) for package in lock.packages if not is_own(package)}
    unread = unread_lines(lock)
    return Coverage(
        scope=lock.path,
        unit="packages",
        expected=len(packages) + len(unread),
        evaluated=len(packages),
        missing=unread,
    )


# -------------------------------------------------------------------------------- findings


def _differences(document: type_json, target: Target, about: Circumstances) -> Iterator[Finding]:
    found = compare(document, target, exact=True)
    places = _places(target)
    for package in found.missing:
        purl = identify(package)
        why = "cyclonedx-py left it out" if bare(purl) in about.dropped else "it was left out"
        yield _finding(
            "sbom/package-missing",
            Severity.HIGH,
            purl,
            f"{package.key} is locked, but not in the SBOM",
            detail=f"{why}.",
            locations=places[purl],
        )
    for purl in found.surplus:
        yield _surplus(purl, "it is in the merged SBOM")


def _surplus(purl: str, why: str) -> Finding:
    title = f"{purl} is in the SBOM, but in no lock"
    return _finding("sbom/component-surplus", Severity.HIGH, purl, title, detail=f"{why}.")


def _conflicting(conflict: Conflict, target: Target) -> Finding:
    return _finding(
        "sbom/hash-conflict",
        Severity.MEDIUM,
        conflict.purl,
        f"locks have no {conflict.algorithm} hash of {conflict.purl} in common",
        locations=_places(target)[conflict.purl],
    )


def silent(fields: Iterable[Field]) -> Iterator[Finding]:
    """What the repository's document passes over, as findings."""
    for field in fields:
        if field.missing and field.element != SIGNATURE:
            yield _finding(
                SILENT,
                Severity.LOW,
                f"sbom/{VERSIONS[-1]}/{MERGED}#{field.element}",
                f"{field.element} is neither stated nor declared unknown {field.missing} times",
                detail=f"for example: {', '.join(field.examples)}",
            )


def _finding(  # noqa: PLR0913 - one argument per field of a finding
    rule: str,
    severity: Severity,
    subject: str,
    title: str,
    *,
    detail: str = "",
    locations: Iterable[Location] = (),
) -> Finding:
    return Finding(
        check="sbom",
        rule=rule,
        kind=Kind.RULE,
        severity=severity,
        title=title,
        subject=subject,
        locations=tuple(locations),
        detail=detail,
        fix=RULES[rule].fix,
    )


def _places(target: Target) -> dict[str, tuple[Location, ...]]:
    found: dict[str, set[Location]] = defaultdict(set)
    for package in _packages(target):
        found[identify(package)].add(package.location)
    places = {purl: tuple(sorted(locations)) for purl, locations in found.items()}
    return defaultdict(tuple, places)


# ---------------------------------------------------------------------------------- tables


def completeness(fields: Iterable[Field], *, offline: bool) -> Table:
    """How often each minimum element is stated, declared unknown, missing."""
    return Table(
        title=ELEMENTS,
        columns=("Element", "Stated", "Declared unknown", "Missing"),
        rows=tuple((one.element, one.stated, one.unknown, one.missing) for one in fields),
        note=(
            "A declared unknown meets the elements, silence does not. The signature is made over"
            " the whole report, not inside the document."
            + (" Offline, no registry was asked for licences." if offline else "")
        ),
    )


def _makers(document: type_json, heard: _Heard, about: Circumstances) -> Table:
    """Which tool had a hand in how many components."""
    purls = {bare(item["purl"]) for item in every_component(document)}
    rows = [("lock graph", "hashes, edges, sources; other ecosystems", len(purls))]
    for name, what, by in (
        ("cyclonedx-bom", "Python packages", heard.by_python),
        ("npm sbom", "licences and scope of npm packages", heard.by_npm),
        ("registries", "licences", frozenset(about.licences)),
    ):
        rows.append((name, what, len(purls & by)))
    return Table(
        title="Who made the SBOM",
        columns=("By", "What", "Components"),
        rows=tuple(rows),
    )
