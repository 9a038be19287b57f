"""`supply-chain sbom`: the repository's software bill of materials as one document.

The document goes to standard output or a file; what it cannot cover is told on standard error and
in the exit code. With `--against`, nothing is made: an existing SBOM is held against the locks.
With `--convert` one of a run, which has the images as well, is written in another format.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pipeline import collect, stages
from pipeline.checks.job import Skip
from pipeline.checks.sbom import coverage
from pipeline.errors import ExitCode, IncompleteError, UsageError
from pipeline.files import write
from pipeline.model import Policy
from pipeline.sbom.compare import compare
from pipeline.sbom.document import VERSIONS, decode, encode
from pipeline.sbom.formats import convert
from pipeline.sbom.validate import validate
from pipeline.store import Plan
from pipeline.text import plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.model import Coverage, Finding, Reading, Target

CHECK, MAKER = "sbom", "supply-chain-pipeline"
MAX_BYTES = 256 * 1024 * 1024


def execute(arguments: argparse.Namespace) -> int:
    """Write the document, or compare one; tell what is not in it."""
    if arguments.convert:
        _put(_converted(arguments.convert, arguments.format), arguments.output)
        return ExitCode.COMPLIANT
    target = stages.look(arguments.target, arguments.config)
    if arguments.against:
        document = _load(arguments.against)
        found = compare(document, target)
        for package in found.missing:
            place = f"{package.location.path}:{package.location.line or 1}"
            sys.stdout.write(f"missing from the SBOM: {plain(package.key)} ({plain(place)})\n")
        for purl in found.surplus:
            sys.stdout.write(f"in no lock: {plain(purl)}\n")
        incomplete = _complete(coverage(target))
        return ExitCode.VIOLATED if found else incomplete
    reading = _read(target, arguments)
    content = _chosen(reading, arguments.spec_version or VERSIONS[-1], arguments.format)
    _put(content, arguments.output)
    return _judge(reading.findings) or _complete(reading.coverage)


def _read(target: Target, arguments: argparse.Namespace) -> Reading:
    """What the check says of the target; raises `IncompleteError` when that is nothing."""
    plan = Plan(
        root=str(arguments.target.resolve()),
        as_of=arguments.as_of or stages.today(),
        offline=True,
        checks=(CHECK,),
        target=target,
        policy=Policy(),
    )
    reading = collect.perform(CHECK, plan)
    if isinstance(reading, Skip):
        raise IncompleteError(reading.reason, where=str(arguments.target), fix="name another path")
    if not reading.files:
        raise IncompleteError(
            "no lock names a package that an SBOM could list",
            where=str(arguments.target),
            fix="lock the dependencies with the ecosystem's own tool",
        )
    return reading


def _chosen(reading: Reading, version: str, name: str) -> bytes:
    """The repository's document in the format asked for."""
    if name.startswith("spdx"):
        version = VERSIONS[-1]
    content = next(
        file.content for file in reading.files if file.path == f"{version}/repository.cdx.json"
    )
    if name == "json":
        return content
    return convert(decode(content), name)


def _converted(path: Path, name: str) -> bytes:
    """A document of ours in another format; raises `UsageError` for any other.

    The converters rely on what every document of ours says.
    """
    document = _load(path)
    makers = document.get("metadata", {}).get("tools", {})
    named = makers.get("components", ()) if isinstance(makers, dict) else ()
    if not any(tool.get("name") == MAKER for tool in named):
        raise UsageError(
            "was not made here", where=str(path), fix="name a document of `.supply-chain/sbom/`"
        )
    return encode(document) if name == "json" else convert(document, name)


def _put(content: bytes, output: Path | None) -> None:
    if output:
        write(output.absolute(), content)
    else:
        sys.stdout.buffer.write(content)


def _load(path: Path) -> dict[str, Any]:
    """An existing SBOM; raises `UsageError` for one that cannot be read or is not valid."""
    fix = "name a CycloneDX JSON document of version 1.5, 1.6 or 1.7"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError("is too large", where=str(path), fix=fix)
        document = decode(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path), fix=fix) from error
    if problems := validate(document):
        raise UsageError(problems[0], where=str(path), fix=fix)
    return document


def _judge(findings: Iterable[Finding]) -> int:
    """Tell the findings; a package missing or too many violates what an SBOM is for."""
    code = 0
    for finding in findings:
        sys.stderr.write(f"{finding.severity}: {plain(finding.title)}\n")
        if finding.rule in {"sbom/package-missing", "sbom/component-surplus"}:
            code = ExitCode.VIOLATED
    return code


def _complete(coverage: Iterable[Coverage]) -> int:
    """Tell what no lock says, so that the document cannot list it."""
    code = ExitCode.COMPLIANT
    for part in coverage:
        for missing in part.missing:
            sys.stderr.write(f"not covered: {plain(missing.subject)}: {plain(missing.why)}\n")
            code = ExitCode.INCOMPLETE
    return code
