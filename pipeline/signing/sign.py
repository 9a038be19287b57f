"""All signatures of a report, or none.

Everything is made and verified in memory first, several signatures at a time under one deadline;
only then is anything written. A fault leaves the files as they were, without a signature.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from pipeline import files
from pipeline.errors import SignatureError
from pipeline.signing import statements
from pipeline.signing.facts import gather_facts
from pipeline.signing.manifest import (
    ATTESTATIONS,
    BUNDLE,
    LINES,
    NAME,
    OF_EVERY_RUN,
    STATEMENT,
    SUMS,
    hash_file,
)
from pipeline.signing.statements import Omitted, Statement
from pipeline.trust.bundle import load, read
from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from pipeline.signing.deadline import Deadline
    from pipeline.signing.facts import Facts
    from pipeline.signing.manifest import Manifest
    from pipeline.trust.certificate import Holder

_Result = TypeVar("_Result")
_Done = TypeVar("_Done")

THREADS = 8
"""Signatures at a time: they wait for services, not for this machine."""


class Signer(Protocol):
    """Makes bundles, from several threads at once. `holder` is the certificate's, if there is one.

    Both methods raise `SignatureError`; what they return was verified.
    """

    @property
    def holder(self) -> Holder | None:
        """Who signs, as far as a certificate says so."""

    @property
    def told(self) -> str:
        """Who signs, in words."""

    def sign_file(self, name: str, sha256: str, content: Callable[[], bytes]) -> bytes:
        """The bundle over a file; `sha256` is its digest in hexadecimal.

        `content` reads it, for signers that need all of it.
        """

    def sign_statement(self, payload: bytes) -> bytes:
        """The bundle over an in-toto statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What was written, and the claims that were not made."""

    statements: tuple[Statement, ...]
    omitted: tuple[Omitted, ...]
    written: tuple[Path, ...]


def sign(
    folder: Path,
    manifest: Manifest,
    signer: Signer,
    deadline: Deadline,
    *,
    beside: Collection[str] = (),
) -> Signed:
    """Sign every file of a manifest and every statement about it; raises `SignatureError`.

    `beside` are files of the folder that are ours and that no check left.
    """
    facts = gather_facts(folder, manifest, signer.holder)
    _refuse_strays(facts, beside)
    made, omitted = statements.build(facts)
    contents = _listed(folder, manifest)
    jobs: dict[Path, Callable[[], bytes]] = {}
    for path, content in contents.items():
        digest = files.digest(content).removeprefix("sha256:")
        jobs[path] = partial(signer.sign_file, str(path), digest, content.__bytes__)
    originals = {folder / name: sha256 for name, sha256 in manifest.files.items()}
    originals |= {item.path: item.sha256 for item in manifest.artefacts if item.path}
    for path, sha256 in originals.items():
        jobs[path] = partial(signer.sign_file, str(path), sha256, path.read_bytes)
    attested = {item.name: folder / ATTESTATIONS / item.name for item in made}
    for item in made:
        jobs[attested[item.name]] = partial(signer.sign_statement, item.payload())
    bundles = side_by_side(jobs, deadline)
    for path, sha256 in originals.items():
        if hash_file(path) != sha256:
            raise SignatureError("was changed while it was signed", where=str(path))
    contents |= {path.with_name(path.name + BUNDLE): found for path, found in bundles.items()}
    contents[folder / LINES] = b"".join(bundles[path] for path in attested.values())
    return Signed(statements=made, omitted=omitted, written=_write(contents))


def write_unsigned(folder: Path, manifest: Manifest) -> Signed:
    """Write the manifest and the statements without a signature, under names that say so."""
    facts = gather_facts(folder, manifest, None)
    _refuse_strays(facts)
    made, omitted = statements.build(facts)
    contents = _listed(folder, manifest)
    for item in made:
        contents[folder / ATTESTATIONS / f"{item.name}{STATEMENT}"] = item.payload() + b"\n"
    return Signed(statements=made, omitted=omitted, written=_write(contents))


def _refuse_strays(facts: Facts, beside: Collection[str] = ()) -> None:
    """Refuse what nothing in the report answers for: signed, it would pass for a part of it.

    Such a file may have come with the scanned repository, or with a part that a CI job handed over.
    """
    for path in facts.manifest.files:
        is_ours = path.partition("/")[0] in OF_EVERY_RUN or path in facts.left or path in beside
        if not is_ours:
            raise SignatureError(
                "no check left it, so nobody vouches for it", where=path, fix="remove it"
            )


def drop_stale(artefacts: Iterable[tuple[Path, str]]) -> tuple[Path, ...]:
    """Remove bundles beside artefacts that were made for other bytes; say which.

    A file beside an artefact that is no bundle at all is left alone until it is replaced.
    """
    dropped = []
    for path, sha256 in artefacts:
        beside = path.with_name(path.name + BUNDLE)
        try:
            said = read(load(beside, str(beside)), str(beside)).digest
        except (OSError, RefusedError):
            continue
        if said and said != sha256:
            beside.unlink()
            dropped.append(beside)
    return tuple(dropped)


def within(deadline: Deadline, job: Callable[[], _Result]) -> _Result:
    """The result of one job; raises what it raised, or that time ran out."""
    return side_by_side({Path(): job}, deadline)[Path()]


def side_by_side(
    jobs: Mapping[Path, Callable[[], _Result]], deadline: Deadline
) -> dict[Path, _Result]:
    """The results of all jobs; raises what the first of them raised, or that time ran out.

    The threads are left behind where they hang: they hold nothing that could be half-written.
    """
    waiting = deque(jobs.items())
    done: SimpleQueue[tuple[Path, _Result | None, BaseException | None]] = SimpleQueue()

    def work() -> None:
        while True:
            try:
                path, job = waiting.popleft()
            except IndexError:
                return
            try:
                done.put((path, job(), None))
            except BaseException as error:  # noqa: BLE001 - raised again below, where it is awaited
                waiting.clear()  # one fault is enough: nothing more is begun
                done.put((path, None, error))

    for _ in range(min(THREADS, len(jobs))):
        Thread(target=work, daemon=True).start()
    results: dict[Path, _Result] = {}
    try:
        while len(results) < len(jobs):
            path, result, error = _awaited(done, deadline)
            if error is not None:
                raise error
            results[path] = cast("_Result", result)
    finally:
        waiting.clear()
    return results


def _awaited(done: SimpleQueue[_Done], deadline: Deadline) -> _Done:
    while True:
        try:
            return done.get(timeout=min(1.0, deadline.left()))
        except Empty:
            continue


def _listed(folder: Path, manifest: Manifest) -> dict[Path, bytes]:
    return {folder / NAME: manifest.render(), folder / SUMS: manifest.sums()}


def _write(contents: Mapping[Path, bytes]) -> tuple[Path, ...]:
    """Write all or nothing: what was written is removed again when the disk refuses the next."""
    written: list[Path] = []
    try:
        for path, content in contents.items():
            with files.explained(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            written.append(path)
            files.write(path, content)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return tuple(written)
