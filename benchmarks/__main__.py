"""Run the benchmarks named on the command line, or all."""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import DAY, PIPELINE, ROOT, judged, pairs, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

EXPORT = ROOT.parent / "shared" / "data" / "osv" / "PyPI" / "all.zip"
PINS = 1000


def main() -> int:
    """Run and print; fails only when a benchmark cannot run."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Speed, side by side.")
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS])
    names = parser.parse_args().names or list(BENCHMARKS)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        # Compiled files are kept, as they are for whoever has installed it.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "compiled"))
        for name in names:
            for line in BENCHMARKS[name](Path(folder)):
                print(f"{name:<8} {line}", flush=True)
    return 0


# ------------------------------------------------------------------------------- what is measured


def check(folder: Path) -> Iterator[str]:
    """The whole check against bare pip-audit on the same answers."""
    store, repository = prepared(folder)
    plan(repository, folder / "check", "--offline", "--advisories", str(store))
    whole = [*PIPELINE, "check", "dependencies", "--output", str(folder / "check"), "--quiet"]
    serve = [*PIPELINE, "advisories", "serve", "--store", str(store)]
    with service(serve) as address:
        bare = [*pip_audit(repository, folder, f"{address}/v1/query")]
        yield judged("whole check / bare pip-audit", pairs(whole, bare, 5), at_most=1.3)


def online(folder: Path) -> Iterator[str]:
    """A service with 50 ms latency: one batch against one question after another."""
    store, repository = prepared(folder)
    stand_in = [sys.executable, "-m", "benchmarks.standin", str(store), "0.05"]
    with service(stand_in) as address:
        settings = folder / "supply-chain.yml"
        settings.write_text(f"advisories:\n  osv-url: {address}\n")
        env = {"SUPPLY_CHAIN_ADVISORIES": str(folder / "none" / "advisories.sqlite")}
        plan(repository, folder / "online", "--config", str(settings))
        whole = [*PIPELINE, "check", "dependencies", "--output", str(folder / "online"), "--quiet"]
        bare = [*pip_audit(repository, folder, f"{address}/v1/query")]
        yield judged("bare pip-audit / whole check", pairs(bare, whole, 1, env=env), at_least=10)


def store(folder: Path) -> Iterator[str]:
    """Import and matching, in this process."""
    from pipeline.advisories.source import Question
    from pipeline.advisories.store import Store, import_osv

    source = export(folder)
    with zipfile.ZipFile(source) as archive:
        started = time.perf_counter()
        for name in archive.namelist():
            json.loads(archive.read(name))
        parsing = time.perf_counter() - started
    started = time.perf_counter()
    import_osv([source], folder / "store.sqlite")
    importing = time.perf_counter() - started
    yield judged(f"import, {importing / parsing:.1f} x parsing it", importing, at_most=3, unit="s")
    questions = [Question("PyPI", name, version) for name, version in pins(folder)]
    started = time.perf_counter()
    with Store.open(folder / "store.sqlite") as opened:
        hits = sum(bool(opened.query(*question)) for question in questions)
    matching = time.perf_counter() - started
    yield judged(f"matching {PINS} packages, {hits} hit", matching, at_most=0.2, unit="s")


def startup(_folder: Path) -> Iterator[str]:
    """`--help` against the least that an interpreter needs for it."""
    script = "import sys; from pipeline.cli import main; sys.exit(main())"  # as the script does
    helped = [sys.executable, "-c", script, "--help"]
    bare = [sys.executable, "-c", "import argparse, json"]
    yield judged("--help / bare interpreter", pairs(helped, bare, 15), at_most=1.5)


def render(folder: Path) -> Iterator[str]:
    """10,000 findings in every format, in a process of its own."""
    script = (
        "import sys, time, resource; from pathlib import Path;"
        "from benchmarks.reports import large; from pipeline.report import write;"
        "report = large(10_000); started = time.perf_counter(); write(report, Path(sys.argv[1]));"
        "print(time.perf_counter() - started,"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    (folder / "report").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder / "report")],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, megabytes = map(float, done.stdout.split())
    yield judged("10,000 findings rendered", seconds, at_most=5, unit="s")
    yield judged("peak memory", megabytes, at_most=300, unit="MB")


def secrets(folder: Path) -> Iterator[str]:
    """What is found and what is flagged wrongly, beside the engine alone and detect-secrets."""
    from benchmarks.secrets import recall

    yield from recall(folder)


def secrets_speed(folder: Path) -> Iterator[str]:
    """The secrets check against the bare engine, gitleaks and detect-secrets."""
    from benchmarks.secrets import speed

    yield from speed(folder)


def containers(folder: Path) -> Iterator[str]:
    """Two images, locks and configuration at once against the slowest of them alone."""
    from benchmarks.containers import speed

    yield from speed(folder)


def sbom(folder: Path) -> Iterator[str]:
    """The whole SBOM of 1,000 Python and 1,500 npm packages against cyclonedx-bom on the first."""
    from benchmarks.sbom import speed

    yield from speed(folder)


def signing(folder: Path) -> Iterator[str]:
    """Fifty files with one certificate, and a bundle's verification."""
    from benchmarks.signing import speed

    yield from speed(folder)


BENCHMARKS: dict[str, Callable[[Path], Iterator[str]]] = {
    "check": check,
    "online": online,
    "store": store,
    "startup": startup,
    "render": render,
    "sbom": sbom,
    "secrets": secrets,
    "secrets-speed": secrets_speed,
    "signing": signing,
    "containers": containers,
}


# ------------------------------------------------------------------------------------ how


@contextmanager
def service(command: Sequence[str]) -> Iterator[str]:
    """A server in a process of its own; its first line of output is its address."""
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def pip_audit(repository: Path, folder: Path, url: str) -> tuple[str, ...]:
    """Bare pip-audit over the repository's pins."""
    return (
        *(sys.executable, "-I", "-m", "pip_audit", "-r", str(repository / "requirements.txt")),
        *("--no-deps", "--disable-pip", "-s", "osv", "--osv-url", url, "--progress-spinner", "off"),
        *("--cache-dir", str(folder / "cache"), "-f", "json", "-o", str(folder / "audit.json")),
    )


def prepared(folder: Path) -> tuple[Path, Path]:
    """A store, and a repository with 1,000 pins."""
    from pipeline.advisories.store import import_osv

    made = folder / "advisories.sqlite"
    if not made.exists():
        import_osv([export(folder)], made, as_of=DAY)
    repository = folder / "repository"
    repository.mkdir(exist_ok=True)
    lines = "".join(f"{name}=={version}\n" for name, version in pins(folder))
    (repository / "requirements.txt").write_text(lines)
    return made, repository


def pins(folder: Path) -> list[tuple[str, str]]:
    """1,000 pins: half of packages with advisories, half that nobody wrote about."""
    chance = random.Random(1)
    names: dict[str, list[str]] = {}
    with zipfile.ZipFile(export(folder)) as archive:
        for member in sorted(archive.namelist()):
            for entry in json.loads(archive.read(member)).get("affected", []):
                if versions := entry.get("versions"):
                    names[entry["package"]["name"]] = versions
    known = chance.sample(sorted(names), min(PINS // 2, len(names)))
    found = [(name, chance.choice(names[name])) for name in known]
    found += [(f"nobody-wrote-about-{number}", "1.0") for number in range(PINS - len(found))]
    return sorted(pin for pin in found if is_version(pin[1]))


def is_version(text: str) -> bool:
    """Whether pip would take it as an exact pin."""
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(text)) == text
    except InvalidVersion:
        return False


def export(folder: Path) -> Path:
    """An OSV export of PyPI: the real one, or one of made-up records of the same size."""
    if EXPORT.is_file():
        return EXPORT
    made = folder / "all.zip"
    if not made.exists():
        with zipfile.ZipFile(made, "w") as archive:
            for number in range(2661):
                archive.writestr(f"PYSEC-2024-{number}.json", json.dumps(record(number)))
    return made


def record(number: int) -> dict[str, object]:
    """A made-up advisory."""
    versions = [f"1.{minor}" for minor in range(60)]
    return {
        "id": f"PYSEC-2024-{number}",
        "modified": "2024-10-10T00:00:00Z",
        "details": "Made up for a benchmark. " * 30,
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": f"package-{number % 900}"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.60"}]}
                ],
                "versions": versions,
            }
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
