"""The Python part as cyclonedx-bom makes it, from pins that we write.

The tool sees neither the repository nor an environment: pointed at one, it would run the `*.pth`
files of the latter and take part in the parsing of the former. What it is told is one line per
package, and its references, which count lines, are replaced by package URLs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.errors import UnreadableOutputError
from pipeline.model import Origin
from pipeline.sbom.document import decode
from pipeline.sbom.identity import bare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.model import Package
    from pipeline.sbom import Json


PYTHON = "PyPI"
INPUT, OUTPUT = "requirements.txt", "bom.json"

ARGUMENTS = (
    *("requirements", INPUT, "--output-file", OUTPUT, "--output-format", "JSON"),
    *("--spec-version", "1.6", "--output-reproducible", "--no-validate"),
)

_NAME = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_TAKEN = ("type", "name", "version", "purl", "externalReferences")


def pins(packages: Iterable[Package]) -> dict[str, str]:
    """A line for each Python package that has a version and comes from an index, by purl."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - not for `--help`

    found: dict[str, str] = {}
    for package in packages:
        if package.ecosystem != PYTHON or package.version is None:
            continue
        if package.source.origin not in {Origin.REGISTRY, Origin.INDEX}:
            continue
        purl = bare(package.purl)
        if purl in found or not _NAME.fullmatch(package.name):
            continue
        try:
            Version(package.version)
        except InvalidVersion:
            continue
        # A specifier accepts what a version does, but for blanks around it.
        found[purl] = f"{package.name}=={package.version.strip()}"
    return dict(sorted(found.items()))


def take(content: bytes | None) -> tuple[dict[str, Json], tuple[Json, ...]]:
    """The tool's components by package URL, and the tools that it says it consists of.

    Raises `UnreadableOutputError` for what is no such document.
    """
    try:
        document = decode(content or b"")
        named = document["metadata"]["tools"]["components"]
        tools = tuple(
            {key: str(tool[key]) for key in ("type", "group", "name", "version") if key in tool}
            for tool in named
        )
        components = {
            bare(component["purl"]): {key: component[key] for key in _TAKEN if key in component}
            for component in document.get("components", ())
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableOutputError("cyclonedx-py's output is not the SBOM it promises") from error
    return components, tools
