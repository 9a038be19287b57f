"""An SBOM in other formats, each made and checked by a well-kept library of its own.

CycloneDX XML comes from cyclonedx-python-lib, SPDX 2.3 from spdx-tools, SPDX 3.0 from
spdx-python-model. Their formats have no words for some of what CycloneDX JSON says (compositions,
tools' digests); what is unknown still says so, in properties or as NOASSERTION.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from types import ModuleType

    from pipeline.sbom import Json


_HOMES = {
    "xml": ("pipeline.sbom.cyclonedx_xml", "cyclonedx-bom"),
    "spdx-2.3": ("pipeline.sbom.spdx2", "spdx-tools"),
    "spdx-3.0": ("pipeline.sbom.spdx3", "spdx-python-model"),
}
"""A format's module, and the distribution that it needs."""


def convert(document: Json, name: str) -> bytes:
    """The document, CycloneDX JSON, in the format `name`: "xml", "spdx-2.3" or "spdx-3.0".

    Raises `IncompleteError` where the format's library is not installed, and where what it made
    does not pass its own validation.
    """
    module, distribution = _HOMES[name]
    try:
        home: ModuleType = import_module(module)
        content: bytes = home.render(document)
    except ModuleNotFoundError as error:
        raise IncompleteError(
            f"the format {name} needs {distribution}, which is not installed",
            fix=f"install it: python3 -m pip install {distribution}",
        ) from error
    return content


def refuse(name: str, problem: str) -> IncompleteError:
    """The error for a document that its own library finds wrong."""
    return IncompleteError(f"the SBOM as {name} is not valid: {problem}", fix="please report it")
