from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.actions import entry, signature
from pipeline.cli import main
from pipeline.errors import SignatureError
from pipeline.signing import ambient
from tests.actions.conftest import CLEAN, Scanning
from tests.actions.test_publish import published
from tests.kit.sigstore.parts import Sigstore

Make = Callable[..., Scanning]


@pytest.fixture
def identity(sigstore_stack: Sigstore, monkeypatch: pytest.MonkeyPatch) -> Sigstore:
    """A private Sigstore, and the environment of a job that may ask for an identity."""
    for name, value in sigstore_stack.issuer.ambient().items():
        monkeypatch.setenv(name, value)
    return sigstore_stack


def signed(run: Scanning, sigstore: Sigstore, *keys: str) -> tuple[Path, tuple[str, ...]]:
    """The artifact after the job that signs, and what a verifier has to know."""
    artifact, _ = published(run, *keys)
    config, root = sigstore.write(run.folder)
    runner = run.job("sign", TRUST_CONFIG=str(config))
    shutil.copytree(artifact, runner.artifact)
    assert signature.sign_all(runner)
    believe = ("--identity", sigstore.identity, "--issuer", sigstore.issuer.url)
    return runner.artifact, ("--trusted-root", str(root), *believe)


def test_the_report_verifies_with_our_own_command(scanning: Make, identity: Sigstore) -> None:
    artifact, believe = signed(scanning(), identity, "repository.dependencies")
    assert main(["verify", str(artifact), *believe]) == 0
    (artifact / "verdict.json").write_text("{}")
    assert main(["verify", str(artifact), *believe]) == 4


def test_every_project_is_signed_by_itself(scanning: Make, identity: Sigstore) -> None:
    files = {"a/requirements.txt": "idna==3.10\n", "b/requirements.txt": "six==1.16.0\n"}
    run = scanning({**CLEAN, **files}, projects="a\nb")
    artifact, believe = signed(run, identity, "a.dependencies", "b.dependencies")
    for key in "ab":
        assert main(["verify", str(artifact / "projects" / key), *believe]) == 0
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=artifact, check=False).returncode == 0


def test_without_an_identity_nothing_is_signed(
    scanning: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scanning()
    artifact, _ = published(run, "repository.dependencies")
    runner = run.job("sign")
    shutil.copytree(artifact, runner.artifact)
    for name in ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(SignatureError, match="may not ask for an identity"):
        signature.sign_all(runner)
    monkeypatch.setattr(ambient, "find", lambda: None)
    with pytest.raises(SignatureError, match="no identity to sign with"):
        signature.sign_all(runner)
    assert not list(runner.artifact.rglob("*.sigstore.json"))


def test_without_a_report_there_is_nothing_to_sign(scanning: Make) -> None:
    runner = scanning().job("sign")
    runner.artifact.mkdir()
    (runner.artifact / "verdict.json").write_text('{"verdict": "incomplete", "exit_code": 3}')
    with pytest.raises(SignatureError, match="no report to sign"):
        signature.sign_all(runner)


@pytest.mark.parametrize("folder", ["..", "projects/../..", "/etc", "projects/", "x", "projects/A"])
def test_a_folder_that_is_none_of_the_artifacts(scanning: Make, folder: str) -> None:
    run = scanning()
    artifact, _ = published(run, "repository.dependencies")
    file = artifact / "verdict.json"
    document = json.loads(file.read_bytes())
    document["projects"][0]["folder"] = folder
    file.write_text(json.dumps(document))
    runner = run.job("sign")
    shutil.copytree(artifact, runner.artifact)
    with pytest.raises(SignatureError, match="no folder of the artifact"):
        signature.sign_all(runner)


def test_the_step_says_who_signed(
    scanning: Make,
    identity: Sigstore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = scanning()
    artifact, _ = published(run, "repository.dependencies")
    config, _ = identity.write(run.folder)
    runner = run.job("sign", TRUST_CONFIG=str(config))
    shutil.copytree(artifact, runner.artifact)
    for name, value in runner.environment.items():
        monkeypatch.setenv(name, value)
    assert entry.main(["sign"]) == 0
    assert f"signed: {identity.identity}" in capsys.readouterr().out
