"""The files that a new project starts with pass every rule: our own, and all of Trivy's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.checks.hardening.configuration import building, compose, inputs, kubernetes
from pipeline.tools.binaries import Binary
from tests.checks.hardening.cases import DAY
from tests.checks.hardening.whole import check
from tests.kit.trivy import trivy

__all__ = ["trivy"]

STARTERS = Path(__file__).parents[4] / "templates" / "starters"
FILES = ("Dockerfile", "compose.yml", "kubernetes.yml", "nginx.conf")


@pytest.mark.parametrize("name", FILES[:3])
def test_our_own_rules_find_nothing(name: str) -> None:
    text = (STARTERS / name).read_text(encoding="utf-8")
    if name == "Dockerfile":
        found = building.read(text, name, ignores=True, today=DAY)
    else:
        found = (compose if name == "compose.yml" else kubernetes).read(text, name, DAY)
    assert found.problems == ()
    assert found.open == ()


def test_the_ignore_file_holds_back_everything_else() -> None:
    content = (STARTERS / "dockerignore").read_bytes()
    assert inputs.holds_back(content)
    assert b"\n*\n" in content


def test_trivy_finds_nothing(tmp_path: Path, trivy: Binary) -> None:
    assert trivy.path.is_file()
    for name in FILES:
        (tmp_path / name).write_bytes((STARTERS / name).read_bytes())
    (tmp_path / ".dockerignore").write_bytes((STARTERS / "dockerignore").read_bytes())
    found = check(tmp_path)
    assert found.findings == ()
    assert all(part.complete for part in found.coverage if part.required)
    assert [part.evaluated for part in found.coverage if part.required] == [3, 2]


def test_the_front_door() -> None:
    text = (STARTERS / "nginx.conf").read_text(encoding="utf-8")
    code = re.sub(r"#.*", "", text)
    assert re.findall(r"ssl_protocols ([^;]*);", code) == ["TLSv1.2 TLSv1.3"] * 2
    (ciphers,) = re.findall(r"ssl_ciphers ([^;]*);", code)
    # Each of them agrees on a key anew, and seals what it encrypts.
    assert all(
        re.fullmatch(r"ECDHE-\w+-[\w-]*(?:GCM|POLY1305)[\w-]*", one) for one in ciphers.split(":")
    )
    for wanted in ("server_tokens off", "limit_req zone=", "return 308 https://", "http2 on"):
        assert wanted in code
    for header in (
        "Strict-Transport-Security",
        "Content-Security-Policy",
        "X-Content-Type-Options",
    ):
        assert f"add_header {header} " in code
    assert "unsafe-inline" not in code
    assert re.findall(r"proxy_pass (\w+)://", code) == ["https"]
    assert "proxy_ssl_verify on" in code
    assert code.count("{") == code.count("}")
    assert not re.search(r"listen [^;]*\bhttp2\b", code)
