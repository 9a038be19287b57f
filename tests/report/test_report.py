from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import pipeline.report
from pipeline import files
from pipeline.errors import IncompleteError, UnreadableOutputError
from pipeline.model import Disposition
from pipeline.report import RENDERERS, SCHEMAS, verdict_of, write

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.model import Report


def test_every_format_is_written(sample: Report, tmp_path: Path) -> None:
    artefacts = write(sample, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == set(RENDERERS)
    assert [artefact.path for artefact in artefacts] == list(RENDERERS)
    for artefact in artefacts:
        content = (tmp_path / artefact.path).read_bytes()
        assert content == RENDERERS[artefact.path](sample)
        assert artefact.digest == "sha256:" + hashlib.sha256(content).hexdigest()
        assert "/" in artefact.media_type
        assert content.endswith(b"\n")
    assert verdict_of((tmp_path / "report.json").read_bytes()) is not None


def test_every_format_tells_the_same_numbers(sample: Report) -> None:
    counts = json.loads(RENDERERS["report.json"](sample))["counts"]
    found = counts["findings"]
    numbers = [
        counts["unevaluated"],
        found["violation"],
        *([found["existing"]] if sample.base else []),
        found["waived"],
        found["below_threshold"],
    ]
    page = RENDERERS["report.html"](sample).decode()
    tiles = re.findall(r"<li><a href=\"#[\w-]+\"><b>(?:<i .*?</i>)?([\d,]+)</b>", page)
    assert [int(tile) for tile in tiles] == [*numbers, len(sample.controls), len(sample.evidence)]
    summary = RENDERERS["report.md"](sample).decode()
    (row,) = re.findall(r"^\|((?: \d+ \|){5,6})$", summary, re.MULTILINE)
    assert [int(cell) for cell in re.findall(r"\d+", row)] == [*numbers, counts["packages"]]
    results = json.loads(RENDERERS["github.sarif"](sample))["runs"][0]["results"]
    assert sum(not r["ruleId"].startswith("gate/") for r in results) == (
        found["violation"] + found["existing"]
    )
    assert sum(found.values()) == len(sample.findings)
    violations = sum(item.disposition is Disposition.VIOLATION for item in sample.findings)
    assert sum(counts["violations_by_severity"].values()) == violations


def test_ten_thousand_findings_are_written_in_every_format(many: Report, tmp_path: Path) -> None:
    write(many, tmp_path)
    counts = json.loads((tmp_path / "report.json").read_bytes())["counts"]
    assert counts["findings"]["violation"] == 10_000
    results = json.loads((tmp_path / "github.sarif").read_bytes())["runs"][0]["results"]
    assert len(results) == 10_001


@pytest.mark.parametrize("name", SCHEMAS)
def test_nothing_is_written_when_one_format_would_be_invalid(
    reports: dict[str, Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(RENDERERS, name, lambda report: b"{}")
    (tmp_path / "report.html").write_text("from an earlier run", encoding="utf-8")
    with pytest.raises(UnreadableOutputError, match=f"{name}: does not follow") as caught:
        write(reports["compliant"], tmp_path)
    assert "run `supply-chain report` again" in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_an_impossible_report_is_not_written(reports: dict[str, Report], tmp_path: Path) -> None:
    report = reports["compliant"]
    wrong = replace(report, verdict=replace(report.verdict, exit_code=1))
    with pytest.raises(UnreadableOutputError, match="at /verdict"):
        write(wrong, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_part_of_a_report(
    reports: dict[str, Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.write

    def full(path: Path, content: bytes) -> None:
        if path.name == "report.md":
            raise IncompleteError("cannot be written: no space left", where=str(path))
        real(path, content)

    monkeypatch.setattr(files, "write", full)
    (tmp_path / "github.sarif").write_text("from an earlier run", encoding="utf-8")
    with pytest.raises(IncompleteError, match="no space left"):
        write(reports["compliant"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(reports: dict[str, Report], tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="none"):
        write(reports["compliant"], tmp_path / "none")


def test_heavy_modules_wait_until_they_are_needed() -> None:
    heavy = "{'jinja2', 'markupsafe', 'msgspec', 'jsonschema_rs'}"
    code = f"import sys, pipeline.report; print({heavy} & sys.modules.keys() or '')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_registry_and_the_schemas_fit() -> None:
    assert SCHEMAS.keys() <= RENDERERS.keys()
    assert pipeline.report._MEDIA_TYPES.keys() == RENDERERS.keys()
    for schema in SCHEMAS.values():
        assert json.loads(schema.read_text(encoding="utf-8"))["additionalProperties"] is False
