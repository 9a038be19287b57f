"""The sbom check over output as the tools write it: its documents, and what they cover."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.checks import sbom
from pipeline.checks.job import Network, Options, Ran, Skip
from pipeline.errors import IncompleteError
from pipeline.model import (
    Gap,
    Location,
    Manifest,
    Origin,
    Project,
    Status,
    Unread,
)
from pipeline.sbom import pins
from tests.checks.sbom.answers import OF, merged, read, spelled
from tests.sbom.polyglot import DAY, lock, make, package, target
from tests.sbom.polyglot import look as look_at


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


def test_an_invalid_document_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sbom, "metadata", lambda root, _: {"component": root, "timestamp": "soon"})
    with pytest.raises(IncompleteError, match="not valid"):
        read(OF)


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
