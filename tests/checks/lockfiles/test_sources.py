"""Places that packages come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pipeline.checks.lockfiles import sources
from pipeline.model import (
    InstallerSettings,
    Location,
    Lock,
    Origin,
    Package,
    Policy,
    Source,
    Target,
)
from tests.checks.lockfiles.repositories import (
    COMMIT,
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

MIRROR = "https://npm.example.com/a/-/a-1.0.0.tgz"


def package(
    name: str = "a", origin: Origin = Origin.INDEX, url: str = MIRROR, **more: Any
) -> Package:
    values: dict[str, Any] = {
        "ecosystem": "npm",
        "version": "1.0.0",
        "location": Location(path="x", line=1),
        "source": Source(origin=origin, url=url),
        "hashes": ("sha512:00",),
    }
    return Package(name=name, **(values | more))


PUBLIC = package("public", Origin.REGISTRY, "https://registry.npmjs.org/public/-/public-1.0.0.tgz")


def found(
    *packages: Package,
    policy: Policy | None = None,
    installers: tuple[InstallerSettings, ...] = (),
    **lock: Any,
) -> list[tuple[str, str]]:
    values: dict[str, Any] = {"path": "x", "format": "package-lock.json", "ecosystem": "npm"}
    one = Lock(digest="", packages=packages, **(values | lock))
    target = Target(name="t", git=None, files=1, locks=(one,), installers=installers)
    return [
        (finding.rule.removeprefix("lockfiles/"), finding.severity)
        for finding in sources.findings(target, one, policy or Policy())
    ]


FOREIGN, UNPROVEN = [("foreign-host", "medium")], [("foreign-host", "high")]


def settings(path: str, *registries: str) -> InstallerSettings:
    return InstallerSettings(path=path, installer="npm", registries=registries)


def test_another_host_than_the_neighbours_is_foreign() -> None:
    assert found(package(), PUBLIC) == FOREIGN
    assert found(package(hashes=()), PUBLIC) == UNPROVEN


def test_a_mirror_of_everything_is_not() -> None:
    assert found(package(), package("b", url=MIRROR)) == []


def test_a_scope_with_a_registry_of_its_own_is_not() -> None:
    assert found(package("@x/a"), package("@x/b"), PUBLIC) == []


def test_a_scope_with_two_registries_is() -> None:
    public = package("@x/b", Origin.REGISTRY, "https://registry.npmjs.org/@x/b/-/b-1.0.0.tgz")
    assert found(package("@x/a"), public) == FOREIGN


@pytest.mark.parametrize(
    ("path", "entry", "expected"),
    [
        (".npmrc", "https://npm.example.com/", [("confusable-name", "low")]),
        (".npmrc", "@x=https://npm.example.com/", [("confusable-name", "low")]),
        ("web/.npmrc", "https://npm.example.com/", [("confusable-name", "low")]),
        ("elsewhere/.npmrc", "https://npm.example.com/", FOREIGN),
        (".npmrc", "https://npm.example.com:8443/", FOREIGN),
    ],
)
def test_settings_near_the_lock_tell_what_is_expected(
    path: str, entry: str, expected: list[tuple[str, str]]
) -> None:
    installers = (settings(path, entry),)
    assert found(package(), PUBLIC, installers=installers, path="web/x") == expected


def test_the_policy_tells_what_is_expected() -> None:
    policy = Policy(registries=("npm.example.com", "registry.npmjs.org"))
    assert found(package(), PUBLIC, policy=policy) == [("confusable-name", "low")]
    assert found(package(hashes=()), PUBLIC, policy=policy) == [("confusable-name", "medium")]


def test_an_allow_list_refuses_every_other_host() -> None:
    policy = Policy(registries=("npm.example.com",))
    assert ("registry-not-allowed", "high") in found(PUBLIC, policy=policy)
    assert found(package(), package("b"), policy=policy) == []
    url = package(origin=Origin.URL, url="https://files.example.net/a.tgz")
    assert ("registry-not-allowed", "high") in found(url, policy=policy)
    git = package(origin=Origin.VCS, url="https://git.example.net/a.git")
    assert ("registry-not-allowed", "high") not in found(git, policy=policy)


def test_one_host_of_a_public_registry_stands_for_all_of_its_own() -> None:
    policy = Policy(registries=("pypi.org",))
    one = package(origin=Origin.REGISTRY, url="", ecosystem="PyPI")
    assert found(one, policy=policy, ecosystem="PyPI", format="uv.lock") == []


def test_a_python_file_from_a_host_that_no_index_names_is_foreign(tmp_path: Path) -> None:
    evil = wheel("a", file="https://evil.example/a-1.0-py3-none-any.whl")
    files = uv("a", "b", packages=evil + wheel("b"), edges="a b")
    assert rules(read(write(tmp_path, files))) == {"foreign-host"}


def test_a_python_package_from_a_named_index_is_expected(tmp_path: Path) -> None:
    index = "https://pypi.example.com/simple"
    private = wheel("a", registry=index, file="https://pypi.example.com/a-1.0-py3-none-any.whl")
    files = uv("a", "b", packages=private + wheel("b"), edges="a b")
    assert rules(read(write(tmp_path, files))) == {"confusable-name"}
    files = uv("a", packages=private, edges="a")
    assert rules(read(write(tmp_path, files))) == set()


@pytest.mark.parametrize(
    ("url", "commit", "kind", "expected"),
    [
        ("https://git.example.com/a.git", COMMIT, "package-lock.json", ("git-source", "low")),
        ("https://git.example.com/a.git", "", "package-lock.json", ("mutable-ref", "medium")),
        ("https://git.example.com/a.git", "", "bun.lock", ("git-source", "low")),
    ],
)
def test_repositories(url: str, commit: str, kind: str, expected: tuple[str, str]) -> None:
    one = package(source=Source(origin=Origin.VCS, url=url, commit=commit))
    assert found(one, format=kind) == [expected]


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("../a", True),
        ("/opt/a", True),
        ("file:///opt/a.whl", True),
        ("~/a", True),
        ("C:\\a", True),
        ("..", True),
        ("vendor/a", False),
        ("a..b", False),
        ("", False),
    ],
)
def test_paths(url: str, is_told: bool) -> None:
    expected = [("path-source", "medium")] if is_told else []
    assert found(package(origin=Origin.PATH, url=url)) == expected


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("http://registry.npmjs.org/a/-/a-1.0.0.tgz", True),
        ("git://git.example.com/a", True),
        ("git+http://git.example.com/a", True),
        ("http://127.0.0.1:4873/a", False),
        ("https://registry.npmjs.org/a", False),
        ("git+ssh://git@example.com/a", False),
        ("http://[broken", False),
    ],
)
def test_plain_http(url: str, is_told: bool) -> None:
    told = found(package(origin=Origin.REGISTRY, url=url))
    assert (("plain-http", "high") in told) is is_told


@pytest.mark.parametrize(("scheme", "rule"), [("http", "plain-http"), ("https", "several-indexes")])
def test_another_index_is_another_finding_to_a_base(tmp_path: Path, scheme: str, rule: str) -> None:
    details = set()
    for last in "de":
        hosts = ["a", "b", "c", last]
        lines = [f"--extra-index-url {scheme}://{host}.example/simple\n" for host in hosts]
        files = {"requirements.txt": "".join(lines) + pinned("a==1.0")}
        details.add(only(read(write(tmp_path / last, files)), rule).detail)
    assert len(details) == 2


def test_an_index_over_http_is_told_even_if_nothing_comes_from_it(tmp_path: Path) -> None:
    files = {"requirements.txt": "--index-url http://pypi.example.com/simple\n" + pinned("a==1.0")}
    assert rules(read(write(tmp_path, files))) == {"plain-http"}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("--extra-index-url https://x.example/simple\na==1.0\n", [("several-indexes", "medium")]),
        (
            "--index-url https://x.example/a\n--extra-index-url https://x.example/b\na==1.0\n",
            [("several-indexes", "medium")],
        ),
        ("--index-url https://pypi.org/simple/\na==1.0\n", []),
        ("--extra-index-url https://pypi.org/simple\na==1.0\n", []),
        ("--find-links ./wheels\na==1.0\n", []),
    ],
)
def test_several_indexes(lines: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    target = write(tmp_path, {"requirements.txt": lines})
    (lock,) = target.locks
    told = [
        (one.rule.removeprefix("lockfiles/"), one.severity)
        for one in sources.findings(target, lock, Policy())
    ]
    assert told == expected


def test_hosts() -> None:
    assert sources.host_of("https://NPM.Example.com:8443/a") == "npm.example.com:8443"
    assert sources.host_of("sparse+https://index.example.com/") == "index.example.com"
    assert sources.host_of("https://x:99999/") == ""
    assert sources.host_of("vendor/a") == ""
