"""A licence as somebody wrote it, in CycloneDX's words.

An SPDX identifier or expression (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/)
says exactly which licence it is. Anything else is only a name: nobody guesses what it stands for.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pipeline.sbom.validate import schema_folder
from pipeline.text import plain

if TYPE_CHECKING:
    from pipeline.sbom import Json

_DECLARED = "declared"
"""CycloneDX's word for what the authors of a package say, and nobody else concluded."""


@cache
def describe(text: str) -> Json:
    """One entry of a component's `licenses` for a licence that its authors declare.

    Raises `IncompleteError` when CycloneDX's schemas are not installed.
    """
    from packaging.licenses import (  # noqa: PLC0415 - slow to import
        InvalidLicenseExpression,
        canonicalize_license_expression,
    )

    try:
        found = str(canonicalize_license_expression(text))
    except (InvalidLicenseExpression, RecursionError):
        name = plain(text, limit=200)
        return {"license": {"name": name, "acknowledgement": _DECLARED}}
    if found in _identifiers():
        return {"license": {"id": found, "acknowledgement": _DECLARED}}
    return {"expression": found, "acknowledgement": _DECLARED}


@cache
def _identifiers() -> frozenset[str]:
    """The identifiers that CycloneDX's schema knows; newer ones pass as expressions."""
    import msgspec  # noqa: PLC0415 - heavy, and only an SBOM needs it

    content = (schema_folder() / "spdx.SNAPSHOT.schema.json").read_bytes()
    return frozenset(msgspec.json.decode(content)["enum"])
