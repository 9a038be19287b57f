"""What the tools are asked and say, honest and otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.checks import sbom
from pipeline.checks.job import Job, Options, Ran, Wanted
from pipeline.errors import UnreadableOutputError
from pipeline.model import (
    Gap,
    Location,
    Origin,
    Reading,
    Target,
    Unread,
)
from pipeline.registries.release import Pin, Release
from pipeline.sbom import npm
from pipeline.sbom.formats import convert
from pipeline.sbom.validate import validate
from tests.checks.sbom.answers import OF, TOOL, merged, read
from tests.sbom.polyglot import DAY, lock, named, package, properties, target, written


def npm_target(path: str) -> Target:
    one = package("a", ecosystem="npm")
    return target(lock(one, path=path, format=npm.FORMAT, ecosystem="npm"))


def test_all_python_pins_take_one_run_over_a_file_of_ours() -> None:
    of = target(lock(package("b")), lock(package("a"), package("b"), path="other/uv.lock"))
    (job,) = sbom.plan(of, Options())  # type: ignore[misc]
    assert job.inputs == {"requirements.txt": b"a==1.0\nb==1.0\n"}
    assert {"requirements", "--no-validate", "--output-reproducible"} <= set(job.arguments)
    assert "environment" not in job.arguments
    assert not job.optional


def test_npm_is_given_copies_and_may_fail() -> None:
    of = npm_target("web/package-lock.json")
    assert sbom.plan(of, Options()) == Wanted(files=("web/package-lock.json", "web/package.json"))
    locked = {"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0"}}}
    files = {
        "web/package-lock.json": json.dumps(locked).encode(),
        "web/package.json": b'{"name": "web", "scripts": {"x": "y"}}',
    }
    (job,) = sbom.plan(of, Options(files=files))  # type: ignore[misc]
    assert (job.program, job.optional) == ("npm", True)
    assert {"--offline", "--package-lock-only", "--ignore-scripts"} <= set(job.arguments)
    assert b"scripts" not in job.inputs["package.json"]


def test_npm_is_left_out_where_its_files_are_not_its_own() -> None:
    of = npm_target("package-lock.json")
    gone = Unread(location=Location(path="package.json"), why="missing")
    files: dict[str, bytes | Unread] = {"package-lock.json": b"{}", "package.json": gone}
    assert sbom.plan(of, Options(files=files)) == ()
    files = {"package-lock.json": b"{}", "package.json": b"{}"}
    assert sbom.plan(of, Options(files=files)) == ()


def test_the_tools_are_named_with_their_digest() -> None:
    tools = merged(read(OF))["metadata"]["tools"]["components"]
    assert [tool["name"] for tool in tools] == [
        "cyclonedx-py",
        "cyclonedx-python-lib",
        "supply-chain-pipeline",
    ]
    assert properties(tools[0], "installed-digest") == [TOOL.digest]


def test_what_npm_says_completes_the_lock() -> None:
    of = npm_target("package-lock.json")
    job = Job(name="npm", arguments=(), program="npm", optional=True)
    said = {
        "metadata": {"tools": [{"name": "cli", "version": "11.0.0"}]},
        "components": [
            {"purl": "pkg:npm/a@1.0", "licenses": [{"license": {"id": "MIT"}}]},
            {"purl": "pkg:npm/zzz@1.0", "licenses": [{"license": {"id": "NOT-ONE"}}]},
        ],
    }
    run = Ran(job=job, exit_code=0, outputs={}, stdout=json.dumps(said).encode())
    reading = sbom.read(of, Options(as_of=DAY), [run])
    assert named(merged(reading), "a")["licenses"][0]["license"]["id"] == "MIT"
    assert [tool.name for tool in reading.tools] == ["npm"]
    assert reading.findings == (), "npm cannot add a package to the SBOM"
    without = sbom.read(of, Options(as_of=DAY), [])
    assert without.findings == ()
    assert without.tools == ()
    assert without.coverage == reading.coverage, "and its absence leaves no gap"


def test_output_that_is_no_sbom_is_refused() -> None:
    with pytest.raises(UnreadableOutputError):
        read(OF, lambda it: it.clear())


# ------------------------------------------------------------------------------------- licences


def licensed(*texts: str, **more: Any) -> Reading:
    """The reading of releases of the public registry with these licences, named a, b, ..."""
    names = "abcdefgh"[: len(texts)]
    of = target(lock(*(package(name, **more) for name in names)))
    releases = {
        Pin("PyPI", name, "1.0"): Release(licence=text)
        for name, text in zip(names, texts, strict=True)
    }
    return read(of, releases=releases)


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_licences_of_registries_are_told_as_declared(version: str) -> None:
    reading = licensed("mit", "MIT OR Apache-2.0", "MIT License")
    document = merged(reading, version)
    declared = {"acknowledgement": "declared"}
    assert named(document, "a")["licenses"] == [{"license": {"id": "MIT", **declared}}]
    assert named(document, "b")["licenses"] == [{"expression": "MIT OR Apache-2.0", **declared}]
    assert named(document, "c")["licenses"] == [{"license": {"name": "MIT License", **declared}}]
    assert validate(document) == ()
    assert "license" not in properties(named(document, "c"), "unknown")
    completeness, makers = reading.tables
    assert ("Component License", 3, 2, 0) in completeness.rows, "only our own are open"
    assert ("registries", "licences", 3) in makers.rows


def test_what_registries_do_not_tell_stays_declared_unknown() -> None:
    gap = Release(gap=Gap.DATA_MISSING, why="-")
    of = target(lock(package("a"), package("b")))
    releases = {Pin("PyPI", "a", "1.0"): gap, Pin("PyPI", "b", "1.0"): Release()}
    document = merged(read(of, releases=releases))
    for name in "ab":
        assert "licenses" not in named(document, name)
        assert "license" in properties(named(document, name), "unknown")


def test_a_package_from_elsewhere_is_not_given_the_public_ones_licence() -> None:
    reading = licensed("MIT", origin=Origin.INDEX, url="https://pypi.example.com/simple")
    assert "licenses" not in named(merged(reading), "a")


def test_licences_of_the_lock_come_before_those_of_registries() -> None:
    known = {"pkg:pypi/a@1.0": {"licenses": [{"license": {"id": "ISC"}}]}}
    (document,) = written(
        target(lock(package("a"))), known=known, licences={"pkg:pypi/a@1.0": {"expression": "MIT"}}
    )
    assert named(document, "a")["licenses"] == [{"license": {"id": "ISC"}}]


def test_offline_is_told_once_and_is_no_gap() -> None:
    of = target(lock(package("a")))
    reading = read(of, offline=True)
    assert "Offline, no registry was asked" in reading.tables[0].note
    assert all(part.complete for part in reading.coverage)
    assert "Offline" not in read(of).tables[0].note


def test_conversions_keep_licences() -> None:
    document = merged(licensed("MIT", "Apache-2.0 OR MIT", "some licence"))
    for name in ("spdx-2.3", "spdx-3.0", "xml"):
        content = convert(document, name)
        assert b"Apache-2.0 OR MIT" in content
        assert (b"some licence" in content) == (name == "xml")
