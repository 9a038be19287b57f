"""Which program runs, and why it may: nothing that does not match, and a denied one never."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import IncompleteError
from pipeline.tools import binaries as room
from pipeline.tools.binaries import RECEIPT, Binary, RefusedError, find, folder, need, sha256
from pipeline.tools.pins import pin
from tests.kit.goprogram import elf, modules, program, section

Write = Callable[[bytes], Path]


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, nothing in `PATH`, and no program named."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY", raising=False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """An executable file with this content, in the only folder of `PATH`."""

    def write(content: bytes) -> Path:
        path = tmp_path / "path" / "trivy"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def install(tmp_path: Path) -> Write:
    """A program with a receipt in our own folder."""

    def install(content: bytes) -> Path:
        path = tmp_path / "new"
        path.write_bytes(content)
        place = folder(pin("trivy")) / sha256(path)
        place.mkdir(parents=True)
        path.rename(place / "trivy")
        receipt = {
            "name": "trivy",
            "version": "0.74.0",
            "digest": f"sha256:{place.name}",
            "obtained": "its release",
            "verified": "its signature",
        }
        (place / RECEIPT).write_text(json.dumps(receipt))
        return place / "trivy"

    return install


def test_there_is_none() -> None:
    assert find("trivy") is None
    with pytest.raises(IncompleteError, match="trivy is not installed") as caught:
        need("trivy")
    assert "supply-chain tools install trivy" in caught.value.fix


def test_one_that_was_built_from_the_released_module_is_used(write: Write) -> None:
    path = write(program())
    found = find("trivy")
    assert found
    assert found.path == path
    record = found.record
    assert (record.name, record.version, record.obtained) == ("trivy", "0.74.0", "PATH")
    assert record.digest == f"sha256:{sha256(path)}"
    assert "h1:B2/h1Aehsq" in record.verified


def test_the_order_policy_environment_own_folder_path(
    write: Write, install: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def used(path: str = "") -> tuple[Path, str]:
        found = need("trivy", path=path)
        return found.path, found.record.obtained

    in_path = write(program())
    assert used() == (in_path, "PATH")
    own = install(program() + b"own")
    assert used() == (own, "its release")
    for name in ("environment", "policy"):
        (tmp_path / name).write_bytes(program())
    monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(tmp_path / "environment"))
    assert used() == (tmp_path / "environment", "named by SUPPLY_CHAIN_TRIVY")
    policy = tmp_path / "policy"
    assert used(str(policy)) == (policy, "named by the policy")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (program("v0.73.0"), "trivy 0.73.0 is not the pinned 0.74.0"),
        (program(checksum="h1:other="), "does not tell that it was built from the released"),
        (program(checksum=""), "does not tell that it was built from the released"),
        (program("v0.74.0+dirty"), "does not tell that it was built from the released"),
        (program(module="example.com/evil"), "it is not trivy, but built from example.com/evil"),
        (program("(devel)"), "version cannot be told"),
        (b"#!/bin/sh\n", "version cannot be told"),
        (elf(section(modules(more="=>\t../own\t(devel)\t\n"))), "other code stands in"),
        (
            elf(section(modules(package="github.com/aquasecurity/trivy/cmd/other"))),
            "does not tell that it was built from the released",
        ),
    ],
)
@pytest.mark.parametrize("route", ["PATH", "environment", "policy"])
def test_what_does_not_match_is_refused_wherever_it_stands(
    write: Write, content: bytes, why: str, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(content)
    if route == "PATH":
        assert find("trivy") is None
        with pytest.raises(IncompleteError, match=why) as missing:
            need("trivy")
        assert missing.value.what.startswith(f"trivy is not installed, and the one at {path} is")
        assert "supply-chain tools install trivy" in missing.value.fix
        return
    if route == "environment":
        monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(path))
    with pytest.raises(RefusedError, match=why) as caught:
        find("trivy", path=str(path) if route == "policy" else "")
    assert caught.value.where == str(path)
    assert caught.value.fix


DENIED = [
    "v0.69.4",
    "v0.69.5",
    "v0.69.6",
    "v0.69.4+dirty",
    "v0.69.5-0.20260319120000-0123456789ab",
]


@pytest.mark.parametrize("version", DENIED)
@pytest.mark.parametrize("checksum", ["h1:any=", ""])
def test_a_denied_release_never_runs(
    write: Write,
    install: Write,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    checksum: str,
) -> None:
    """Not from `PATH`, not where somebody names it, not with its digest, not from our folder."""
    content = program(version, checksum=checksum)
    path = write(content)
    own = install(content)
    for named, accepted in (("", ()), (str(path), ()), (str(path), (sha256(path),))):
        with pytest.raises(RefusedError, match=r"must never run: .*CVE-2026-33634"):
            find("trivy", path=named, accepted=accepted)
    own.parent.joinpath(RECEIPT).unlink()
    with pytest.raises(RefusedError, match="must never run"):
        find("trivy")
    monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(path))
    with pytest.raises(RefusedError, match="must never run"):
        find("trivy", accepted=(sha256(path),))


def test_a_denied_digest_never_runs(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(program())
    digest = sha256(path)
    wanted = pin("trivy")
    denied = replace(wanted, denied=replace(wanted.denied, sha256=(digest,)))
    monkeypatch.setattr(room, "pin", lambda _: denied)
    with pytest.raises(RefusedError, match=r"trivy 0\.74\.0 must never run"):
        find("trivy", accepted=(digest,))


def test_the_policy_may_vouch_for_another_build_by_its_digest(write: Write) -> None:
    path = write(program("v0.75.1", checksum=""))
    found = find("trivy", accepted=("0" * 64, sha256(path)))
    assert found
    assert found.record.version == "0.75.1"
    assert found.record.verified == "its digest, which the policy names"
    path.write_bytes(program("v0.75.1", checksum="") + b"changed")
    with pytest.raises(IncompleteError, match=r"0\.75\.1 is not the pinned"):
        need("trivy", accepted=("0" * 64,))


def test_the_program_of_the_release_is_known_by_its_digest(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(program("(devel)"))  # as it may be built
    wanted = pin("trivy")
    file = replace(next(iter(wanted.release.files.values())), program=sha256(path))
    released = replace(wanted, release=replace(wanted.release, files={"linux-x86_64": file}))
    monkeypatch.setattr(room, "pin", lambda _: released)
    found = find("trivy")
    assert found
    assert found.record.version == "0.74.0"
    assert found.record.verified == "its digest, that of the program in the release 0.74.0"
    path.write_bytes(program("(devel)") + b"changed")
    assert find("trivy") is None


def test_a_digest_does_not_help_where_the_version_cannot_be_told(write: Write) -> None:
    path = write(program("(devel)"))
    with pytest.raises(IncompleteError, match="cannot be told"):
        need("trivy", accepted=(sha256(path),))


def test_what_is_named_and_missing_is_an_error_even_if_another_is_there(
    write: Write, tmp_path: Path
) -> None:
    write(program())
    with pytest.raises(IncompleteError, match="cannot be read: No such file"):
        find("trivy", path=str(tmp_path / "missing"))
    with pytest.raises(IncompleteError, match="cannot be read"):
        find("trivy", path=str(tmp_path))


# ---------------------------------------------------------------------- the scanned repository


@pytest.mark.parametrize("route", ["PATH", "environment", "policy", "own folder"])
def test_what_stands_in_the_scanned_repository_may_say_what_it_likes(
    write: Write, install: Write, tmp_path: Path, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = install(program()) if route == "own folder" else write(program())
    if route == "environment":
        monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(path))
    named = str(path) if route == "policy" else ""
    assert find("trivy", path=named, root=str(tmp_path / "elsewhere"))
    (tmp_path / "link").symlink_to(tmp_path)
    for root in (tmp_path, tmp_path / "link"):
        if route == "PATH":
            assert find("trivy", root=str(root)) is None
        with pytest.raises(IncompleteError, match="it stands in the scanned repository"):
            need("trivy", path=named, root=str(root))
        assert need("trivy", path=named, root=str(root), accepted=(sha256(path),)).path == path


@pytest.mark.parametrize("entry", ["", ".", "bin"])
def test_a_relative_entry_of_path_is_passed_over(
    tmp_path: Path, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    for folder_ in (tmp_path, tmp_path / "bin"):
        (folder_ / "trivy").write_bytes(program())
        (folder_ / "trivy").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{entry}:/nowhere")
    assert find("trivy") is None


# ------------------------------------------------------------------------------ our own folder


def test_what_was_installed_is_used_with_what_is_known_of_it(install: Write) -> None:
    path = install(program("(devel)"))  # as releases may be built: their archive was verified
    found = find("trivy")
    assert found == Binary(path=path, record=found.record if found else None)  # type: ignore[arg-type]
    assert found.record.verified == "its signature"


@pytest.mark.parametrize("change", ["program", "receipt", "digest", "other", "shape"])
def test_what_changed_since_is_refused(install: Write, change: str) -> None:
    path = install(program())
    receipt = path.with_name(RECEIPT)
    told = json.loads(receipt.read_text())
    if change == "program":
        path.write_bytes(program() + b"more")
    elif change == "receipt":
        receipt.write_text("{")
    elif change == "digest":
        receipt.write_text(json.dumps(told | {"digest": "sha256:" + "0" * 64}))
    elif change == "other":
        receipt.write_text(json.dumps(told | {"name": "grype"}))
    else:
        receipt.write_text(json.dumps([told]))
    with pytest.raises(RefusedError, match="not what was installed") as caught:
        find("trivy")
    assert "tools install trivy" in caught.value.fix


def test_another_program_in_our_folder_is_refused(install: Write) -> None:
    install(program(module="example.com/evil"))
    with pytest.raises(RefusedError, match=r"built from example\.com/evil"):
        find("trivy")


def test_a_folder_without_a_receipt_was_never_finished(install: Write) -> None:
    install(program()).with_name(RECEIPT).unlink()
    assert find("trivy") is None


def test_the_real_one_is_what_it_says(trivy: Binary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(trivy.path))
    assert need("trivy").record.digest == trivy.record.digest
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY")
    monkeypatch.setenv("PATH", str(trivy.path.parent))
    assert need("trivy").record.obtained == "PATH"
    assert os.access(trivy.path, os.X_OK)
