"""Signed reports to look at, change and copy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.cli import main
from pipeline.signing.deadline import Deadline
from pipeline.signing.keyless import Keyless, open_keyless
from pipeline.trust.roots import Root, read_root
from tests.kit.sigstore.parts import Sigstore
from tests.signing.reports import write_report


class Told(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Told]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command line in this process."""

    def run(*words: str | Path) -> Told:
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return Told(code, said.out, said.err)

    return run


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """These tests stand in no CI job, whatever runs them, and have caches of their own."""
    for name in (
        "GITHUB_ACTIONS",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("GITLAB_CI", "CIRCLECI", "BUILDKITE", "GOOGLE_SERVICE_ACCOUNT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@dataclass(frozen=True)
class Trusted:
    """A private Sigstore, its files, and who signs with it."""

    stack: Sigstore
    config: Path
    root_file: Path

    @property
    def root(self) -> Root:
        return read_root(self.root_file)

    @property
    def options(self) -> tuple[str, ...]:
        """What `verify` needs to accept the stack's own identity."""
        return (
            *("--trusted-root", str(self.root_file), "--identity", self.stack.identity),
            *("--issuer", self.stack.issuer.url),
        )

    def signer(self, **claims: str) -> Keyless:
        from pipeline.signing import ambient  # noqa: PLC0415 - as the command does it

        token = ambient._token(self.stack.token(**claims), "a test")
        return open_keyless(token, None, self.config, Deadline(60))


@pytest.fixture(scope="session")
def trusted(sigstore_stack: Sigstore, tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    config, root = sigstore_stack.write(tmp_path_factory.mktemp("trust"))
    return Trusted(sigstore_stack, config, root)


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built file."""
    path = tmp_path_factory.mktemp("dist") / "shop-1.0-py3-none-any.whl"
    path.write_bytes(b"wheel")
    return path


@pytest.fixture(scope="session")
def original(trusted: Trusted, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report and a built file, signed once; not to be changed."""
    folder = tmp_path_factory.mktemp("signed") / ".supply-chain"
    write_report(folder, run=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in trusted.stack.ambient().items():
            patch.setenv(name, value)
        assert (
            main(
                ["sign", "-q", "-o", str(folder), "--trust-config", str(trusted.config), str(dist)]
            )
            == 0
        )
    return folder


@pytest.fixture
def signed(original: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(original, tmp_path / ".supply-chain"))


class Key(NamedTuple):
    private: Path
    public: Path


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """A key on P-256 in PEM."""
    return write_key(tmp_path_factory.mktemp("key"), ec.generate_private_key(ec.SECP256R1()))


def write_key(folder: Path, private: Any, passphrase: bytes | None = None) -> Key:
    lock: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    made = Key(folder / "key.pem", folder / "key.pub")
    made.private.write_bytes(private.private_bytes(*form))
    made.public.write_bytes(
        private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return made
