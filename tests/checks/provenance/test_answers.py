"""One answer for each release, from whatever is known of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.checks.job import Options
from pipeline.checks.provenance.answers import Answer, answer
from pipeline.model import Gap, ToolRecord
from pipeline.registries.attested import Attested
from pipeline.registries.release import Pin
from pipeline.trust import roots
from tests.checks.provenance.released import (
    CONTENT,
    DIGEST,
    GITHUB,
    NAME,
    PIN,
    SIGNATURE,
    SIGNED,
    SIGNED_SHA512,
    attested,
    flipped,
    npm_attested,
    package,
)

TOOL = ToolRecord(name="pypi-attestations", version="0.0.30")
FILES = {f"{NAME}.provenance": CONTENT.encode()}


def ask(pin: Pin = PIN, *hashes: str, **options: Any) -> Answer:
    known = Options(**{"tool": TOOL, **options})
    return answer(pin, [package(pin, *hashes)], known, roots.pinned())


def test_an_attested_release_has_a_publisher() -> None:
    assert ask(attested={PIN: attested()}) == Answer(publishers=(GITHUB,))


def test_a_release_without_attestation_has_none() -> None:
    assert ask(attested={PIN: attested("")}) == Answer()


def test_a_changed_attestation_is_a_finding() -> None:
    path = ("attestation_bundles", 0, "attestations", 0, "envelope", "signature")
    (finding,) = ask(attested={PIN: attested(flipped(CONTENT, *path))}).findings
    assert finding.rule == "provenance/invalid"
    assert finding.severity == "high"
    assert NAME in finding.detail


def test_an_attestation_of_another_file_is_a_finding() -> None:
    """The index serves, for the locked file, what proves another content."""
    other = "0" * 64
    found = ask(PIN, f"sha256:{other}", attested={PIN: attested(digest=other)})
    assert [finding.rule for finding in found.findings] == ["provenance/invalid"]


def test_a_file_that_is_not_locked_does_not_count() -> None:
    found = ask(PIN, f"sha256:{'0' * 64}", attested={PIN: attested()})
    assert found == Answer()


def test_offline_nothing_is_known() -> None:
    assert ask(offline=True).gap is Gap.NETWORK_OFF
    assert ask().gap is Gap.DATA_MISSING


def test_a_gap_of_the_registry_stays_one() -> None:
    told = Attested(gap=Gap.DATA_MISSING, why="it is silent")
    assert ask(attested={PIN: told}) == Answer(gap=Gap.DATA_MISSING, why="it is silent")


def test_given_files_answer_offline() -> None:
    found = ask(offline=True, provenance_files=FILES)
    assert found == Answer(publishers=(GITHUB,), given=True)


def test_given_files_of_other_releases_do_not() -> None:
    other = {"other-1.0.tar.gz.provenance": CONTENT.encode()}
    assert ask(offline=True, provenance_files=other).gap is Gap.NETWORK_OFF


def test_a_given_file_of_what_is_not_locked_proves_nothing() -> None:
    other = f"sha256:{'0' * 64}"
    assert ask(PIN, other, offline=True, provenance_files=FILES).gap is Gap.NETWORK_OFF
    asked = {PIN: attested("", "0" * 64)}
    assert ask(PIN, other, attested=asked, provenance_files=FILES) == Answer(given=True)


def test_a_lock_without_the_hash_cannot_be_held_against_anything() -> None:
    found = ask(PIN, "sha512:00", attested={PIN: attested()})
    assert found.gap is Gap.INPUT_MISSING


def test_without_the_library_nothing_is_verified() -> None:
    assert ask(tool=None, attested={PIN: attested()}).gap is Gap.TOOL_MISSING
    assert ask(tool=None, attested={PIN: attested("")}) == Answer()


def test_what_is_not_understood_is_not_evaluated() -> None:
    assert ask(attested={PIN: attested("{}")}).gap is Gap.UNSUPPORTED_INPUT


# ---------------------------------------------------------------------------------------- npm

LOCKED = f"sha512:{SIGNED_SHA512}"


def test_the_registrys_signature_is_held_against_the_lock() -> None:
    assert ask(SIGNED, LOCKED, attested={SIGNED: npm_attested(SIGNATURE)}) == Answer(signed=True)


def test_a_signature_for_another_file_is_a_finding() -> None:
    wrong = (SIGNATURE[0], "AAAA")
    (finding,) = ask(SIGNED, LOCKED, attested={SIGNED: npm_attested(wrong)}).findings
    assert finding.rule == "provenance/invalid-signature"


def test_another_file_is_a_finding() -> None:
    told = npm_attested(SIGNATURE, digest="00" * 64)
    (finding,) = ask(SIGNED, LOCKED, attested={SIGNED: told}).findings
    assert finding.rule == "provenance/other-file"


def test_changed_provenance_of_a_signed_release_is_a_finding() -> None:
    bundle = {"predicateType": "https://slsa.dev/provenance/v1", "bundle": {}}
    told = npm_attested(SIGNATURE, attestations=json.dumps({"attestations": [bundle]}))
    (finding,) = ask(SIGNED, LOCKED, attested={SIGNED: told}).findings
    assert finding.rule == "provenance/invalid"


def test_an_unsigned_release_is_not_evaluated() -> None:
    assert ask(SIGNED, LOCKED, attested={SIGNED: npm_attested()}).gap is Gap.UNSUPPORTED_INPUT


def test_given_files_are_for_python() -> None:
    files = {"venv-0.1.0.tar.gz.provenance": b"{}"}
    found = ask(SIGNED, LOCKED, offline=True, provenance_files=files)
    assert found.gap is Gap.NETWORK_OFF


@pytest.mark.parametrize("version", ["0.0.19", "0.0.19.0"])
def test_versions_are_compared_as_their_ecosystem_does(version: str) -> None:
    pin = PIN._replace(version=version)
    found = ask(pin, f"sha256:{DIGEST}", offline=True, provenance_files=FILES)
    assert (found.publishers == (GITHUB,)) is (version == "0.0.19")
