"""`supply-chain verify`: reports, single files, images, and bundles of others."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.trust import roots
from tests.signing.conftest import (
    Command,
    Key,
    Told,
    Trusted,
    command,
    dist,
    key,
    no_job,
    original,
    signed,
    trusted,
)

__all__ = ["command", "dist", "key", "no_job", "original", "signed", "trusted"]  # fixtures

DATA = Path(__file__).parents[1] / "data" / "trust"
RELEASE = "pypi_attestations-0.0.19.tar.gz"
DIGEST = "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3"
PUBLISHER = (
    "--identity",
    "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19",
    *("--issuer", "https://token.actions.githubusercontent.com"),
)


def test_a_table_of_what_was_checked(command: Command, signed: Path, trusted: Trusted) -> None:
    told = command("verify", signed, *trusted.options)
    assert (told.code, told.err) == (0, "")
    steps = "digest, media type, signature, certificate, transparency log, timestamp, identity"
    assert f"ok: {steps}\n    manifest.json\n" in told.out
    assert f"signed by: {trusted.stack.identity}" in told.out
    assert "run https://github.com/acme/shop/actions/runs/42/attempts/1" in told.out
    assert f"trusted: {trusted.root_file.name} (sha256:" in told.out
    assert "VERIFIED: " in told.out
    report = f"report: compliant for git+https://github.com/acme/shop@{'a' * 40}, of 2026-11-01T"
    assert report in told.out


def test_the_reason_of_a_refusal(command: Command, signed: Path, trusted: Trusted) -> None:
    (signed / "report/report.md").write_text("changed")
    told = command("verify", signed, *trusted.options)
    assert told.code == 4
    assert "REFUSED report/report.md: digest: it was changed" in told.out
    assert "REFUSED: 1 of " in told.out
    quiet = command("verify", "-q", signed, *trusted.options)
    assert "ok:" not in quiet.out
    assert "REFUSED report/report.md" in quiet.out


def test_json(command: Command, signed: Path, trusted: Trusted) -> None:
    told = command("verify", signed, "--json", *trusted.options)
    assert told.json["schema"] == "supply-chain-verification/1"
    assert (told.json["verified"], told.json["signed"]) == (True, True)
    (about,) = told.json["reports"]
    assert (about["decision"], about["folder"]) == ("compliant", str(signed))
    manifest = told.json["items"][0]
    assert (manifest["what"], manifest["ok"]) == ("manifest.json", True)
    assert manifest["signed_by"]["identity"] == trusted.stack.identity
    commits, absent = told.json["notes"]
    assert "the workflow ran on https://github.com/acme/shop@c0ffee" in commits
    assert "not looked at: shop-1.0-py3-none-any.whl" in absent


def test_a_report_about_the_very_commit_needs_no_note(
    command: Command, tmp_path: Path, trusted: Trusted, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.signing.reports import TARGET, write_report  # noqa: PLC0415 - only here

    assert TARGET.git
    commit = trusted.stack.issuer.claims["sha"]
    remote = "https://github.com/acme/shop.git"
    target = replace(TARGET, git=replace(TARGET.git, commit=commit, remote=remote))
    folder = write_report(tmp_path / "out", target=target).folder
    for name, value in trusted.stack.ambient().items():
        monkeypatch.setenv(name, value)
    assert command("sign", "-q", "-o", folder, "--trust-config", trusted.config).code == 0
    assert command("verify", folder, "--json", *trusted.options).json["notes"] == []


def test_here_is_the_default(
    command: Command, signed: Path, trusted: Trusted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(signed.parent)
    assert command("verify", "-q", *trusted.options) == (0, "", "")


def test_artefacts_beside_the_report(
    command: Command, signed: Path, dist: Path, trusted: Trusted, tmp_path: Path
) -> None:
    assert command("verify", signed, dist, "-q", *trusted.options) == (0, "", "")
    moved = tmp_path / "elsewhere.whl"
    shutil.copyfile(dist, moved)
    assert command("verify", signed, moved, "-q", *trusted.options).code == 0, "by its digest"
    moved.write_bytes(b"other")
    told = command("verify", signed, moved, *trusted.options)
    assert told.code == 4
    assert f"REFUSED {moved}: signature: there is none" in told.out


def test_a_single_file(
    command: Command, dist: Path, signed: Path, trusted: Trusted, tmp_path: Path
) -> None:
    assert command("verify", dist, "-q", *trusted.options) == (0, "", "")
    lines = signed / "attestations.jsonl"
    assert command("verify", dist, "-q", "--bundle", lines, *trusted.options).code == 0
    sbom = signed / "sbom/1.7/repository.cdx.json"
    told = command("verify", sbom, "--bundle", lines, "--json", *trusted.options)
    assert told.json["items"][0]["refused_by"] == "subject"
    other = tmp_path / "other"
    other.write_text("other")
    told = command("verify", other, "--bundle", lines, "--json", *trusted.options)
    assert told.code == 4
    assert told.json["items"][0]["reason"] == "none of the attestations is about it"
    one = signed / "attestations/provenance.sigstore.json"
    told = command("verify", other, "--bundle", one, "--json", *trusted.options)
    assert told.json["items"][0]["refused_by"] == "subject"


def test_a_file_signed_with_a_key(command: Command, tmp_path: Path, key: Key) -> None:
    from tests.signing.reports import write_report  # noqa: PLC0415 - only here

    folder = write_report(tmp_path / "out").folder
    wheel = tmp_path / "a.whl"
    wheel.write_bytes(b"x")
    image = f"shop@sha256:{'ab' * 32}"
    assert command("sign", wheel, image, "-q", "-o", folder, "--key", key.private).code == 0
    assert command("verify", wheel, "-q", "--key", key.public).code == 0
    assert command("verify", folder, image, wheel, "-q", "--key", key.public).code == 0
    vsa = folder / "attestations/vsa.sigstore.json"
    assert command("verify", image, "-q", "--bundle", vsa, "--key", key.public).code == 0
    told = command("verify", image, "--key", key.public)
    assert told.code == 4
    assert "name one with --bundle" in told.out


# ------------------------------------------------------------------------ bundles of others


@pytest.mark.parametrize(
    "path",
    [
        DATA / f"{RELEASE}.slsa.attestation",
        DATA.parent / "checks" / "provenance" / f"{RELEASE}.provenance",
    ],
)
def test_a_release_from_the_index(command: Command, path: Path) -> None:
    name = f"{RELEASE}@sha256:{DIGEST}"
    told = command("verify", name, "--bundle", path, *PUBLISHER, "--ref", "refs/tags/v0.0.19")
    assert told.code == 0, told.out
    assert "pinned, of 2026-10-20" in told.out
    other = f"{RELEASE}@sha256:{'0' * 64}"
    told = command("verify", other, "--bundle", path, *PUBLISHER)
    assert told.code == 4
    assert "REFUSED" in told.out


def test_a_statement_with_the_longer_digest_alone(
    command: Command, trusted: Trusted, tmp_path: Path
) -> None:
    package = tmp_path / "shop-1.0.tgz"
    package.write_bytes(b"package")
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "shop", "digest": {"sha512": hashlib.sha512(b"package").hexdigest()}}],
        "predicateType": "https://example.org/x",
        "predicate": {},
    }
    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(trusted.signer().sign_statement(json.dumps(statement).encode()))
    told = command("verify", package, "-q", "--bundle", bundle, *trusted.options)
    assert told == (0, "", "")
    package.write_bytes(b"other")
    told = command("verify", package, "--json", "--bundle", bundle, *trusted.options)
    assert told.json["items"][0]["refused_by"] == "subject"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"a": 1}\n{"b": 2}'])
def test_what_is_no_bundle(command: Command, tmp_path: Path, key: Key, content: bytes) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "bundle").write_bytes(content)
    told = command(
        "verify", tmp_path / "file", "--bundle", tmp_path / "bundle", "--key", key.public
    )
    assert told.code == 4
    assert "media type" in told.out


# ------------------------------------------------------------------------------------- usage


def test_who_is_expected_has_to_be_said(command: Command, signed: Path, key: Key) -> None:
    for options in (
        (),
        ("--identity", "a"),
        ("--issuer", "a"),
        ("--key", str(key.public), "--issuer", "a"),
        ("--key", str(key.public), "--runner-environment", "a"),
        ("--key", "missing"),
        ("--allow-unsigned", "--issuer", "a"),
    ):
        told = command("verify", signed, *options)
        assert told.code == 2, options
        assert "To mend it" in told.err


def test_a_signed_report_still_needs_a_signer(command: Command, signed: Path) -> None:
    told = command("verify", signed, "--allow-unsigned")
    assert told.code == 2
    assert "it is signed" in told.err


def test_paths_and_bundles(
    command: Command, signed: Path, trusted: Trusted, tmp_path: Path
) -> None:
    missing = tmp_path / "missing"
    known = ("--trusted-root", trusted.root_file)
    for words in (
        (missing, *known),
        (signed, "--bundle", signed / "attestations.jsonl", *known),
        (signed, "--policy", missing, *known),
        (signed, "--trusted-root", missing),
        (signed, "--trust-config", trusted.root_file),
    ):
        assert command("verify", *words, *trusted.options[2:]).code == 2, words
    bare = tmp_path / "bare"
    bare.mkdir()
    told = command("verify", bare, *trusted.options)
    assert told.code == 4
    assert "there is no signed report" in told.err
    (bare / "file").write_text("x")
    told = command("verify", bare / "file", *trusted.options)
    assert told.code == 4
    assert "there is none: file.sigstore.json" in told.out


def test_a_configuration_is_as_good_as_its_root(
    command: Command, signed: Path, trusted: Trusted
) -> None:
    told = command("verify", signed, "-q", "--trust-config", trusted.config, *trusted.options[2:])
    assert told == (0, "", "")


def test_a_refreshed_root_is_kept(
    command: Command,
    signed: Path,
    trusted: Trusted,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def fetch() -> roots.Root:
        return roots.Root("fetched", trusted.root.content, roots.PINNED_ON.replace(year=2099))

    monkeypatch.setattr(roots, "refresh", fetch)
    told = command("verify", signed, "--refresh-trust", *trusted.options[2:])
    assert told.code == 0
    assert "trusted: fetched" in told.out
    kept = list((tmp_path / "cache").rglob(roots.KEPT))
    assert json.loads(kept[0].read_bytes())["as_of"].startswith("2099")
    told = command("verify", signed, *trusted.options[2:])
    assert told.code == 0, "it is used from then on"
    assert "refreshed, of 2099" in told.out
    monkeypatch.chdir(tmp_path)
    told = command("verify", signed, *trusted.options[2:])
    assert told.code == 4, "what one stands in could have brought it along"
    assert "public good instance, pinned" in told.out


# ---------------------------------------------------------------------------------- controls


def outcomes(told: Told) -> dict[str, str]:
    return {item["id"]: item["outcome"] for item in told.json["controls"]}


def test_what_a_report_cannot_answer_for_itself(
    command: Command, signed: Path, dist: Path, trusted: Trusted
) -> None:
    told = command("verify", signed, dist, "--json", *trusted.options)
    assert outcomes(told) == {
        "GATE-02": "pass",
        "SIGN-01": "pass",
        "SIGN-02": "pass",
        "SBOM-04": "pass",
    }
    (gate, *_) = told.json["controls"]
    assert {"framework": "SSDF-1.1", "id": "PS.3.1", "counted": True} in gate["requirements"]
    assert "GATE-02 pass: a signature binds" in command("verify", signed, *trusted.options).out
    (signed / "report/report.md").write_text("changed")
    told = command("verify", signed, "--json", *trusted.options)
    assert outcomes(told) == {"GATE-02": "fail"}


def test_a_single_file_has_a_signature_but_no_statements(
    command: Command, dist: Path, trusted: Trusted
) -> None:
    told = command("verify", dist, "--json", *trusted.options)
    assert outcomes(told) == {"SIGN-01": "pass", "SIGN-02": "fail", "SBOM-04": "fail"}


def test_an_unsigned_report_answers_nothing(command: Command, tmp_path: Path) -> None:
    from tests.signing.reports import write_report  # noqa: PLC0415 - only here

    folder = write_report(tmp_path / "out").folder
    assert command("sign", "-q", "-o", folder, "--unsigned").code == 0
    told = command("verify", folder, "--json", "--allow-unsigned")
    assert outcomes(told) == {"GATE-02": "not_evaluated"}


def test_images(command: Command, tmp_path: Path, key: Key) -> None:
    from tests.signing.reports import write_report  # noqa: PLC0415 - only here

    folder = write_report(tmp_path / "out").folder
    image = f"shop@sha256:{'ab' * 32}"
    assert command("sign", image, "-q", "-o", folder, "--key", key.private).code == 0
    told = command("verify", folder, image, "--json", "--key", key.public)
    found = outcomes(told)
    assert found == {
        "GATE-02": "pass",
        "SIGN-01": "not_evaluated",
        "SIGN-02": "fail",
        "SBOM-04": "fail",
        "IMG-07": "not_evaluated",
    }
