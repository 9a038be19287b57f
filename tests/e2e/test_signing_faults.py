"""Whatever fails while a report is signed: a clear error, exit code 4, and nothing half-signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.signing import ambient
from pipeline.signing.transport import ATTEMPTS, Transport
from tests.kit.sigstore.faults import Fault, faulty
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.standin import serving_sigstore
from tests.signing.conftest import Command, command, no_job
from tests.signing.reports import write_report

__all__ = ["command", "no_job"]  # fixtures

NAMES = {
    "issuer": "the CI service",
    "fulcio": "the certificate authority",
    "rekor": "the transparency log",
    "tsa": "the timestamp authority",
}
"""What messages call each service."""

PASSING = (Fault.DOWN, Fault.ERROR, Fault.HALF)
"""Faults that a second attempt may outlive."""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sigstore]:
    """A stand-in of its own, in whose CI job the test runs; pauses are not waited for."""
    with serving_sigstore() as found:
        for name, value in found.ambient().items():
            monkeypatch.setenv(name, value)
        for function in (Transport.__init__, ambient.find):
            assert function.__kwdefaults__
            monkeypatch.setitem(function.__kwdefaults__, "sleep", lambda _: None)
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_report(tmp_path / "out").folder


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "shop-1.0-py3-none-any.whl"
    path.write_bytes(b"wheel")
    return path


def contents(*roots: Path) -> dict[Path, bytes]:
    files = (path for root in roots for path in (root.rglob("*") if root.is_dir() else (root,)))
    return {path: path.read_bytes() for path in files if path.is_file()}


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
@pytest.mark.parametrize("service", NAMES)
def test_a_fault_that_stays_leaves_everything_as_it_was(
    stack: Sigstore,
    folder: Path,
    wheel: Path,
    tmp_path: Path,
    command: Command,
    service: str,
    fault: Fault,
) -> None:
    config, _ = stack.write(tmp_path)
    before = contents(folder, wheel)
    with faulty(stack, service, fault):
        told = command("sign", wheel, "-o", folder, "--trust-config", config)
    assert told.code == 4
    assert told.out == ""
    assert "Traceback" not in told.err
    assert "To mend it" in told.err or fault is Fault.WRONG_KEY
    if fault in {Fault.DOWN, Fault.ERROR}:
        assert NAMES[service] in told.err
    assert stack.issuer.secret not in told.err
    assert contents(folder, wheel) == before
    assert not list(tmp_path.rglob("*.sigstore.json"))
    after = command("sign", wheel, "-o", folder, "--trust-config", config, "-q")
    assert after == (0, "", ""), "and with the fault gone it signs"


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("service", NAMES)
def test_a_fault_that_passes_is_outlived(
    stack: Sigstore, folder: Path, tmp_path: Path, command: Command, service: str, fault: Fault
) -> None:
    config, root = stack.write(tmp_path)
    with faulty(stack, service, fault, times=2):
        told = command("sign", "-o", folder, "--trust-config", config, "-q")
    assert told == (0, "", "")
    believe = ("--identity", stack.identity, "--issuer", stack.issuer.url)
    assert command("verify", folder, "-q", "--trusted-root", root, *believe) == (0, "", "")


@pytest.mark.parametrize("service", NAMES)
def test_a_slow_service_ends_with_the_deadline(
    stack: Sigstore, folder: Path, tmp_path: Path, command: Command, service: str
) -> None:
    config, _ = stack.write(tmp_path)
    before = contents(folder)
    with faulty(stack, service, Fault.SLOW, seconds=3.0):
        told = command("sign", "-o", folder, "--trust-config", config, "--deadline", "1")
    assert told.code == 4
    assert "took longer than 1 seconds" in told.err or NAMES[service] in told.err
    assert contents(folder) == before


@pytest.mark.parametrize("service", ["issuer", "fulcio", "rekor", "tsa"])
def test_a_slow_service_within_the_deadline_is_waited_for(
    stack: Sigstore, folder: Path, tmp_path: Path, command: Command, service: str
) -> None:
    config, _ = stack.write(tmp_path)
    with faulty(stack, service, Fault.SLOW, seconds=0.3):
        told = command("sign", "-o", folder, "--trust-config", config, "-q")
    assert told == (0, "", "")


def test_a_refusal_is_asked_for_once(
    stack: Sigstore, folder: Path, tmp_path: Path, command: Command
) -> None:
    """What will not pass is not tried again."""
    config, _ = stack.write(tmp_path)
    with faulty(stack, "issuer", Fault.WRONG_KEY):
        assert command("sign", "-o", folder, "--trust-config", config).code == 4
    assert len(stack.servers["fulcio"].requests) == 1
    with faulty(stack, "fulcio", Fault.ERROR):
        assert command("sign", "-o", folder, "--trust-config", config).code == 4
    assert len(stack.servers["fulcio"].requests) == 1 + ATTEMPTS


def test_one_certificate_signs_everything(
    stack: Sigstore, folder: Path, tmp_path: Path, command: Command
) -> None:
    config, _ = stack.write(tmp_path)
    wheels = [tmp_path / f"shop-{number}.tar.gz" for number in range(50)]
    for number, path in enumerate(wheels):
        path.write_bytes(b"%d" % number)
    assert command("sign", *wheels, "-o", folder, "--trust-config", config, "-q") == (0, "", "")
    assert len(stack.servers["fulcio"].requests) == 1
    assert stack.issuer.minted == 1
    signatures = len(list(tmp_path.rglob("*.sigstore.json")))
    assert signatures > 50
    assert len(stack.servers["rekor"].requests) == signatures


def test_signing_again_after_a_fault_is_whole(
    stack: Sigstore, folder: Path, wheel: Path, tmp_path: Path, command: Command
) -> None:
    """A fault in the second signing leaves neither the old signatures nor a mixture."""
    config, _ = stack.write(tmp_path)
    unsigned = contents(folder)
    assert command("sign", wheel, "-o", folder, "--trust-config", config).code == 0
    with faulty(stack, "rekor", Fault.ERROR):
        assert command("sign", wheel, "-o", folder, "--trust-config", config).code == 4
    assert contents(folder) == unsigned
