"""A signed report, held against itself: signatures, files, and statements that must agree.

Nothing that a signature does not cover is believed: the manifest is verified before it is read,
and statements are compared with the files that the manifest names.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.errors import SignatureError
from pipeline.signing import claims, statements
from pipeline.signing.facts import gather_facts
from pipeline.signing.items import About, Checked, Item, held, missing, refused_item
from pipeline.signing.manifest import (
    ATTESTATIONS,
    BUNDLE,
    LINES,
    NAME,
    REPORT,
    STATEMENT,
    SUMS,
    hash_file,
    read,
    walk,
)
from pipeline.text import plain
from pipeline.trust import bundle as bundles
from pipeline.trust.refused import RefusedError
from pipeline.trust.statement import PAYLOAD_TYPE, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipeline.signing.facts import Facts
    from pipeline.signing.manifest import Manifest
    from pipeline.trust.bundle import Bundle
    from pipeline.trust.certificate import Holder
    from pipeline.trust.statement import Statement
    from pipeline.trust.verify import Verified

    Judge = Callable[[Bundle, str], Verified]
    """Verifies a bundle over the file with this digest, or over a statement where it is ""."""


def check_folder(
    folder: Path, judge: Judge, *, policy: str = "", unsigned: bool = False
) -> Checked:
    """Check the signed report in `folder`. `policy` is the digest of the policy's file.

    `unsigned`: a report without any signature is checked as far as digests go. Raises
    `SignatureError` when there is no manifest to begin with.
    """
    if not (folder / NAME).is_file():
        raise SignatureError(
            "there is no signed report",
            where=str(folder),
            fix="sign it first: `supply-chain sign`",
        )
    signed = _is_signed(folder)
    if not signed and not unsigned:
        raise SignatureError(
            "the report says itself that it is not signed",
            where=str(folder),
            fix="sign it, or accept that with --allow-unsigned",
        )
    return _Folder(folder, judge if signed else None, policy).check()


def _is_signed(folder: Path) -> bool:
    """Whether any signature is there: with one, all have to be."""
    return not any((folder / ATTESTATIONS).glob(f"*{STATEMENT}")) or any(folder.rglob(f"*{BUNDLE}"))


class _Folder:
    """One check of one folder. Without a `judge`, nothing is signed."""

    def __init__(self, folder: Path, judge: Judge | None, policy: str) -> None:
        self.folder = folder
        self.judge = judge
        self.policy = policy
        self.holder: Holder | None = None

    def check(self) -> Checked:
        """Manifest first, then files, then statements."""
        signed = self.judge is not None
        try:
            content = bundles.load(self.folder / NAME, NAME)
        except RefusedError as error:
            return Checked(items=(refused_item(NAME, error),), signed=signed)
        first = self._file(NAME, hashlib.sha256(content).hexdigest())
        if not first.ok:
            return Checked(items=(first,), signed=signed)
        self.holder = first.holder
        try:
            manifest = read(content, NAME)
        except RefusedError as error:
            return Checked(items=(refused_item(NAME, error, first.steps),), signed=signed)
        items = [first, self._sums(manifest), *self._files(manifest), *self._extra(manifest)]
        if not all(item.ok for item in items):
            note = "the statements were not looked at, as their files do not hold"
            return Checked(items=tuple(items), signed=signed, manifest=manifest, notes=(note,))
        accepted: list[Statement] = []
        about = None
        try:
            facts = gather_facts(self.folder, manifest, self.holder)
            about = About(
                decision=facts.report["verdict"]["decision"],
                resource=facts.resource,
                moment=facts.moment,
                policy=facts.policy["digest"]["sha256"],
            )
            items += self._statements(facts, accepted)
            items += self._policy(facts)
        except (SignatureError, LookupError, TypeError, ValueError, AttributeError) as error:
            why = f"it is not a report of this version: {error}"
            items.append(Item(what=REPORT, step="report", refused=plain(why, limit=300)))
        return Checked(
            items=tuple(items),
            signed=signed,
            manifest=manifest,
            statements=tuple(accepted),
            about=about,
            notes=self._notes(about),
        )

    # ------------------------------------------------------------------------------- files

    def _file(self, name: str, sha256: str) -> Item:
        """A file whose digest is known, and its bundle."""
        if self.judge is None:
            return Item(what=name, steps=("digest",))
        path = self.folder / f"{name}{BUNDLE}"
        try:
            found = self.judge(self._bundle(path, f"{name}{BUNDLE}"), sha256)
        except RefusedError as error:
            return refused_item(name, error)
        return Item(what=name, steps=("digest", *held(found)), holder=found.holder)

    def _bundle(self, path: Path, name: str) -> Bundle:
        try:
            return bundles.read(bundles.load(path, name), name)
        except FileNotFoundError:
            raise RefusedError("signature", "there is none", where=name) from None
        except OSError as error:
            raise RefusedError("signature", f"it cannot be read: {error.strerror}") from error

    def _sums(self, manifest: Manifest) -> Item:
        path = self.folder / SUMS
        if not path.is_file():
            return missing(SUMS)
        if path.read_bytes() != manifest.sums():
            return Item(what=SUMS, step="digest", refused="it is not the list of the manifest")
        return self._same(self._file(SUMS, hash_file(path)))

    def _files(self, manifest: Manifest) -> Iterator[Item]:
        for name, sha256 in sorted(manifest.files.items()):
            path = self.folder / name
            if path.is_symlink() or not path.is_file():
                yield missing(name)
            elif (now := hash_file(path)) != sha256:
                yield Item(
                    what=name,
                    step="digest",
                    refused=f"it was changed: sha256:{now} now, sha256:{sha256} in the manifest",
                )
            else:
                yield self._same(self._file(name, sha256))

    def _extra(self, manifest: Manifest) -> Iterator[Item]:
        """Files that nobody signed, and signatures of files that are not there."""
        try:
            present = set(walk(self.folder))
        except SignatureError as error:
            yield Item(what=error.where, step="extra file", refused=error.what)
            return
        for name in sorted(present - manifest.files.keys()):
            yield Item(
                what=name, step="extra file", refused="it was not there when this was signed"
            )
        known = {*manifest.files, NAME, SUMS}
        for path in sorted(self.folder.rglob(f"*{BUNDLE}")):
            name = path.relative_to(self.folder).as_posix()
            if name.startswith(f"{ATTESTATIONS}/") or name.removesuffix(BUNDLE) in known:
                continue
            yield Item(what=name, step="extra file", refused="it signs nothing that is here")

    def _same(self, item: Item) -> Item:
        """Everything was signed by one holder, with the same claims."""
        if item.ok and item.holder != self.holder:
            return replace(item, step="identity", refused="another run signed the manifest")
        return item

    # -------------------------------------------------------------------------- statements

    def _statements(self, facts: Facts, accepted: list[Statement]) -> Iterator[Item]:
        place = self.folder / ATTESTATIONS
        suffix = BUNDLE if self.judge else STATEMENT
        lines = []
        seen = set()
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            what = f"{ATTESTATIONS}/{path.name}"
            if not path.name.endswith(suffix):
                yield Item(what=what, step="extra file", refused="it is no attestation")
                continue
            seen.add(path.name.removesuffix(suffix))
            lines.append(path.read_bytes())
            yield self._statement(path, what, facts, accepted)
        for name in sorted(statements.REQUIRED.keys() - seen):
            yield missing(f"{ATTESTATIONS}/{name}{suffix}")
        if self.judge:
            yield self._lines(lines)

    def _statement(self, path: Path, what: str, facts: Facts, accepted: list[Statement]) -> Item:
        name = path.name.removesuffix(BUNDLE).removesuffix(STATEMENT)
        holder = None
        steps: tuple[str, ...] = ("digest",)
        payload_type = PAYLOAD_TYPE
        try:
            if self.judge is None:
                payload = bundles.load(path, what)
            else:
                found = self.judge(self._bundle(path, what), "")
                holder, steps = found.holder, held(found)
                payload_type, payload = found.payload_type, found.payload
            statement = parse(payload_type, payload, what, old=False)
            claims.check(name, statement, facts)
        except RefusedError as error:
            return refused_item(what, error)
        accepted.append(statement)
        more = ("payload type", "statement type", "subject", "predicate type", "predicate")
        return self._same(Item(what=what, steps=(*steps, *more), holder=holder))

    def _lines(self, lines: list[bytes]) -> Item:
        """The collection holds just the attestations, in any order."""
        path = self.folder / LINES
        if not path.is_file():
            return missing(LINES)
        if sorted(path.read_bytes().splitlines(keepends=True)) != sorted(lines):
            return Item(what=LINES, step="digest", refused="it does not hold the attestations")
        return Item(what=LINES, steps=("digest",))

    def _notes(self, about: About | None) -> tuple[str, ...]:
        """What is no fault, but worth knowing: a workflow can look at any commit."""
        holder = self.holder
        if about is None or holder is None or not holder.repository:
            return ()
        place, _, commit = about.resource.removeprefix("git+").rpartition("@")
        own = place.removesuffix(".git") == holder.repository
        if own and commit == holder.commit:
            return ()
        ran = f"{holder.repository}@{holder.commit}"
        return (f"the report is about {about.resource}, the workflow ran on {ran}",)

    def _policy(self, facts: Facts) -> Iterator[Item]:
        """The verdict was reached by the policy that was named."""
        if not self.policy:
            return
        said = facts.policy["digest"]["sha256"]
        if said == self.policy:
            yield Item(what="policy", steps=("policy",))
        else:
            why = f"the verdict was reached by sha256:{said}, not sha256:{self.policy}"
            yield Item(what="policy", step="policy", refused=why)
