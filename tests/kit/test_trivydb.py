"""The database of the tests is a real one: the real Trivy opens it and finds what stands in it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline.tools import trivy as calls
from pipeline.tools.binaries import Binary
from pipeline.tools.bolt import buckets
from pipeline.tools.run import Command, run
from tests.advice import RECORDS
from tests.kit import trivydb

FACTS = [json.loads(path.read_bytes()) for path in RECORDS]


def record(number: int, ecosystem: str = "PyPI", **more: Any) -> dict[str, Any]:
    return {
        "id": f"GHSA-{number:04}",
        "aliases": [f"CVE-2026-{number:04}"],
        "summary": "s" * 40,
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": f"package-{number}"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}
                ],
            }
        ],
        **more,
    }


def scan(program: Binary, cache: Path, folder: Path, **files: str) -> dict[str, set[str]]:
    """The findings of a repository with these files: ids by package."""
    repository, work, home = folder / "repository", folder / "work", folder / "home"
    for one in (repository, work, home):
        one.mkdir(parents=True)
    for name, content in files.items():
        (repository / name.replace("_", ".")).write_text(content)
    call = calls.filesystem(str(repository), cache=str(cache))
    for name, inputs in call.inputs.items():
        (work / name).write_bytes(inputs)
    done = run(
        Command(argv=(str(program.path), *call.arguments), env=call.env), cwd=work, home=home
    )
    assert done.ok, done.stderr
    report = calls.read((work / calls.OUTPUT).read_bytes())
    found: dict[str, set[str]] = {}
    for result in report["Results"]:
        for one in result.get("Vulnerabilities", ()):
            found.setdefault(one["PkgName"], set()).add(one["VulnerabilityID"])
    return found


def test_trivy_finds_what_stands_in_it(trivy: Binary, tmp_path: Path) -> None:
    cache = trivydb.make(tmp_path / "cache", FACTS)
    assert scan(trivy, cache, tmp_path / "a", requirements_txt="jinja2==2.10\nidna==3.10\n") == {
        "jinja2": {"CVE-2019-10906", "CVE-2020-28493"}
    }
    assert scan(trivy, cache, tmp_path / "b", requirements_txt="jinja2==3.1.6\n") == {}


def test_a_large_one_holds_every_package(trivy: Binary, tmp_path: Path) -> None:
    """Pages in several levels, values in the value of their bucket and on pages of their own."""
    facts = [record(number) for number in range(6000)]
    facts[7]["summary"] = "long " * 5000
    cache = trivydb.make(tmp_path / "cache", facts)
    wanted = (0, 7, 1234, 2999, 5999)
    lock = "".join(f"package-{number}==1.0\n" for number in wanted)
    assert scan(trivy, cache, tmp_path / "a", requirements_txt=lock) == {
        f"package-{number}": {f"CVE-2026-{number:04}"} for number in wanted
    }


def test_several_read_it_at_the_same_time(trivy: Binary, tmp_path: Path) -> None:
    cache = trivydb.make(tmp_path / "cache", FACTS)
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(
            lambda number: scan(
                trivy, cache, tmp_path / str(number), requirements_txt="jinja2==2.10\n"
            ),
            range(4),
        )
    assert all("jinja2" in one for one in found)
    assert {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("ecosystem", "bucket"),
    [
        ("Debian:12", "debian 12"),
        ("Alpine:v3.19", "alpine 3.19"),
        ("Go", "go::GitHub Security Advisory Go"),
    ],
)
def test_sources_are_named_as_trivy_names_them(tmp_path: Path, ecosystem: str, bucket: str) -> None:
    cache = trivydb.make(tmp_path, [record(1, ecosystem)], empty=("ubuntu 22.04",))
    assert buckets(cache / "db" / "trivy.db") == {
        bucket,
        "ubuntu 22.04",
        "data-source",
        "vulnerability",
    }


def test_what_was_withdrawn_is_not_in_it(tmp_path: Path) -> None:
    tree = trivydb.content([record(1), record(2, withdrawn="2026-10-01T00:00:00Z")])
    packages = tree["pip::GitHub Security Advisory pip"]
    assert isinstance(packages, dict)
    assert list(packages) == ["package-1"]


def test_it_is_made_on_the_command_line_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.kit.trivydb", str(tmp_path), *map(str, RECORDS)],
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert len(buckets(tmp_path / "db" / "trivy.db")) == 4
