"""What registries publish to prove a release: attestations of its files, and their own signatures.

PyPI: the index tells which files have attestations (PEP 740), the Integrity API gives them,
https://docs.pypi.org/api/integrity/. npm: the document of a version has the registry's signatures,
https://docs.npmjs.com/about-registry-signatures, and another address its attestations.

Nothing is verified here; that is for whoever asked.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.errors import IncompleteError
from pipeline.model import Gap
from pipeline.registries import npm, pypi
from pipeline.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from pipeline.registries.release import Pin

    Fetch = Callable[[str, Mapping[str, str] | None], Any]
    """Gives the JSON at an address asked for with some headers, `None` where there is nothing."""

INDEX_FORM = {"Accept": "application/vnd.pypi.simple.v1+json"}
SUFFIX = ".provenance"
_TELLS_SINCE = (1, 3)
"""The version of the index's interface since which it names attestations (PEP 740)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedFile:
    """One file of a release, by its digest "algorithm:hex", and the attestations of it.

    `attestations` is JSON as the registry gave it: PEP 740's provenance object, or npm's list. ""
    means that it has none.
    """

    name: str
    digest: str
    attestations: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """What a registry publishes to prove a release.

    `signatures` are npm's own, each the id of a key and base64; `keys` those that the registry
    offers to check them with, for one whose keys are not known already. With a `gap` nothing is
    known, and `why` says why.
    """

    files: tuple[AttestedFile, ...] = ()
    signatures: tuple[tuple[str, str], ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    gap: Gap | None = None
    why: str = ""


class NotToldError(ValueError):
    """A registry does not say what is asked, or not in the form that was agreed."""


def ask_pypi(fetch: Fetch, base: str, pin: Pin, digests: Collection[str]) -> Attested:
    """The files of a Python release that the lock has hashes of; raises `NotToldError`."""
    document = fetch(f"{base}/simple/{quote(pin.name, safe='')}/", INDEX_FORM)
    if document is None:
        raise NotToldError("the index does not know this package")
    listed = [file for file in _list(document, "files") if _sha256(file) in digests]
    if not listed:
        raise NotToldError("the index lists no file with a hash of the lock")
    if not _tells(document) and not any("provenance" in file for file in listed):
        raise NotToldError("this index does not tell of attestations")
    return Attested(
        files=tuple(
            AttestedFile(
                name=file["filename"],
                digest=_sha256(file),
                attestations=_provenance(fetch, base, pin, file),
            )
            for file in listed
        )
    )


def ask_npm(fetch: Fetch, base: str, pin: Pin, digests: Collection[str]) -> Attested:  # noqa: ARG001 - as the other
    """The one file of an npm release, whatever the lock's hash is; raises `NotToldError`."""
    document = fetch(f"{base}/{quote(pin.name, safe='@')}/{quote(pin.version, safe='')}", None)
    if document is None:
        raise NotToldError("the registry does not list this version")
    dist = document.get("dist") if isinstance(document, dict) else None
    if not isinstance(dist, dict):
        raise NotToldError("the registry's document is not what its interface promises")
    if "signatures" not in dist and "attestations" not in dist:
        raise NotToldError("this registry does not tell of signatures")
    digest = sri_digest(dist.get("integrity"))
    if not digest:
        raise NotToldError("the registry gives no SHA-512 of its file")
    attestations = ""
    if dist.get("attestations"):
        name = quote(f"{pin.name}@{pin.version}", safe="@")
        found = fetch(f"{base}/-/npm/v1/attestations/{name}", None)
        attestations = _text(found) if found else ""
    signatures = [item for item in _list(dist, "signatures") if isinstance(item, dict)]
    return Attested(
        files=(AttestedFile(name=pin.name, digest=digest, attestations=attestations),),
        signatures=tuple((str(item.get("keyid")), str(item.get("sig"))) for item in signatures),
        keys=() if base == npm.URL else _keys(fetch, base),
    )


ASKING = {pypi.ECOSYSTEM: ask_pypi, npm.ECOSYSTEM: ask_npm}
"""How each registry is asked, by OSV's name of its ecosystem."""

NEEDED = {pypi.ECOSYSTEM: "sha256", npm.ECOSYSTEM: "sha512"}
"""The algorithm by which each registry's attestations name a file."""


_SHA512_BYTES = 64
MAX_FILE = 4 << 20
"""Bytes of one provenance file."""


def provenance_files(folder: Path) -> dict[str, bytes]:
    """The provenance files of a folder by name; raises `IncompleteError` where it has none.

    They prove themselves, so it does not matter who put them there.
    """
    tree = Tree.at(folder)
    names = sorted(entry.name for entry in tree.root.iterdir() if entry.name.endswith(SUFFIX))
    if not names:
        raise IncompleteError(
            f"no file there ends in {SUFFIX}", where=str(folder), fix="correct provenance.folder"
        )
    return {name: tree.read(name, limit=MAX_FILE) for name in names}


def sri_digest(integrity: Any) -> str:
    """The SHA-512 of a subresource integrity text as "sha512:hex"; "" where it has none."""
    for part in integrity.split() if isinstance(integrity, str) else ():
        algorithm, _, text = part.partition("-")
        if algorithm == "sha512":
            try:
                raw = base64.b64decode(text.partition("?")[0], validate=True)
            except (binascii.Error, ValueError):
                return ""
            return f"sha512:{raw.hex()}" if len(raw) == _SHA512_BYTES else ""
    return ""


def _tells(document: Any) -> bool:
    meta = document.get("meta") if isinstance(document, dict) else None
    version = str(meta.get("api-version", "")) if isinstance(meta, dict) else ""
    parts = version.split(".")
    return all(part.isdigit() for part in parts) and tuple(map(int, parts)) >= _TELLS_SINCE


def _provenance(
    fetch: Fetch,
    base: str,
    pin: Pin,
    file: Mapping[str, Any],
) -> str:
    """The provenance object of a file; the address is made here, never taken from the answer."""
    if not file.get("provenance"):
        return ""
    place = "/".join(quote(part, safe="") for part in (pin.name, pin.version, file["filename"]))
    found = fetch(f"{base}/integrity/{place}/provenance", None)
    return _text(found) if found else ""


def _keys(fetch: Fetch, base: str) -> tuple[tuple[str, str], ...]:
    found = fetch(f"{base}/-/npm/v1/keys", None)
    keys = [item for item in _list(found, "keys") if isinstance(item, dict)] if found else []
    return tuple((str(item.get("keyid")), str(item.get("key"))) for item in keys)


def _list(document: Any, name: str) -> list[Any]:
    found = document.get(name, []) if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise NotToldError("the registry's document is not what its interface promises")
    return found


def _sha256(file: Any) -> str:
    hashes = file.get("hashes") if isinstance(file, dict) else None
    found = hashes.get("sha256") if isinstance(hashes, dict) else None
    named = isinstance(file, dict) and isinstance(file.get("filename"), str)
    return f"sha256:{found}" if isinstance(found, str) and named else ""


def _text(value: Any) -> str:
    import json  # noqa: PLC0415 - only a run asks

    return json.dumps(value)
