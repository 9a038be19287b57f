"""What registries tell reaches the report, and nobody is asked offline."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.registries.ask import ask
from pipeline.registries.kept import Kept
from pipeline.registries.release import Pin, Release
from pipeline.sbom.validate import validate
from tests.e2e.conftest import Ran
from tests.fake import Fake, Response
from tests.registries.documents import PYPI

LOCK = f"demo==1.1 --hash=sha256:{'ab' * 32}\n"


@pytest.mark.parametrize(("offline", "expected"), [(False, ["lockfiles/yanked"]), (True, [])])
def test_a_yanked_release_is_told_when_somebody_may_be_asked(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    fake: Fake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    offline: bool,
    expected: list[str],
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(tmp_path / "registries"))
    fake.handle = lambda _: Response(body=PYPI)
    policy = tmp_path / "policy.yml"
    policy.write_text(f"advisories:\n  pypi-url: {fake.url}\n")
    root = repository(**{"requirements.txt": LOCK})
    options = ["--only", "lockfiles", "--config", str(policy), *(["--offline"] if offline else [])]
    ran = run(root, *options)
    assert [one["rule"] for one in ran.report["findings"]] == expected
    asked = [request.path for request in fake.requests]
    assert asked == ([] if offline else ["/pypi/demo/json"])
    told = [line for line in ran.report["unevaluated"] if line["gap"] == "network_off"]
    assert bool(told) is offline
    assert ran.code == 0


def test_licences_of_registries_stand_in_the_sbom_and_nothing_is_fetched_twice(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    fake: Fake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(tmp_path / "registries"))
    documents = {
        "/pypi/demo/json": PYPI,
        "/pypi/demo/1.0/json": {"info": {"license_expression": "BSD-3-Clause"}},
        "/pypi/other/json": PYPI,
    }
    fake.handle = lambda request: Response(
        body=documents.get(request.path, b""), status=200 if request.path in documents else 404
    )
    policy = tmp_path / "policy.yml"
    policy.write_text(f"advisories:\n  pypi-url: {fake.url}\n")
    pins = "demo==1.0\nother==2.0\ngone==1.0\n"
    root = repository(**{"requirements.txt": pins})
    run(root, "--only", "lockfiles", "--only", "sbom", "--config", str(policy))
    asked = [request.path for request in fake.requests]
    assert sorted(asked) == sorted([*documents, "/pypi/gone/json"])
    written = (root / ".supply-chain" / "sbom" / "1.7" / "repository.cdx.json").read_bytes()
    found = {one["name"]: one for one in json.loads(written)["components"]}
    declared = {"acknowledgement": "declared"}
    assert found["demo"]["licenses"] == [{"license": {"id": "BSD-3-Clause", **declared}}]
    assert found["other"]["licenses"] == [{"license": {"id": "MIT", **declared}}]
    assert "licenses" not in found["gone"]


# --------------------------------------------------------------------------- the real registries


def rules(
    root: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, *options: str
) -> list[tuple[str, str]]:
    """What the lockfiles check finds with the real registries, fresh: rules and subjects."""
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(root.parent / "registries"))
    ran = run(root, "--only", "lockfiles", *options)
    assert ran.report["evidence"][0]["data"], "a registry answered"
    return sorted((one["rule"], one["subject"]) for one in ran.report["findings"])


@pytest.mark.online
def test_a_release_that_pypi_calls_yanked_is_found(
    repository: Callable[..., Path], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = f" --hash=sha256:{'ab' * 32}\n"
    root = repository(**{"requirements.txt": f"urllib3==2.0.0{hashes}idna==3.10{hashes}"})
    assert rules(root, run, monkeypatch) == [("lockfiles/yanked", "pkg:pypi/urllib3@2.0.0")]


@pytest.mark.online
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-02-21", [("lockfiles/too-new", "pkg:pypi/urllib3@2.2.1")]),  # three days old
        ("2024-02-24", [("lockfiles/too-new", "pkg:pypi/urllib3@2.2.1")]),  # the last day
        ("2024-02-26", []),  # one day after the cool-down of seven
    ],
)
def test_the_cool_down_ends_by_the_day_that_pypi_tells(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    day: str,
    expected: list[tuple[str, str]],
) -> None:
    lock = f"urllib3==2.2.1 --hash=sha256:{'ab' * 32}\n"
    root = repository(**{"requirements.txt": lock})
    assert rules(root, run, monkeypatch, "--as-of", day) == expected


@pytest.mark.online
def test_a_project_that_pypi_calls_inactive_is_deprecated(
    repository: Callable[..., Path], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = f" --hash=sha256:{'ab' * 32}\n"
    root = repository(**{"requirements.txt": f"typed-ast==1.5.5{hashes}idna==3.10{hashes}"})
    assert rules(root, run, monkeypatch) == [("lockfiles/deprecated", "pkg:pypi/typed-ast@1.5.5")]


@pytest.mark.online
def test_a_release_that_npm_calls_deprecated_is_found(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    told = npm_release("request", "2.88.2", tmp_path)
    assert told.published is not None
    if not told.deprecated:
        pytest.skip("this registry serves package documents without the texts of deprecations")
    root = repository(**npm_project("request", "2.88.2"))
    found = rules(root, run, monkeypatch)
    assert ("lockfiles/deprecated", "pkg:npm/request@2.88.2") in found


@pytest.mark.online
@pytest.mark.parametrize(
    ("days", "expected"),
    [(3, ["pkg:npm/left-pad@1.3.0"]), (6, ["pkg:npm/left-pad@1.3.0"]), (8, [])],
)
def test_the_cool_down_ends_by_the_day_that_npm_tells(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    days: int,
    expected: list[str],
) -> None:
    published = npm_release("left-pad", "1.3.0", tmp_path).published
    assert published is not None
    today = published + timedelta(days=days)
    root = repository(**npm_project("left-pad", "1.3.0"))
    found = rules(root, run, monkeypatch, "--as-of", today.isoformat())
    assert [subject for rule, subject in found if rule == "lockfiles/too-new"] == expected


def npm_release(name: str, version: str, folder: Path) -> Release:
    """What the registry tells of a release, asked beforehand and apart."""
    pin = Pin("npm", name, version)
    return ask([pin], kept=Kept(folder / "beforehand")).releases[pin]


def npm_project(name: str, version: str) -> dict[str, str]:
    """A manifest and a lock of npm with one package."""
    entry = {
        "version": version,
        "resolved": f"https://registry.npmjs.org/{name}/-/{name}-{version}.tgz",
        "integrity": f"sha512-{base64.b64encode(bytes(64)).decode()}",
    }
    wants = {"name": "web", "version": "1.0.0", "dependencies": {name: version}}
    packages = {"": wants, f"node_modules/{name}": entry}
    lock = {"name": "web", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    return {"package.json": json.dumps(wants), "package-lock.json": json.dumps(lock)}


@pytest.mark.online
def test_licences_that_the_real_registries_declare_stand_in_the_sbom(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(tmp_path / "registries"))
    root = repository(**npm_project("left-pad", "1.3.0"))
    run(root, "--only", "sbom")
    written = (root / ".supply-chain" / "sbom" / "1.7" / "repository.cdx.json").read_bytes()
    assert validate(json.loads(written)) == ()
    found = {one["name"]: one for one in json.loads(written)["components"]}
    (licence,) = found["left-pad"]["licenses"]
    assert licence == {"license": {"id": "WTFPL", "acknowledgement": "declared"}}
