"""Does the software bill of materials list every locked package, and nothing else?

One CycloneDX document per project and one for the whole repository, made of the locks alone:
nothing is installed, resolved or run. cyclonedx-bom makes the Python part from pins written by us,
`npm sbom` adds to the Node part where npm is there, and the locks' own graph completes both and
covers every other ecosystem.

Every document is held against the official schema before anybody sees it, and the merged one is
read back and held against the locks, package by package. Licences that no tool tells are those
that PyPI and npm declare; offline they are declared unknown.
"""

# heard    what the tools are asked, and what they say
# rules    what may be wrong with the document, as findings
# tables   how complete it is, and who made what of it
# here     the documents, and what they cover

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pipeline.advisories.source import Question
from pipeline.checks.job import Network, Skip, Tool, Wanted
from pipeline.checks.sbom.heard import files_of, hear, licences_of, npm_jobs, python_job
from pipeline.checks.sbom.rules import MERGED, RULES, conflicting, differences, silent, surplus
from pipeline.checks.sbom.tables import completeness, makers
from pipeline.checks.unread import unread_file, unread_lines
from pipeline.discover.unlocked import unlocked
from pipeline.errors import IncompleteError
from pipeline.model import Coverage, File, Reading, Status
from pipeline.registries.release import ASKED
from pipeline.registries.release import pins as releases
from pipeline.sbom import npm
from pipeline.sbom.complete import measure
from pipeline.sbom.document import MEDIA_TYPE, VERSIONS, decode, encode, seal
from pipeline.sbom.identity import identify, identify_own
from pipeline.sbom.merge import merge
from pipeline.sbom.parts import divide, is_own
from pipeline.sbom.validate import validate
from pipeline.sbom.write import Circumstances, describe_root, metadata, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checks.job import Job, Options, Ran
    from pipeline.model import Lock, Target
    from pipeline.sbom import Json
    from pipeline.sbom.parts import Part

__all__ = [
    "LOCKED",
    "MERGED",
    "NETWORK",
    "RULES",
    "TOOL",
    "coverage",
    "plan",
    "questions",
    "read",
    "sealed_file",
]


TOOL = Tool(distribution="cyclonedx-bom", module="cyclonedx_py")
NETWORK = Network.LICENCES
LOCKED = "locks.cdx.json"
"""The document's name where images were named: what the locks say is only a part of it then.

See `pipeline/assemble.py`.
"""


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
    wanted = [path for lock in target.locks if lock.format == npm.FORMAT for path in files_of(lock)]
    if not set(wanted) <= options.files.keys():
        return Wanted(files=tuple(wanted))
    return (*python_job(target), *npm_jobs(target, options))


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
    """The documents, what they cover, and how complete they are."""
    heard = hear(target, options, runs)
    about = Circumstances(
        target=target,
        made=options.as_of,
        tools=heard.components,
        known=heard.known,
        dropped=frozenset(heard.asked) - heard.known.keys(),
        licences=licences_of(target, options),
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
            *differences(final, target, about),
            *(surplus(purl, "cyclonedx-py lists it") for purl in heard.surplus),
            *(conflicting(conflict, target) for conflict in merged.conflicts),
            *silent(fields),
        ),
        coverage=covered,
        files=tuple(files),
        data=options.data,
        tables=(completeness(fields, offline=options.offline), makers(final, heard, about)),
        tools=(heard.npm,) if heard.npm else (),
    )


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


def sealed_file(path: str, document: Json) -> File:
    """A document as a file, once it is known to be valid; raises `IncompleteError` if not."""
    content = encode(document)
    if problems := validate(document):
        raise IncompleteError(
            f"the SBOM that was made is not valid: {problems[0]}",
            where=f"sbom/{path}",
            fix="please report it; nothing was written",
        )
    return File(path=path, content=content, media_type=MEDIA_TYPE)


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
