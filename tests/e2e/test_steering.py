"""A repository that tries to steer Trivy changes nothing: the real Trivy, the whole pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.tools.binaries import Binary
from tests.advice import RECORDS
from tests.kit import images, trivydb
from tests.kit.images import Built, Deb

DAY = "2026-11-22"
CHECKS = ("container", "hardening")
TOKEN = "ghp_" + "a1B2" * 9

FAULTY = {
    "Dockerfile": "# {comment}\nFROM debian:latest\nUSER root\nRUN apt-get install curl\n",
    "main.tf": '# {comment}\nresource "aws_s3_bucket" "open" {{\n  bucket = "open"\n}}\n',
    "pod.yml": (
        "# {comment}\napiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n"
        "    - name: a\n      image: a:latest\n      securityContext: {{privileged: true}}\n"
    ),
    "compose.yml": "# {comment}\nservices:\n  a:\n    image: a:latest\n    privileged: true\n",
}
SILENCE = "trivy:ignore:* tfsec:ignore:* trivy:ignore:DS-0002 trivy:ignore:AVD-AWS-0086"
STEER = {
    "trivy.yaml": (
        "severity: [CRITICAL]\nexit-code: 0\nformat: table\noutput: elsewhere\n"
        "scan:\n  skip-files: ['**/*']\n  skip-dirs: ['**']\n  scanners: [license]\n"
        "misconfiguration:\n  scanners: []\nvulnerability:\n  ignore-unfixed: true\n"
        "db:\n  repository: [registry.example.invalid/evil:2]\nignorefile: .trivyignore\n"
    ),
    ".trivyignore": "CVE-2019-10906\nCVE-2020-28493\nDS-0001\nDS-0002\nKSV-0017\nAVD-AWS-0086\n*\n",
    ".trivyignore.yaml": (
        "vulnerabilities:\n  - id: CVE-2019-10906\nmisconfigurations:\n  - id: DS-0002\n"
        "secrets:\n  - id: github-pat\n"
    ),
    "trivy-secret.yaml": (
        "disable-rules: [github-pat]\nallow-rules:\n  - id: all\n    regex: .*\n    path: .*\n"
    ),
    ".env": "TRIVY_SEVERITY=CRITICAL\nTRIVY_IGNOREFILE=.trivyignore\nTRIVY_SKIP_FILES=Dockerfile\n",
    ".trivy/plugins/evil/plugin.yaml": "name: evil\n",
    ".trivy/modules/evil.wasm": "no module",
    "ignore.rego": "package trivy\ndefault ignore = true\n",
}
ENVIRONMENT = {
    "TRIVY_CONFIG": "{root}/trivy.yaml",
    "TRIVY_IGNOREFILE": "{root}/.trivyignore",
    "TRIVY_IGNORE_POLICY": "{root}/ignore.rego",
    "TRIVY_SECRET_CONFIG": "{root}/trivy-secret.yaml",
    "TRIVY_SEVERITY": "CRITICAL",
    "TRIVY_SKIP_FILES": "**/*",
    "TRIVY_SKIP_DIRS": "**",
    "TRIVY_IGNORE_UNFIXED": "true",
    "TRIVY_CACHE_DIR": "{root}",
    "TRIVY_PLUGINS_DIR": "{root}/.trivy",
    "TRIVY_MODULE_DIR": "{root}/.trivy/modules",
    "TRIVY_RUN_AS_PLUGIN": "evil",
    "TRIVY_INSECURE": "true",
}


def written(root: Path, comment: str, more: Mapping[str, str]) -> Path:
    """A faulty repository, with an image of its own, and what else lies in it."""
    inside = {name: content.encode() for name, content in more.items()}
    files = {name: content.format(comment=comment) for name, content in FAULTY.items()}
    for name, content in (files | dict(more)).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    system = images.debian(Deb("libssl3", "3.0.11-1~deb12u1", "openssl"))
    python = images.python("jinja2", "2.10")
    # What it carries lies in the image, too: where Trivy looks is a layer.
    secret = {"srv/settings.txt": f"token = {TOKEN}\n".encode()}
    image = Built.of(system, {**python, **secret}, inside or {"srv/empty": b""}, user="")
    images.layout(root / "image", {"1.0": image})
    return root


@pytest.fixture
def look(tmp_path: Path, trivy: Binary, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setattr("sys.platform", "linux")
    database = trivydb.make(
        tmp_path / "db",
        [json.loads(path.read_bytes()) for path in RECORDS],
        updated=datetime(2026, 11, 22, 3, tzinfo=UTC),
        empty=("debian 12",),
    )

    def look(root: Path) -> dict[str, Any]:
        monkeypatch.setenv("XDG_CACHE_HOME", str(root.parent / f"{root.name}-cache"))
        monkeypatch.chdir(root)
        only = [word for name in CHECKS for word in ("--only", name)]
        words = ["run", ".", "--quiet", "--as-of", DAY, "--trivy-db", str(database)]
        code = main([*words, *only, "--image", "./image:1.0"])
        report = json.loads((root / ".supply-chain" / "report" / "report.json").read_bytes())
        return {
            "code": code,
            "statuses": {one["check"]: one["status"] for one in report["evidence"]},
            "coverage": {
                (part["scope"], part["unit"]): (part["expected"], part["evaluated"])
                for one in report["evidence"]
                if one["check"] == "hardening"
                for part in one["coverage"]
            },
            "findings": sorted(
                (
                    *(one["check"], one["rule"], one["subject"], one["severity"]),
                    str([(place["path"], place["line"]) for place in one["locations"]]),
                )
                for one in report["findings"]
            ),
        }

    return look


def test_a_repository_that_steers_trivy_changes_nothing(
    look: Callable[[Path], dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look(written(tmp_path / "plain", "a comment", {}))
    assert before["code"] == 1
    assert before["statuses"] == {"container": "found", "hardening": "found"}
    rules = {rule for _, rule, *_ in before["findings"]}
    assert {"CVE-2019-10906", "CVE-2020-28493"} <= rules
    seen = {(check, place) for check, _, _, _, place in before["findings"]}
    for name in FAULTY:
        assert any(check == "hardening" and name in place for check, place in seen), name

    root = written(tmp_path / "steering", SILENCE, STEER)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value.format(root=root))
    after = look(root)
    assert after == before
    assert not (root / "elsewhere").exists()
