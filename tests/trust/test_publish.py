"""Bundles in any file, and attestations of the Python package index under the pinned root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.trust import roots
from pipeline.trust.bundle import WRITTEN
from pipeline.trust.expect import Expected
from pipeline.trust.publish import bundles_in
from pipeline.trust.refused import RefusedError
from pipeline.trust.statement import parse
from pipeline.trust.verify import Verified, verify

DATA = Path(__file__).parents[1] / "data" / "trust"
PUBLISHED = DATA.parent / "checks" / "provenance" / "pypi_attestations-0.0.19.tar.gz.provenance"
RELEASE = "pypi_attestations-0.0.19.tar.gz"
DIGEST = "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3"
REPOSITORY = "https://github.com/trailofbits/pypi-attestations"
BUNDLE = json.dumps({"mediaType": WRITTEN}).encode()
EXPECTED = Expected(
    identity=f"{REPOSITORY}/.github/workflows/release.yml@refs/tags/v0.0.19",
    issuer="https://token.actions.githubusercontent.com",
    repository=REPOSITORY,
    workflow=".github/workflows/release.yml",
    ref="refs/tags/v0.0.19",
    runner_environment="github-hosted",
)


def verified(name: str, expected: Expected | None) -> Verified:
    path = DATA / name
    (bundle,) = bundles_in((path if path.exists() else PUBLISHED).read_bytes(), name)
    return verify(bundle, roots.pinned(), expected)


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        ("provenance", "https://docs.pypi.org/attestations/publish/v1"),
        ("slsa.attestation", "https://slsa.dev/provenance/v1"),
    ],
)
def test_a_real_release_is_verified_with_the_pinned_root(suffix: str, kind: str) -> None:
    found = verified(f"{RELEASE}.{suffix}", EXPECTED)
    statement = parse(found.payload_type, found.payload, "a")
    assert statement.predicate_type == kind
    assert statement.subjects == ((RELEASE, DIGEST),)
    assert [f"{moment:%Y-%m-%d}" for moment in found.times] == ["2024-12-04"]


def test_a_real_release_of_another_service() -> None:
    found = verified("gitlab_oidc_project-0.0.3.tar.gz.publish.attestation", None)
    assert found.holder
    assert found.holder.issuer == "https://gitlab.com"
    assert found.holder.repository == "https://gitlab.com/facutuesca/gitlab-oidc-project"


def test_a_changed_attestation_is_refused() -> None:
    document = json.loads(PUBLISHED.read_bytes())
    envelope = document["attestation_bundles"][0]["attestations"][0]["envelope"]
    envelope["signature"] = "A" + envelope["signature"][1:]
    (bundle,) = bundles_in(json.dumps(document).encode(), "a")
    with pytest.raises(RefusedError):
        verify(bundle, roots.pinned(), EXPECTED)


def test_one_bundle_or_one_per_line() -> None:
    assert [item.where for item in bundles_in(BUNDLE, "a")] == ["a"]
    pretty = json.dumps(json.loads(BUNDLE), indent=1).encode()
    assert [item.where for item in bundles_in(pretty, "a")] == ["a"]
    lines = BUNDLE + b"\n\n" + BUNDLE + b"\n"
    assert [item.where for item in bundles_in(lines, "a")] == ["a:1", "a:2"]


def test_one_bad_line_spoils_the_file() -> None:
    with pytest.raises(RefusedError, match="a:2"):
        bundles_in(BUNDLE + b'\n{"x": 1}\n', "a")


def attestation(**more: Any) -> dict[str, Any]:
    document = json.loads(PUBLISHED.read_bytes())
    found: dict[str, Any] = document["attestation_bundles"][0]["attestations"][0]
    return found | more


@pytest.mark.parametrize(
    "document",
    [
        {"attestation_bundles": []},
        {"attestation_bundles": 1},
        {"attestation_bundles": [1, {"attestations": None}]},
        {"attestation_bundles": [{"attestations": [1]}]},
        {"attestation_bundles": [{"attestations": [{}]}]},
        attestation(version=2),
        attestation(envelope={}),
        attestation(
            verification_material={"certificate": "YWI=", "transparency_entries": [{"x": 1}]}
        ),
        attestation(verification_material={"certificate": "YWI=", "transparency_entries": []}),
        [],
        {},
    ],
)
def test_what_is_no_attestation_is_refused(document: Any) -> None:
    with pytest.raises(RefusedError):
        bundles_in(json.dumps(document).encode(), "a")


def test_only_one_entry_of_a_log_is_taken() -> None:
    material = attestation()["verification_material"]
    material["transparency_entries"] *= 2
    with pytest.raises(RefusedError, match="exactly one entry"):
        bundles_in(json.dumps(attestation(verification_material=material)).encode(), "a")
