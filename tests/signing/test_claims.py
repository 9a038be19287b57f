"""What other people's provenance says, held against their certificates."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.signing.claims import check_foreign
from pipeline.signing.statements import provenance
from pipeline.trust.certificate import Holder
from pipeline.trust.refused import RefusedError
from pipeline.trust.statement import Statement

REPOSITORY = "https://github.com/acme/shop"
SIGNER = f"{REPOSITORY}/.github/workflows/release.yml@refs/tags/v1"
RUN = f"{REPOSITORY}/actions/runs/1/attempts/1"
HOLDER = Holder(
    identity=SIGNER,
    issuer="https://token.actions.githubusercontent.com",
    build_signer=SIGNER,
    repository=REPOSITORY,
    commit="c" * 40,
    runner_environment="github-hosted",
    run=RUN,
)


def statement(
    *,
    builder: Any = SIGNER,
    run: Any = RUN,
    sources: Any = ({"uri": f"git+{REPOSITORY}@refs/tags/v1", "digest": {"gitCommit": "c" * 40}},),
    repository: Any = REPOSITORY,
    kind: str = provenance.TYPE,
) -> Statement:
    predicate = {
        "buildDefinition": {
            "externalParameters": {"workflow": {"repository": repository}},
            "resolvedDependencies": list(sources) if isinstance(sources, tuple) else sources,
        },
        "runDetails": {"builder": {"id": builder}, "metadata": {"invocationId": run}},
    }
    return Statement("a", kind, predicate, (("a", "ab" * 32),))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"builder": "https://github.com/actions/runner/github-hosted"},
        {"run": None},
        {"sources": ()},
        {"sources": "odd"},
        {"sources": ("odd", {"uri": 1}, {"digest": "odd"})},
        {
            "sources": (
                {"uri": "git+https://github.com/acme/lib@main", "digest": {"gitCommit": "d"}},
            )
        },
        {"repository": None},
    ],
)
def test_provenance_that_the_certificate_does_not_contradict(more: dict[str, Any]) -> None:
    check_foreign(statement(**more), HOLDER)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"builder": "https://github.com/actions/runner/self-hosted"}, "the builder"),
        ({"builder": None}, "the builder"),
        ({"builder": "https://evil.example.org"}, "the builder"),
        ({"run": f"{REPOSITORY}/actions/runs/2/attempts/1"}, "the run"),
        ({"repository": "https://github.com/evil/shop"}, "the repository"),
        (
            {"sources": ({"uri": f"git+{REPOSITORY}", "digest": {"gitCommit": "d" * 40}},)},
            "the commit",
        ),
    ],
)
def test_provenance_that_it_contradicts(more: dict[str, Any], words: str) -> None:
    with pytest.raises(RefusedError, match=words) as error:
        check_foreign(statement(**more), HOLDER)
    assert error.value.step == "predicate"


def test_other_predicates_and_plain_keys_have_nothing_to_be_held_against() -> None:
    check_foreign(statement(builder="x", kind="https://example.org/x"), HOLDER)
    check_foreign(statement(builder="x"), None)


@pytest.mark.parametrize("predicate", [None, 1, [], {"runDetails": []}])
def test_odd_provenance_is_refused(predicate: Any) -> None:
    odd = Statement("a", provenance.TYPE, predicate, (("a", "ab" * 32),))
    with pytest.raises(RefusedError, match="the builder None"):
        check_foreign(odd, HOLDER)
