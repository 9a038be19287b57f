from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import IncompleteError, UsageError
from pipeline.files import digest
from pipeline.model import Artefact, Evidence, File, Policy, Status, Target
from pipeline.store import Output, Plan, Recorded, decode, encode

PLAN = Plan(
    root="/somewhere",
    as_of=date(2026, 1, 2),
    offline=True,
    checks=("dependencies", "secrets"),
    target=Target(name="x", git=None, files=0),
    policy=Policy(),
)
CLEAN = Evidence(check="dependencies", status=Status.CLEAN)


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / ".supply-chain")


def test_a_plan_comes_back_as_it_was_written(output: Output) -> None:
    plan = output.begin(PLAN)
    assert output.plan() == plan
    assert replace(plan, token="") == PLAN
    assert (output.folder / ".gitignore").read_text() == "*\n"


def test_evidence_comes_back_in_planned_order(output: Output) -> None:
    plan = output.begin(PLAN)
    secrets = Evidence(check="secrets", status=Status.SKIPPED, reason="because")
    output.record(plan, secrets, seconds=1.23456)
    output.record(plan, CLEAN, seconds=2)
    assert output.evidence(plan) == (
        Recorded(token=plan.token, evidence=CLEAN, seconds=2),
        Recorded(token=plan.token, evidence=secrets, seconds=1.235),
    )


def test_evidence_of_another_run_is_missing(output: Output) -> None:
    old = output.begin(PLAN)
    output.record(old, CLEAN, seconds=0)
    kept = (output.folder / "evidence" / "dependencies.json").read_bytes()
    plan = output.begin(PLAN)
    assert output.evidence(plan) == ()
    # Put back by somebody, or committed by the scanned repository: still of another run.
    (output.folder / "evidence" / "dependencies.json").write_bytes(kept)
    assert output.evidence(plan) == ()


def test_evidence_under_another_name_is_missing(output: Output) -> None:
    plan = output.begin(PLAN)
    output.record(plan, CLEAN, seconds=0)
    folder = output.folder / "evidence"
    (folder / "dependencies.json").rename(folder / "secrets.json")
    assert output.evidence(plan) == ()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"token": 1}'])
def test_unreadable_evidence_is_errored(output: Output, content: bytes) -> None:
    plan = output.begin(PLAN)
    (output.folder / "evidence" / "dependencies.json").write_bytes(content)
    (found,) = output.evidence(plan)
    assert found.evidence.status is Status.ERRORED
    assert found.evidence.check == "dependencies"


def test_beginning_drops_the_demonstration_where_it_leaves_its_run(tmp_path: Path) -> None:
    for name, stays in ((".supply-chain", False), ("elsewhere", True)):
        folder = tmp_path / name
        (folder / "demo" / "report").mkdir(parents=True)
        Output(folder).begin(PLAN)
        assert (folder / "demo").exists() is stays


def test_beginning_drops_an_earlier_report(output: Output) -> None:
    output.begin(PLAN)
    (output.report / "report.json").write_text("old")
    output.begin(PLAN)
    assert list(output.report.iterdir()) == []


def test_a_link_in_place_of_the_folder_is_refused(output: Output, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    output.folder.symlink_to(elsewhere)
    with pytest.raises(UsageError, match="not a folder of ours"):
        output.begin(PLAN)
    assert (elsewhere / "kept").exists()


def test_a_link_below_the_folder_is_refused(output: Output, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    output.folder.mkdir()
    (output.folder / "evidence").symlink_to(elsewhere)
    with pytest.raises(UsageError, match="not a folder of ours"):
        output.begin(PLAN)


def test_a_file_in_place_of_the_folder_is_refused(output: Output) -> None:
    output.folder.write_text("mine")
    with pytest.raises(UsageError, match="not a folder of ours"):
        output.begin(PLAN)
    assert output.folder.read_text() == "mine"


def test_without_a_run_there_is_no_plan(output: Output) -> None:
    with pytest.raises(UsageError, match="no run was started"):
        output.plan()


def test_a_plan_that_cannot_be_opened_is_incomplete(output: Output) -> None:
    (output.folder / "plan.json").mkdir(parents=True)
    with pytest.raises(IncompleteError):
        output.plan()


def test_an_unwritable_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IncompleteError, match="cannot be written"):
        Output(tmp_path / "file" / "x").begin(PLAN)


def test_values_round_trip_with_sorted_keys() -> None:
    content = encode(CLEAN)
    assert decode(content, Evidence, where="x") == CLEAN
    assert content.endswith(b"}\n")
    with pytest.raises(IncompleteError, match="not a plan of this version"):
        decode(content, Plan, where="x")


# ------------------------------------------------------------------------------ a check's files


def test_a_checks_files_are_kept_below_its_own_folder_with_their_digests(output: Output) -> None:
    output.begin(PLAN)
    files = (
        File(path="1.7/all.json", content=b"{}", media_type="application/json"),
        File(path="b.txt", content=b"b", media_type="text/plain"),
    )
    assert output.keep("secrets", files) == (
        Artefact(path="secrets/1.7/all.json", digest=digest(b"{}"), media_type="application/json"),
        Artefact(path="secrets/b.txt", digest=digest(b"b"), media_type="text/plain"),
    )
    assert (output.folder / "secrets" / "1.7" / "all.json").read_bytes() == b"{}"


@pytest.mark.parametrize("path", ["", ".", "/etc/x", "../plan.json", "a/../../plan.json"])
def test_a_check_cannot_write_elsewhere(output: Output, path: str) -> None:
    output.begin(PLAN)
    with pytest.raises(ValueError, match="no path below"):
        output.keep("secrets", [File(path=path, content=b"", media_type="x")])


def test_files_of_an_earlier_run_are_dropped_even_of_checks_that_are_not_planned(
    output: Output,
) -> None:
    output.begin(PLAN)
    for check in ("secrets", "sbom", "foreign"):
        output.keep(check, [File(path="a", content=b"", media_type="x")])
    output.begin(PLAN, checks=("secrets", "sbom"))
    assert not (output.folder / "secrets").exists()
    assert not (output.folder / "sbom").exists()
    assert (output.folder / "foreign" / "a").exists(), "what is not ours is left alone"


def test_a_link_in_place_of_a_checks_folder_is_refused(output: Output, tmp_path: Path) -> None:
    output.begin(PLAN)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (output.folder / "secrets").symlink_to(elsewhere)
    with pytest.raises(UsageError, match="not a folder of ours"):
        output.begin(PLAN)


# ------------------------------------------------------------------------------- signatures


def sign(output: Output, *paths: str) -> None:
    """What a signing leaves, as far as removing it is concerned."""
    files = [{"path": path, "sha256": "ab" * 32} for path in paths]
    manifest = {"schema": "supply-chain-manifest/1", "files": files, "artefacts": []}
    (output.folder / "manifest.json").write_bytes(encode(manifest))
    (output.folder / "attestations").mkdir(exist_ok=True)
    names = ("SHA256SUMS", "attestations.jsonl", "attestations/vsa.sigstore.json")
    for name in (*names, "manifest.json.sigstore.json", "plan.json.sigstore.json"):
        (output.folder / name).write_text("{}")


def test_signatures_of_an_earlier_report_are_removed(output: Output) -> None:
    output.begin(PLAN)
    before = sorted(output.folder.rglob("*"))
    sign(output, "plan.json", "gone.json")
    output.unsign()
    assert sorted(output.folder.rglob("*")) == before
    sign(output, "plan.json")
    output.begin(PLAN)
    assert sorted(output.folder.rglob("*")) == before


def test_removing_signatures_leaves_everything_else_alone(output: Output, tmp_path: Path) -> None:
    output.begin(PLAN)
    outside = tmp_path / "plan.json.sigstore.json"
    outside.write_text("{}")
    (tmp_path / "linked").mkdir()
    linked = tmp_path / "linked" / "a.sigstore.json"
    linked.write_text("{}")
    (output.folder / "link").symlink_to(tmp_path / "linked")
    other = output.folder / "other.sigstore.json"
    other.write_text("{}")
    sign(output, "../plan.json", "link/a", "")
    output.unsign()
    assert (outside.exists(), linked.exists(), other.exists()) == (True, True, True)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"schema": "x/1", "files": []}', b'{"files": []}', b"{"]
)
def test_a_manifest_of_somebody_else_stays(output: Output, content: bytes) -> None:
    output.begin(PLAN)
    sums = output.folder / "SHA256SUMS"
    sums.write_text("-")
    (output.folder / "manifest.json").write_bytes(content)
    output.unsign()
    assert sums.exists()
    assert (output.folder / "manifest.json").exists()


def test_a_link_is_not_followed_when_statements_are_removed(output: Output, tmp_path: Path) -> None:
    output.begin(PLAN)
    sign(output)
    outside = tmp_path / "outside"
    (output.folder / "attestations").rename(outside)
    (output.folder / "attestations").symlink_to(outside)
    output.unsign()
    assert list(outside.iterdir())
