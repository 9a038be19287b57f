"""Built images, looked at by the real Trivy with a database that it opens itself."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.sbom.document import every_component
from pipeline.sbom.identity import bare
from pipeline.sbom.validate import validate
from pipeline.tools.binaries import Binary
from tests.checks.secrets.conftest import make_token
from tests.images.test_archive import save
from tests.kit import images, registry, rootfs, trivydb
from tests.kit.golang import UnavailableError
from tests.kit.images import Built, Deb, Index

DAY = "2026-11-22"
MADE = datetime(2026, 11, 22, 3, tzinfo=UTC)
SEVERE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
JINJA = "pkg:pypi/jinja2@2.4.1"
TOKEN = "ghp_" + "a1B2" * 9


def record(id_: str, ecosystem: str, name: str, fixed: str = "", *aliases: str) -> dict[str, Any]:
    """An OSV record of a made-up vulnerability."""
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    return {
        "id": id_,
        "aliases": list(aliases),
        "modified": "2026-01-01T00:00:00Z",
        "summary": f"A problem of {name}",
        "severity": [{"type": "CVSS_V3", "score": SEVERE}],
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
    }


FACTS = (
    record("CVE-2026-0001", "Debian:12", "openssl", "3.0.12-1"),
    record("CVE-2026-0002", "Debian:12", "openssl"),
    record("CVE-2026-0003", "Alpine:v3.22", "musl", "1.2.5-r1"),
    record("GHSA-1111-2222-3333", "PyPI", "jinja2", "2.10.1", "CVE-2026-0004"),
    record("GHSA-4444-5555-6666", "npm", "lodash", "4.17.21"),
    record("CVE-2026-0005", "Go", "golang.org/x/net", "0.17.0"),
    record("CVE-2026-0006", "Debian:12", "zlib", "1:99"),
    record("GHSA-7777-8888-9999", "Maven", "org.example:logger", "2.17.0"),
)
SYSTEM = images.debian(Deb("libssl3", "3.0.11-1~deb12u1", "openssl"))
LANGUAGES = {
    **images.python("jinja2", "2.4.1"),
    **images.node("lodash", "4.17.20"),
    **images.go_binary({"golang.org/x/net": "v0.1.0"}),
}
APP = Built.of(
    SYSTEM,
    LANGUAGES,
    history=[("COPY rootfs /", False), ("RUN make install", False)],
    labels={"org.opencontainers.image.base.name": "docker.io/library/debian:12"},
    health=["CMD", "true"],
)
SOUND = Built.of(images.debian(Deb("libexpat1", "2.5.0-1", "expat")), health=["CMD", "true"])


class Answer:
    """The container check's part of a run."""

    def __init__(self, code: int, report: Mapping[str, Any], folder: Path) -> None:
        (self.evidence,) = (one for one in report["evidence"] if one["check"] == "container")
        self.code, self.report, self.folder = code, report, folder
        self.status = self.evidence["status"]
        self.findings = [one for one in report["findings"] if one.get("check") == "container"]

    def gaps(self) -> str:
        return " | ".join(
            missing["why"] for part in self.evidence["coverage"] for missing in part["missing"]
        )

    def rules(self) -> set[str]:
        return {one["rule"] for one in self.findings}


Look = Callable[..., Answer]


@pytest.fixture
def look(tmp_path: Path, trivy: Binary, monkeypatch: pytest.MonkeyPatch) -> Look:
    """`supply-chain run --only container` on an empty repository, with these images."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))  # where a Mac has its cache
    repository = tmp_path / "repository"
    repository.mkdir()
    trivydb.make(tmp_path / "db", FACTS, updated=MADE)

    def look(*references: str, **more: str) -> Answer:
        named = [
            word
            for one in references
            for word in ((one,) if one.startswith("--") else ("--image", one))
        ]
        options = [word for key, value in more.items() for word in (f"--{key}", value) if word]
        words = ["run", str(repository), "--quiet", "--only", "container", "--as-of", DAY]
        database = [] if "trivy-db" in more else ["--trivy-db", str(tmp_path / "db")]
        code = main([*words, *database, *named, *options])
        folder = repository / ".supply-chain"
        return Answer(code, json.loads((folder / "report" / "report.json").read_bytes()), folder)

    return look


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where one stands."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    try:
        with registry.serving() as found:
            yield found
    except UnavailableError as error:
        pytest.skip(str(error))


def layers(image: Built) -> list[str]:
    return [images.digest(layer) for layer in image.layers]


# ------------------------------------------------------------------------------- what is found


def test_expected_findings_with_package_layer_and_fix(look: Look, here: Path) -> None:
    images.layout(here / "app", {"1.0": APP})
    answer = look("./app:1.0")
    assert (answer.status, answer.gaps(), answer.code) == ("found", "", 1)
    lower, upper = layers(APP)
    wanted = {
        ("CVE-2026-0001", "pkg:deb/debian/libssl3@3.0.11-1~deb12u1"): (["3.0.12-1"], lower, ""),
        ("CVE-2026-0002", "pkg:deb/debian/libssl3@3.0.11-1~deb12u1"): ([], lower, ""),
        ("CVE-2026-0004", "pkg:pypi/jinja2@2.4.1"): (["2.10.1"], upper, "METADATA"),
        ("GHSA-4444-5555-6666", "pkg:npm/lodash@4.17.20"): (["4.17.21"], upper, "package.json"),
        ("CVE-2026-0005", "pkg:golang/golang.org/x/net@v0.1.0"): (["0.17.0"], upper, "server"),
    }
    found = {(one["rule"], one["subject"]): one for one in answer.findings}
    assert found.keys() == wanted.keys()
    for key, (fixed, layer, file) in wanted.items():
        finding = found[key]
        assert finding["fixed_versions"] == fixed
        assert (finding["severity"], finding["score"]) == ("critical", 9.8)
        assert layer in finding["detail"]
        assert APP.id in finding["detail"]
        assert "docker.io/library/debian:12" in finding["detail"]
        (place,) = finding["locations"]
        assert place["path"].startswith("./app:1.0")
        assert place["path"].endswith(file)
    assert found["CVE-2026-0004", "pkg:pypi/jinja2@2.4.1"]["aliases"] == ["GHSA-1111-2222-3333"]
    assert (
        "by `COPY rootfs /`"
        in found["CVE-2026-0001", "pkg:deb/debian/libssl3@3.0.11-1~deb12u1"]["detail"]
    )


def test_a_sound_image_is_clean(look: Look, here: Path) -> None:
    images.layout(here / "app", {"1.0": SOUND})
    answer = look("./app")
    assert (answer.status, answer.findings, answer.gaps()) == ("clean", [], "")
    (tool,) = answer.evidence["tools"]
    (data,) = answer.evidence["data"]
    assert (tool["name"], tool["version"]) == ("trivy", "0.74.0")
    assert data["as_of"] == "2026-11-22"


def test_the_same_image_wherever_it_is_kept(look: Look, here: Path, host: str) -> None:
    images.layout(here / "app", {"1.0": APP})
    images.archive(here / "app.tar", APP)
    images.packed(here / "oci.tar", {"1.0": APP})
    images.layout(here / "dense", {"1.0": replace(APP, packing="zstd")})
    name = registry.push(host, "team/app", APP)
    told = []
    for reference in ("./app:1.0", "./app.tar", "./oci.tar", "./dense", name):
        answer = look(reference)
        assert (answer.status, answer.gaps()) == ("found", "")
        (row,) = answer.evidence["tables"][0]["rows"]
        assert row[2] == APP.id
        told.append(
            [
                (
                    one["rule"],
                    one["subject"],
                    one["severity"],
                    one["fixed_versions"],
                    one["detail"].replace(reference, "IMAGE"),
                    [place["path"].replace(reference, "IMAGE") for place in one["locations"]],
                )
                for one in answer.findings
            ]
        )
    assert [one == told[0] for one in told] == [True] * 5


def test_several_images_in_one_run(look: Look, here: Path) -> None:
    images.layout(here / "app", {"1.0": APP, "2.0": SOUND})
    answer = look("./app:1.0", "./app:2.0")
    assert answer.status == "found"
    assert [row[0] for row in answer.evidence["tables"][0]["rows"]] == ["./app:1.0", "./app:2.0"]
    both = Built.of(SYSTEM, {"other": b""}, health=["CMD", "true"])
    images.layout(here / "both", {"": both})
    answer = look("./app:1.0", "./both")
    (finding,) = (one for one in answer.findings if one["rule"] == "CVE-2026-0001")
    assert [place["path"] for place in finding["locations"]] == ["./app:1.0", "./both"]
    assert both.id in finding["detail"]
    assert APP.id in finding["detail"]


def test_every_image_of_an_archive_or_the_named_one(look: Look, here: Path) -> None:
    save(here / "both.tar", (APP, "app:1.0"), (SOUND, "sound:1.0"))
    answer = look("./both.tar")
    assert (answer.status, answer.gaps()) == ("found", "")
    rows = answer.evidence["tables"][0]["rows"]
    assert [(row[2], row[3]) for row in rows] == [(APP.id, ""), (SOUND.id, "")]
    assert all(APP.id in one["detail"] for one in answer.findings)
    images.archive(here / "app.tar", APP)
    alone = look("./app.tar")
    assert {(one["rule"], one["subject"]) for one in answer.findings} == {
        (one["rule"], one["subject"]) for one in alone.findings
    }
    sound = look("./both.tar:sound:1.0")
    assert (sound.status, sound.findings) == ("clean", [])
    (row,) = sound.evidence["tables"][0]["rows"]
    assert row[2] == SOUND.id
    assert "nothing in it has this tag" in look("./both.tar:2.0").gaps()


def test_every_platform_or_the_named_one(look: Look, here: Path, host: str) -> None:
    arm = Built.of(SYSTEM, platform="linux/arm64", health=["CMD", "true"])
    both = Index(SOUND, arm, statements=[Built.of({"provenance": b""})])
    images.layout(here / "app", {"1.0": both})
    for reference in ("./app:1.0", registry.push(host, "team/both", both)):
        answer = look(reference)
        assert answer.status == "found"
        assert all("(linux/arm64)" in one["detail"] for one in answer.findings)
        rows = answer.evidence["tables"][0]["rows"]
        assert [(row[1], row[2]) for row in rows] == [
            ("linux/amd64", SOUND.id),
            ("linux/arm64", arm.id),
        ]
        sboms = [one for one in answer.evidence["artefacts"] if "/1.7/" in one["path"]]
        parts = [json.loads((answer.folder / one["path"]).read_bytes()) for one in sboms]
        assert {part["metadata"]["component"]["version"] for part in parts} == {SOUND.id, arm.id}
        assert look(reference, platform="linux/amd64").status == "clean"
        answer = look(reference, platform="linux/s390x")
        assert (answer.status, answer.code) == ("partial", 3)
        assert "no image for linux/s390x, only for linux/amd64, linux/arm64" in answer.gaps()


# ------------------------------------------------------------- silence that must not pass for "no"

ARCH = {"etc/os-release": b"ID=arch\nNAME=Arch\n", "usr/bin/tool": b""}
GEM = b"""Gem::Specification.new do |s|
  s.name = %q{a}
  s.version = "1"
end
"""
NGINX = Deb("nginx", "1.25.3-1~bookworm", maintainer="NGINX Packaging <nginx-packaging@f5.com>")
UNPACKED = {name: content for name, content in SYSTEM.items() if "dpkg" not in name}


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([{"app": b"1"}], "no package was found"),
        ([ARCH], "no package was found"),
        ([ARCH, LANGUAGES], "an operating system that Trivy does not know"),
        ([images.debian(NGINX)], "others than debian packaged them (nginx)"),
        ([UNPACKED], "no package was found"),
        ([UNPACKED, LANGUAGES], "without a database of its packages"),
        ([SYSTEM, {"var/lib/dpkg/status": None}], "no package was found"),
        ([SYSTEM, {"var": None}, LANGUAGES], "without a database of its packages"),
        ([images.debian(Deb("a", "1"), release="9", codename="stretch")], "past its end of life"),
        ([images.alpine({"musl": "1.2.5-r0"}, "3.12.1")], "past its end of life"),
        (
            [images.debian(Deb("a", "1"), release="13", codename="trixie")],
            "holds nothing for debian 13",
        ),
        ([images.alpine({"musl": "1.2.5-r0"}, "3.23.0")], "holds nothing for alpine 3.23"),
        (
            [SYSTEM, {"opt/x/specifications/a-1.gemspec": GEM}],
            "holds nothing for gemspec",
        ),
        (
            [
                {
                    "etc/os-release": b"ID=fedora\nVERSION_ID=41\n",
                    "etc/fedora-release": b"Fedora release 41\n",
                },
                LANGUAGES,
            ],
            "without a database",
        ),
        ([{**SYSTEM, "var/lib/dpkg/status": b"Package: a\n"}], "no package was found"),
    ],
)
def test_silence_is_not_clean(look: Look, here: Path, parts: list[images.Files], why: str) -> None:
    images.layout(here / "app", {"1.0": Built.of(*parts, health=["CMD", "true"])})
    answer = look("./app:1.0")
    assert why in answer.gaps()
    assert (answer.status, answer.code) in {("partial", 3), ("partial", 1)}


def test_an_image_from_nothing_needs_no_operating_system(look: Look, here: Path) -> None:
    server = images.go_binary({"golang.org/x/net": "v0.99.0"})
    images.layout(here / "app", {"1.0": Built.of(server, health=["CMD", "true"])})
    answer = look("./app")
    assert (answer.status, answer.gaps()) == ("clean", "")


def test_a_system_past_its_end_is_a_finding_too(look: Look, here: Path) -> None:
    old = images.debian(Deb("a", "1"), release="9", codename="stretch")
    images.layout(here / "app", {"1.0": Built.of(old)})
    assert "container/end-of-life" in look("./app").rules()


def test_layers_that_are_not_what_they_should_be(look: Look, here: Path) -> None:
    folder = images.layout(here / "app", {"1.0": SOUND})
    layer = folder / "blobs" / "sha256" / images.digest(SOUND.stored()[0])[7:]
    content = layer.read_bytes()
    assert look("./app").status == "clean"
    for changed in (content[:-9], content[:-1] + b"x", b""):
        layer.write_bytes(changed)
        answer = look("./app")
        assert (answer.status, answer.code) == ("partial", 3)
        assert "was cut or changed" in answer.gaps()
    layer.unlink()
    assert look("./app").status == "partial"
    swapped = Built(APP.layers[::-1], APP.config)
    images.archive(here / "app.tar", swapped)
    assert "not the one that the image's configuration names" in look("./app.tar").gaps()


def test_one_bad_image_does_not_hide_the_others(look: Look, here: Path) -> None:
    images.layout(here / "app", {"1.0": APP})
    answer = look("./app:1.0", "./nothing.tar", "./app:9.9")
    assert (answer.status, answer.code) == ("partial", 1)
    assert len(answer.findings) == 5
    assert "No such file" in answer.gaps()
    assert "nothing in it has this name" in answer.gaps()


def test_archives_of_java_need_their_index(look: Look, here: Path, tmp_path: Path) -> None:
    known = images.jar("org.example", "logger", "2.0.0")
    images.layout(here / "app", {"1.0": Built.of(SYSTEM, known)})
    answer = look("./app")
    assert answer.status == "partial"
    assert "app/logger-2.0.0.jar cannot be told apart" in answer.gaps()
    assert "CVE-2026-0001" in answer.rules()
    trivydb.make_java(tmp_path / "db", {}, updated=MADE)
    answer = look("./app")
    assert answer.status == "found"
    (finding,) = (one for one in answer.findings if one["rule"] == "GHSA-7777-8888-9999")
    assert finding["subject"] == "pkg:maven/org.example/logger@2.0.0"
    assert finding["locations"][0]["path"].endswith("app/logger-2.0.0.jar")
    names = {record["name"] for record in answer.evidence["data"]}
    assert "Trivy index of Java archives" in names


def test_an_archive_of_java_that_nobody_knows_is_told(
    look: Look, here: Path, tmp_path: Path
) -> None:
    trivydb.make_java(tmp_path / "db", {}, updated=MADE)
    sound = images.debian(Deb("libexpat1", "2.5.0-1", "expat"))
    odd = {"app/mystery.jar": b"no zip archive at all"}
    images.layout(here / "app", {"1.0": Built.of(sound, odd, health=["CMD", "true"])})
    answer = look("./app")
    assert "nobody knows what this archive is" in answer.gaps()


def test_an_old_database_is_not_fresh(look: Look, here: Path, tmp_path: Path) -> None:
    images.layout(here / "app", {"1.0": SOUND})
    old = trivydb.make(tmp_path / "old", FACTS, updated=MADE - timedelta(days=30))
    answer = look("./app", **{"trivy-db": str(old)})
    assert answer.evidence["data"][0]["fresh"] is False
    assert answer.code == 3


@pytest.mark.parametrize("broken", ["missing", "empty", "format"])
def test_a_database_that_is_none(look: Look, here: Path, tmp_path: Path, broken: str) -> None:
    images.layout(here / "app", {"1.0": SOUND})
    folder = tmp_path / "bad"
    if broken == "empty":
        trivydb.make(folder, [], updated=MADE)
    elif broken == "format":
        trivydb.make(folder, FACTS, updated=MADE, version=1)
    answer = look("./app", **{"trivy-db": str(folder)})
    assert (answer.status, answer.code) == ("errored", 3)
    assert "database" in answer.evidence["reason"]


# -------------------------------------------------------------------------------------- secrets


def everything(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


def test_secrets_are_found_and_never_repeated(look: Look, here: Path, tmp_path: Path) -> None:
    password = "correct-horse-battery"
    app = Built.of(
        SYSTEM,
        {"app/settings.ini": f"token = {TOKEN}\n".encode()},
        env=[f"DB_PASSWORD={password}", "PORT=80"],
        history=[("COPY . /", False), (f"RUN |1 NPM_TOKEN={TOKEN} /bin/sh -c make", False)],
    )
    images.layout(here / "app", {"1.0": app})
    answer = look("./app")
    assert {rule for rule in answer.rules() if "secret" in rule} == {
        "container/secret-in-configuration"
    }
    kept = everything(answer.folder) + everything(tmp_path / "cache" / "supply-chain")
    assert TOKEN not in kept
    assert password not in kept
    assert layers(app)[1] in kept


# ------------------------------------------------------------------------------ what is kept


def test_nothing_is_scanned_twice_for_the_same_answer(
    look: Look, here: Path, tmp_path: Path, host: str, started: list[str]
) -> None:
    images.layout(here / "app", {"1.0": APP, "2.0": SOUND})
    images.packed(here / "oci.tar", {"1.0": Built.of(SYSTEM, {"packed": b""})})
    wanted = ("./app:1.0", "./oci.tar", registry.push(host, "team/twice", SOUND))
    first = look(*wanted)
    assert len(started) == 3
    kept = everything(first.folder / "container")
    again = look(*wanted)
    assert len(started) == 3
    assert again.evidence == first.evidence
    assert everything(again.folder / "container") == kept
    newer = [*FACTS, record("CVE-2026-0077", "Debian:12", "expat")]
    trivydb.make(tmp_path / "db", newer, updated=MADE)
    answer = look(*wanted)
    assert len(started) == 6
    assert "CVE-2026-0077" in answer.rules()


def test_a_bill_of_materials_of_each_image(look: Look, here: Path) -> None:
    images.layout(here / "app", {"1.0": APP})
    answer = look("./app:1.0")
    artefacts = [one["path"] for one in answer.evidence["artefacts"]]
    assert [path.split("/")[1] for path in artefacts] == ["1.6", "1.7"]
    document = json.loads((answer.folder / artefacts[-1]).read_bytes())
    about = document["metadata"]["component"]
    assert (about["type"], about["version"]) == ("container", APP.id)
    purls = {one.get("purl") for one in document["components"]}
    assert {bare(purl) for purl in purls if purl} >= {one["subject"] for one in answer.findings}
    qualified = "pkg:deb/debian/libssl3@3.0.11-1~deb12u1?arch=amd64&distro=debian-12.5"
    assert qualified in purls
    (jinja,) = (one for one in document["components"] if one.get("purl") == "pkg:pypi/jinja2@2.4.1")
    assert jinja["licenses"][0]["license"]["id"] == "BSD-3-Clause"
    assert {"name": "supply-chain:layer", "value": layers(APP)[1]} in jinja["properties"]


def test_locks_and_images_are_one_bill_of_materials(look: Look, here: Path) -> None:
    arm = Built.of(SYSTEM, platform="linux/arm64", health=["CMD", "true"])
    images.layout(here / "app", {"1.0": APP, "2.0": Index(SOUND, arm)})
    repository = here.parent / "repository"
    (repository / "requirements.txt").write_text("jinja2==2.4.1\n")
    written = []
    for _ in range(2):
        answer = look("./app", only="sbom", offline="")
        folder = answer.folder / "sbom"
        document = json.loads((folder / "1.7" / "repository.cdx.json").read_bytes())
        assert (validate(document), (folder / "1.6" / "repository.cdx.json").is_file()) == (
            (),
            True,
        )
        written.append(document)
    assert written[0] == written[1]
    (locked,) = (one for one in document["components"] if one.get("purl") == JINJA)
    held = {one["version"]: one for one in document["components"] if one["type"] == "container"}
    assert held.keys() == {APP.id, SOUND.id, arm.id}
    own = {one["purl"]: one["bom-ref"] for one in held[APP.id]["components"] if "purl" in one}
    assert own[JINJA] != locked["bom-ref"]
    manifest = images.digest(APP.manifest()).replace(":", "%3A")
    assert held[APP.id]["purl"] == f"pkg:oci/app@{manifest}?arch=amd64&tag=1.0"
    edges = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    root = document["metadata"]["component"]["bom-ref"]
    assert {one["bom-ref"] for one in held.values()} <= {*edges[root]}
    assert own[JINJA] in edges[held[APP.id]["bom-ref"]]
    (evidence,) = (one for one in answer.report["evidence"] if one["check"] == "sbom")
    (rows,) = (one["rows"] for one in evidence["tables"] if one["title"] == "Images in the SBOM")
    assert {row[1] for row in rows} == {one["bom-ref"] for one in held.values()}
    (fields,) = (one["rows"] for one in evidence["tables"] if "CISA" in one["title"])
    everything = 1 + sum(1 for _ in every_component(document))
    told = {row[0]: row[1:] for row in fields}
    assert sum(told["Component Name"]) == everything
    assert {name: row[2] for name, row in told.items() if row[2]} == {"SBOM Author Signature": 1}
    file = folder / "1.7" / "repository.cdx.json"
    assert main(["sbom", str(repository), "--against", str(file)]) == 0
    out = here / "out"
    for name, jinjas in (("xml", 2), ("spdx-2.3", 2), ("json", 2)):
        assert main(["sbom", "--convert", str(file), "--format", name, "-o", str(out)]) == 0
        text = re.sub(r"\s", "", out.read_text())
        assert len(re.findall(r'<name>jinja2<|"name":"jinja2"', text)) == jinjas


def test_a_dockerfile_claims_a_base(look: Look, here: Path) -> None:
    line = "RUN /bin/sh -c make install # buildkit"
    built = Built.of(SYSTEM, LANGUAGES, history=[("ADD rootfs /", False), (line, False)])
    images.layout(here / "app", {"1.0": built})
    pinned = "sha256:" + "ab" * 32
    file = here.parent / "repository" / "Dockerfile"
    file.write_text(f"FROM debian:12@{pinned}\nRUN make install\n")
    answer = look("./app:1.0")
    (row,) = answer.evidence["tables"][0]["rows"]
    assert row[-1] == "debian:12, says Dockerfile"
    (image,) = answer.report["target"]["images"]
    assert (image["base"], image["base_digest"]) == ("debian:12", pinned)
    assert image["base_from"] == "Dockerfile"
    assert all(
        "built on debian:12, says Dockerfile" in one["detail"]
        for one in answer.findings
        if one["kind"] == "vulnerability"
    )
    file.write_text(f"FROM debian:12@{pinned}\nRUN make everything\n")
    (row,) = look("./app:1.0").evidence["tables"][0]["rows"]
    assert row[-1] == ""


# --------------------------------------------------------------------------------- hostile things


def test_nothing_in_an_image_or_beside_it_steers_the_scan(
    look: Look, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignore = b"CVE-2026-0001\nCVE-2026-0002\nGHSA-4444-5555-6666\n"
    own = {
        "trivy.yaml": b"severity: [LOW]\nignorefile: .trivyignore\n",
        ".trivyignore": ignore,
        "trivy-secret.yaml": b"disable-rules: [github-pat]\n",
    }
    images.layout(here / "app", {"1.0": Built(APP.layers, APP.config)})
    before = look("./app:1.0")
    for folder in (here, tmp_path / "repository"):
        for name, content in own.items():
            (folder / name).write_bytes(content)
    for name in ("SEVERITY", "IGNOREFILE", "CONFIG", "RUN_AS_PLUGIN", "SKIP_FILES"):
        monkeypatch.setenv(f"TRIVY_{name}", ".trivyignore")
    images.layout(here / "same", {"1.0": Built(APP.layers, {**APP.config, "author": "x"})})
    after = look("./same:1.0")
    assert after.rules() == before.rules()
    assert after.status == "found"


def test_layers_are_searched_by_the_check_for_secrets(look: Look, here: Path) -> None:
    inside = {"srv/settings.ini": f"token = {make_token()}\n".encode()}
    images.layout(here / "app", {"1.0": Built.of(SYSTEM, inside, {"srv/settings.ini": None})})
    images.layout(here / "sound", {"1.0": SOUND})
    for name, outcome in (("./app", "fail"), ("./sound", "pass")):
        report = look(name, "--only=secrets").report
        (told,) = (one for one in report["controls"] if one["id"] == "SECR-04")
        assert (told["outcome"], "secrets" in told["evidence"]) == (outcome, True)
        places = [place["path"] for one in report["findings"] for place in one["locations"]]
        assert (f"{name}!/srv/settings.ini" in places) is (outcome == "fail")


def test_a_tag_of_the_registry_that_moves_meanwhile(look: Look, host: str) -> None:
    name = registry.push(host, "team/moving", SOUND)
    pinned = f"{name}@{images.digest(SOUND.manifest())}"
    registry.push(host, "team/moving", APP)
    assert look(pinned).status == "clean"
    assert look(name).status == "found"


def test_no_image_and_no_dockerfile(look: Look, tmp_path: Path) -> None:
    assert look().status == "not_applicable"
    (tmp_path / "repository" / "Dockerfile").write_text("FROM scratch\n")
    answer = look()
    assert answer.status == "not_applicable"
    assert "no built image was given" in answer.gaps()


def test_offline_a_registry_is_not_asked(look: Look, here: Path, host: str) -> None:
    name = registry.push(host, "team/offline", SOUND)
    images.layout(here / "app", {"1.0": SOUND})
    answer = look(name, "./app", "--offline")
    assert (answer.status, answer.code) == ("partial", 3)
    assert "not asked offline" in answer.gaps()


# ------------------------------------------------------------------------------ a real Debian


@pytest.fixture(scope="module")
def root() -> bytes:
    """The tar of a real Debian, made before a test has a cache of its own."""
    try:
        return rootfs.debian().read_bytes()
    except UnavailableError as error:
        pytest.skip(str(error))


def test_a_real_debian_root_filesystem(root: bytes, look: Look, here: Path) -> None:
    status = packages_of(root)
    image = Built.of({"app/run": b"#!/bin/sh\n"}, health=["CMD", "true"])
    config = {
        **image.config,
        "history": [{"created_by": "COPY rootfs /"}, *image.config["history"]],
        "rootfs": {"type": "layers", "diff_ids": [images.digest(root), *layers(image)]},
    }
    images.layout(here / "app", {"1.0": Built((root, *image.layers), config, packing="")})
    answer = look("./app:1.0")
    assert (answer.status, answer.gaps()) == ("found", "")
    (counted,) = (part for part in answer.evidence["coverage"] if part["unit"] == "packages")
    assert counted["expected"] == counted["evaluated"] == len(status)
    found = {
        (one["rule"], one["subject"].split("@")[0])
        for one in answer.findings
        if one["kind"] == "vulnerability"
    }
    assert found == {("CVE-2026-0006", "pkg:deb/debian/zlib1g")}
    detail = next(one["detail"] for one in answer.findings if one["rule"] == "CVE-2026-0006")
    assert images.digest(root) in detail


def packages_of(root: bytes) -> list[str]:
    """The names of the packages that dpkg itself has recorded as installed."""
    with tarfile.open(fileobj=io.BytesIO(root)) as archive:
        file = archive.extractfile("./var/lib/dpkg/status")
        assert file is not None
        entries = file.read().decode().split("\n\n")
    return [
        entry.splitlines()[0].removeprefix("Package: ")
        for entry in entries
        if "\nStatus: install ok installed\n" in entry
    ]
