"""Provenance: what the certificate shows, and nothing where it shows nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.signing.statements.making import HOLDER, REPOSITORY, facts, made


def test_provenance_says_what_the_certificate_says(tmp_path: Path) -> None:
    predicate = made(facts(tmp_path))[0]["provenance"].predicate
    assert predicate == {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {
                "workflow": {
                    "ref": "refs/heads/main",
                    "repository": REPOSITORY,
                    "path": ".github/workflows/release.yml",
                }
            },
            "internalParameters": {
                "github": {
                    "event_name": "push",
                    "repository_id": "1",
                    "repository_owner_id": "2",
                    "runner_environment": "github-hosted",
                }
            },
            "resolvedDependencies": [
                {
                    "uri": f"git+{REPOSITORY}@refs/heads/main",
                    "digest": {"gitCommit": "c" * 40},
                }
            ],
        },
        "runDetails": {
            "builder": {"id": HOLDER.build_signer},
            "metadata": {"invocationId": HOLDER.run},
        },
    }


def test_provenance_of_another_ci(tmp_path: Path) -> None:
    holder = replace(
        HOLDER,
        repository="https://gitlab.com/acme/shop",
        build_config="https://gitlab.com/acme/shop//.gitlab-ci.yml@refs/heads/main",
        ref="",
    )
    predicate = made(facts(tmp_path, holder=holder))[0]["provenance"].predicate
    assert predicate["buildDefinition"]["buildType"] == "urn:supply-chain-pipeline:ci-job:v1"
    assert predicate["buildDefinition"]["externalParameters"] == {
        "source": "git+https://gitlab.com/acme/shop",
        "config": holder.build_config,
    }


@pytest.mark.parametrize("lacking", ["build_signer", "repository", "commit", "run"])
def test_no_provenance_without_evidence(tmp_path: Path, lacking: str) -> None:
    omitted = made(facts(tmp_path, holder=replace(HOLDER, **{lacking: ""})))[1]
    assert omitted == {"provenance": f"the certificate does not show {lacking}"}


def test_no_provenance_by_a_key(tmp_path: Path) -> None:
    assert "no certificate" in made(facts(tmp_path, holder=None))[1]["provenance"]
