"""Signing and verifying: one certificate for fifty files, and milliseconds for each bundle.

The services run in a process of their own: the stand-in of the tests, whose log answers after a
second as a real one does, and the real ones where Go can build them.
"""

from __future__ import annotations

import json
import math
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import PIPELINE, ROOT, judged, timed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.signing.keyless import Keyless

FILES = 50
SAMPLES = 5
DELAY = 1.0  # seconds


def speed(folder: Path) -> Iterator[str]:
    """Both kinds of services, one after the other."""
    os.environ["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    for name, options in (("stand-in", ("--stand-in", f"--delay={DELAY}")), ("real", ())):
        place = folder / name
        with services(place, *options) as problem:
            if problem:
                yield f"{name}: left out: {problem}"
                continue
            yield from figures(name, place)


def figures(name: str, place: Path) -> Iterator[str]:
    """What one kind of services gives."""
    from pipeline.signing import manifest
    from pipeline.signing.deadline import Deadline
    from pipeline.signing.sign import THREADS, sign
    from tests.signing.reports import write_report

    files = [place / f"shop-{number}.tar.gz" for number in range(FILES)]
    for number, path in enumerate(files):
        path.write_bytes(b"%d" % number)
    output = write_report(place / "output").folder
    single = max(alone(signer(place), number) for number in range(SAMPLES))
    gathered = manifest.gather(output, [str(path) for path in files])
    started = time.perf_counter()
    sign(output, gathered, signer(place), Deadline(300))
    taken = time.perf_counter() - started
    bundles = sorted(place.rglob("*.sigstore.json"))
    queue = math.ceil(len(bundles) / THREADS)
    yield f"{name}: {len(bundles)} signatures in {taken:.1f} s, the slowest alone {single:.2f} s"
    yield judged(f"{name}: all / slowest and its queue", taken / (single * queue), at_most=1.5)
    yield judged(f"{name}: certificates", len(certificates(bundles)), at_most=1, unit="")
    yield judged(f"{name}: verify a bundle", verified(place, bundles) * 1000, at_most=20, unit="ms")
    believe = ("--trust-config", str(place / "trust_config.json"), "--identity", identity(place)[0])
    words = ("verify", str(output), *map(str, files), *believe, "--issuer", identity(place)[1])
    whole = timed([*PIPELINE, *words]) - timed([*PIPELINE, "verify", "--help"])
    yield f"{name}: verify, the command less its start: {whole:.2f} s for {len(bundles)} bundles"


def alone(one: Keyless, number: int) -> float:
    """Seconds of one signature with nothing beside it."""
    import hashlib

    content = b"alone %d" % number
    started = time.perf_counter()
    one.sign_file("alone", hashlib.sha256(content).hexdigest(), content.__bytes__)
    return time.perf_counter() - started


def signer(place: Path) -> Keyless:
    """A signer with the identity of the services' own CI job."""
    from pipeline.signing import ambient
    from pipeline.signing.deadline import Deadline
    from pipeline.signing.keyless import open_keyless

    for line in (place / "environment.sh").read_text("utf-8").splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        os.environ[name] = shlex.split(value)[0]
    token = ambient.find()
    assert token
    return open_keyless(token, None, place / "trust_config.json", Deadline(300))


def certificates(bundles: list[Path]) -> set[str]:
    """The distinct certificates of all bundles."""
    return {
        json.loads(path.read_bytes())["verificationMaterial"]["certificate"]["rawBytes"]
        for path in bundles
    }


def verified(place: Path, bundles: list[Path]) -> float:
    """Seconds to verify one bundle, once everything is loaded."""
    import hashlib

    from pipeline.trust.bundle import read
    from pipeline.trust.roots import read_config
    from pipeline.trust.verify import verify

    root = read_config(place / "trust_config.json")
    seconds = []
    for path in bundles:
        bundle = read(path.read_bytes(), str(path))
        signed = path.with_name(path.name.removesuffix(".sigstore.json"))
        digest = "" if bundle.envelope else hashlib.sha256(signed.read_bytes()).hexdigest()
        started = time.perf_counter()
        verify(bundle, root, None, digest=digest)
        seconds.append(time.perf_counter() - started)
    return sum(seconds[1:]) / len(seconds[1:])


def identity(place: Path) -> tuple[str, str]:
    """Who signed, and who vouches for it, as the services told it."""
    told = dict(
        line.split(maxsplit=1)
        for line in (place / "told").read_text("utf-8").splitlines()
        if line.startswith(("identity", "issuer"))
    )
    return told["identity"], told["issuer"]


@contextmanager
def services(place: Path, *options: str) -> Iterator[str]:
    """Private services in a process of their own; gives why there are none, or ""."""
    place.mkdir()
    command = [sys.executable, "-m", "tests.kit.sigstore", *options, str(place)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        told = []
        for line in process.stdout:
            told.append(line)
            if line.startswith("ready"):
                break
        (place / "told").write_text("".join(told), encoding="utf-8")
        try:
            yield "" if process.poll() is None else told[0].strip()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
