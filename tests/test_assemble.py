"""Locks and images in one document, where both are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import assemble
from pipeline.checks import sbom
from pipeline.checks.container import answer, document
from pipeline.checks.container.scan import read
from pipeline.checks.sbom.rules import SILENT
from pipeline.checks.sbom.tables import ELEMENTS
from pipeline.errors import IncompleteError
from pipeline.model import Evidence, File, Finding, Image, Kind, Policy, Severity, Status, Table
from pipeline.sbom.document import MEDIA_TYPE, VERSIONS, encode, seal
from pipeline.sbom.validate import validate
from pipeline.store import Output, Plan
from tests.checks.container.cases import LOST, TODAY, image, options, ran, target
from tests.sbom.test_images import JINJA, LOCKED

NEWEST = VERSIONS[-1]


@pytest.fixture
def found(tmp_path: Path) -> Image:
    return image(tmp_path / "images")


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / "out")


def planned(output: Output, *images: Image) -> Plan:
    values: dict[str, Any] = {"root": "/shop", "as_of": TODAY, "offline": True, "policy": Policy()}
    checks = ("sbom", "container")
    return output.begin(Plan(checks=checks, target=target(*images), **values))


def locked(output: Output, status: Status = Status.CLEAN, **more: Any) -> Evidence:
    """What the sbom check left of the locks."""
    content = encode(seal({**LOCKED, "compositions": []}, NEWEST))
    file = File(path=f"{NEWEST}/{sbom.LOCKED}", content=content, media_type=MEDIA_TYPE)
    titles = (ELEMENTS, "Who made the SBOM")
    tables = tuple(Table(title=title, columns=(), rows=()) for title in titles)
    kept = output.keep("sbom", [file])
    return Evidence(check="sbom", status=status, artefacts=kept, tables=tables, **more)


def scanned(output: Output, *images: Image) -> Evidence:
    """What the container check left of the images."""
    scans = [(one, read(ran(one), one)) for one in images]
    files = output.keep("container", document.files(scans, None, TODAY))
    return Evidence(check="container", status=Status.FOUND, artefacts=files)


def merged(output: Output, version: str = NEWEST) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((output.folder / "sbom" / version / sbom.MERGED).read_bytes())
    assert validate(made) == ()
    return made


def test_the_named_images_are_in_the_one_document(output: Output, found: Image) -> None:
    plan = planned(output, found)
    given = {"sbom": locked(output), "container": scanned(output, found)}
    evidence = assemble.assemble(plan, output, given)
    assert evidence["container"] is given["container"]
    made = evidence["sbom"]
    assert [item["bom-ref"] for item in merged(output)["components"]] == [
        JINJA,
        f"image:{found.config}",
    ]
    assert merged(output, "1.6")["specVersion"] == "1.6"
    paths = [artefact.path for artefact in made.artefacts]
    assert paths[-2:] == [f"sbom/{version}/{sbom.MERGED}" for version in VERSIONS]
    (part,) = made.coverage
    assert (part.expected, part.evaluated, part.required) == (1, 1, False)
    assert [table.title for table in made.tables] == [
        ELEMENTS,
        "Who made the SBOM",
        "Images in the SBOM",
    ]
    assert made.tables[0].rows
    assert made.tables[2].rows == (("./app:1.0", f"image:{found.config}", 8),)
    # A report can be made again from the same evidence, and is the same.
    assert assemble.assemble(plan, output, given) == evidence


def test_the_container_check_leaves_what_is_joined(output: Output, found: Image) -> None:
    reading = answer.read(target(found), options(), [ran(found)])
    plan = planned(output, found)
    kept = output.keep("container", reading.files)
    images = Evidence(check="container", status=Status.FOUND, artefacts=kept)
    assemble.assemble(plan, output, {"sbom": locked(output), "container": images})
    _, held = merged(output)["components"]
    assert {one["name"] for one in held["components"]} >= {"jinja2", "lodash", "libssl3", "debian"}


def test_what_nobody_looked_into_is_named_and_told(output: Output, found: Image) -> None:
    plan = planned(output, found, LOST)
    made = assemble.assemble(plan, output, {"sbom": locked(output)})["sbom"]
    _, held = merged(output)["components"]
    assert "components" not in held
    assert [row[2] for row in made.tables[-1].rows] == ["not known"]
    (part,) = made.coverage
    assert (part.expected, part.evaluated) == (2, 0)
    assert ["without its packages" in one.why for one in part.missing] == [True, False]
    assert "not found" in part.missing[1].why


def test_images_without_any_lock_have_a_document(output: Output, found: Image) -> None:
    plan = planned(output, found)
    none = Evidence(check="sbom", status=Status.NOT_APPLICABLE, reason="no lock")
    given = {"sbom": none, "container": scanned(output, found)}
    made = assemble.assemble(plan, output, given)["sbom"]
    assert made.status is Status.NOT_APPLICABLE
    assert merged(output)["metadata"]["component"]["name"] == "shop"
    (held,) = merged(output)["components"]
    assert held["bom-ref"] == f"image:{found.config}"


def test_nothing_is_put_together_where_there_is_nothing(output: Output, found: Image) -> None:
    for plan, given in (
        (planned(output), {"sbom": locked(output)}),
        (planned(output, found), {"container": scanned(output, found)}),
        (planned(output, found), {"sbom": Evidence(check="sbom", status=Status.ERRORED)}),
        (planned(output, found), {"sbom": Evidence(check="sbom", status=Status.SKIPPED)}),
    ):
        assert assemble.assemble(plan, output, given) == given
        assert not (output.folder / "sbom" / NEWEST / sbom.MERGED).exists()


@pytest.mark.parametrize("change", ["altered", "removed"])
def test_a_document_that_is_not_the_checks_own_is_not_used(
    output: Output, found: Image, change: str
) -> None:
    plan = planned(output, found)
    given = {"sbom": locked(output), "container": scanned(output, found)}
    path = output.folder / given["container"].artefacts[-1].path
    if change == "altered":
        path.write_bytes(path.read_bytes().replace(b"lodash", b"hidden"))
    else:
        path.unlink()
    made = assemble.assemble(plan, output, given)["sbom"]
    assert made.status is Status.ERRORED
    assert "container/1.7/" in made.reason
    assert not (output.folder / "sbom" / NEWEST / sbom.MERGED).exists()


def test_an_invalid_whole_is_not_written(
    output: Output, found: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, made: object) -> File:
        raise IncompleteError("not valid")

    monkeypatch.setattr(sbom, "sealed_file", refuse)
    made = assemble.assemble(planned(output, found), output, {"sbom": locked(output)})["sbom"]
    assert (made.status, made.reason) == (Status.ERRORED, "not valid")


def test_silence_is_measured_in_the_whole(
    output: Output, found: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Finding(
        check="sbom",
        rule=SILENT,
        kind=Kind.RULE,
        severity=Severity.LOW,
        title="old",
        subject="sbom",
        locations=(),
    )
    plan = planned(output, found)
    made = assemble.assemble(plan, output, {"sbom": locked(output, findings=(old,))})["sbom"]
    # The document of this test says nothing of licences, and so on.
    assert made.status is Status.FOUND
    assert old not in made.findings
    assert {finding.rule for finding in made.findings} == {SILENT}
    monkeypatch.setattr(assemble, "silent", lambda fields: ())
    other = replace(old, rule="sbom/hash-conflict")
    made = assemble.assemble(plan, output, {"sbom": locked(output, findings=(other,))})["sbom"]
    assert made.findings == (other,)
    made = assemble.assemble(plan, output, {"sbom": locked(output)})["sbom"]
    assert made.status is Status.CLEAN
