from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline.collect import collect
from pipeline.model import Evidence, Policy
from pipeline.store import Output, Plan
from tests.advice import make_store
from tests.collect.checks import target


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Evidence]:
    """Collect the dependencies check over some pins, from the small store of the tests.

    No second opinion is heard: whatever Trivy the machine has in its cache is none of theirs.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY", raising=False)
    store = make_store(tmp_path / "advisories.sqlite")

    def run(*names: str, **changes: object) -> Evidence:
        values: dict[str, object] = {
            "root": str(tmp_path),
            "as_of": date(2026, 11, 1),
            "offline": True,
            "checks": ("dependencies",),
            "target": target(*names),
            "policy": Policy(),
            "advisories": str(store),
            **changes,
        }
        output = Output(tmp_path / "out")
        plan = output.begin(Plan(**values))  # type: ignore[arg-type]
        evidence = collect("dependencies", plan, output)
        (recorded,) = output.evidence(plan)
        assert recorded.evidence == evidence
        return evidence

    return run
