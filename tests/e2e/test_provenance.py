"""Who published what is locked, from a registry's answer to the verdict; real attestations."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.checks.provenance.npm import KEYS
from pipeline.checks.provenance.seen import recall
from tests.checks.provenance.released import (
    CONTENT,
    DIGEST,
    GITHUB,
    NAME,
    SIGNED_SHA512,
    flipped,
)
from tests.checks.provenance.released import SIGNATURE as SIGNATURE_OF_NPM
from tests.e2e.conftest import Ran
from tests.fake import Fake, Request, Response

LOCK = f"pypi-attestations==0.0.19 --hash=sha256:{DIGEST}\n"
SIGNATURE = ("attestation_bundles", 0, "attestations", 0, "envelope", "signature")


@pytest.fixture
def index(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An index that serves these documents, with a cache and a record of the test's own."""
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(tmp_path / "registries"))
    file = {"filename": NAME, "hashes": {"sha256": DIGEST}, "provenance": "yes"}
    documents: dict[str, Any] = {
        "/simple/pypi-attestations/": {"meta": {"api-version": "1.4"}, "files": [file]},
        f"/integrity/pypi-attestations/0.0.19/{NAME}/provenance": json.loads(CONTENT),
    }

    def answer(request: Request) -> Response:
        found = documents.get(request.path)
        return Response(status=404) if found is None else Response(body=found)

    fake.handle = answer
    return documents


@pytest.fixture
def scan(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    index: dict[str, Any],
    fake: Fake,
    tmp_path: Path,
) -> Callable[..., Ran]:
    """Run the check, with more in the policy."""

    def scan(*options: str, provenance: str = "") -> Ran:
        policy = tmp_path / "policy.yml"
        settings = f"provenance:\n{provenance}" if provenance else ""
        policy.write_text(f"advisories:\n  pypi-url: {fake.url}\n{settings}")
        root = repository(**{"requirements.txt": LOCK})
        return run(root, "--only", "provenance", "--config", str(policy), *options)

    return scan


def rules(ran: Ran) -> list[str]:
    return [finding["rule"] for finding in ran.report["findings"]]


def test_a_proven_publisher_is_told_and_recorded(scan: Callable[..., Ran]) -> None:
    ran = scan()
    (evidence,) = ran.report["evidence"]
    assert (ran.code, evidence["status"]) == (0, "clean")
    assert evidence["tables"][0]["rows"] == [["pkg:pypi/pypi-attestations@0.0.19", GITHUB]]
    assert recall()["pkg:pypi/pypi-attestations"].publisher == GITHUB


def test_a_changed_attestation_violates_the_policy(
    scan: Callable[..., Ran], index: dict[str, Any]
) -> None:
    (place,) = (path for path in index if path.startswith("/integrity"))
    index[place] = json.loads(flipped(CONTENT, *SIGNATURE))
    ran = scan()
    assert (ran.code, rules(ran)) == (1, ["provenance/invalid"])


def test_another_publisher_than_the_policy_names_violates_it(scan: Callable[..., Ran]) -> None:
    named = "  publishers: [{package: pkg:pypi/pypi-attestations, repository: https://x.example}]\n"
    ran = scan(provenance=named)
    assert (ran.code, rules(ran)) == (1, ["provenance/wrong-publisher"])


def test_offline_it_is_not_known_and_blocks_nothing(scan: Callable[..., Ran], fake: Fake) -> None:
    """Alone it evaluates nothing, which no verdict may be built upon."""
    ran = scan("--offline", "--only", "lockfiles")
    assert (ran.code, fake.requests) == (0, [])
    (line,) = (
        one for one in ran.report["unevaluated"] if one["what"].startswith("provenance: pypi-att")
    )
    assert (line["gap"], line["blocking"]) == ("network_off", False)
    assert scan("--offline").code == 3


def test_a_policy_that_requires_it_is_incomplete_without(scan: Callable[..., Ran]) -> None:
    ran = scan("--offline", "--only", "lockfiles", provenance="  require: true\n")
    assert ran.code == 3


def test_a_release_without_attestation_is_a_finding_where_one_is_required(
    scan: Callable[..., Ran], index: dict[str, Any]
) -> None:
    index["/simple/pypi-attestations/"]["files"][0]["provenance"] = None
    ran = scan()
    assert (ran.code, rules(ran)) == (0, [])
    ran = scan(provenance="  require: true\n")
    assert (ran.code, rules(ran)) == (1, ["provenance/missing"])


def test_given_files_answer_without_a_network(
    scan: Callable[..., Ran], tmp_path: Path, fake: Fake
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / f"{NAME}.provenance").write_text(CONTENT)
    ran = scan("--offline", provenance=f"  folder: {folder}\n")
    assert (ran.code, ran.report["evidence"][0]["status"]) == (0, "clean")
    ((_, told),) = ran.report["evidence"][0]["tables"][0]["rows"]
    assert told == f"{GITHUB}, by a file that was given"
    assert (fake.requests, recall()) == ([], {})
    ran = scan("--offline", provenance=f"  folder: {tmp_path / 'absent'}\n")
    assert ran.report["evidence"][0]["status"] == "errored"


def test_the_scanned_repository_names_no_publishers(
    repository: Callable[..., Path], run: Callable[..., Ran], index: dict[str, Any]
) -> None:
    """Its own policy is not read unless one stands in it."""
    policy = "provenance: {require: true}\n"
    root = repository(**{"requirements.txt": LOCK, "supply-chain.yml": policy})
    ran = run(root, "--only", "provenance", "--only", "lockfiles", "--offline")
    assert ran.code == 0


def test_npm_signatures_are_held_against_the_lock(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    fake: Fake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A real signature of the public registry, for the locked file and for another."""
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(tmp_path / "registries"))
    keyid, signature = SIGNATURE_OF_NPM
    sound = f"sha512-{base64.b64encode(bytes.fromhex(SIGNED_SHA512)).decode()}"
    documents: dict[str, Any] = {
        "/venv/0.1.0": {
            "dist": {"integrity": sound, "signatures": [{"keyid": keyid, "sig": signature}]}
        },
        "/-/npm/v1/keys": {"keys": [{"keyid": keyid, "key": KEYS[keyid]}]},
    }
    fake.handle = lambda request: Response(body=documents[request.path])
    policy = tmp_path / "policy.yml"
    policy.write_text(f"advisories:\n  npm-url: {fake.url}\n")

    def scan(integrity: str) -> Ran:
        entry = {"version": "0.1.0", "integrity": integrity}
        entry["resolved"] = "https://registry.npmjs.org/venv/-/venv-0.1.0.tgz"
        lock = {
            "lockfileVersion": 3,
            "packages": {
                "": {"dependencies": {"venv": "0.1.0"}},
                "node_modules/venv": entry,
            },
        }
        root = repository(**{"package-lock.json": json.dumps(lock)})
        return run(root, "--only", "provenance", "--config", str(policy))

    ran = scan(sound)
    assert (ran.code, ran.report["evidence"][0]["status"]) == (0, "clean")
    assert "registry's own signature" in ran.report["evidence"][0]["tables"][0]["note"]
    ran = scan(f"sha512-{'A' * 86}==")
    assert (ran.code, rules(ran)) == (1, ["provenance/other-file"])
    documents["/venv/0.1.0"]["dist"]["integrity"] = f"sha512-{'A' * 86}=="
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(tmp_path / "others"))
    ran = scan(f"sha512-{'A' * 86}==")
    assert (ran.code, rules(ran)) == (1, ["provenance/invalid-signature"])


@pytest.mark.online
def test_the_real_index_proves_the_publisher(
    repository: Callable[..., Path], run: Callable[..., Ran], tmp_path: Path
) -> None:
    ran = run(repository(**{"requirements.txt": LOCK}), "--only", "provenance")
    if any("does not tell" in line["why"] for line in ran.report["unevaluated"]):
        pytest.skip("the index that is asked here is a copy without attestations")
    assert ran.report["evidence"][0]["tables"][0]["rows"] == [
        ["pkg:pypi/pypi-attestations@0.0.19", GITHUB]
    ]
