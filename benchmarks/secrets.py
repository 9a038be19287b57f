"""Secrets: what is found, what is flagged wrongly, and how long it takes, side by side.

The corpus is grown at run time (`corpus.py`); real projects of other people are the clean ground.
The rules were tuned on the seeds 1 and 5, and on these very projects. What is reported of the
corpus comes from another seed; the noise is not held out, which README.md says.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.corpus import grow
from benchmarks.measure import PIPELINE, ROOT, judged, pairs, plan, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from benchmarks.corpus import Plant

RULES = ROOT / "pipeline" / "checks" / "secrets" / "rules"
SEED = 2026
# Source distributions, tests included: no file of theirs holds a secret of anybody.
CLEAN = {
    "Django": ["django==5.2.8"],
    "SQLAlchemy": ["sqlalchemy==2.0.44"],
    "Flask and Werkzeug": ["flask==3.1.2", "werkzeug==3.1.3"],
}
GOALS = {"provider": 90, "structured": 75, "generic": 75}  # per cent
DETECT_SECRETS = "detect-secrets==1.5.0"
GITLEAKS = "github.com/zricethezav/gitleaks/v8@v8.30.1"
COMMITS, PAIRS = 10_000, 7
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "supply-chain-benchmarks")
NEAR = 2  # lines between a plant and its finding: a match may begin at the name before the value

Places = set[tuple[str, int]]


@dataclass(frozen=True)
class Missing:
    """A scanner that is not here, and why."""

    reason: str


def recall(folder: Path) -> Iterator[str]:
    """Recall of each kind and noise, of our rules, of the engine's own and of detect-secrets."""
    tree = folder / "corpus"
    plants = grow(tree, int(os.environ.get("SUPPLY_CHAIN_BENCHMARK_SEED", SEED)))
    scanners: dict[str, Callable[[Path], Places]] = {"rules": scan_rules, "engine": scan_engine}
    peer = install_detect_secrets()
    if isinstance(peer, Missing):
        yield f"detect-secrets is left out: {peer.reason}"
    else:
        scanners["detect-secrets"] = lambda ground: scan_detect_secrets(ground, peer)
    found = {name: hit(plants, scan(tree)) for name, scan in scanners.items()}
    yield from table(plants, found)
    yield from ("", row("clean tree", "lines", scanners), "|---" * (2 + len(scanners)) + "|")
    noise = {}
    for name, packages in CLEAN.items():
        ground = clean(packages)
        lines = count_lines(ground)
        counts = [len(scan(ground)) for scan in scanners.values()]
        noise[name] = counts[0] / lines * 10_000
        yield row(name, f"{lines:,}", counts)
    yield ""
    for group, goal in GOALS.items():
        members = {plant for plant in plants if plant.group == group}
        share = len(members & found["rules"]) / len(members) * 100
        yield judged(f"recall, {group}", share, at_least=goal, unit="%")
    for name, rate in noise.items():
        yield judged(f"per 10,000 lines, {name}", rate, at_most=1, unit="")


def table(plants: Sequence[Plant], found: dict[str, set[Plant]]) -> Iterator[str]:
    """How many of each kind each scanner flagged, and of each group."""
    kinds: dict[str, dict[str, set[Plant]]] = {}
    for plant in plants:
        kinds.setdefault(plant.group, {}).setdefault(plant.kind, set()).add(plant)
    yield from (row("kind", "planted", found), "|---" * (2 + len(found)) + "|")
    for group, members in kinds.items():
        everything = set().union(*members.values())
        title = f"**{group}**" if group else "**look-alikes**, none of which should be flagged"
        for name, of in {title: everything, **members}.items():
            yield row(name, str(len(of)), [len(of & flagged) for flagged in found.values()])


def row(name: str, size: str, cells: Iterable[object]) -> str:
    """A line of a table."""
    return f"| {name} | {size} | " + " | ".join(map(str, cells)) + " |"


def hit(plants: Sequence[Plant], places: Places) -> set[Plant]:
    """The plants at or just below which something was found."""
    return {
        plant
        for plant in plants
        if any((plant.path, line) in places for line in range(plant.first - NEAR, plant.last + 1))
    }


def speed(folder: Path) -> Iterator[str]:
    """The check against the bare engine on a tree and a history, and against its peers."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    bare = ["--rules-path", str(RULES)]
    for what, extra in (("as it comes", []), ("with our rules", bare)):
        (folder / "empty").mkdir(exist_ok=True)
        (folder / "empty" / "file.txt").write_text("nothing\n")
        shutil.rmtree(environment()["KF_RULE_CACHE_DIR"], ignore_errors=True)
        command = [*engine(), str(folder / "empty"), *extra]
        cold, warm = (timed(command, environment()) for _ in range(2))
        yield f"engine {what}: {cold:.2f} s cold, {warm:.2f} s warm"
    for name, ground in (("clean trees", together()), ("Django", clean(CLEAN["Django"]))):
        tree = [*engine(), str(ground), *bare]
        whole = planned(ground, folder / name)
        taken = pairs(whole, tree, PAIRS, env=environment())
        yield judged(f"{name}: check / engine", taken, at_most=1.2)
    checking = timed(whole, environment())
    peers = {"gitleaks": (install_gitleaks(), 3), "detect-secrets": (install_detect_secrets(), 20)}
    for name, (peer, goal) in peers.items():
        if isinstance(peer, Missing):
            yield f"{name} is left out: {peer.reason}"
            continue
        options = {
            "gitleaks": ["dir", str(ground), "--no-banner", "--log-level", "error"],
            "detect-secrets": ["-C", str(ground), "scan", "--all-files", "--no-verify"],
        }[name]
        taken = timed([str(peer), *options]) / checking
        yield judged(f"Django: {name} / check", taken, at_least=goal)
    repository = history(folder / "repository", ground)
    walk = [*engine(), str(repository), *bare]
    whole = planned(repository, folder / "history")
    ratios = []
    for _ in range(PAIRS):
        shutil.rmtree(folder / "cache" / "supply-chain" / "secrets", ignore_errors=True)
        ratios.append(timed(whole, environment()) / timed(walk, environment()))
    yield judged(f"{COMMITS:,} commits: check / engine", median(ratios), at_most=1.2)
    alone, two = [], []
    for number in range(0, 2 * PAIRS, 2):
        commit(repository, number)
        scan = [*PIPELINE, "secrets", "scan", str(repository), "--quiet"]
        alone.append(timed(scan, environment()))
        commit(repository, number + 1)
        started = time.perf_counter()
        timed(planned(repository, folder / "history"), environment())
        two.append(time.perf_counter() - started)
    for name, seconds in (("secrets scan", alone), ("plan, then check", two)):
        yield judged(f"one commit more: {name}", median(seconds), at_most=1, unit="s")


def planned(target: Path, output: Path) -> list[str]:
    """Start a run of the pipeline, and the command of its check."""
    plan(target, output, "--offline", "--only", "secrets")
    return [*PIPELINE, "check", "secrets", "--output", str(output), "--quiet"]


def history(repository: Path, ground: Path) -> Path:
    """A repository with this many commits, each of which changes one file of a real project."""
    sources = sorted(path for path in ground.rglob("*.py") if 500 < path.stat().st_size < 20_000)
    subprocess.run(["git", "init", "-q", "-b", "main", str(repository)], check=True)
    stream = []
    for number in range(COMMITS):
        source = sources[number % len(sources)]
        name = source.relative_to(ground).as_posix()
        content = source.read_bytes() + f"\n# revision {number}\n".encode()
        stream.append(
            b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\nc\n"
            b"M 100644 inline %s\ndata %d\n%s\n"
            % (1_600_000_000 + number * 60, name.encode(), len(content), content)
        )
    git = ["git", "-C", str(repository)]
    subprocess.run([*git, "fast-import", "--quiet"], input=b"".join(stream), check=True)
    subprocess.run([*git, "reset", "-q", "--hard", "main"], check=True)
    return repository


def commit(repository: Path, number: int) -> None:
    """One commit more."""
    (repository / "added.py").write_text(f"VALUE = {number}\n")
    git = ["git", "-C", str(repository), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "add", "added.py"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "c"], check=True)


# ------------------------------------------------------------------------------------- scanners


def scan_rules(tree: Path) -> Places:
    """The engine with the project's rules."""
    return scan_engine(tree, "--rules-path", str(RULES))


def scan_engine(tree: Path, *options: str) -> Places:
    """The engine, offline."""
    done = subprocess.run(
        [*engine(), str(tree), *options], capture_output=True, check=False, env=environment()
    )
    if done.returncode not in {0, 200}:
        sys.exit(f"kingfisher: exit code {done.returncode}\n{done.stderr.decode()}")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        (Path(entry["finding"]["path"]).relative_to(tree).as_posix(), entry["finding"]["line"])
        for entry in found
        if "finding" in entry
    }


def engine() -> list[str]:
    """Kingfisher's command line, up to the path."""
    options = ["--no-validate", "--no-update-check", "--no-dedup", "-q", "-f", "jsonl"]
    return [str(Path(sys.executable).parent / "kingfisher"), "scan", *options]


def environment() -> dict[str, str]:
    """Compiled rules where the check keeps its own."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return {**os.environ, "KF_RULE_CACHE_DIR": str(base / "supply-chain" / "kingfisher")}


def scan_detect_secrets(tree: Path, program: Path) -> Places:
    """detect-secrets with its default plugins and filters."""
    done = subprocess.run(
        [str(program), "-C", str(tree), "scan", "--all-files", "--no-verify"],
        capture_output=True,
        check=True,
    )
    results = json.loads(done.stdout)["results"]
    return {(path, entry["line_number"]) for path, entries in results.items() for entry in entries}


def install_detect_secrets() -> Path | Missing:
    """detect-secrets in an environment of its own."""
    program = cache("detect-secrets") / "bin" / "detect-secrets"
    if program.exists():
        return program
    for command in (
        [sys.executable, "-m", "venv", str(cache("detect-secrets"))],
        [str(program.with_name("python")), "-m", "pip", "install", "-q", DETECT_SECRETS],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(cache("detect-secrets"))
            return Missing(" ".join(done.stderr.split())[-200:] or "it does not install")
    return program


def install_gitleaks() -> Path | Missing:
    """gitleaks, as it is on the path or built by Go."""
    if found := shutil.which("gitleaks"):
        return Path(found)
    program = cache("gitleaks") / "gitleaks"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        return Missing("neither it nor Go is installed")
    settings = {**os.environ, "GOBIN": str(program.parent)}
    done = subprocess.run(
        [go, "install", GITLEAKS], env=settings, capture_output=True, text=True, check=False
    )
    return Missing(" ".join(done.stderr.split())[-200:]) if done.returncode else program


# ------------------------------------------------------------------------------------- ground


def clean(packages: Sequence[str]) -> Path:
    """Source distributions, downloaded once and unpacked."""
    folder = cache("clean") / "+".join(packages)
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=cache("clean")) as made:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
            command += ["--no-binary", ":all:", "-d", made, *packages]
            subprocess.run(command, check=True)
            unpacked = Path(made, "unpacked")
            for archive in Path(made).glob("*.tar.gz"):
                with tarfile.open(archive) as opened:
                    opened.extractall(unpacked, filter="data")
            unpacked.rename(folder)
    return folder


def together() -> Path:
    """All clean trees in one folder."""
    folder = cache("clean") / "all"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=cache("clean")) as made:
            for packages in CLEAN.values():
                for tree in clean(packages).iterdir():
                    shutil.copytree(tree, Path(made, "all", tree.name), symlinks=True)
            Path(made, "all").rename(folder)
    return folder


def count_lines(tree: Path) -> int:
    """Lines of text; translations are left out, for they are long and hold nothing."""
    total = 0
    for path in tree.rglob("*"):
        if path.is_file() and path.suffix not in {".po", ".mo"}:
            data = path.read_bytes()
            total += 0 if b"\0" in data else data.count(b"\n")
    return total


def cache(name: str) -> Path:
    """A folder that outlives the run."""
    folder = CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
