"""What registries tell reaches the report, and nobody is asked offline."""

from __future__ import annotations

import json
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


def test_licences_of_registries_stand_in_the_sbom_and_nothing_is_fetched_twice(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    fake: Fake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(tmp_path / "registries"))
    documents = {
        "/pypi/demo/json": PYPI,
        "/pypi/demo/1.0/json": {"info": {"license_expression": "BSD-3-Clause"}},
        "/pypi/other/json": PYPI,
    }
    fake.handle = lambda request: Response(
        body=documents.get(request.path, b""), status=200 if request.path in documents else 404
    )
    policy = tmp_path / "policy.yml"
    policy.write_text(f"advisories:\n  pypi-url: {fake.url}\n")
    pins = "demo==1.0\nother==2.0\ngone==1.0\n"
    root = repository(**{"requirements.txt": pins})
    run(root, "--only", "lockfiles", "--only", "sbom", "--config", str(policy))
    asked = [request.path for request in fake.requests]
    assert sorted(asked) == sorted([*documents, "/pypi/gone/json"])
    written = (root / ".supply-chain" / "sbom" / "1.7" / "repository.cdx.json").read_bytes()
    found = {one["name"]: one for one in json.loads(written)["components"]}
    declared = {"acknowledgement": "declared"}
    assert found["demo"]["licenses"] == [{"license": {"id": "BSD-3-Clause", **declared}}]
    assert found["other"]["licenses"] == [{"license": {"id": "MIT", **declared}}]
    assert "licenses" not in found["gone"]
