"""The image of the demonstration and the database it is looked at with, made anew.

    python -m tests.kit.demo_image templates/demo

The facts are a flaw of OpenSSL that Debian 12 has mended (DSA-5532), and the bundled advisories;
malware is none of Trivy's. The same bytes come out every time.
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.kit import images, trivydb
from tests.kit.images import Built, Deb

MADE = datetime(2026, 10, 30, tzinfo=UTC)
"""Two days before the day of the demonstration."""

OPENSSL: dict[str, Any] = {
    "id": "DEBIAN-CVE-2023-5363",
    "aliases": ["CVE-2023-5363"],
    "modified": "2026-10-30T00:00:00Z",
    "summary": "OpenSSL takes a key or an initialisation vector of the wrong length.",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    "affected": [
        {
            "package": {"ecosystem": "Debian:12", "name": "openssl"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [{"introduced": "0"}, {"fixed": "3.0.11-1~deb12u2"}],
                }
            ],
        }
    ],
}

IMAGE = Built.of(
    images.debian(
        Deb("libssl3", "3.0.11-1~deb12u1", "openssl"), Deb("zlib1g", "1:1.2.13.dfsg-1", "zlib")
    ),
    images.python("jinja2", "2.10"),
    user="",
    ports=["8080/tcp"],
    history=[("FROM debian:12", False), ("RUN pip install -r requirements.txt", False)],
    labels={"org.opencontainers.image.base.name": "docker.io/library/debian:12"},
    packing="",  # what gzip writes differs from one library to the next
)


def make(folder: Path) -> None:
    """Write `image` and `trivy` into the folder of the demonstration."""
    files = sorted((folder / "advisories").glob("*.json"))
    known = [json.loads(file.read_bytes()) for file in files if not file.name.startswith("MAL-")]
    for name in ("image", "trivy"):
        shutil.rmtree(folder / name, ignore_errors=True)
    images.layout(folder / "image", {"1.0": IMAGE})
    trivydb.make(folder / "trivy", [OPENSSL, *known], updated=MADE)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
