"""All signatures or none: what is written, what a fault leaves, and what is stale."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import files
from pipeline.errors import IncompleteError, SignatureError
from pipeline.signing.deadline import Deadline
from pipeline.signing.manifest import Manifest, gather
from pipeline.signing.sign import THREADS, drop_stale, side_by_side, sign, within, write_unsigned
from pipeline.trust.bundle import read
from tests.signing.conftest import Trusted
from tests.signing.reports import write_report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_report(tmp_path / "out").folder


def listing(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_everything_is_signed_by_one_certificate(
    folder: Path, trusted: Trusted, dist: Path
) -> None:
    before = listing(folder)
    found = sign(folder, gather(folder, [str(dist)]), trusted.signer(), Deadline(60))
    after = listing(folder)
    assert {name: after[name] for name in before} == before, "the files themselves stay as they are"
    signed = [name for name in (*before, "manifest.json", "SHA256SUMS") if name != ".gitignore"]
    assert {f"{name}.sigstore.json" for name in signed} <= after.keys()
    assert dist.with_name(dist.name + ".sigstore.json").is_file()
    attested = [name for name in after if name.startswith("attestations/")]
    assert len(attested) == len(found.statements) == 6
    assert sorted(after["attestations.jsonl"].splitlines()) == sorted(
        after[name].strip() for name in attested
    )
    certificates = {
        read(path.read_bytes(), "a").material["certificate"]["rawBytes"]
        for path in found.written
        if path.name.endswith(".sigstore.json")
    }
    assert len(certificates) == 1
    assert set(found.written) == {
        *(folder / name for name in after.keys() - before.keys()),
        dist.with_name(dist.name + ".sigstore.json"),
    }


@pytest.mark.parametrize("name", ["index.html", "sbom/1.7/other.cdx.json", "approved/report.json"])
def test_what_no_check_left_is_not_signed(folder: Path, name: str, dist: Path) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text('{"approved": true}')
    before = listing(folder)
    manifest = gather(folder, [str(dist)])
    with pytest.raises(SignatureError, match="no check left it") as caught:
        sign(folder, manifest, Failing(99, AssertionError()), Deadline(60))
    assert caught.value.where == name
    with pytest.raises(SignatureError, match="no check left it"):
        write_unsigned(folder, manifest)
    assert listing(folder) == before


def test_what_is_ours_beside_a_report_is_signed(folder: Path, trusted: Trusted) -> None:
    (folder / "summary.md").write_text("all projects")
    manifest = gather(folder)
    sign(folder, manifest, trusted.signer(), Deadline(60), beside=("summary.md",))
    assert (folder / "summary.md.sigstore.json").is_file()


class Failing:
    """A signer that fails at the `at`th signature."""

    holder = None
    told = "nobody"

    def __init__(self, at: int, error: BaseException) -> None:
        self.left = at
        self.error = error
        self.lock = threading.Lock()

    def sign_file(self, name: str, sha256: str, content: Callable[[], bytes]) -> bytes:
        return self.sign_statement(b"")

    def sign_statement(self, payload: bytes) -> bytes:
        with self.lock:
            self.left -= 1
            if self.left < 0:
                raise self.error
        return b"{}\n"


@pytest.mark.parametrize("at", [0, 3, 9])
@pytest.mark.parametrize("error", [SignatureError("down"), KeyboardInterrupt()])
def test_a_fault_leaves_everything_as_it_was(folder: Path, at: int, error: BaseException) -> None:
    before = listing(folder)
    with pytest.raises(type(error)):
        sign(folder, gather(folder), Failing(at, error), Deadline(60))
    assert listing(folder) == before


def test_a_full_disk_leaves_everything_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = listing(folder)
    write, left = files.write, [7]

    def fills(path: Path, content: bytes) -> None:
        left[0] -= 1
        if not left[0]:
            raise IncompleteError("cannot be written: no space")
        write(path, content)

    monkeypatch.setattr(files, "write", fills)
    with pytest.raises(IncompleteError, match="no space"):
        sign(folder, gather(folder), Failing(99, SignatureError("")), Deadline(60))
    assert listing(folder) == before


def test_a_file_that_changes_meanwhile_is_not_signed(folder: Path, trusted: Trusted) -> None:
    listed = gather(folder)
    (folder / "report/report.html").write_text("changed")
    before = listing(folder)
    with pytest.raises(SignatureError, match="changed while it was signed"):
        sign(folder, listed, trusted.signer(), Deadline(60))
    assert listing(folder) == before


def test_statements_without_a_signature_say_so_in_their_names(folder: Path) -> None:
    found = write_unsigned(folder, gather(folder))
    names = {path.relative_to(folder).as_posix() for path in found.written}
    assert names == {
        *("manifest.json", "SHA256SUMS"),
        *(f"attestations/{item.name}.unsigned.intoto.json" for item in found.statements),
    }
    statement = json.loads((folder / "attestations/vsa.unsigned.intoto.json").read_bytes())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"


def test_a_bundle_of_other_bytes_is_dropped(tmp_path: Path, trusted: Trusted) -> None:
    path = tmp_path / "shop.whl"
    path.write_bytes(b"x")
    digest = hashlib.sha256(b"x").hexdigest()
    beside = tmp_path / "shop.whl.sigstore.json"
    beside.write_bytes(trusted.signer().sign_file("a", digest, lambda: b"x"))
    assert drop_stale([(path, digest)]) == ()
    assert drop_stale([(path, hashlib.sha256(b"y").hexdigest())]) == (beside,)
    assert not beside.exists()
    beside.write_text("somebody's notes")
    assert drop_stale([(path, digest)]) == ()
    assert beside.exists()


# ------------------------------------------------------------------------------ side by side


def test_jobs_run_side_by_side_and_keep_their_names() -> None:
    meeting = threading.Barrier(THREADS)

    def job(number: int) -> bytes:
        if number < THREADS:
            meeting.wait(20)
        return b"%d" % number

    jobs = {Path(str(number)): (lambda number=number: job(number)) for number in range(20)}
    found = side_by_side(jobs, Deadline(60))
    assert found == {Path(str(number)): b"%d" % number for number in range(20)}


def test_nothing_is_begun_after_a_fault() -> None:
    begun = []

    def fail() -> bytes:
        begun.append(1)
        raise SignatureError("down")

    with pytest.raises(SignatureError, match="down"):
        side_by_side({Path(str(number)): fail for number in range(200)}, Deadline(60))
    assert len(begun) <= THREADS


def test_a_job_that_hangs_is_left_behind() -> None:
    release = threading.Event()
    try:
        with pytest.raises(SignatureError, match="longer than"):
            side_by_side({Path("a"): lambda: bytes(release.wait(30))}, Deadline(0.2))
    finally:
        release.set()
    time.sleep(0)


def test_one_job_within_the_deadline() -> None:
    assert within(Deadline(60), lambda: 7) == 7
    assert within(Deadline(60), lambda: None) is None


def test_no_job_at_all() -> None:
    assert side_by_side({}, Deadline(1)) == {}


def test_an_empty_manifest_still_has_its_sums() -> None:
    assert Manifest(files={}).sums().endswith(b"  manifest.json\n")
