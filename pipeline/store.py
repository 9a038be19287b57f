"""The output folder `.supply-chain/`: where stages meet, and how values become files.

    plan.json                  what is to be done: target, policy, checks; written by `discover`
    evidence/<check>.json      what a check can vouch for
    base/                      the same for the commit that a change is judged against
    <check>/                   files that a check left, such as an SBOM
    report/                    the report in every format
    manifest.json, SHA256SUMS  digests of all of these, written when they are signed
    attestations/              signed statements about them; *.sigstore.json beside each file

A plan carries a random token, and so does every evidence file that was made for it: evidence
left over from an earlier run, or committed by the scanned repository, has another token and
counts as missing. Files are replaced atomically, so that an interrupted run leaves the old file
or the new one.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.errors import IncompleteError, UsageError
from pipeline.files import digest, explained, write
from pipeline.model import (
    Artefact,
    Base,
    Evidence,
    Policy,
    ProvenanceSettings,
    SecretSettings,
    Status,
    Target,
    TrivySettings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.model import File

FOLDER = ".supply-chain"
"""Name of the output folder at the root of the scanned repository."""

DEMO = "demo"
"""Name of the folder in it where the demonstration leaves a run of its own."""

_FORMAT = 1
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one run is about to do, agreed before any check starts.

    `root` is the absolute path of the scanned repository. `as_of` is the day by which ages and
    expiries are judged. `advisories` names a store, export or folder that must be used; without
    it the source is chosen. `base` is the commit that a change is judged against, and `unchanged`
    are manifests and locks with the same bytes in it.
    """

    root: str
    as_of: date
    offline: bool
    checks: tuple[str, ...]
    target: Target
    policy: Policy
    advisories: str | None = None
    osv_url: str | None = None
    pypi_url: str | None = None
    npm_url: str | None = None
    secrets: SecretSettings = field(default_factory=SecretSettings)
    provenance: ProvenanceSettings = field(default_factory=ProvenanceSettings)
    trivy: TrivySettings = field(default_factory=TrivySettings)
    notices: tuple[str, ...] = ()
    base: Base | None = None
    unchanged: tuple[str, ...] = ()
    started: datetime | None = None
    token: str = ""
    format: int = _FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An evidence file: the evidence, the plan it answers, and how long it took (seconds)."""

    token: str
    evidence: Evidence
    seconds: float = 0.0
    format: int = _FORMAT


@dataclass(frozen=True, slots=True)
class _Listed:
    """As much of a manifest as removing signatures needs."""

    schema: str
    files: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Output:
    """The output folder at `folder`; created by `begin`."""

    folder: Path

    @property
    def report(self) -> Path:
        """The folder of the rendered report."""
        return self.folder / "report"

    @property
    def base(self) -> Output:
        """The output folder of the commit that a change is judged against."""
        return Output(self.folder / "base")

    def is_ours(self) -> bool:
        """Whether a run may drop what is in the folder: nothing, or what an earlier one left.

        Raises `OSError` where it cannot be listed.
        """
        if self.folder.name == FOLDER or not any(self.folder.iterdir()):
            return True
        plan = self.folder / "plan.json"
        content = plan.read_bytes() if plan.is_file() else b""
        return b'"token"' in content and b'"as_of"' in content

    def begin(self, plan: Plan, *, checks: Iterable[str] = ()) -> Plan:
        """Start a run: drop what an earlier one left, write the plan, return it with its token.

        A plan that belongs to another keeps the token that it has.
        `checks` are all that could have left files, planned or not. Raises `UsageError` when the
        folder is a symbolic link or a file, as a scanned repository could use either to have
        files written elsewhere.
        """
        own = (self.folder / "evidence", self.report, self.base.folder)
        left = tuple(self.folder / name for name in sorted({*plan.checks, *checks}))
        if self.folder.name == FOLDER:
            left += (self.folder / DEMO,)  # else it would be signed with the report
        for part in (self.folder, *own, *left):
            if part.is_symlink() or (part.exists() and not part.is_dir()):
                raise UsageError(
                    "is not a folder of ours", where=str(part), fix="remove it, or use --output"
                )
        plan = replace(plan, token=plan.token or secrets.token_hex(16))
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for part in (*own, *left):
                if part.exists():
                    shutil.rmtree(part)
            for part in own[:2]:
                part.mkdir()
        self.unsign()
        # Ignored by git wherever it stands, so that results are never committed by accident.
        write(self.folder / ".gitignore", b"*\n")
        write(self.folder / "plan.json", encode(plan))
        return plan

    def unreport(self) -> None:
        """Remove the report: it was made of other evidence than comes now.

        Raises `IncompleteError` when the disk refuses.
        """
        with explained(self.report):
            for path in self.report.glob("*"):
                path.unlink(missing_ok=True)

    def unsign(self) -> None:
        """Remove every signature and statement: they were made for other files than come now.

        Only what a manifest of ours lists is touched. Raises `IncompleteError` when the disk
        refuses.
        """
        import msgspec  # noqa: PLC0415 - a command that stores nothing should not pay for it

        manifest = self.folder / "manifest.json"
        try:
            listed = msgspec.json.decode(manifest.read_bytes(), type=_Listed)
        except (OSError, msgspec.DecodeError):
            return
        if not listed.schema.startswith("supply-chain-manifest/"):
            return
        root = self.folder.resolve()
        names = ["manifest.json", "SHA256SUMS", *(item.get("path", "") for item in listed.files)]
        with explained(self.folder):
            for name in names:
                bundle = self.folder / f"{name}.sigstore.json"
                if bundle.parent.resolve().is_relative_to(root):
                    bundle.unlink(missing_ok=True)
            attestations = self.folder / "attestations"
            if attestations.is_dir() and not attestations.is_symlink():
                shutil.rmtree(attestations)
            for name in ("attestations.jsonl", "SHA256SUMS", "manifest.json"):
                (self.folder / name).unlink(missing_ok=True)

    def plan(self) -> Plan:
        """The plan of the current run; raises `UsageError` when no run was started here."""
        path = self.folder / "plan.json"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise UsageError(
                "no run was started here", where=str(path), fix="run `supply-chain plan` first"
            ) from None
        except OSError as error:
            raise IncompleteError(error.strerror or str(error), where=str(path)) from error
        return decode(content, Plan, where=str(path))

    def keep(self, check: str, files: Iterable[File]) -> tuple[Artefact, ...]:
        """Write the files of a check below its folder, and say where they are and what they hold.

        Raises `ValueError` for a path that leaves the folder, which no check may name.
        """
        kept = []
        for file in files:
            inside = PurePosixPath(file.path)
            if inside.is_absolute() or ".." in inside.parts or not inside.parts:
                raise ValueError(f"{file.path!r} is no path below the folder of the check {check}")
            path = self.folder / check / inside
            with explained(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            write(path, file.content)
            kept.append(
                Artefact(
                    path=(PurePosixPath(check) / inside).as_posix(),
                    digest=digest(file.content),
                    media_type=file.media_type,
                )
            )
        return tuple(kept)

    def content(self, artefact: Artefact) -> bytes:
        """What a check left; raises `IncompleteError` unless it is what the evidence names."""
        try:
            found = (self.folder / artefact.path).read_bytes()
        except OSError as error:
            raise IncompleteError(
                error.strerror or str(error), where=artefact.path, fix="run the check again"
            ) from error
        if digest(found) != artefact.digest:
            raise IncompleteError(
                "is not what the check left", where=artefact.path, fix="run the check again"
            )
        return found

    def record(self, plan: Plan, evidence: Evidence, *, seconds: float) -> None:
        """Write the evidence of one check."""
        recorded = Recorded(token=plan.token, evidence=evidence, seconds=round(seconds, 3))
        write(self.folder / "evidence" / f"{evidence.check}.json", encode(recorded))

    def evidence(self, plan: Plan) -> tuple[Recorded, ...]:
        """Evidence of the planned checks, in planned order; what was not recorded is left out.

        An unreadable file becomes `errored` evidence; one of another run counts as missing.
        """
        found = []
        for check in plan.checks:
            path = self.folder / "evidence" / f"{check}.json"
            try:
                recorded = decode(path.read_bytes(), Recorded, where=str(path))
            except FileNotFoundError:
                continue
            except (OSError, IncompleteError):
                reason = "its evidence file cannot be read: run the check again"
                recorded = Recorded(
                    token=plan.token,
                    evidence=Evidence(check=check, status=Status.ERRORED, reason=reason),
                )
            if recorded.token == plan.token and recorded.evidence.check == check:
                found.append(recorded)
        return tuple(found)


def encode(value: Any) -> bytes:
    """A model value as indented JSON with sorted keys and a final newline."""
    import msgspec  # noqa: PLC0415 - a command that stores nothing should not pay for it

    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n"


def decode(content: bytes, kind: type[_Value], *, where: str) -> _Value:
    """The value of type `kind` in `content`; raises `IncompleteError` for anything else."""
    import msgspec  # noqa: PLC0415 - as above

    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise IncompleteError(
            f"not a {kind.__name__.lower()} of this version: {error}",
            where=where,
            fix="run the pipeline again from the start",
        ) from error
