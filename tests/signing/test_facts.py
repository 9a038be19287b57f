"""What statements are made from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import SignatureError
from pipeline.model import Policy
from pipeline.report.report_json import SCHEMA
from pipeline.signing.facts import LAYOUT, VERIFIER, Facts, gather_facts
from pipeline.signing.manifest import Artefact, gather
from pipeline.trust.certificate import Holder
from tests.signing.reports import COMMIT, POLICY, TARGET, write_report

HOLDER = Holder(identity="https://github.com/acme/shop/.github/workflows/a.yml@main", issuer="i")


def facts(folder: Path, holder: Holder | None = None) -> Facts:
    return gather_facts(folder, gather(folder), holder)


def test_the_layout_is_the_one_that_reports_have() -> None:
    assert LAYOUT == SCHEMA


def test_subjects_are_the_report_the_manifest_and_the_artefacts(tmp_path: Path) -> None:
    folder = write_report(tmp_path).folder
    made = facts(folder)
    made = replace(made, manifest=replace(made.manifest, artefacts=(Artefact("a", "ab" * 32),)))
    digests = {item.name: item.sha256 for item in made.subjects}
    assert digests == {
        "report/report.json": hashlib.sha256(
            (folder / "report/report.json").read_bytes()
        ).hexdigest(),
        "manifest.json": hashlib.sha256(made.manifest.render()).hexdigest(),
        "a": "ab" * 32,
    }


@pytest.mark.parametrize(
    ("holder", "verifier"),
    [
        (None, VERIFIER),
        (HOLDER, HOLDER.identity),
        (Holder(identity="a@example.org", issuer="i"), "mailto:a@example.org"),
    ],
)
def test_who_vouches(tmp_path: Path, holder: Holder | None, verifier: str) -> None:
    assert facts(write_report(tmp_path).folder, holder).verifier == verifier


def test_the_policy_by_its_file_or_by_what_held(tmp_path: Path) -> None:
    named = facts(write_report(tmp_path / "a").folder).policy
    assert named == {
        "uri": "file:supply-chain.yml",
        "digest": {"sha256": hashlib.sha256(POLICY).hexdigest()},
    }
    plain = facts(write_report(tmp_path / "b", rules=Policy()).folder).policy
    other = facts(write_report(tmp_path / "c", rules=Policy(fail_on=None)).folder).policy
    assert plain["uri"] == "file:built-in%20defaults"
    assert plain["digest"] != other["digest"], "other settings are another policy"


def test_what_was_judged(tmp_path: Path) -> None:
    assert TARGET.git
    known = facts(write_report(tmp_path / "a").folder)
    assert known.resource == f"git+https://github.com/acme/shop@{COMMIT}"
    local = replace(TARGET, git=replace(TARGET.git, remote=None))
    assert facts(write_report(tmp_path / "b", target=local).folder).resource == (
        f"pkg:generic/shop@{COMMIT}"
    )
    bare = replace(TARGET, git=None)
    assert facts(write_report(tmp_path / "c", target=bare).folder).resource == (
        "pkg:generic/shop@unknown"
    )


def test_the_moment_is_the_report_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert facts(write_report(tmp_path / "a").folder).moment == "2026-11-01T00:00:00Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert facts(write_report(tmp_path / "b", run=True).folder).moment == "2026-11-01T12:00:03Z"


def test_a_file_that_changes_meanwhile(tmp_path: Path) -> None:
    folder = write_report(tmp_path).folder
    listed = gather(folder)
    (folder / "report/report.json").write_bytes(b"{}")
    with pytest.raises(SignatureError, match="changed while it was signed"):
        gather_facts(folder, listed, None)


@pytest.mark.parametrize(
    "content", [b"", b"[]", json.dumps({"schema": "x/2"}).encode(), b"[" * 9999]
)
def test_a_report_of_another_version(tmp_path: Path, content: bytes) -> None:
    folder = write_report(tmp_path).folder
    (folder / "report/report.json").write_bytes(content)
    with pytest.raises(SignatureError):
        facts(folder)


def test_a_file_that_is_not_the_one_the_check_left(tmp_path: Path) -> None:
    folder = write_report(tmp_path).folder
    path = folder / "sbom/1.7/repository.cdx.json"
    assert facts(folder).left.keys() == {"sbom/1.7/repository.cdx.json"}
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SignatureError, match="not what the check left"):
        facts(folder)
    path.unlink()
    with pytest.raises(SignatureError, match="not what the check left"):
        facts(folder)
