"""Real attested releases, and locks that hold them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from pipeline.model import Location, Lock, Package, Target
from pipeline.registries.attested import Attested, AttestedFile
from pipeline.registries.release import Pin

DATA = Path(__file__).parents[2] / "data" / "checks" / "provenance"

GITHUB = "https://github.com/trailofbits/pypi-attestations"
NAME = "pypi_attestations-0.0.19.tar.gz"
DIGEST = "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3"
PIN = Pin("PyPI", "pypi-attestations", "0.0.19")
CONTENT = (DATA / f"{NAME}.provenance").read_text("utf-8")

SIGNED = Pin("npm", "venv", "0.1.0")
SIGNED_SHA512 = base64.b64decode(
    "RMdeiD0OJC+S2w4931iqdi5MB9xe2T/lXZbRrHxbsmQrSA+FwhPk2bIqIwbNDCmThPgNw841Q272O6EFSYhBjQ=="
).hex()
SIGNATURE = (
    "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA",
    (
        "MEUCICKQJCEvvV3HdhCSj3TwH9qqIWLwc0GR1m/NED/s1bPIAiEAvkTmhIDIrD4MZoI2g27+HsuxoFJhC/evOR"
        "T6T2UUwSc="
    ),
)
"""What the public npm registry signed."""


def package(pin: Pin = PIN, *hashes: str, line: int = 1) -> Package:
    return Package(
        ecosystem=pin.ecosystem,
        name=pin.name,
        version=pin.version,
        location=Location(path="a.lock", line=line),
        hashes=hashes or (f"sha256:{DIGEST}",),
    )


def target(*packages: Package) -> Target:
    ecosystem = packages[0].ecosystem if packages else "PyPI"
    lock = Lock(
        path="a.lock", format="test", ecosystem=ecosystem, packages=packages, digest="sha256:0"
    )
    return Target(name="a", git=None, files=1, locks=(lock,))


def attested(content: str = CONTENT, digest: str = DIGEST, name: str = NAME) -> Attested:
    file = AttestedFile(name=name, digest=f"sha256:{digest}", attestations=content)
    return Attested(files=(file,))


def npm_attested(
    *signatures: tuple[str, str], digest: str = SIGNED_SHA512, attestations: str = ""
) -> Attested:
    file = AttestedFile(name="venv", digest=f"sha512:{digest}", attestations=attestations)
    return Attested(files=(file,), signatures=signatures)


def flipped(content: str, *path: str | int) -> str:
    """The provenance object with one bit of a base64 value changed, near its end."""
    document: Any = json.loads(content)
    part = document
    *above, last = path
    for step in above:
        part = part[step]
    raw = bytearray(base64.b64decode(part[last]))
    raw[-9] ^= 1
    part[last] = base64.b64encode(raw).decode()
    return json.dumps(document)
