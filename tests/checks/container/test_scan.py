"""Trivy's report, distilled: bound to our digests, and nothing of it that is secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.container.scan import Found, Scan, failure, read
from pipeline.checks.job import Job, Ran
from pipeline.errors import UnreadableOutputError
from pipeline.model import Image, Severity
from tests.checks.container.cases import APP, TOKEN, image, ran, report
from tests.kit.images import digest

LOWER, UPPER = (digest(layer) for layer in APP.layers)


@pytest.fixture
def found(tmp_path: Path) -> Image:
    return image(tmp_path)


def test_what_the_real_trivy_said(found: Image) -> None:
    scan = read(ran(found), found)
    assert (scan.config, scan.family, scan.release) == (APP.id, "debian", "12.5")
    assert not scan.end_of_life
    told = {(one.name, one.version, one.kind, one.layer, one.path) for one in scan.packages}
    assert told == {
        ("libssl3", "3.0.11-1~deb12u1", "os", LOWER, ""),
        ("login", "1:4.13-1", "os", LOWER, ""),
        ("jinja2", "2.4.1", "python-pkg", UPPER, *paths("METADATA", scan)),
        ("lodash", "4.17.20", "node-pkg", UPPER, "app/node_modules/lodash/package.json"),
        ("golang.org/x/net", "v0.1.0", "gobinary", UPPER, "usr/bin/server"),
        ("stdlib", "v1.22.0", "gobinary", UPPER, "usr/bin/server"),
        ("example.org/server", "", "gobinary", UPPER, "usr/bin/server"),
    }
    (product,) = (one for one in scan.packages if one.is_product)
    assert product.name == "example.org/server"
    (jinja,) = (one for one in scan.packages if one.name == "jinja2")
    assert (jinja.purl, jinja.licences) == ("pkg:pypi/jinja2@2.4.1", ("BSD-3-Clause",))


def test_a_package_is_known_by_its_url_and_its_whole_version(found: Image) -> None:
    subjects = {one.name: one.subject for one in read(ran(found), found).packages}
    assert subjects["login"] == "pkg:deb/debian/login@1:4.13-1"
    assert subjects["libssl3"] == "pkg:deb/debian/libssl3@3.0.11-1~deb12u1"
    assert subjects["jinja2"] == "pkg:pypi/jinja2@2.4.1"
    odd = Found(name="a b", version="1:2+x", kind="os", purl="")
    assert odd.subject == "pkg:generic/a%20b@1:2%2Bx"


def paths(end: str, scan: Scan) -> list[str]:
    return [one.path for one in scan.packages if one.path.endswith(end)]


def test_vulnerabilities_with_layer_and_fix(found: Image) -> None:
    flaws = {flaw.id: flaw for flaw in read(ran(found), found).flaws}
    assert flaws.keys() == {
        *("CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0004", "CVE-2026-0005"),
        "GHSA-4444-5555-6666",
    }
    openssl = flaws["CVE-2026-0001"]
    assert (openssl.fixed, openssl.package.layer) == (("3.0.12-1",), LOWER)
    assert (openssl.severity, openssl.score) == (Severity.CRITICAL, 9.8)
    assert openssl.cvss.startswith("CVSS:3.1/")
    assert (openssl.source, openssl.status) == ("debian", "fixed")
    assert (flaws["CVE-2026-0002"].fixed, flaws["CVE-2026-0002"].status) == ((), "affected")
    assert flaws["CVE-2026-0004"].aliases == ("GHSA-1111-2222-3333",)
    assert flaws["CVE-2026-0005"].package.path == "usr/bin/server"


def test_nothing_that_is_secret_is_kept(found: Image) -> None:
    scan = read(ran(found), found)
    assert TOKEN in json.dumps(report())
    assert TOKEN not in repr(scan)
    assert "correct-horse" not in repr(scan)


def other_image(said: dict[str, Any]) -> None:
    said["Metadata"]["ImageID"] = "sha256:" + "0" * 64


def no_image(said: dict[str, Any]) -> None:
    del said["Metadata"]["ImageID"]


def other_layers(said: dict[str, Any]) -> None:
    said["Metadata"]["DiffIDs"] = said["Metadata"]["DiffIDs"][::-1]


def foreign_layer(said: dict[str, Any]) -> None:
    said["Results"][0]["Packages"][0]["Layer"]["DiffID"] = "sha256:" + "0" * 64


def suppressed(said: dict[str, Any]) -> None:
    said["Results"][0]["ExperimentalModifiedFindings"] = [{"Type": "vulnerability"}]


def nameless(said: dict[str, Any]) -> None:
    del said["Results"][0]["Packages"][0]["Name"]


def misplaced(said: dict[str, Any]) -> None:
    said["Results"][0]["Class"] = "custom"


def no_metadata(said: dict[str, Any]) -> None:
    del said["Metadata"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (other_image, "looked at another image"),
        (no_image, "looked at another image"),
        (other_layers, "other layers"),
        (foreign_layer, "not of the form"),
        (suppressed, "suppressed findings"),
        (nameless, "not of the form"),
        (misplaced, "not of the form"),
        (no_metadata, "not of the form"),
    ],
)
def test_what_is_not_about_this_image_is_refused(
    found: Image, change: Callable[[dict[str, Any]], None], why: str
) -> None:
    said = report()
    change(said)
    with pytest.raises(UnreadableOutputError, match=why) as caught:
        read(ran(found, said), found)
    assert caught.value.where == found.title
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b'{"SchemaVersion": 3}'])
def test_what_is_no_report(found: Image, said: bytes) -> None:
    with pytest.raises(UnreadableOutputError):
        read(ran(found, said), found)


def test_no_report_at_all(found: Image) -> None:
    run = Ran(job=Job(name="x", arguments=()), exit_code=0, outputs={})
    with pytest.raises(UnreadableOutputError, match="left no report"):
        read(run, found)


def test_an_empty_report(found: Image) -> None:
    said = report()
    scan = read(ran(found, {**said, "Metadata": bare(said), "Results": None}), found)
    assert (scan.family, scan.packages, scan.flaws) == ("", (), ())


def bare(said: dict[str, Any]) -> dict[str, Any]:
    return {key: said["Metadata"][key] for key in ("ImageID", "DiffIDs")}


def test_ratings_that_are_missing_or_odd(found: Image) -> None:
    said = report()
    first, second = said["Results"][0]["Vulnerabilities"]
    first |= {"Severity": "SEVERE", "CVSS": {"x": {"V40Vector": "CVSS:4.0/AV:N"}}}
    second |= {"Severity": "UNKNOWN", "CVSS": None, "PkgIdentifier": None}
    flaws = {flaw.id: flaw for flaw in read(ran(found, said), found).flaws}
    one, other = flaws[first["VulnerabilityID"]], flaws[second["VulnerabilityID"]]
    assert (one.severity, one.cvss, one.score) == (Severity.UNKNOWN, "CVSS:4.0/AV:N", None)
    assert (other.severity, other.cvss, other.package.purl) == (Severity.UNKNOWN, "", "")


def test_warnings_that_may_mean_that_something_was_left_out(found: Image) -> None:
    stderr = (
        "2026-11-22T07:43:01Z\tINFO\tDetected OS\tfamily=debian\n"
        "2026-11-22T07:43:01Z\tWARN\tUnsupported os\tfamily=x\n"
        "2026-11-22T07:43:01Z\tWARN\t[dpkg] Parse error\tfile_path=status\n"
        "2026-11-22T07:43:02Z\tWARN\t[dpkg] Parse error\tfile_path=status\n"
        "2026-11-22T07:43:02Z\tERROR\tsomething new\x1b[2J\n"
        "cut off at the front\n"
    )
    told = read(ran(found, stderr=stderr), found).warnings
    assert told == ("[dpkg] Parse error file_path=status", "something new\ufffd[2J")


def test_why_trivy_gave_up(found: Image) -> None:
    fatal = "2026-11-22T07:43:01Z\tFATAL\tFatal error\trun error: image scan error: no room\n"
    assert failure(ran(found, stderr=fatal, exit_code=1)) == "no room"
    assert failure(ran(found, exit_code=1)) == "it did not say why"
    assert failure(ran(found)) == ""


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)


@given(
    place=st.sampled_from(["Packages", "Vulnerabilities", "Class", "Type", "Target"]),
    number=st.integers(0, 5),
    value=_VALUES,
)
@settings(deadline=None, max_examples=60)
def test_any_report_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: str, number: int, value: Any
) -> None:
    found = image(tmp_path_factory.getbasetemp())
    said = report()
    said["Results"][number][place] = value
    try:
        scan = read(ran(found, said), found)
    except UnreadableOutputError:
        return
    assert scan.config == found.config
