"""Trivy beside pip-audit and the advisory store, each of them real, on one lock."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.tools.binaries import Binary
from tests.kit import trivydb
from tests.kit.trivy import trivy

__all__ = ["trivy"]

DAY = "2026-11-22"


def advisory(id_: str, name: str, *aliases: str) -> dict[str, Any]:
    return {
        "id": id_,
        "aliases": list(aliases),
        "modified": "2026-11-20T00:00:00Z",
        "published": "2026-11-20T00:00:00Z",
        "summary": f"{name} is broken",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}
                ],
                "versions": ["1.0"],
            }
        ],
    }


BOTH, STORE_ONLY, TRIVY_ONLY = (
    advisory("GHSA-aaaa-aaaa-aaaa", "one", "PYSEC-2026-1", "CVE-2026-0001"),
    advisory("PYSEC-2026-2", "two", "CVE-2026-0002"),
    advisory("CVE-2026-0003", "three"),
)
"""Trivy's own copy of the first is known by its CVE alone."""


@pytest.fixture
def scan(
    tmp_path: Path, repository: Callable[..., Path], run: Callable[..., Any]
) -> Callable[..., Any]:
    """A run on one lock, with these advisories for our store and those for Trivy's database."""

    def scan(policy: str = "", *, database: bool = True) -> Any:
        records = tmp_path / "records"
        records.mkdir()
        for one in (BOTH, STORE_ONLY):
            (records / f"{one['id']}.json").write_text(json.dumps(one))
        folder = tmp_path / "trivy"
        if database:
            trivydb.make(folder, [advisory("CVE-2026-0001", "one"), TRIVY_ONLY])
        config = tmp_path / "policy.yml"
        config.write_text(
            f"version: 1\npolicy: {{fail-on: never{policy}}}\n"
            f"tools: {{trivy: {{database: {folder}}}}}\n"
        )
        root = repository(**{"requirements.txt": "one==1.0\ntwo==1.0\nthree==1.0\n"})
        arguments = ("--config", str(config), "--advisories", str(records), "--as-of", DAY)
        return run(root, *arguments, "--offline")

    return scan


def witnesses(ran: Any) -> dict[str, tuple[list[str], list[str]]]:
    return {
        one["rule"]: (one["seen_by"], one["missed_by"])
        for one in ran.report["findings"]
        if one["check"] == "dependencies"
    }


def test_three_witnesses_and_who_disagrees(scan: Callable[..., Any], trivy: Binary) -> None:
    assert trivy.path.is_file()
    ran = scan()
    assert witnesses(ran) == {
        "CVE-2026-0001": (["advisory store", "pip-audit", "Trivy"], []),
        "CVE-2026-0002": (["advisory store", "pip-audit"], ["Trivy"]),
        "CVE-2026-0003": (["Trivy"], ["advisory store", "pip-audit"]),
    }
    (table,) = [one for one in ran.dependencies["tables"] if one["title"] == "Scanners disagree"]
    assert [row[1] for row in table["rows"]] == ["CVE-2026-0003", "CVE-2026-0002"]
    for name in ("report.html", "report.md"):
        page = (ran.folder / name).read_text(encoding="utf-8")
        assert "Scanners disagree" in page
        assert "advisory store, pip-audit" in page


@pytest.mark.parametrize(("policy", "code"), [("", 0), (", second-opinion: true", 3)])
def test_an_opinion_that_cannot_be_had(
    scan: Callable[..., Any], trivy: Binary, policy: str, code: int
) -> None:
    assert trivy.path.is_file()
    ran = scan(policy, database=False)
    lines = [line for line in ran.report["unevaluated"] if "Trivy was not heard" in line["why"]]
    assert [line["blocking"] for line in lines] == [bool(code)]
    assert witnesses(ran).keys() == {"CVE-2026-0001", "CVE-2026-0002"}
    assert ran.code == code
