"""SBOMs, each bound to the artefact that it describes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.model import Image
from pipeline.signing import claims
from pipeline.signing.facts import Facts
from pipeline.signing.manifest import Artefact
from pipeline.signing.statements import cyclonedx
from pipeline.trust.refused import RefusedError
from pipeline.trust.statement import Statement
from tests.signing.reports import TARGET, sbom
from tests.signing.statements.making import facts, made


def subjects(given: Facts, name: str) -> list[str]:
    return [item.name for item in made(given)[0][name].subjects]


@pytest.mark.parametrize(
    ("artefact", "component", "bound"),
    [
        (Artefact("shop-1.0-py3-none-any.whl", "ab" * 32, Path("x")), {}, True),
        (Artefact("Shop-1.0.tar.gz", "ab" * 32, Path("x")), {"version": "1"}, False),
        (Artefact("shop-1.0.tar.gz", "ab" * 32, Path("x")), {"version": "v1.0"}, True),
        (Artefact("shop-1.0.tar.gz", "ab" * 32, Path("x")), {"version": "odd"}, False),
        (Artefact("shop-1.0.zip.txt", "ab" * 32, Path("x")), {}, False),
        (Artefact("app", "cd" * 32), {"purl": f"pkg:oci/app@sha256:{'cd' * 32}"}, True),
        (Artefact("app", "cd" * 32), {"hashes": [{"alg": "SHA-256", "content": "cd" * 32}]}, True),
        (Artefact("app", "cd" * 32), {}, False),
    ],
)
def test_an_sbom_is_bound_to_what_it_describes(
    tmp_path: Path, artefact: Artefact, component: dict[str, Any], bound: bool
) -> None:
    given = facts(tmp_path, sboms={"1.7/repository.cdx.json": sbom(**component)})
    given = replace(given, manifest=replace(given.manifest, artefacts=(artefact,)))
    wanted = [artefact.name] if bound else ["sbom/1.7/repository.cdx.json"]
    if artefact.name.startswith("Shop"):  # 1.0 is the same version as 1
        wanted = ["sbom/1.7/repository.cdx.json"]
    assert subjects(given, "cyclonedx-sbom-1.7-repository") == wanted


def test_an_older_twin_is_left_out_and_names_are_used_once(tmp_path: Path) -> None:
    given = facts(
        tmp_path,
        sboms={
            "1.6/a-b.cdx.json": sbom("1.6"),
            "1.7/a-b.cdx.json": sbom(),
            "1.7/a/b.cdx.json": sbom(),
            "1.6/alone.cdx.json": sbom("1.6"),
        },
    )
    names = [name for name in made(given)[0] if name.startswith("cyclonedx")]
    assert names == [
        "cyclonedx-sbom-1.6-alone",
        "cyclonedx-sbom-1.7-a-b",
        "cyclonedx-sbom-1.7-a-b-2",
    ]


def test_an_sbom_without_a_serial_number_is_told(tmp_path: Path) -> None:
    content = json.loads(sbom())
    del content["serialNumber"]
    given = facts(tmp_path, sboms={"1.7/repository.cdx.json": json.dumps(content).encode()})
    assert "no CycloneDX document" in made(given)[1]["cyclonedx-sbom-1.7-repository"]
    assert "no SBOM" in made(replace(given, sboms={}))[1]["cyclonedx"]


M, C = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
PUSHED = Image(name="ghcr.io/acme/app:1.0", transport="registry", manifest=M, config=C)
SAVED = Image(name="./app.tar", transport="archive", config=C)
LOST = Image(name="lost:1.0", transport="registry")


def about_image(tmp_path: Path, *images: Image, kind: str = "container", version: str = C) -> Facts:
    content = sbom(type=kind, name="app", version=version)
    target = replace(TARGET, images=images)
    return facts(tmp_path, sboms={"1.7/app.cdx.json": content}, target=target)


@pytest.mark.parametrize(
    ("images", "more", "bound"),
    [
        ((PUSHED,), {}, [("ghcr.io/acme/app:1.0", "ab" * 32)]),
        ((SAVED,), {}, [("./app.tar", "cd" * 32)]),
        ((SAVED, PUSHED, LOST), {}, [("./app.tar", "cd" * 32), (PUSHED.name, "ab" * 32)]),
        ((PUSHED, replace(PUSHED, name="app")), {}, [("ghcr.io/acme/app:1.0", "ab" * 32)]),
        ((PUSHED,), {"version": M}, []),
        ((PUSHED,), {"kind": "application"}, []),
        ((LOST,), {"version": ""}, []),
    ],
)
def test_an_images_sbom_is_bound_to_the_image_that_was_judged(
    tmp_path: Path, images: tuple[Image, ...], more: Any, bound: list[tuple[str, str]]
) -> None:
    given = about_image(tmp_path, *images, **more)
    statement = made(given)[0]["cyclonedx-sbom-1.7-app"]
    found = [(item.name, item.sha256) for item in statement.subjects]
    assert found == bound or (not bound and found[0][0] == "sbom/1.7/app.cdx.json")


def test_a_given_image_goes_by_the_name_it_was_given(tmp_path: Path) -> None:
    given = about_image(tmp_path, PUSHED)
    artefacts = (Artefact("ghcr.io/acme/app", "cd" * 32),)
    given = replace(given, manifest=replace(given.manifest, artefacts=artefacts))
    assert subjects(given, "cyclonedx-sbom-1.7-app") == ["ghcr.io/acme/app", PUSHED.name]


def test_an_sbom_of_an_image_that_was_not_judged_is_refused(tmp_path: Path) -> None:
    given = about_image(tmp_path, PUSHED)
    name, subject = "cyclonedx-sbom-1.7-app", ((PUSHED.name, "ab" * 32),)
    statement = Statement(name, cyclonedx.TYPE, given.sboms["sbom/1.7/app.cdx.json"], subject)
    claims.check(name, statement, given)
    with pytest.raises(RefusedError, match="files that are not here"):
        claims.check(name, replace(statement, subjects=((PUSHED.name, "ef" * 32),)), given)
