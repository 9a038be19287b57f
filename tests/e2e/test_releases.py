"""What registries tell reaches the report, and nobody is asked offline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Ran
from tests.fake import Fake, Response
from tests.registries.documents import PYPI

LOCK = f"demo==1.1 --hash=sha256:{'ab' * 32}\n"


@pytest.mark.parametrize(("offline", "expected"), [(False, ["lockfiles/yanked"]), (True, [])])
def test_a_yanked_release_is_told_when_somebody_may_be_asked(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    fake: Fake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    offline: bool,
    expected: list[str],
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(tmp_path / "registries"))
    fake.handle = lambda _: Response(body=PYPI)
    policy = tmp_path / "policy.yml"
    policy.write_text(f"advisories:\n  pypi-url: {fake.url}\n")
    root = repository(**{"requirements.txt": LOCK})
    options = ["--only", "lockfiles", "--config", str(policy), *(["--offline"] if offline else [])]
    ran = run(root, *options)
    assert [one["rule"] for one in ran.report["findings"]] == expected
    asked = [request.path for request in fake.requests]
    assert asked == ([] if offline else ["/pypi/demo/json"])
    told = [line for line in ran.report["unevaluated"] if line["gap"] == "network_off"]
    assert bool(told) is offline
    assert ran.code == 0
