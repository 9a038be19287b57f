"""The sbom check over output as the tools write it, honest and otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.checks import sbom
from pipeline.checks.job import Job, Network, Options, Ran, Skip, Wanted
from pipeline.errors import IncompleteError, UnreadableOutputError
from pipeline.model import (
    Gap,
    Location,
    Manifest,
    Origin,
    Project,
    Reading,
    Severity,
    Status,
    Target,
    ToolRecord,
    Unread,
)
from pipeline.registries.release import Pin, Release
from pipeline.sbom import document, npm, pins, write
from pipeline.sbom.formats import convert
from pipeline.sbom.validate import validate
from tests.sbom.polyglot import DAY, lock, make, named, package, properties, target, written
from tests.sbom.polyglot import look as look_at

type_json = dict[str, Any]
TOOL = ToolRecord(name="cyclonedx-bom", version="7.5.0", digest="sha256:" + "0" * 64)


def spelled(job: Job) -> type_json:
    """What cyclonedx-py writes for a job (shape of 7.5.0)."""
    rows = [line.split("==") for line in job.inputs[pins.INPUT].decode().splitlines()]
    return {
        "metadata": {
            "tools": {
                "components": [
                    {"type": "application", "name": "cyclonedx-py", "version": "7.5.0"},
                    {"type": "library", "name": "cyclonedx-python-lib", "version": "11.12.0"},
                ]
            }
        },
        "components": [
            {
                "bom-ref": f"requirements-L{number}",
                "type": "library",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
                "description": "requirements line",
                "externalReferences": [
                    {"type": "distribution", "url": f"https://pypi.org/simple/{name}/"}
                ],
            }
            for number, (name, version) in enumerate(rows, 1)
        ],
    }


def read(of: Target, spoil: Callable[[type_json], Any] = lambda _: None, **more: Any) -> Reading:
    options = Options(as_of=DAY, tool=TOOL, **more)
    jobs = sbom.plan(of, options)
    assert isinstance(jobs, tuple)
    runs = []
    for job in jobs:
        document = spelled(job)
        spoil(document)
        runs.append(Ran(job=job, exit_code=0, outputs={pins.OUTPUT: json.dumps(document).encode()}))
    return sbom.read(of, options, runs)


def merged(reading: Reading, version: str = "1.7") -> type_json:
    (file,) = (one for one in reading.files if one.path == f"{version}/{sbom.MERGED}")
    return dict(json.loads(file.content))


OF = target(lock(package("a", direct=True, requires=("b",)), package("b", direct=False)))


# ----------------------------------------------------------------------------------- planning


def test_nothing_to_list_is_not_applicable() -> None:
    found = sbom.plan(target(), Options())
    assert isinstance(found, Skip)
    assert found.status is Status.NOT_APPLICABLE
    assert sbom.questions(target()) == ()


def test_registries_are_asked_for_licences_of_their_own_releases_only() -> None:
    of = target(
        lock(package("a"), package("b", origin=Origin.VCS), package("c", None)),
        lock(package("d", ecosystem="npm"), path="package-lock.json", ecosystem="npm"),
        lock(package("e", ecosystem="Go"), path="go.sum", ecosystem="Go"),
    )
    assert sbom.questions(of) == (("PyPI", "a", "1.0"), ("npm", "d", "1.0"))
    assert sbom.NETWORK is Network.LICENCES


def test_all_python_pins_take_one_run_over_a_file_of_ours() -> None:
    of = target(lock(package("b")), lock(package("a"), package("b"), path="other/uv.lock"))
    (job,) = sbom.plan(of, Options())  # type: ignore[misc]
    assert job.inputs == {"requirements.txt": b"a==1.0\nb==1.0\n"}
    assert {"requirements", "--no-validate", "--output-reproducible"} <= set(job.arguments)
    assert "environment" not in job.arguments
    assert not job.optional


def npm_target(path: str) -> Target:
    one = package("a", ecosystem="npm")
    return target(lock(one, path=path, format=npm.FORMAT, ecosystem="npm"))


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


# ------------------------------------------------------------------------------------ documents


def test_documents_of_both_versions_for_each_project_and_the_whole() -> None:
    of = target(*OF.locks, lock(package("a"), path="x/y z/uv.lock"))
    reading = read(of)
    assert [file.path for file in reading.files] == [
        f"{version}/{name}.cdx.json"
        for version in ("1.6", "1.7")
        for name in ("repository", "projects/pypi", "projects/x-y-z-pypi")
    ]
    assert merged(reading, "1.6")["specVersion"] == "1.6"
    assert reading.findings == ()
    assert reading == read(of), "equal inputs give equal bytes"


def test_projects_with_names_alike_have_files_of_their_own() -> None:
    paths = ("a b/uv.lock", "a-b/uv.lock", f"{'x' * 300}/uv.lock")
    reading = read(target(*(lock(package("a"), path=path) for path in paths)))
    names = {file.path for file in reading.files}
    assert len(names) == 2 * 4
    assert all(len(name) < 130 for name in names)


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


def test_an_invalid_document_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sbom, "metadata", lambda root, _: {"component": root, "timestamp": "soon"})
    with pytest.raises(IncompleteError, match="not valid"):
        read(OF)


# ------------------------------------------------------------------------------- SBOM against lock


def test_a_component_deleted_from_the_tools_sbom_is_named() -> None:
    (finding,) = read(OF, lambda it: it["components"].pop()).findings
    assert finding.rule == "sbom/package-missing"
    assert finding.severity is Severity.HIGH
    assert finding.subject == "pkg:pypi/b@1.0"
    assert "b==1.0" in finding.title
    assert "cyclonedx-py" in finding.detail
    assert finding.locations == (Location(path="uv.lock", line=1),)


def test_a_package_added_to_the_lock_after_the_tool_ran_is_named() -> None:
    jobs = sbom.plan(OF, Options())
    assert isinstance(jobs, tuple)
    content = json.dumps(spelled(jobs[0])).encode()
    run = Ran(job=jobs[0], exit_code=0, outputs={pins.OUTPUT: content})
    (old,) = OF.locks
    grown = replace(OF, locks=(replace(old, packages=(*old.packages, package("new"))),))
    (finding,) = sbom.read(grown, Options(as_of=DAY), [run]).findings
    assert (finding.rule, finding.subject) == ("sbom/package-missing", "pkg:pypi/new@1.0")


def test_a_component_that_no_lock_has_is_named() -> None:
    extra = {"type": "library", "name": "evil", "version": "6", "purl": "pkg:pypi/evil@6"}
    reading = read(OF, lambda it: it["components"].append(extra))
    (finding,) = reading.findings
    assert (finding.rule, finding.severity) == ("sbom/component-surplus", Severity.HIGH)
    assert finding.subject == "pkg:pypi/evil@6"
    assert "evil" not in json.dumps(merged(reading))


@pytest.mark.parametrize(
    ("tamper", "rule", "subject"),
    [
        (
            lambda it: it["components"].remove(named(it, "a")),
            "sbom/package-missing",
            "pkg:pypi/a@1.0",
        ),
        (
            lambda it: it["components"].append(
                {"type": "application", "name": "x", "purl": "pkg:npm/x@1"}
            ),
            "sbom/component-surplus",
            "pkg:npm/x@1",
        ),
    ],
)
def test_a_document_tampered_with_between_writing_and_reading_is_seen(
    monkeypatch: pytest.MonkeyPatch,
    tamper: Callable[[type_json], Any],
    rule: str,
    subject: str,
) -> None:
    honest = document.decode

    def decode(content: bytes) -> type_json:
        read_back = honest(content)
        tamper(read_back)
        return read_back

    monkeypatch.setattr(sbom, "decode", decode)
    found = {(one.rule, one.subject) for one in read(OF).findings}
    assert (rule, subject) in found


def test_contradicting_locks_are_told() -> None:
    one = lock(package("a", hashes=("sha256:" + "1" * 64,)))
    other = lock(package("a", hashes=("sha256:" + "2" * 64,)), path="b/uv.lock")
    (finding,) = read(target(one, other)).findings
    assert (finding.rule, finding.severity) == ("sbom/hash-conflict", Severity.MEDIUM)
    assert "SHA-256" in finding.title


def test_silence_about_an_element_is_a_low_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    real = write.metadata
    monkeypatch.setattr(
        sbom, "metadata", lambda root, about: {**real(root, about), "properties": []}
    )
    (finding,) = read(OF).findings
    assert (finding.rule, finding.severity) == ("sbom/field-missing", Severity.LOW)
    assert finding.subject.endswith("#SBOM Author")


# -------------------------------------------------------------------------------------- coverage


def test_coverage_counts_packages_once_and_what_was_not_read() -> None:
    line = Unread(location=Location(path="uv.lock", line=4), why="no requirement")
    file = Unread(location=Location(path="uv.lock"), why="cut off")
    own = package("mine", origin=Origin.WORKSPACE, url=".")
    of = target(lock(package("a"), package("a", markers="x"), own, unread=(line, file)))
    (coverage,) = read(of).coverage
    assert (coverage.expected, coverage.evaluated, coverage.unit) == (3, 1, "packages")
    assert [item.subject for item in coverage.missing] == ["line 4", "uv.lock"]


def test_what_no_lock_speaks_of_is_a_gap() -> None:
    def project(path: str, declared: int | None, *locks: str) -> Project:
        manifest = Manifest(path=path, declared=declared)
        return Project(path=".", ecosystem="PyPI", manifests=(manifest,), locks=locks)

    of = target(
        projects=(
            project("a/pyproject.toml", 3),
            project("b/setup.py", None),
            project("c/pyproject.toml", 0),
            project("d/mix.exs", 3, "d/mix.lock"),
            project("e/mix.exs", 3, "d/mix.lock"),
        )
    )
    reading = sbom.read(of, Options(), [])
    assert [(part.scope, part.missing[0].gap) for part in reading.coverage] == [
        ("a/pyproject.toml", Gap.INPUT_MISSING),
        ("b/setup.py", Gap.INPUT_MISSING),
        ("d/mix.lock", Gap.UNSUPPORTED_INPUT),
    ]
    assert reading.files == ()


def test_output_that_is_no_sbom_is_refused() -> None:
    with pytest.raises(UnreadableOutputError):
        read(OF, lambda it: it.clear())


# ---------------------------------------------------------------------------------------- tables


def test_the_tables_count_elements_and_makers() -> None:
    elements, makers = read(OF).tables
    assert elements.columns == ("Element", "Stated", "Declared unknown", "Missing")
    assert ("Component Name", 4, 0, 0) in elements.rows
    assert ("cyclonedx-bom", "Python packages", 2) in makers.rows
    assert ("npm sbom", "licences and scope of npm packages", 0) in makers.rows


def test_every_rule_that_is_reported_is_explained() -> None:
    assert set(sbom.RULES) == {
        "sbom/package-missing",
        "sbom/component-surplus",
        "sbom/hash-conflict",
        "sbom/field-missing",
    }


def test_a_repository_of_four_ecosystems_is_listed_whole(tmp_path: Path) -> None:
    of = look_at(make(tmp_path / "shop"))
    files = {
        path: (tmp_path / "shop" / path).read_bytes()
        for path in ("node/package-lock.json", "node/package.json")
    }
    options = Options(as_of=DAY, files=files)
    jobs = sbom.plan(of, options)
    assert isinstance(jobs, tuple)
    runs = [
        Ran(job=job, exit_code=0, outputs={pins.OUTPUT: json.dumps(spelled(job)).encode()})
        for job in jobs
        if not job.program
    ]
    reading = sbom.read(of, options, runs)
    assert reading.findings == ()
    assert len(jobs) == 2
