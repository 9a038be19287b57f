from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pipeline.errors import IncompleteError
from pipeline.resources import template_folder
from pipeline.starters import fill
from pipeline.starters.pin import Pin

ROOT = Path(__file__).parents[2]
PIN = Pin("acme/supply-chain", "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10", "v1.2.3")
STARTERS = sorted(
    path.relative_to(template_folder() / "starters").as_posix()
    for path in (template_folder() / "starters").rglob("*")
    if path.is_file()
)


@pytest.mark.parametrize("name", STARTERS)
def test_no_blank_is_left(name: str) -> None:
    made = fill.text(name, PIN)
    for blank in (fill.REPOSITORY, fill.VERSION, fill.UV):
        assert blank not in made
    assert not re.search(rf"\b{fill.COMMIT}\b", made)
    assert not re.search(r"\bOWNER\b|\bREPO\b", made)


def test_the_version_stands_beside_the_commit() -> None:
    assert f'rev: "{PIN.commit}" # v1.2.3\n' in fill.text("pre-commit-config.yaml", PIN)


def test_without_a_commit_nothing_is_made_up() -> None:
    with pytest.raises(ValueError, match="no commit of it is named"):
        fill.text("pre-commit-config.yaml")
    assert "sessions.register()" in fill.text("noxfile.py")


def test_an_installation_without_the_starter_says_so() -> None:
    with pytest.raises(IncompleteError, match="lacks a starter"):
        fill.text("none.yml")


def test_uv_is_the_one_of_our_lock() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    (uv,) = (package for package in lock["package"] if package["name"] == "uv")
    requirement = fill.uv_requirement()
    assert requirement.startswith(f"uv=={uv['version']} --hash=sha256:")
    hashes = re.findall(r"--hash=(sha256:[0-9a-f]{64})(?: |$)", requirement)
    wheels = {wheel["hash"]: wheel["url"] for wheel in uv["wheels"]}
    assert len(hashes) == len(set(hashes)) == requirement.count("--hash")
    assert {"x86_64", "aarch64"} == {
        part for digest in hashes for part in ("x86_64", "aarch64") if part in wheels[digest]
    }


def test_the_digest_of_an_image_is_no_commit() -> None:
    """What its owner has to fill in is left for its owner."""
    assert not fill.needs_pin(f"image: app@sha256:{'0' * 64}\n")
    assert "0" * 64 in fill.text("kubernetes.yml")
