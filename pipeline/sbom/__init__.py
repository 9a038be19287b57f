"""Software bills of materials: written from locks, merged, validated, measured, converted.

Documents are CycloneDX JSON as plain dictionaries: no library's model stands between a document
and its schema, so nothing that a tool wrote is lost on the way.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
"""A JSON object: an SBOM, or a part of one."""
