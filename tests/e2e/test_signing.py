"""A report is made, signed and verified, with the stand-in and with the real services.

Whoever does not trust our own verifier asks cosign, or sigstore-js.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.witness import Case, Witness
from tests.signing.conftest import Command, Key, command, key, no_job

__all__ = ["command", "key", "no_job"]  # fixtures

ROOT = Path(__file__).parents[2]
WHEEL = "shop-1.0-py3-none-any.whl"
DAY = "2026-11-01"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with its report and a built file; not to be changed."""
    root = tmp_path_factory.mktemp("made") / "shop"
    (root / "dist").mkdir(parents=True)
    (root / "dist" / WHEEL).write_bytes(b"a wheel\n")
    (root / "requirements.txt").write_text("flask==3.0.3\n", encoding="utf-8")
    options = ("--offline", "--as-of", DAY, "--quiet", "--only", "lockfiles", "--only", "sbom")
    assert main(["run", str(root), *options]) in {0, 3}
    return root


@pytest.fixture
def shop(report: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(report, tmp_path / "shop"))


class Signing:
    """What `sign` and `verify` need to know of a private Sigstore."""

    def __init__(self, stack: Sigstore, folder: Path) -> None:
        self.stack = stack
        self.config, self.root = stack.write(folder)

    @property
    def believe(self) -> tuple[str, ...]:
        return (
            *("--trusted-root", str(self.root), "--identity", self.stack.identity),
            *("--issuer", self.stack.issuer.url),
        )

    def case(self, bundle: Path, artefact: Path, predicate: str = "") -> Case:
        return Case(
            bundle=bundle,
            artefact=artefact,
            root=self.root,
            identity=self.stack.identity,
            issuer=self.stack.issuer.url,
            predicate=predicate,
        )


@pytest.fixture(scope="module")
def signing(any_sigstore: Sigstore, tmp_path_factory: pytest.TempPathFactory) -> Signing:
    return Signing(any_sigstore, tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="module")
def original(report: Path, signing: Signing, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with its report and its built file signed, in a CI job with an identity."""
    root = Path(shutil.copytree(report, tmp_path_factory.mktemp("signed") / "shop"))
    words = ["sign", str(root / "dist" / WHEEL), "-o", str(root / ".supply-chain"), "-q"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in signing.stack.ambient().items():
            patch.setenv(name, value)
        assert main([*words, "--trust-config", str(signing.config)]) == 0
    return root


@pytest.fixture
def signed(original: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(original, tmp_path / "shop"))


def test_what_was_signed_is_verified(signed: Path, signing: Signing, command: Command) -> None:
    told = command("verify", signed, signed / "dist" / WHEEL, "--json", *signing.believe)
    assert (told.code, told.err) == (0, "")


def test_what_was_changed_afterwards_is_not(
    signed: Path, signing: Signing, command: Command
) -> None:
    report = signed / ".supply-chain" / "report" / "report.json"
    report.write_bytes(report.read_bytes().replace(b"incomplete", b"compliant "))
    told = command("verify", signed, *signing.believe)
    assert told.code == 4
    assert "report.json" in told.out + told.err


def test_another_identity_is_refused(signed: Path, signing: Signing, command: Command) -> None:
    wrong = list(signing.believe)
    wrong[3] = "https://github.com/evil/shop/.github/workflows/release.yml@refs/heads/main"
    assert command("verify", signed, *wrong).code == 4


# ------------------------------------------------------------------------------------ witnesses


def attestations(folder: Path) -> list[tuple[Path, str, dict[str, str]]]:
    """Each attestation with its predicate type and its subjects' digests by name."""
    found = []
    for path in sorted((folder / ".supply-chain" / "attestations").glob("*.sigstore.json")):
        envelope = json.loads(path.read_bytes())["dsseEnvelope"]
        statement = json.loads(base64.b64decode(envelope["payload"]))
        subjects = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
        found.append((path, statement["predicateType"], subjects))
    assert found
    return found


def test_others_believe_every_signature(signed: Path, signing: Signing, witness: Witness) -> None:
    bundles = [
        path
        for path in sorted(signed.rglob("*.sigstore.json"))
        if path.parent.name != "attestations"
    ]
    assert len(bundles) > 3
    for bundle in bundles:
        artefact = bundle.with_name(bundle.name.removesuffix(".sigstore.json"))
        verdict = witness.verify(signing.case(bundle, artefact))
        assert verdict.accepted, f"{bundle}: {verdict.said}"


def test_others_believe_every_attestation(signed: Path, signing: Signing, witness: Witness) -> None:
    wheel = signed / "dist" / WHEEL
    bound = 0
    for path, kind, subjects in attestations(signed):
        if wheel.name not in subjects:
            continue
        bound += 1
        verdict = witness.verify(signing.case(path, wheel, kind))
        assert verdict.accepted, f"{path}: {verdict.said}"
    assert bound > 3


def _change_signature(bundle: Any) -> None:
    holder: Any = bundle.get("messageSignature") or bundle["dsseEnvelope"]["signatures"][0]
    name = "signature" if "signature" in holder else "sig"
    raw = bytearray(base64.b64decode(holder[name]))
    raw[-1] ^= 1
    holder[name] = base64.b64encode(raw).decode()


def _drop_entry(bundle: Any) -> None:
    del bundle["verificationMaterial"]["tlogEntries"][0]


@pytest.mark.parametrize("change", [_change_signature, _drop_entry])
def test_others_refuse_what_was_changed(
    signed: Path, signing: Signing, witness: Witness, change: Callable[[Any], None]
) -> None:
    wheel = signed / "dist" / WHEEL
    own = wheel.with_name(f"{wheel.name}.sigstore.json")
    cases = [(own, ""), *((path, kind) for path, kind, _ in attestations(signed)[:2])]
    for path, kind in cases:
        document = json.loads(path.read_bytes())
        change(document)
        path.write_text(json.dumps(document), encoding="utf-8")
        assert not witness.verify(signing.case(path, wheel, kind)).accepted, path


def test_others_refuse_another_file(signed: Path, signing: Signing, witness: Witness) -> None:
    wheel = signed / "dist" / WHEEL
    wheel.write_bytes(b"another wheel\n")
    own = wheel.with_name(f"{wheel.name}.sigstore.json")
    assert not witness.verify(signing.case(own, wheel)).accepted


def test_others_believe_a_key(shop: Path, key: Key, witness: Witness, command: Command) -> None:
    """Signed with a plain key: a bundle that others read as well, and refuse once changed."""
    wheel = shop / "dist" / WHEEL
    told = command("sign", wheel, "-o", shop / ".supply-chain", "--key", key.private, "-q")
    assert told == (0, "", "")
    own = wheel.with_name(f"{wheel.name}.sigstore.json")
    attested = [(path, kind) for path, kind, names in attestations(shop) if wheel.name in names]
    for path, kind in [(own, ""), *attested]:
        case = Case(bundle=path, artefact=wheel, key=key.public, predicate=kind)
        verdict = witness.verify(case)
        assert verdict.accepted, f"{path}: {verdict.said}"
        document = json.loads(path.read_bytes())
        _change_signature(document)
        path.write_text(json.dumps(document), encoding="utf-8")
        assert not witness.verify(case).accepted, path


# ------------------------------------------------------------------------------ without a network


def test_verifying_needs_no_network(signed: Path, signing: Signing) -> None:
    """In an empty network namespace, where not even loopback is up."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rn", "true"], check=False).returncode:
        pytest.skip("this machine makes no network namespace without privileges")
    look = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    alone = (unshare, "-rn", sys.executable)
    assert (
        b"unreachable"
        in subprocess.run([*alone, "-c", look], capture_output=True, check=False).stderr
    )
    words = ("-m", "pipeline", "verify", str(signed), *signing.believe)
    ran = subprocess.run([*alone, *words], cwd=ROOT, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
