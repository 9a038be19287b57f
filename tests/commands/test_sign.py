"""`supply-chain sign`: who signs, what it says, and its exit codes."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.fake import Response
from tests.kit.sigstore.standin import serving_sigstore
from tests.signing.conftest import Command, Key, Trusted, command, dist, key, no_job, trusted
from tests.signing.reports import write_report

__all__ = ["command", "dist", "key", "no_job", "trusted"]  # fixtures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_report(tmp_path / "out").folder


def bundles(folder: Path) -> int:
    return len(list(folder.rglob("*.sigstore.json")))


def as_job(monkeypatch: pytest.MonkeyPatch, trusted: Trusted) -> None:
    for name, value in trusted.stack.ambient().items():
        monkeypatch.setenv(name, value)


def test_a_job_signs_with_its_identity(
    command: Command, folder: Path, trusted: Trusted, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_job(monkeypatch, trusted)
    told = command("sign", dist, "-o", folder, "--trust-config", trusted.config)
    assert (told.code, told.err) == (0, "")
    assert f"signed by {trusted.stack.identity} (by {trusted.stack.issuer.url})" in told.out
    assert "6 statements" in told.out
    (line,) = [line for line in told.out.splitlines() if line.startswith("to verify: ")]
    words = shlex.split(line.removeprefix("to verify: supply-chain "))
    assert command(*words, "-q") == (0, "", "")
    assert command("verify", folder, dist, "-q", *trusted.options) == (0, "", "")


def test_json(
    command: Command, folder: Path, trusted: Trusted, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_job(monkeypatch, trusted)
    told = command("sign", "-o", folder, "--trust-config", trusted.config, "--json")
    assert told.json["signed_by"].startswith(trusted.stack.identity)
    assert "vsa" in told.json["statements"]
    assert told.json["not_claimed"] == {}
    assert all(Path(path).is_file() for path in told.json["written"])


def test_a_token_in_a_file(
    command: Command, folder: Path, trusted: Trusted, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(trusted.stack.token())
    told = command(
        "sign",
        "-q",
        "-o",
        folder,
        *("--identity-token-file", token, "--trust-config", trusted.config),
    )
    assert told == (0, "", "")


def test_a_job_without_the_permission(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    told = command("sign", "-o", folder)
    assert told.code == 4
    assert "id-token: write" in told.err
    assert not (folder / "manifest.json").exists()


def test_a_key_signs(command: Command, folder: Path, key: Key) -> None:
    told = command("sign", "-o", folder, "--key", key.private)
    assert told.code == 0
    assert "signed by the key sha256:" in told.out
    assert "not claimed: provenance: no certificate" in told.out
    assert "--key PUBLIC_KEY" in told.out
    assert command("verify", folder, "-q", "--key", key.public) == (0, "", "")


def test_nobody_signs(command: Command, folder: Path) -> None:
    told = command("sign", "-o", folder)
    assert told.code == 4
    assert "NOT SIGNED" in told.out
    assert "no CI job around with an identity" in told.err
    assert bundles(folder) == 0
    assert (folder / "attestations/vsa.unsigned.intoto.json").is_file()
    meant = command("sign", "-q", "-o", folder, "--unsigned")
    assert meant == (0, "", "")


def test_what_an_earlier_signing_left_is_removed(
    command: Command, folder: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("sign", "-o", folder, "--key", key.private).code == 0
    assert bundles(folder)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert command("sign", "-o", folder).code == 4
    assert bundles(folder) == 0
    assert not (folder / "attestations").exists()
    assert (folder / "report/report.json").is_file()


def test_a_report_that_is_made_anew_is_not_signed(command: Command, folder: Path, key: Key) -> None:
    assert command("sign", "-o", folder, "--key", key.private).code == 0
    assert command("report", "-q", "-o", folder).code == 0
    assert bundles(folder) == 0
    assert not (folder / "manifest.json").exists()


def test_a_service_that_is_down_leaves_nothing_half_signed(
    command: Command, folder: Path, dist: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = sorted(folder.rglob("*"))
    with serving_sigstore() as stack:
        for name, value in stack.ambient().items():
            monkeypatch.setenv(name, value)
        config, _ = stack.write(tmp_path)
        stack.servers["rekor"].handle = lambda _: Response(status=400, body={"message": "closed"})
        told = command("sign", dist, "-o", folder, "--trust-config", config)
    assert told.code == 4
    assert "the transparency log: it answered 400: closed" in told.err
    assert "nothing was written" in told.err
    assert sorted(folder.rglob("*")) == before


def test_a_deadline(
    command: Command, folder: Path, trusted: Trusted, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_job(monkeypatch, trusted)
    told = command("sign", "-o", folder, "--trust-config", trusted.config, "--deadline", "0.000001")
    assert told.code == 4
    assert "took longer than" in told.err
    assert bundles(folder) == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--public-key", "a"),
        ("--unsigned", "--trust-config", "a"),
        ("--key", "missing.pem"),
        ("--identity-token-file", "missing"),
        ("missing.whl",),
    ],
)
def test_usage(command: Command, folder: Path, options: tuple[str, ...]) -> None:
    told = command("sign", *options, "-o", folder)
    assert told.code == 2
    assert "To mend it" in told.err


@pytest.mark.parametrize("seconds", ["0", "-1", "x", "nan", "1e9"])
def test_a_deadline_is_a_number_of_seconds(command: Command, seconds: str) -> None:
    with pytest.raises(SystemExit) as error:
        command("sign", f"--deadline={seconds}")
    assert error.value.code == 2


def test_without_a_report(command: Command, tmp_path: Path) -> None:
    told = command("sign", "-o", tmp_path)
    assert told.code == 4
    assert "no report to sign" in told.err


def test_without_the_library(
    command: Command, folder: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys  # noqa: PLC0415 - only here

    monkeypatch.setitem(sys.modules, "sigstore.oidc", None)
    monkeypatch.setitem(sys.modules, "sigstore.errors", None)
    told = command("sign", "-o", folder)
    assert told.code == 4
    assert "'sigstore' is not installed" in told.err
    assert "supply-chain-pipeline[tools]" in told.err


def test_the_statements_of_a_failing_report_are_signed_too(
    command: Command, tmp_path: Path, key: Key
) -> None:
    from pipeline.model import Status  # noqa: PLC0415
    from tests.signing.reports import evidence, finding  # noqa: PLC0415 - only here

    folder = write_report(
        tmp_path / "bad", evidence(status=Status.FOUND, findings=(finding(),))
    ).folder
    assert command("sign", "-q", "-o", folder, "--key", key.private).code == 0
    told = command("verify", folder, "--json", "--key", key.public)
    assert told.code == 0, "a signature says who, not whether it is acceptable"
    bundle = json.loads((folder / "attestations/vsa.sigstore.json").read_bytes())
    assert bundle["dsseEnvelope"]["payload"]
