"""What the scans come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks import container
from pipeline.checks.container import remember
from pipeline.checks.container.answer import read
from pipeline.errors import UnreadableOutputError
from pipeline.model import Gap, Image, Location, Policy
from tests.checks.container.cases import APP, LOST, TOKEN, image, options, ran, report, target


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("pipeline.files.cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def found(tmp_path: Path) -> Image:
    return image(tmp_path)


def test_findings_coverage_documents_and_a_table(found: Image) -> None:
    reading = read(target(found), options(), [ran(found)])
    rules = {finding.rule for finding in reading.findings}
    assert rules >= {
        *("CVE-2026-0001", "GHSA-4444-5555-6666", "container/runs-as-root"),
        "container/secret-in-configuration",
        *("container/remote-login", "container/privileged-port", "container/no-health-check"),
    }
    assert rules - container.RULES.keys() == {
        rule for rule in rules if rule.startswith(("CVE-", "GHSA-"))
    }
    assert all(part.complete for part in reading.coverage)
    assert [file.path.split("/")[0] for file in reading.files] == ["1.6", "1.7"]
    (row,) = reading.tables[0].rows
    assert row[:6] == (
        *("./app:1.0", "linux/amd64", APP.id, found.manifest, "debian 12.5"),
        7,
    )
    assert reading.data == options().database.records  # type: ignore[union-attr]
    assert TOKEN not in repr(reading)
    assert "correct-horse" not in repr(reading)


def test_the_next_run_needs_no_trivy(found: Image) -> None:
    first = read(target(found), options(), [ran(found)])
    key = remember.key(found, options())
    kept = remember.recall(found, "key")
    assert kept is not None
    remember.keep(found, remember.Memory(key=key, scan=kept.scan, names=kept.names))
    assert read(target(found), options(), []) == first


def test_images_that_were_not_seen(found: Image) -> None:
    gave_up = ran(found, stderr="x\tFATAL\tFatal error\trun error: no room\n", exit_code=1)
    reading = read(target(found, LOST), options(), [gave_up])
    assert [(one.gap, one.why) for part in reading.coverage for one in part.missing] == [
        (Gap.TOOL_FAILED, "Trivy gave up: no room"),
        (Gap.PARSE_ERROR, "no answer"),
    ]
    assert {finding.rule for finding in reading.findings} >= {"container/runs-as-root"}
    assert reading.files == ()
    assert remember.recall(found, "key") is None


def test_only_images_that_cannot_be_read() -> None:
    reading = read(target(LOST), options(database=None), [])
    assert [part.complete for part in reading.coverage] == [False]
    assert reading.data == ()


def test_layers_that_are_not_what_they_should_be(found: Image) -> None:
    layer = Path(found.place) / "blobs" / "sha256" / found.layers[0].digest[7:]
    layer.write_bytes(b"x")
    reading = read(target(found), options(), [])
    assert "was cut or changed" in reading.coverage[0].missing[0].why


def test_another_image_is_an_error(found: Image) -> None:
    said = report()
    said["Metadata"]["ImageID"] = "sha256:" + "0" * 64
    with pytest.raises(UnreadableOutputError):
        read(target(found), options(), [ran(found, said)])


def test_without_a_built_image_that_is_told() -> None:
    (part,) = read(target(dockerfiles=("Dockerfile",)), options(database=None), []).coverage
    assert (part.required, part.complete) == (False, False)
    assert "--image" in part.missing[0].why
    several = ("a/Dockerfile", "b/Dockerfile", "c/Dockerfile", "d/Dockerfile")
    (part,) = read(target(dockerfiles=several), options(database=None), []).coverage
    assert part.missing[0].subject == "a/Dockerfile, b/Dockerfile, c/Dockerfile and 1 more"
    assert part.missing[0].location == Location(path="a/Dockerfile")


def test_an_image_from_where_the_policy_does_not_allow_it(found: Image) -> None:
    policy = Policy(image_registries=("ghcr.io/acme",))
    reading = read(target(found), options(policy=policy), [ran(found)])
    (finding,) = (one for one in reading.findings if one.rule == "container/foreign-registry")
    assert "built on docker.io/library/debian:12" in finding.title
    reading = read(target(found), options(), [ran(found)])
    assert not any(one.rule == "container/foreign-registry" for one in reading.findings)
