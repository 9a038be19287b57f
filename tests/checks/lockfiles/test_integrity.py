"""Hashes, and files that belong to another package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pipeline.checks.lockfiles import integrity
from pipeline.model import Location, Lock, Origin, Package, Source
from tests.checks.lockfiles.repositories import (
    SHA,
    entry,
    npm,
    only,
    pinned,
    read,
    rules,
    uv,
    wheel,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path


def package(name: str = "a", version: str | None = "1.0.0", **more: Any) -> Package:
    values: dict[str, Any] = {"ecosystem": "npm", "location": Location(path="x", line=1)}
    return Package(name=name, version=version, **(values | more))


def lock(*packages: Package, kind: str = "package-lock.json") -> Lock:
    return Lock(path="x", format=kind, ecosystem="npm", digest="", packages=packages)


def found(of: Lock) -> list[tuple[str, str]]:
    return [(one.rule.removeprefix("lockfiles/"), one.severity) for one in integrity.findings(of)]


HASHED = package("b", hashes=("sha512:00",))


@pytest.mark.parametrize(
    ("packages", "kind", "expected"),
    [
        ([package()], "package-lock.json", [("missing-hash", "low")]),
        ([package(), HASHED], "package-lock.json", [("missing-hash", "medium")]),
        ([HASHED], "package-lock.json", []),
        ([package(source=Source(origin=Origin.VCS))], "package-lock.json", []),
        ([package(source=Source(origin=Origin.PATH))], "package-lock.json", []),
        ([package(source=Source(origin=Origin.WORKSPACE))], "package-lock.json", []),
        (
            [package(source=Source(origin=Origin.URL))],
            "package-lock.json",
            [("missing-hash", "low")],
        ),
        ([package(groups=("bundled",))], "package-lock.json", []),
        ([package(version=None)], "package-lock.json", []),
        ([package(markers="os=linux"), HASHED], "yarn.lock", []),
        ([package()], "gradle.lockfile", []),
        ([package()], "Gemfile.lock", []),
        ([package(), HASHED], "Gemfile.lock", [("missing-hash", "medium")]),
        ([package(hashes=("sha1:00",))], "composer.lock", []),
        ([package(hashes=("sha1:00",))], "yarn.lock", [("weak-hash", "medium")]),
        ([package(hashes=("md5:00", "sha1:00"))], "yarn.lock", [("weak-hash", "medium")]),
        ([package(hashes=("md5:00", "sha256:00"))], "yarn.lock", []),
        ([package(hashes=("h1:00",))], "go.sum", []),
    ],
)
def test_hashes(packages: list[Package], kind: str, expected: list[tuple[str, str]]) -> None:
    assert found(lock(*packages, kind=kind)) == expected


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("a", "https://registry.npmjs.org/a/-/a-1.0.0.tgz"),
        ("@x/a", "https://registry.npmjs.org/@x/a/-/a-1.0.0.tgz"),
        ("@x/a", "https://registry.npmjs.org/@x%2fa/-/a-1.0.0.tgz"),
        ("@x/a", "https://example.com/api/npm/all/@x/a/-/@x/a-1.0.0.tgz"),
        ("a", "https://npm.pkg.example.com/download/a/1.0.0/0123"),
        ("a", "https://registry.npmjs.org/a/-/a-1.0.0+build.7.tgz"),
        ("a", ""),
        ("a", "https://[broken"),
    ],
)
def test_addresses_that_fit_or_say_nothing(name: str, url: str) -> None:
    one = package(name, hashes=("sha512:00",), source=Source(url=url))
    assert found(lock(one)) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://registry.npmjs.org/evil/-/evil-1.0.0.tgz",
        "https://registry.npmjs.org/a/-/a-1.0.1.tgz",
        "https://registry.npmjs.org/@x/a/-/a-1.0.0.tgz".replace("@x/a/", "aa/"),
        "https://registry.npmjs.org/a/-/evil-1.0.0.tgz",
        "https://registry.npmjs.org/a/-/a-1.0.0-evil.tgz",
    ],
)
def test_addresses_of_another_package_or_version(url: str) -> None:
    one = package(hashes=("sha512:00",), source=Source(url=url))
    assert found(lock(one)) == [("name-mismatch", "high")]


def test_a_version_with_build_metadata_is_served_without_it(tmp_path: Path) -> None:
    resolved = "https://registry.npmjs.org/a/-/a-1.0.0.tgz"
    files = npm({"a": "1"}, a=entry("a", "1.0.0+7", resolved=resolved))
    assert rules(read(write(tmp_path, files))) == set()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("https://files.pythonhosted.org/packages/aa/evil-1.0-py3-none-any.whl", {"name-mismatch"}),
        ("https://files.pythonhosted.org/packages/aa/a-1.1-py3-none-any.whl", {"name-mismatch"}),
        ("https://files.pythonhosted.org/packages/aa/evil-1.0.tar.gz", {"name-mismatch"}),
        ("https://files.pythonhosted.org/packages/aa/A-1.0.0-py3-none-any.whl", set()),
        ("https://files.pythonhosted.org/packages/aa/odd.bin", set()),
    ],
)
def test_files_of_python_packages(file: str, expected: set[str], tmp_path: Path) -> None:
    files = uv("a", packages=wheel("a", file=file), edges="a")
    reading = read(write(tmp_path, files))
    assert rules(reading) == expected
    if expected:
        assert file.rpartition("/")[2] in only(reading, "name-mismatch").detail


@pytest.mark.parametrize("kind", ["poetry.lock", "pdm.lock", "pylock.toml"])
def test_every_python_lock_that_names_files_is_held_to_them(kind: str, tmp_path: Path) -> None:
    file = "evil-1.0-py3-none-any.whl"
    package_ = '[[package{}]]\nname = "a"\nversion = "1.0"\n'
    text = {
        "poetry.lock": package_.format("")
        + f'files = [{{ file = "{file}", hash = "sha256:{SHA}" }}]\n\n'
        + '[metadata]\nlock-version = "2.1"\n',
        "pdm.lock": package_.format("")
        + f'files = [{{ file = "{file}", hash = "sha256:{SHA}" }}]\n\n'
        + '[metadata]\nlock_version = "4.5.0"\n',
        "pylock.toml": 'lock-version = "1.0"\ncreated-by = "x"\n'
        + package_.format("s")
        + f'wheels = [{{ name = "a-1.0-py3-none-any.whl", url = "https://files.pythonhosted.org/{file}",'
        + f' hashes = {{ sha256 = "{SHA}" }} }}]\n',
    }[kind]
    assert rules(read(write(tmp_path, {kind: text}))) == {"name-mismatch"}


def test_a_requirements_file_without_any_hash_is_a_habit(tmp_path: Path) -> None:
    files = {"requirements.txt": pinned("a==1.0", "b==2.0", hashed=False)}
    found_ = only(read(write(tmp_path, files)), "missing-hash")
    assert found_.severity == "low"
    assert found_.detail == "2 of 2 packages have none: a==1.0, b==2.0"
