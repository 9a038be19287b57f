"""Other people's verifiers: cosign, and sigstore-js. They share no code with sigstore-python."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from tests.kit.golang import UnavailableError, built, cache, locked
from tests.kit.sigstore.programs import COSIGN

_JS = Path(__file__).parent / "js"
_PATIENCE = 120


@dataclass(frozen=True)
class Case:
    """What is to be believed: a bundle about a file.

    `root` is a trusted root's file, with `identity` and `issuer` as they have to be; or `key` is
    the file of a public key. `predicate` is the predicate type of a statement, "" for a signature
    over the file itself.
    """

    bundle: Path
    artefact: Path
    root: Path | None = None
    identity: str = ""
    issuer: str = ""
    key: Path | None = None
    predicate: str = ""


class Verdict(NamedTuple):
    """Whether a witness believes, and what it said."""

    accepted: bool
    said: str


class Witness(Protocol):
    """A verifier by somebody else."""

    name: str

    def verify(self, case: Case) -> Verdict:
        """Ask it."""


class Cosign:
    """`cosign verify-blob` and `verify-blob-attestation`; raises `UnavailableError`."""

    name = "cosign"

    def __init__(self) -> None:
        self.program = built(COSIGN)

    def verify(self, case: Case) -> Verdict:
        verb = "verify-blob-attestation" if case.predicate else "verify-blob"
        arguments = [str(self.program), verb, "--bundle", str(case.bundle)]
        if case.predicate:
            arguments += ["--type", case.predicate]
        if case.key:
            arguments += ["--key", str(case.key), "--insecure-ignore-tlog"]
        else:
            arguments += ["--trusted-root", str(case.root)]
            arguments += ["--certificate-identity", case.identity]
            arguments += ["--certificate-oidc-issuer", case.issuer]
        return _ask([*arguments, str(case.artefact)])


class SigstoreJs:
    """The library of npm and of GitHub's actions, on Node; raises `UnavailableError`.

    For a statement it checks the signature and who made it, not what the statement is about.
    """

    name = "sigstore-js"

    def __init__(self) -> None:
        node = shutil.which("node")
        if node is None:
            raise UnavailableError("sigstore-js runs on Node, which is not installed")
        self.node = node
        self.folder = _installed()

    def verify(self, case: Case) -> Verdict:
        question = {
            "bundle": json.loads(case.bundle.read_bytes()),
            "root": json.loads(case.root.read_bytes()) if case.root else None,
            "data": None if case.predicate else _base64(case.artefact),
            "key": case.key.read_text("utf-8") if case.key else None,
            "identity": case.identity,
            "issuer": case.issuer,
        }
        return _ask([self.node, str(self.folder / "verify.mjs")], json.dumps(question).encode())


def _installed() -> Path:
    """Where the locked packages and our script are, installed now if they are not kept."""
    files = [_JS / name for name in ("package.json", "package-lock.json", "verify.mjs")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = cache() / f"sigstore-js-{digest}"
    with locked(folder.with_suffix(".lock")):
        if not folder.is_dir():
            _install(files, folder)
    return folder


def _install(files: list[Path], folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError("sigstore-js is installed by npm, which is not installed")
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch, "made")
        made.mkdir()
        for file in files:
            shutil.copy(file, made)
        done = _ask([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=made)
        if not done.accepted:
            raise UnavailableError(f"sigstore-js cannot be installed from npm: {done.said[-300:]}")
        made.rename(folder)


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _ask(arguments: list[str], question: bytes = b"", folder: Path | None = None) -> Verdict:
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "TUF_ROOT": home, "COSIGN_YES": "true"}
        result = subprocess.run(
            arguments,
            cwd=folder,
            input=question,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
        )
    return Verdict(result.returncode == 0, result.stdout.decode(errors="replace").strip())
