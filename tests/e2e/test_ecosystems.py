"""Locks of several ecosystems with real advisories, against a matching made here."""

from __future__ import annotations

import base64
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cmp_to_key, partial
from pathlib import Path
from typing import Any

import pytest
from packaging.version import InvalidVersion, Version

from pipeline.advisories.store import Store, import_osv
from tests.e2e.conftest import Ran
from tests.e2e.test_audit import joined

DAY = "2026-08-22"
Pins = Mapping[str, str]

PYPI = {"jinja2": "2.4.1", "urllib3": "1.24.1", "six": "1.16.0"}
NPM = {
    "lodash": "4.17.4",
    "express": "3.10.5",
    "marked": "0.3.5",
    "sequelize": "3.0.0",
    "ws": "1.0.0",
    "jquery": "1.11.3",
    "hapi": "11.0.0-rc1",
    "left-pad": "1.3.0",
}
GO = {
    "github.com/gin-gonic/gin": "v1.6.2",
    "golang.org/x/crypto": "v0.0.0-20200220183623-bac4c82f6975",
    "golang.org/x/net": "v0.7.0",
    "github.com/docker/docker": "v20.10.0+incompatible",
    "github.com/hashicorp/vault": "v1.9.0-rc1",
    "gopkg.in/yaml.v2": "v2.2.1",
    "github.com/Masterminds/goutils": "v1.1.0",
    "github.com/google/uuid": "v1.6.0",
}
CRATES = {
    "openssl": "0.10.50",
    "tokio": "1.7.0",
    "smallvec": "1.6.0",
    "hyper": "0.14.9",
    "time": "0.1.44",
    "serde_yaml": "0.8.3",
    "openssl-src": "111.25.0+1.1.1t",
    "wasmtime": "21.0.0-rc.1",
    "rustls": "0.23.0",
    "cfg-if": "1.0.0",
}
CLEAN = {
    "PyPI": {"six": "1.16.0"},
    "npm": {"left-pad": "1.3.0", "@types/node": "20.1.0"},
    "Go": {"github.com/google/uuid": "v1.6.0"},
    "crates.io": {"cfg-if": "1.0.0"},
}
PINS: dict[str, Pins] = {"PyPI": PYPI, "npm": NPM, "Go": GO, "crates.io": CRATES}
FOLDERS = {"PyPI": "PyPI", "npm": "npm", "Go": "Go", "crates.io": "crates"}
PURLS = {"PyPI": "pypi", "npm": "npm", "Go": "golang", "crates.io": "cargo"}


# ------------------------------------------------------------------------------ repositories


def requirements(pins: Pins) -> dict[str, str]:
    return {"requirements.txt": "".join(f"{name}=={version}\n" for name, version in pins.items())}


def package_lock(pins: Pins, **entry: Any) -> dict[str, str]:
    """What npm 7 and later write."""
    root = {"name": "app", "version": "1.0.0", "dependencies": dict(pins)}
    packages: dict[str, Any] = {"": root}
    for name, version in pins.items():
        file = f"{name.rpartition('/')[2]}-{version}.tgz"
        packages[f"node_modules/{name}"] = {
            "version": version,
            "resolved": f"https://registry.npmjs.org/{name}/-/{file}",
            "integrity": "sha512-" + base64.b64encode(bytes(64)).decode(),
            **entry,
        }
    lock = {"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    return {
        "web/package.json": json.dumps(root),
        "web/package-lock.json": json.dumps(lock, indent=2),
    }


def modules(pins: Pins) -> dict[str, str]:
    """What `go mod tidy` leaves."""
    rows = "".join(f"\t{name} {version}\n" for name, version in pins.items())
    proof = base64.b64encode(bytes(32)).decode()
    sums = "".join(
        f"{name} {version}{part} h1:{proof}\n"
        for name, version in pins.items()
        for part in ("", "/go.mod")
    )
    return {
        "service/go.mod": f"module example.com/service\n\ngo 1.21\n\nrequire (\n{rows})\n",
        "service/go.sum": sums,
    }


def crates(pins: Pins) -> dict[str, str]:
    """What Cargo writes."""
    source = "registry+https://github.com/rust-lang/crates.io-index"
    wanted = "".join(f' "{name}",\n' for name in sorted(pins))
    rows = f'[[package]]\nname = "tool"\nversion = "0.1.0"\ndependencies = [\n{wanted}]\n'
    for name, version in pins.items():
        rows += f'\n[[package]]\nname = "{name}"\nversion = "{version}"\n'
        rows += f'source = "{source}"\nchecksum = "{"0" * 64}"\n'
    manifest = '[package]\nname = "tool"\nversion = "0.1.0"\n\n[dependencies]\n'
    manifest += "".join(f'{name} = "*"\n' for name in pins)
    return {"tool/Cargo.lock": f"version = 3\n\n{rows}", "tool/Cargo.toml": manifest}


WRITERS: dict[str, Callable[[Pins], dict[str, str]]] = {
    "PyPI": requirements,
    "npm": package_lock,
    "Go": modules,
    "crates.io": crates,
}


def files(chosen: Mapping[str, Pins]) -> dict[str, str]:
    return {
        path: text
        for ecosystem, pins in chosen.items()
        for path, text in WRITERS[ecosystem](pins).items()
    }


# ------------------------------------------------------------------------ a matching made here


def expected(osv: Path, chosen: Mapping[str, Pins]) -> set[tuple[str, frozenset[str]]]:
    """Who is affected by what, found without a line of the pipeline: (purl, ids) pairs."""
    groups: dict[str, list[set[str]]] = {}
    for ecosystem, pins in chosen.items():
        for record in records(osv / FOLDERS[ecosystem] / "all.zip"):
            for entry in record.get("affected", []):
                package = entry.get("package", {})
                version = pins.get(package.get("name", ""))
                if package.get("ecosystem") == ecosystem and version:
                    compare = by_packaging if ecosystem == "PyPI" else by_precedence
                    if holds(entry, version.removeprefix("v"), compare):
                        purl = f"pkg:{PURLS[ecosystem]}/{package['name']}@{version}"
                        purl = purl.replace("+", "%2B")
                        ids = {record["id"], *record.get("aliases", [])}
                        groups.setdefault(purl, []).append(ids)
    return {(purl, frozenset(ids)) for purl, found in groups.items() for ids in joined(found)}


def records(export: Path) -> Iterator[dict[str, Any]]:
    with zipfile.ZipFile(export) as archive:
        for member in archive.namelist():
            record = json.loads(archive.read(member))
            if not record.get("withdrawn"):
                yield record


Compare = Callable[[str, str], int]


def holds(entry: dict[str, Any], version: str, compare: Compare) -> bool:
    """OSV's own wording: walk the sorted events, each one reached switches."""
    if any(equal(version, text, compare) for text in entry.get("versions", [])):
        return True
    for part in entry.get("ranges", []):
        if part["type"] == "GIT":
            continue
        events = [pair for event in part["events"] for pair in event.items()]
        by_version = cmp_to_key(partial(from_zero, compare=compare))
        events.sort(key=lambda event: by_version(event[1]))
        inside = False
        for kind, text in events:
            sign = from_zero(version, text, compare)
            if kind == "introduced" and sign >= 0:
                inside = True
            elif (kind == "fixed" and sign >= 0) or (kind == "last_affected" and sign > 0):
                inside = False
        if inside:
            return True
    return False


def equal(one: str, other: str, compare: Compare) -> bool:
    try:
        return compare(one, other) == 0
    except InvalidVersion:
        return one == other


def from_zero(one: str, other: str, compare: Compare) -> int:
    if "0" in (one, other):
        return (one != "0") - (other != "0")
    return compare(one, other)


def by_packaging(one: str, other: str) -> int:
    return (Version(one) > Version(other)) - (Version(one) < Version(other))


def by_precedence(one: str, other: str) -> int:
    """Section 11 of semver.org on texts; a short version ("3.11") is filled with zeros."""
    numbers: list[list[int]] = []
    labels: list[list[str] | None] = []
    for text in (one, other):
        found = re.match(r"([0-9.]+)(?:-([^+]*))?", text)
        assert found
        numbers.append([*map(int, found[1].split(".")), 0, 0][:3])
        labels.append(found[2].split(".") if found[2] else None)
    if numbers[0] != numbers[1]:
        return 1 if numbers[0] > numbers[1] else -1
    if labels[0] is None or labels[1] is None:
        return (labels[0] is None) - (labels[1] is None)
    for left, right in zip(labels[0], labels[1], strict=False):
        if left != right:
            if left.isdigit() and right.isdigit():
                return 1 if int(left) > int(right) else -1
            if left.isdigit() or right.isdigit():
                return -1 if left.isdigit() else 1
            return 1 if left > right else -1
    return (len(labels[0]) > len(labels[1])) - (len(labels[0]) < len(labels[1]))


def reported(report: dict[str, Any]) -> set[tuple[str, frozenset[str]]]:
    return {
        (finding["subject"], frozenset((finding["rule"], *finding["aliases"])))
        for finding in report["findings"]
        if finding["check"] == "dependencies"
    }


def coverage(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The packages of each lock, as the dependencies check counts them."""
    (found,) = (one for one in report["evidence"] if one["check"] == "dependencies")
    return {part["scope"]: part for part in found["coverage"] if part["unit"] == "packages"}


def told(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What the dependencies check did not evaluate."""
    return [line for line in report["unevaluated"] if line["what"].startswith("dependencies: ")]


# --------------------------------------------------------------------------------------- tests


@pytest.fixture(scope="session")
def osv() -> Path:
    """The folder with the real OSV exports of four ecosystems."""
    folder = Path(__file__).parents[3] / "shared" / "data" / "osv"
    if not all((folder / name / "all.zip").is_file() for name in FOLDERS.values()):
        pytest.skip("needs ../shared/data/osv with npm, Go, crates and PyPI beside the checkout")
    return folder


@pytest.fixture(scope="session")
def store(osv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the four exports, dated: Go's records bear no dates."""
    path = tmp_path_factory.mktemp("four") / "advisories.sqlite"
    exports = [osv / name / "all.zip" for name in FOLDERS.values()]
    import_osv(exports, path, as_of=date.fromisoformat(DAY))
    return path


@pytest.mark.parametrize("ecosystem", ["npm", "Go", "crates.io"])
def test_one_ecosystem_finds_what_an_independent_matching_finds(
    repository: Callable[..., Path], run: Callable[..., Ran], osv: Path, store: Path, ecosystem: str
) -> None:
    chosen = {ecosystem: PINS[ecosystem]}
    wanted = expected(osv, chosen)
    assert len({purl for purl, _ in wanted}) >= len(PINS[ecosystem]) - 3
    ran = run(repository(**files(chosen)), "--advisories", str(store), "--as-of", DAY, "--offline")
    assert reported(ran.report) == wanted
    (part,) = coverage(ran.report).values()
    assert part["expected"] == part["evaluated"] == len(PINS[ecosystem])
    found = [one for one in ran.report["findings"] if one["check"] == "dependencies"]
    assert {seen for one in found for seen in one["seen_by"]} == {"advisory store"}
    assert (ran.code, ran.status) == (1, "found")


@pytest.mark.slow
@pytest.mark.parametrize("ecosystem", ["npm", "Go", "crates.io"])
def test_every_package_of_an_export_agrees_around_every_event(
    osv: Path, store: Path, ecosystem: str
) -> None:
    """At each version that a record names, just before it, and just after it."""
    entries: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for record in records(osv / FOLDERS[ecosystem] / "all.zip"):
        for entry in record["affected"]:
            entries[entry["package"]["name"]].append((record["id"], entry))
    compared = 0
    with Store.open(store) as opened:
        for name, known in entries.items():
            for version in sorted(around(known))[:40]:
                wanted = {id_ for id_, entry in known if holds(entry, version, by_precedence)}
                found = opened.query(ecosystem, name, version)
                sure = {record["id"] for record, match in found if match.effect == "affected"}
                assert sure == wanted, f"{name} {version}"
                compared += 1
    assert compared > 1000


def around(entries: list[tuple[str, dict[str, Any]]]) -> set[str]:
    found = set()
    for _, entry in entries:
        for text in re.findall(r"\d+\.\d+\.\d+[^\"]*", json.dumps(entry["ranges"])):
            numbers = re.match(r"(\d+\.\d+\.)(\d+)", text)
            assert numbers
            found |= {text, f"{numbers[0]}-rc.1", f"{numbers[1]}{int(numbers[2]) + 1}"}
    return found


def test_four_ecosystems_in_one_repository(
    repository: Callable[..., Path], run: Callable[..., Ran], osv: Path, store: Path
) -> None:
    ran = run(repository(**files(PINS)), "--advisories", str(store), "--as-of", DAY, "--offline")
    wanted = expected(osv, PINS)
    assert reported(ran.report) == wanted
    assert {purl.partition("/")[0] for purl, _ in wanted} == {
        f"pkg:{kind}" for kind in PURLS.values()
    }
    counts = coverage(ran.report)
    assert {scope: part["evaluated"] for scope, part in counts.items()} == {
        "requirements.txt": len(PYPI),
        "web/package-lock.json": len(NPM),
        "service/go.sum": len(GO),
        "tool/Cargo.lock": len(CRATES),
    }
    assert all(part["expected"] == part["evaluated"] for part in counts.values())
    assert ran.code == 1


def test_a_folder_of_exports_serves_as_it_is(
    repository: Callable[..., Path], run: Callable[..., Ran], osv: Path
) -> None:
    """The same findings; but Go's export has no date of its own, and that is said."""
    ran = run(repository(**files(PINS)), "--advisories", str(osv), "--as-of", DAY, "--offline")
    assert reported(ran.report) == expected(osv, PINS)
    assert any(line["gap"] == "data_stale" for line in ran.report["unevaluated"])


def test_a_clean_repository_of_four_ecosystems_is_compliant(
    repository: Callable[..., Path], run: Callable[..., Ran], osv: Path, store: Path
) -> None:
    assert expected(osv, CLEAN) == set()
    ran = run(repository(**files(CLEAN)), "--advisories", str(store), "--as-of", DAY, "--offline")
    assert (reported(ran.report), ran.status) == (set(), "clean")
    # Go's standard library, and the second opinion that nobody was asked for.
    assert [line["blocking"] for line in told(ran.report)] == [False, False]
    assert ran.code == 0


@pytest.mark.parametrize(
    ("ecosystem", "name", "version"),
    [
        ("npm", "left-pad", "1.3"),
        ("npm", "left-pad", "1.03.0"),
        ("Go", "github.com/google/uuid", "v1.6.0-01"),
        ("crates.io", "cfg-if", "1.0.0.0"),
    ],
)
def test_a_version_that_cannot_be_compared_is_not_evaluated(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    store: Path,
    ecosystem: str,
    name: str,
    version: str,
) -> None:
    chosen = {ecosystem: {**CLEAN[ecosystem], name: version}}
    ran = run(repository(**files(chosen)), "--advisories", str(store), "--as-of", DAY, "--offline")
    assert (ran.code, ran.status) == (3, "partial")
    (line,) = (line for line in told(ran.report) if line["blocking"])
    assert line["gap"] == "unparsable_version"
    assert line["what"].startswith(f"dependencies: {name}=={version} in ")
    (part,) = coverage(ran.report).values()
    assert part["expected"] - part["evaluated"] == 1


def test_an_ecosystem_without_data_is_not_evaluated(
    repository: Callable[..., Path], run: Callable[..., Ran], osv: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "npm.sqlite"
    import_osv([osv / "npm" / "all.zip"], alone, as_of=date.fromisoformat(DAY))
    chosen = {name: CLEAN[name] for name in ("npm", "crates.io")}
    ran = run(repository(**files(chosen)), "--advisories", str(alone), "--as-of", DAY, "--offline")
    assert (ran.code, ran.status) == (3, "partial")
    counts = coverage(ran.report)
    assert counts["web/package-lock.json"]["evaluated"] == 2
    assert counts["tool/Cargo.lock"]["evaluated"] == 0
    assert any(line["gap"] == "data_missing" for line in ran.report["unevaluated"])


def test_a_package_from_another_registry_is_not_evaluated(
    repository: Callable[..., Path], run: Callable[..., Ran], store: Path
) -> None:
    resolved = "https://npm.example.com/lodash/-/lodash-4.17.4.tgz"
    root = repository(**package_lock({"lodash": "4.17.4"}, resolved=resolved))
    ran = run(root, "--advisories", str(store), "--as-of", DAY, "--offline")
    assert (ran.code, ran.status, reported(ran.report)) == (3, "partial", set())
    assert any(line["gap"] == "not_from_registry" for line in ran.report["unevaluated"])


@pytest.mark.parametrize("ecosystem", ["npm", "Go", "crates.io"])
def test_malware_is_critical_and_violates_any_policy(
    repository: Callable[..., Path], run: Callable[..., Ran], tmp_path: Path, ecosystem: str
) -> None:
    """A report as the OpenSSF's malicious packages have it."""
    ((name, version),) = list(CLEAN[ecosystem].items())[:1]
    malware = {
        "id": "MAL-2026-1",
        "modified": f"{DAY}T00:00:00Z",
        "summary": f"Malicious code in {name}",
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "versions": [version.removeprefix("v")],
            }
        ],
    }
    (tmp_path / "malware").mkdir()
    (tmp_path / "malware" / "MAL-2026-1.json").write_text(json.dumps(malware))
    data = tmp_path / "advisories.sqlite"
    import_osv([tmp_path / "malware"], data)
    root = repository(**files({ecosystem: CLEAN[ecosystem]}))
    ran = run(root, "--advisories", str(data), "--as-of", DAY, "--offline")
    (finding,) = (one for one in ran.report["findings"] if one["check"] == "dependencies")
    assert (finding["rule"], finding["kind"]) == ("MAL-2026-1", "malware")
    assert (finding["severity"], finding["disposition"]) == ("critical", "violation")
    assert ran.code == 1
