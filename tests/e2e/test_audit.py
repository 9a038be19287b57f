"""The main job with real data and the real pip-audit, against a matching made here."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.e2e.conftest import Ran

DAY = "2024-10-11"
VULNERABLE = {
    "jinja2": "2.4.1",
    "django": "3.2.1",
    "requests": "2.19.1",
    "urllib3": "1.24.1",
    "pillow": "8.0.0",
    "flask": "0.12",
    "cryptography": "3.3",
    "idna": "3.7",
    "six": "1.16.0",
}
CLEAN = {"six": "1.16.0", "packaging": "24.1", "sniffio": "1.3.1"}


def pins(chosen: dict[str, str]) -> str:
    return "".join(f"{name}=={version}\n" for name, version in chosen.items())


def expected(export: Path, chosen: dict[str, str]) -> set[tuple[str, frozenset[str]]]:
    """Who is affected by what, found without a line of the pipeline: (name, ids) pairs.

    Versions are looked up in the records' own lists, and ranges are turned into specifiers.
    """
    groups: dict[str, list[set[str]]] = {}
    with zipfile.ZipFile(export) as archive:
        for member in archive.namelist():
            record = json.loads(archive.read(member))
            if record.get("withdrawn"):
                continue
            for entry in record.get("affected", []):
                name = canonicalize_name(entry["package"]["name"])
                if name in chosen and affected(entry, chosen[name]):
                    groups.setdefault(name, []).append({record["id"], *record.get("aliases", [])})
    return {(name, frozenset(ids)) for name, found in groups.items() for ids in joined(found)}


def affected(entry: dict[str, Any], version: str) -> bool:
    listed = []
    for text in entry.get("versions", []):
        try:
            listed.append(Version(text))
        except InvalidVersion:
            continue
    return Version(version) in listed or any(
        spec.contains(version, prereleases=True)
        for part in entry.get("ranges", [])
        if part["type"] == "ECOSYSTEM"
        for spec in specifiers(part["events"])
    )


def specifiers(events: list[dict[str, str]]) -> list[SpecifierSet]:
    """A range's events as pairs of bounds."""
    ordered = sorted(
        (Version("0.dev0") if value == "0" else Version(value), kind)
        for event in events
        for kind, value in event.items()
    )
    found, start = [], None
    for value, kind in ordered:
        if kind == "introduced":
            start = value
        elif start is not None:
            found.append(SpecifierSet(f">={start},{'<' if kind == 'fixed' else '<='}{value}"))
            start = None
    return found if start is None else [*found, SpecifierSet(f">={start}")]


def joined(groups: list[set[str]]) -> list[set[str]]:
    """Sets that share an id are one."""
    found: list[set[str]] = []
    for group in groups:
        touching = [other for other in found if other & group]
        found = [other for other in found if not other & group]
        found.append(group.union(*touching))
    return found


def reported(report: dict[str, Any]) -> set[tuple[str, frozenset[str]]]:
    return {
        (
            finding["subject"].removeprefix("pkg:pypi/").partition("@")[0],
            frozenset((finding["rule"], *finding["aliases"])),
        )
        for finding in report["findings"]
        if finding["check"] == "dependencies"
    }


def test_a_vulnerable_repository_finds_what_an_independent_matching_finds(
    repository: Callable[..., Path], run: Callable[..., Ran], export: Path
) -> None:
    root = repository(**{"requirements.txt": pins(VULNERABLE)})
    ran = run(root, "--advisories", str(export), "--as-of", DAY, "--offline")
    wanted = expected(export, VULNERABLE)
    assert len(wanted) > 20
    assert reported(ran.report) == wanted
    (coverage,) = [one for one in ran.dependencies["coverage"] if one["required"]]
    assert coverage["expected"] == coverage["evaluated"] == len(VULNERABLE)
    assert ran.code == 1


def test_a_clean_repository_is_compliant(
    repository: Callable[..., Path], run: Callable[..., Ran], export: Path
) -> None:
    assert expected(export, CLEAN) == set()
    root = repository(**{"requirements.txt": pins(CLEAN)})
    ran = run(root, "--advisories", str(export), "--as-of", DAY, "--offline")
    assert (ran.code, ran.status, reported(ran.report)) == (0, "clean", set())


@pytest.mark.parametrize(
    "line",
    [
        f"tool @ git+https://git.example.com/tool@{'01' * 20}",
        "tool @ https://files.example.com/tool-1.0-py3-none-any.whl",
        "tool==not-a-version",
        "-e ./tool",
        "this is no requirement",
    ],
)
def test_one_package_that_pip_audit_cannot_answer_for_is_incomplete(
    repository: Callable[..., Path], run: Callable[..., Ran], export: Path, line: str
) -> None:
    root = repository(**{"requirements.txt": pins(CLEAN) + line + "\n", "tool/x": ""})
    ran = run(root, "--advisories", str(export), "--as-of", DAY, "--offline")
    assert (ran.code, ran.status) == (3, "partial")
    assert any(line["blocking"] for line in ran.report["unevaluated"])


def test_a_manifest_beside_the_lock_of_something_else_is_not_clean(
    repository: Callable[..., Path], run: Callable[..., Ran], export: Path
) -> None:
    manifest = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["jinja2==2.4.1"]\n'
    root = repository(**{"requirements-dev.txt": pins(CLEAN), "pyproject.toml": manifest})
    ran = run(root, "--advisories", str(export), "--as-of", DAY, "--offline")
    assert (ran.code, ran.status) == (1, "partial")  # as without any lock: DEP-01
    assert any("jinja2" in line["why"] for line in ran.report["unevaluated"] if line["blocking"])


def test_old_data_make_a_clean_repository_incomplete(
    repository: Callable[..., Path], run: Callable[..., Ran], export: Path
) -> None:
    root = repository(**{"requirements.txt": pins(CLEAN)})
    ran = run(root, "--advisories", str(export), "--offline")
    assert ran.code == 3
    assert any(line["gap"] == "data_stale" for line in ran.report["unevaluated"])


def test_an_empty_folder_is_incomplete(
    repository: Callable[..., Path], run: Callable[..., Ran], small_store: Path
) -> None:
    root = repository(**{"README.md": "nothing"})
    assert run(root, "--advisories", str(small_store), "--offline").code == 3


def test_offline_without_a_store_is_incomplete(
    repository: Callable[..., Path], run: Callable[..., Ran]
) -> None:
    root = repository(**{"requirements.txt": pins(CLEAN)})
    ran = run(root, "--offline")
    assert (ran.code, ran.status) == (3, "errored")
    assert ran.folder.joinpath("report.html").is_file()
