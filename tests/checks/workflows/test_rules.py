"""Every rule is explained, and every rule of ours has its two files."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.checks.workflows import zizmor
from pipeline.checks.workflows.rules import OWN, RULES, page
from tests.checks.workflows.cases import DATA

SOURCES = Path(__file__).parents[3] / "pipeline" / "checks" / "workflows"


def test_every_rule_reads_well() -> None:
    for name, rule in RULES.items():
        assert re.fullmatch(r"workflows/[a-z-]+", name)
        assert rule.title[0].isupper()
        assert not rule.title.endswith(".")
        assert rule.why.endswith(".")
        assert rule.fix
        assert not rule.fix.endswith(".")


def test_every_audit_of_zizmors_is_explained() -> None:
    said = (DATA / "zizmor" / "canary.stderr").read_text(encoding="utf-8")
    scheduled = set(re.findall(r"scheduling ([a-z-]+) on ", said))
    assert len(scheduled) > 30
    assert {f"workflows/{name}" for name in scheduled} <= RULES.keys()
    assert not scheduled & set(zizmor.ONLINE)


def test_every_rule_of_ours_has_a_file_that_breaks_it_and_one_that_nearly_does() -> None:
    for system in ("github", "gitlab", "azure", "jenkins"):
        names = [path.name for path in (DATA / system).iterdir()]
        breaking = {name.split(".")[0] for name in names if ".breaks." in name}
        near = {name.split(".")[0] for name in names if ".near." in name}
        assert breaking == near
        assert {f"workflows/{name}" for name in breaking} <= RULES.keys()
    told = {
        rule
        for path in SOURCES.glob("*.py")
        for rule in re.findall(r'rule="([a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert told >= OWN
    assert told == {path.name.split(".")[0] for path in DATA.glob("*/*.breaks.*")}


def test_pages() -> None:
    assert page("artipacked").endswith("#artipacked")
    assert page("plain-secret") == ""
