"""Which files a manifest lists, how it is written, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SignatureError, UsageError
from pipeline.signing import manifest
from pipeline.signing.manifest import Artefact, Manifest, gather, hash_file, image, read, walk
from pipeline.trust.refused import RefusedError
from tests.signing.reports import write_report

DIGEST = "ab" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_report(tmp_path / "out").folder


def test_every_file_of_the_folder_is_listed_and_nothing_of_the_signing(folder: Path) -> None:
    found = gather(folder)
    assert sorted(walk(folder)) == sorted(found.files)
    assert {"plan.json", "evidence/dependencies.json", "report/report.json"} <= found.files.keys()
    assert "sbom/1.7/repository.cdx.json" in found.files
    assert ".gitignore" not in found.files
    for name in (
        "manifest.json",
        "SHA256SUMS",
        "attestations.jsonl",
        "report/report.md.sigstore.json",
    ):
        (folder / name).write_text("{}")
    (folder / "attestations").mkdir()
    (folder / "attestations" / "vsa.sigstore.json").write_text("{}")
    assert gather(folder) == found


def test_the_sums_are_for_the_tool_that_everybody_has(folder: Path) -> None:
    found = gather(folder)
    (folder / "manifest.json").write_bytes(found.render())
    (folder / "SHA256SUMS").write_bytes(found.sums())
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == len(found.files) + 1


def test_odd_names_are_escaped_as_that_tool_does(tmp_path: Path) -> None:
    name = "a\\b\nc"
    (tmp_path / name).write_text("x")
    sums = Manifest(files={name: hash_file(tmp_path / name)}).sums().splitlines(keepends=True)
    assert sums[0].startswith(b"\\")
    done = subprocess.run(
        ["sha256sum", "--check", "-"], cwd=tmp_path, input=sums[0], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_artefacts_are_files_and_images(folder: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "shop.whl"
    wheel.write_bytes(b"x")
    found = gather(folder, [str(wheel), f"ghcr.io/acme/shop@sha256:{DIGEST}", str(wheel)])
    assert found.artefacts == (
        Artefact("ghcr.io/acme/shop", DIGEST),
        Artefact("shop.whl", hashlib.sha256(b"x").hexdigest(), wheel),
    )
    again = read(found.render(), "a")
    assert [(item.name, item.sha256, item.path is None) for item in again.artefacts] == [
        ("ghcr.io/acme/shop", DIGEST, True),
        ("shop.whl", hashlib.sha256(b"x").hexdigest(), False),
    ]


def test_the_same_folder_gives_the_same_bytes(folder: Path) -> None:
    assert gather(folder).render() == gather(folder).render()
    assert read(gather(folder).render(), "a").files == gather(folder).files


@pytest.mark.parametrize("text", ["missing.whl", ".", "shop@sha256:12", "shop:latest"])
def test_an_artefact_that_is_not_there(folder: Path, text: str) -> None:
    with pytest.raises(UsageError, match="no such artefact"):
        gather(folder, [text])


def test_two_artefacts_of_one_name(folder: Path, tmp_path: Path) -> None:
    names = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "shop.whl").write_text(place)
        names.append(str(tmp_path / place / "shop.whl"))
    with pytest.raises(UsageError, match="two artefacts"):
        gather(folder, names)


def test_without_a_report_there_is_nothing_to_sign(tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="no report to sign"):
        gather(tmp_path)


@pytest.mark.parametrize("kind", ["file", "folder", "pipe"])
@pytest.mark.parametrize("name", ["report/odd", "attestations"])
def test_only_plain_files_are_signed(folder: Path, kind: str, name: str) -> None:
    path = folder / name
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(folder / "plan.json" if kind == "file" else folder / "evidence")
    with pytest.raises(SignatureError, match="no plain file"):
        gather(folder)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="cannot be read"):
        hash_file(tmp_path)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"shop@sha256:{DIGEST}", ("shop", DIGEST)),
        (f"localhost:5000/a/b:1.0@sha256:{DIGEST}", ("localhost:5000/a/b:1.0", DIGEST)),
        (f"shop@sha256:{DIGEST}0", None),
        (f"shop@sha512:{DIGEST}", None),
        (f"../shop@sha256:{DIGEST}", None),
        ("shop.whl", None),
    ],
)
def test_images_are_told_from_files(text: str, wanted: tuple[str, str] | None) -> None:
    assert image(text) == wanted


def whole(**more: Any) -> dict[str, Any]:
    return {"schema": manifest.SCHEMA, "files": [], "artefacts": [], **more}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        whole(schema="supply-chain-manifest/2"),
        whole(files=[{"path": "a"}]),
        whole(files=[{"path": "../a", "sha256": DIGEST}]),
        whole(files=[{"path": "/a", "sha256": DIGEST}]),
        whole(files=[{"path": "a//b", "sha256": DIGEST}]),
        whole(files=[{"path": "a\\b", "sha256": DIGEST}]),
        whole(files=[{"path": "a", "sha256": "ab"}]),
        whole(files=[{"path": "a", "sha256": 1}]),
        whole(files=[{"path": "a", "sha256": DIGEST}] * 2),
        whole(artefacts=[{"name": "a", "sha256": DIGEST}]),
        whole(files=1),
        whole(more=1),
    ],
)
def test_a_manifest_of_another_form_is_refused(document: Any) -> None:
    with pytest.raises(RefusedError) as error:
        read(json.dumps(document).encode(), "a")
    assert error.value.step == "manifest"


@settings(deadline=None)
@given(
    files=st.dictionaries(
        st.from_regex(r"[a-z]{1,3}(/[a-z]{1,3}){0,2}", fullmatch=True),
        st.binary(min_size=32, max_size=32).map(bytes.hex),
        max_size=4,
    )
)
def test_what_is_written_is_read_again(files: dict[str, str]) -> None:
    made = Manifest(files=files)
    assert read(made.render(), "a").files == files
    with pytest.raises(RefusedError):
        read(made.render() + b" ", "a")
