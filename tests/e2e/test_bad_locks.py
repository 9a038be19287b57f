"""Locks made to break readers: each is named, and the rest of the run is unharmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Ran

GOOD = f"a==1.0 --hash=sha256:{'ab' * 32}\nb @ git+https://git.example.com/b@{'01' * 20}\n"
BOMB = "lockfileVersion: '9.0'\na: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
BAD: dict[str, tuple[str, bytes]] = {
    "malformed": ("web/package-lock.json", b"{]"),
    "truncated": ("web/package-lock.json", b'{"lockfileVersion": 3, "packages": {"": {'),
    "binary": ("poetry.lock", bytes(range(256)) * 16),
    "fifty megabytes": ("uv.lock", b"# " + b"x" * (50 << 20)),
    "deeply nested": ("web/package-lock.json", b'{"a":' * 200_000),
    "duplicate keys": (
        "web/package-lock.json",
        b'{"lockfileVersion": 3, "packages": {}, "packages": {"node_modules/evil": {}}}',
    ),
    "a YAML bomb": ("web/pnpm-lock.yaml", BOMB.encode()),
}


@pytest.fixture
def looked(repository: Callable[..., Path], run: Callable[..., Ran]) -> Callable[[Path], Ran]:
    """Run the lockfiles check alone, offline."""
    return lambda root: run(root, "--offline", "--only", "lockfiles")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_lock_is_named_and_the_others_are_checked(
    name: str, repository: Callable[..., Path], looked: Callable[[Path], Ran]
) -> None:
    path, content = BAD[name]
    root = repository(**{"jobs/requirements.txt": GOOD})
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)
    check_named(looked(root), path)


def test_a_link_out_of_the_repository_is_named_and_not_followed(
    repository: Callable[..., Path], looked: Callable[[Path], Ran], tmp_path: Path
) -> None:
    outside = tmp_path / "outside.lock"
    outside.write_text('version = 1\n\n[[package]]\nname = "secret-name"\nversion = "1"\n')
    root = repository(**{"jobs/requirements.txt": GOOD})
    (root / "uv.lock").symlink_to(outside)
    ran = looked(root)
    check_named(ran, "uv.lock")
    assert all(b"secret-name" not in file.read_bytes() for file in ran.folder.iterdir())


def check_named(ran: Ran, path: str) -> None:
    (evidence,) = ran.report["evidence"]
    assert ran.code == 3
    assert (evidence["check"], evidence["status"]) == ("lockfiles", "partial")
    named = [
        line for line in ran.report["unevaluated"] if line["blocking"] and path in line["what"]
    ]
    assert named
    assert all(line["why"] and line["fix"] for line in named)
    assert [one["rule"] for one in ran.report["findings"]] == ["lockfiles/git-source"]
    assert (ran.folder / "report.html").is_file()
