"""Who is expected is compared exactly, claim by claim."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.trust.certificate import Holder
from pipeline.trust.expect import Expected
from pipeline.trust.refused import RefusedError

ISSUER = "https://token.actions.githubusercontent.com"
REPOSITORY = "https://github.com/acme/shop"
SIGNER = f"{REPOSITORY}/.github/workflows/sign.yml@refs/tags/v1"
CONFIG = f"{REPOSITORY}/.github/workflows/release.yml@refs/heads/main"
HOLDER = Holder(
    identity=SIGNER,
    issuer=ISSUER,
    build_signer=SIGNER,
    build_config=CONFIG,
    repository=REPOSITORY,
    ref="refs/heads/main",
    commit="c" * 40,
    runner_environment="github-hosted",
)
PLAIN = Expected(identity=SIGNER, issuer=ISSUER)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"repository": "acme/shop"},
        {"repository": REPOSITORY},
        {"workflow": ".github/workflows/release.yml"},
        {"workflow": CONFIG},
        {"workflow": CONFIG.partition("@")[0]},
        {"ref": "refs/heads/main"},
        {"runner_environment": "github-hosted"},
        {"commit": "c" * 40},
    ],
)
def test_what_is_expected_is_accepted(more: dict[str, str]) -> None:
    replace(PLAIN, **more).check(HOLDER)


@pytest.mark.parametrize(
    ("more", "step"),
    [
        ({"identity": SIGNER.upper()}, "identity"),
        ({"identity": ""}, "identity"),
        ({"identity": CONFIG}, "identity"),
        ({"issuer": f"{ISSUER}/"}, "issuer"),
        ({"issuer": ""}, "issuer"),
        ({"repository": "acme/sho"}, "repository"),
        ({"repository": "evil/acme/shop"}, "repository"),
        ({"repository": "https://gitlab.com/acme/shop"}, "repository"),
        ({"workflow": ".github/workflows/sign.yml"}, "workflow"),
        ({"workflow": "workflows/release.yml"}, "workflow"),
        ({"workflow": f"{REPOSITORY}/.github/workflows/release.yml@refs/heads/x"}, "workflow"),
        ({"ref": "main"}, "ref"),
        ({"runner_environment": "self-hosted"}, "runner environment"),
        ({"commit": "c" * 39}, "commit"),
    ],
)
def test_anybody_else_is_refused(more: dict[str, str], step: str) -> None:
    with pytest.raises(RefusedError, match="expected was") as error:
        replace(PLAIN, **more).check(HOLDER, "a")
    assert (error.value.step, error.value.where) == (step, "a")


def test_a_certificate_without_claims_meets_no_expectation_of_them() -> None:
    bare = Holder(identity=SIGNER, issuer=ISSUER)
    PLAIN.check(bare)
    for name in ("repository", "workflow", "ref", "runner_environment", "commit"):
        with pytest.raises(RefusedError, match="signed by nobody"):
            replace(PLAIN, **{name: "a"}).check(bare)
