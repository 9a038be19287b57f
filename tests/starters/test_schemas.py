"""Each starter follows the schema of the platform that reads it, as check-jsonschema bundles it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.model import Lock, Target
from pipeline.starters import fill, updates
from pipeline.starters.pin import Pin

PIN = Pin("acme/supply-chain", "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10", "v1.2.3")
TARGET = Target(
    name="x",
    git=None,
    files=0,
    locks=(Lock(path="a/uv.lock", format="uv", ecosystem="PyPI", digest=""),),
    dockerfiles=("Dockerfile", "b/Dockerfile"),
)
FILES = {
    ("vendor.gitlab-ci", ".gitlab-ci.yml"): fill.text("gitlab/.gitlab-ci.yml", PIN),
    ("vendor.azure-pipelines", "azure.yml"): fill.text("azure/azure-pipelines.yml", PIN),
    ("vendor.dependabot", "dependabot.yml"): updates.dependabot(TARGET),
    ("vendor.renovate", "renovate.json"): updates.renovate(),
    ("vendor.compose-spec", "compose.yml"): fill.text("compose.yml"),
}


def check(schema: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema),
            # Azure's schema has patterns that only the older rules take.
            *("--regex-variant", "nonunicode", str(path)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("schema", "name"), FILES)
def test_it_follows_the_schema_and_a_mistake_would_not(
    schema: str, name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(FILES[schema, name], encoding="utf-8")
    done = check(schema, path)
    assert done.returncode == 0, done.stdout + done.stderr
    path.write_text("[1]\n", encoding="utf-8")
    assert check(schema, path).returncode == 1
