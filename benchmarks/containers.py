"""Trivy's four kinds of work side by side: two images, locks and configuration files.

Images are made up and always the same; the program is the one that the tests build, its database
is made of advisory facts (`tests/kit/trivydb.py`).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import zipfile
from typing import TYPE_CHECKING

from benchmarks.measure import PIPELINE, judged, timed
from tests.kit import images, trivydb
from tests.kit.golang import UnavailableError
from tests.kit.images import Built, Deb
from tests.kit.trivy import binary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LARGE, SMALL = 40_000, 1500
"""Files in each image beside its packages: 280 MB, as an application on a full base image has,
and 10 MB, as one on a small base."""
PINS, CONFIGURATIONS = 300, 40
TIMES = 3
FINE = {1, 3}
"""What was planted violates the policy, and made-up files are not all evaluated."""
DAY = "2026-11-22"


def speed(folder: Path) -> Iterator[str]:
    """All at once against the slowest alone, and a second run of the same."""
    try:
        os.environ["SUPPLY_CHAIN_TRIVY"] = str(binary().path)
    except UnavailableError as error:
        yield f"left out: {error}"
        return
    folder /= "containers"
    folder.mkdir()
    repository = write(folder / "repository")
    database = trivydb.make(folder / "database", FACTS)
    images.layout(folder / "large", {"1": build(LARGE)})
    images.layout(folder / "small", {"1": build(SMALL)})
    both = [f"--image={folder}/{name}:1" for name in ("large", "small")]
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for record in FACTS:
            archive.writestr(f"{record['id']}.json", json.dumps(record))
    options = [
        "--offline",
        f"--advisories={folder}/all.zip",
        f"--trivy-db={database}",
        f"--as-of={DAY}",
        "--quiet",
    ]
    start = [*PIPELINE, "run", str(repository), *options, f"--output={folder / 'output'}"]
    alone = {
        "the large image": ["--only=container", both[0]],
        "the small image": ["--only=container", both[1]],
        "locks": ["--only=dependencies"],
        "configuration": ["--only=hardening"],
    }
    seconds = {name: fresh(folder, [*start, *more]) for name, more in alone.items()}
    yield ", ".join(f"{name} {taken:.2f} s" for name, taken in seconds.items())
    everything = [*start, "--only=container", "--only=dependencies", "--only=hardening", *both]
    together = fresh(folder, everything)
    yield judged("all at once / the slowest", together / max(seconds.values()), at_most=1.3)
    yield judged(
        "the same images again",
        timed([*start, "--only=container", *both], fine=FINE),
        at_most=1,
        unit="s",
    )


def fresh(folder: Path, command: Sequence[str]) -> float:
    """Seconds, the median of runs that remember nothing."""
    taken = []
    for _ in range(TIMES):
        cache = folder / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        os.environ["XDG_CACHE_HOME"] = str(cache)
        taken.append(timed(command, fine=FINE))
    return statistics.median(taken)


FACTS = [
    {
        "id": f"CVE-2026-{number:04}",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9999"}]}
                ],
            }
        ],
    }
    for number, (ecosystem, name) in enumerate(
        [
            ("Debian:12", "openssl"),
            ("PyPI", "package-7"),
            ("npm", "pkg"),
            ("Go", "golang.org/x/net"),
        ]
    )
]


def build(files: int) -> Built:
    """An image of Debian with Python packages and many files of text."""
    chance = random.Random(files)
    content = {
        f"app/module{number // 50}/file{number}.py": chance.randbytes(3500).hex().encode()
        for number in range(files)
    }
    system = images.debian(
        Deb("libssl3", "3.0.11-1~deb12u1", "openssl"),
        *(Deb(f"package{number}", f"1.{number}-1") for number in range(200)),
    )
    packages = {
        path: text
        for number in range(100)
        for path, text in images.python(f"package-{number}", f"1.{number}").items()
    }
    return Built.of(system, packages, content, health=["CMD", "true"])


def write(root: Path) -> Path:
    """A repository with locks, Dockerfiles and Kubernetes manifests."""
    root.mkdir()
    digest = "ab" * 32
    (root / "requirements.txt").write_text(
        "".join(f"package-{n}==1.{n} --hash=sha256:{digest}\n" for n in range(PINS))
    )
    for number in range(CONFIGURATIONS):
        place = root / f"service{number}"
        place.mkdir()
        (place / "Dockerfile").write_text(
            f"FROM debian@sha256:{digest}\nRUN apt-get install -y curl={number}\nUSER 1000\n"
        )
        (place / "deployment.yaml").write_text(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n"
            f"    spec:\n      containers:\n      - name: a\n        image: a@sha256:{digest}\n"
        )
    return root
