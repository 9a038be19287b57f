"""Reports as the builders of statements see them, and what is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.signing.facts import Facts, gather_facts
from pipeline.signing.manifest import gather
from pipeline.signing.statements import Statement, build
from pipeline.trust.certificate import Holder
from tests.signing.reports import write_report

REPOSITORY = "https://github.com/acme/shop"
HOLDER = Holder(
    identity=f"{REPOSITORY}/.github/workflows/sign.yml@refs/tags/v1",
    issuer="https://token.actions.githubusercontent.com",
    build_signer=f"{REPOSITORY}/.github/workflows/sign.yml@refs/tags/v1",
    build_config=f"{REPOSITORY}/.github/workflows/release.yml@refs/heads/main",
    repository=REPOSITORY,
    repository_id="1",
    owner_id="2",
    commit="c" * 40,
    ref="refs/heads/main",
    trigger="push",
    runner_environment="github-hosted",
    run=f"{REPOSITORY}/actions/runs/42/attempts/1",
)


def facts(folder: Path, *items: Any, holder: Holder | None = HOLDER, **more: Any) -> Facts:
    write_report(folder, *items, **more)
    return gather_facts(folder, gather(folder), holder)


def made(given: Facts) -> tuple[dict[str, Statement], dict[str, str]]:
    found, omitted = build(given)
    return {item.name: item for item in found}, {item.name: item.why for item in omitted}
