"""`supply-chain verify`: check signatures, and that what they sign agrees with what is here."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.commands.answered import answers
from pipeline.commands.seen import Seen
from pipeline.commands.trusted import judge_of, told_signer, told_trust
from pipeline.errors import ExitCode, SignatureError, UsageError
from pipeline.signing.check import check_folder
from pipeline.signing.items import Item
from pipeline.signing.manifest import BUNDLE, NAME, REPORT, hash_file, image
from pipeline.signing.single import check_file
from pipeline.store import FOLDER
from pipeline.text import plain
from pipeline.trust.bundle import load
from pipeline.trust.publish import bundles_in
from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    import argparse

    from pipeline.signing.check import Judge
    from pipeline.trust.bundle import Bundle
    from pipeline.trust.statement import Statement


def execute(arguments: argparse.Namespace) -> int:
    """Check everything that was named, tell it as a table, and answer with 0 or 4."""
    judge = judge_of(arguments)
    policy = _policy(arguments.policy)
    seen = Seen()
    whole, single = _sorted(arguments.what or ["."])
    if arguments.bundle and (whole or len(single) != 1):
        raise UsageError("--bundle is for one file", fix="name just that file")
    for folder in whole:
        found = check_folder(folder, judge, policy=policy, unsigned=arguments.allow_unsigned)
        seen.folders[folder] = found
        seen.items += found.items
        seen.notes += found.notes
    for text in single:
        _check_single(text, arguments.bundle, judge, seen)
    _note_absent(seen)
    if arguments.json:
        _print_json(seen, arguments)
    else:
        _print(seen, arguments)
    return ExitCode.COMPLIANT if seen.ok else ExitCode.UNSIGNED


def _sorted(names: list[str]) -> tuple[list[Path], list[str]]:
    """Folders of reports, and everything else."""
    whole: list[Path] = []
    single: list[str] = []
    for text in names:
        path = Path(text)
        if image(text):
            single.append(text)
        elif path.is_dir():
            inner = path / FOLDER
            whole.append(inner if (inner / NAME).is_file() else path)
        elif path.parent.parent / REPORT == path and (path.parent.parent / NAME).is_file():
            whole.append(path.parent.parent)
        elif path.is_file():
            single.append(text)
        else:
            raise UsageError("is not there", where=plain(text), fix="name a folder or a file")
    return list(dict.fromkeys(whole)), single


def _check_single(text: str, bundle: Path | None, judge: Judge, seen: Seen) -> None:
    """A file or image: by the named bundle, the one beside it, or the statements of a report."""
    named = image(text)
    sha256 = named[1] if named else hash_file(Path(text))
    about = [
        statement
        for checked in seen.folders.values()
        for statement in checked.statements
        if checked.ok and sha256 in {digest for _, digest in statement.subjects}
    ]
    beside = bundle or (None if named else Path(f"{text}{BUNDLE}"))
    if beside and (bundle or beside.is_file() or not about):
        item, found = _by_bundle(text, sha256, beside, judge)
    elif about:
        item, found = Item(what=text, steps=("subject",)), tuple(about)
    else:
        item = Item(what=text, step="signature", refused="there is none: name one with --bundle")
        found = ()
    seen.items.append(item)
    seen.files[text] = (sha256, item, (*found, *about))


def _by_bundle(
    text: str, sha256: str, path: Path, judge: Judge
) -> tuple[Item, tuple[Statement, ...]]:
    try:
        found: list[Bundle] = bundles_in(load(path, path.name), path.name)
    except OSError as error:
        why = f"there is none: {path.name}: {error.strerror}"
        return Item(what=text, step="signature", refused=why), ()
    except RefusedError as error:
        return Item(what=text, step=error.step, refused=error.why), ()
    longer = None if image(text) else partial(hash_file, Path(text), "sha512")
    return check_file(text, sha256, found, judge, longer)


def _note_absent(seen: Seen) -> None:
    """Artefacts that a report speaks of and that nobody named: told, as they were not looked at."""
    looked = {sha256 for sha256, _, _ in seen.files.values()}
    for checked in seen.folders.values():
        for artefact in checked.manifest.artefacts if checked.manifest else ():
            if artefact.sha256 not in looked:
                seen.notes.append(f"not looked at: {artefact.name}: name it to have it checked")


def _policy(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return hash_file(path)
    except SignatureError as error:
        raise UsageError(error.what, where=error.where, fix="name the policy's file") from error


# -------------------------------------------------------------------------------------- output


def _print(seen: Seen, arguments: argparse.Namespace) -> None:
    refused = [item for item in seen.items if not item.ok]
    if arguments.quiet and not refused:
        return
    lines = [] if arguments.quiet else _table(seen.items)
    lines += [
        f"REFUSED {plain(item.what, limit=200)}: {item.step}: {plain(item.refused)}"
        for item in refused
    ]
    lines += [f"note: {plain(note)}" for note in seen.notes]
    lines += [
        f"report: {checked.about.decision} for {plain(checked.about.resource)},"
        f" of {checked.about.moment}, by the policy sha256:{checked.about.policy}"
        for checked in seen.folders.values()
        if checked.about
    ]
    lines += [
        f"{item['id']} {item['outcome'].replace('_', ' ')}: {plain(item['reason'])}"
        for item in answers(seen, told_signer(arguments))
    ]
    lines += _told_holders(seen)
    lines.append(f"trusted: {told_trust(arguments)}")
    if any(not checked.signed for checked in seen.folders.values()):
        lines.append("NOT SIGNED: only digests were compared, as --allow-unsigned asks")
    count = len(seen.items)
    lines.append(
        f"VERIFIED: {count} of {count}" if seen.ok else f"REFUSED: {len(refused)} of {count}"
    )
    sys.stdout.write("\n".join(lines) + "\n")


def _table(items: list[Item]) -> list[str]:
    """What was checked, and of which files it held."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for item in items:
        if item.ok:
            groups.setdefault(item.steps, []).append(item.what)
    lines = []
    for steps, names in groups.items():
        lines.append(f"ok: {', '.join(steps)}")
        lines += [f"    {plain(name, limit=200)}" for name in names]
    return lines


def _told_holders(seen: Seen) -> list[str]:
    holders = {item.holder for item in seen.items if item.holder}
    return [
        f"signed by: {plain(holder.identity)} (by {plain(holder.issuer)})"
        + (f", run {plain(holder.run)}" if holder.run else "")
        for holder in sorted(holders, key=lambda holder: (holder.identity, holder.run))
    ]


def _print_json(seen: Seen, arguments: argparse.Namespace) -> None:
    from dataclasses import asdict  # noqa: PLC0415 - for JSON only

    from pipeline.store import encode  # noqa: PLC0415

    document: dict[str, Any] = {
        "schema": "supply-chain-verification/1",
        "verified": seen.ok,
        "signed": all(checked.signed for checked in seen.folders.values()),
        "trusted": told_trust(arguments),
        "items": [
            {
                "what": item.what,
                "ok": item.ok,
                "steps": item.steps,
                "refused_by": item.step or None,
                "reason": item.refused or None,
                "signed_by": asdict(item.holder) if item.holder else None,
            }
            for item in seen.items
        ],
        "reports": [
            {"folder": str(folder), **asdict(checked.about)}
            for folder, checked in seen.folders.items()
            if checked.about
        ],
        "controls": answers(seen, told_signer(arguments)),
        "notes": seen.notes,
    }
    sys.stdout.write(encode(document).decode())
