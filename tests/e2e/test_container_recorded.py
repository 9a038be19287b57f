"""The report that the container check's own tests read is what the real Trivy says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pipeline.checks.container.jobs import SCANNERS
from pipeline.tools import trivy as calls
from pipeline.tools.binaries import Binary
from pipeline.tools.run import Command, run
from tests.checks.container.cases import APP, MARK, RECORDED, TOKEN
from tests.e2e.test_container import FACTS
from tests.kit import images, trivydb

_VOLATILE = ("CreatedAt", "ReportID", "ArtifactID", "ArtifactName")


def test_the_recorded_report_is_trivys_own(
    tmp_path: Path, trivy: Binary, golden: Callable[[str, str], None]
) -> None:
    cache = trivydb.make(tmp_path / "db", FACTS, updated=datetime(2026, 11, 22, tzinfo=UTC))
    work, home = tmp_path / "work", tmp_path / "home"
    for folder in (work, home):
        folder.mkdir()
    images.layout(work / "image", {"1.0": APP})
    call = calls.image_file("image:1.0", cache=str(cache), scanners=SCANNERS)
    for name, content in call.inputs.items():
        (work / name).write_bytes(content)
    done = run(Command(argv=(str(trivy.path), *call.arguments), env=call.env), cwd=work, home=home)
    assert done.ok, done.stderr
    report = json.loads((work / calls.OUTPUT).read_bytes())
    kept = {key: value for key, value in report.items() if key not in _VOLATILE}
    kept["ArtifactName"] = "image:1.0"
    # The made-up token would be found where it lies.
    text = json.dumps(kept, indent=1).replace(TOKEN, MARK)
    golden(f"../checks/container/{RECORDED.name}", f"{text}\n")
