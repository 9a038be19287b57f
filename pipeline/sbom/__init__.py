"""Software bills of materials: written from locks, merged, validated, measured, converted.

Documents are CycloneDX JSON as plain dictionaries: no library's model stands between a document
and its schema, so nothing that a tool wrote is lost on the way.

parts       which locks make one document
write       the document of a part, from its locks; `identity` and `licences` name things
pins, npm   what cyclonedx-bom and npm are given, and what of their answers is taken
merge       several documents as one; `images` puts images in
document    the last touch: specification version, serial number, bytes
validate    does it keep to the official schema?
compare     is every locked package in it?
complete    how much of CISA's minimum elements does it state?
formats     other formats: `cyclonedx_xml`, `spdx2`, `spdx3`
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
"""A JSON object: an SBOM, or a part of one."""
