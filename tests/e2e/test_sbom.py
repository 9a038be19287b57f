"""SBOMs by the real tools, read back by others, and held against changed locks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom

from pipeline.cli import main
from pipeline.commands import sbom as command
from pipeline.sbom import Json, pins
from pipeline.sbom.document import VERSIONS
from pipeline.sbom.identity import identify
from pipeline.sbom.parts import is_own
from pipeline.sbom.validate import validate
from tests.sbom.polyglot import look, make

DAY = "2026-11-22"
GO_READER = """package main

import (
	"fmt"
	"os"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	bom := new(cdx.BOM)
	if err := cdx.NewBOMDecoder(file, cdx.BOMFileFormatJSON).Decode(bom); err != nil {
		panic(err)
	}
	edges := 0
	for _, entry := range *bom.Dependencies {
		if entry.Dependencies != nil {
			edges += len(*entry.Dependencies)
		}
	}
	fmt.Println(bom.SpecVersion, bom.SerialNumber, len(*bom.Components), edges)
	for _, component := range *bom.Components {
		fmt.Println(component.PackageURL)
	}
}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make(tmp_path / "shop")


def run(root: Path, output: Path) -> None:
    """Only this check, without any network."""
    arguments = ("--only", "sbom", "--offline", "--as-of", DAY, "--quiet")
    code = main(["run", str(root), "--output", str(output), *arguments])
    assert code == 0


def load(path: Path) -> Json:
    return dict(json.loads(path.read_bytes()))


def written(root: Path, *arguments: str) -> bytes:
    file = root.parent / "out"
    assert main(["sbom", str(root), "--as-of", DAY, "-o", str(file), *arguments]) == 0
    return file.read_bytes()


def test_four_ecosystems_in_one_valid_document(shop: Path, tmp_path: Path) -> None:
    run(shop, tmp_path / "one")
    run(shop, tmp_path / "two")
    of = look(shop)
    packages = {
        identify(package): package
        for lock in of.locks
        for package in lock.packages
        if not is_own(package)
    }
    assert {lock.ecosystem for lock in of.locks} == {"PyPI", "npm", "Go", "crates.io"}
    for version in VERSIONS:
        folder = tmp_path / "one" / "sbom" / version
        document = load(folder / "repository.cdx.json")
        assert validate(document) == ()
        purls = [item["purl"] for item in document["components"] if item["type"] == "library"]
        assert sorted(purls) == sorted(packages), "each locked package once, and nothing else"
        for item in document["components"]:
            if item["purl"] in packages and packages[item["purl"]].hashes:
                assert item["hashes"], item["purl"]
        assert len(list((folder / "projects").iterdir())) == 4
        edges = {item["ref"]: item.get("dependsOn", []) for item in document["dependencies"]}
        reached: set[str] = set()
        waiting = [document["metadata"]["component"]["bom-ref"]]
        while waiting:
            if (ref := waiting.pop()) not in reached:
                reached.add(ref)
                waiting.extend(edges.get(ref, ()))
        assert set(purls) <= reached, "the graph leads from the root to everything"
    files = sorted(path for path in (tmp_path / "one" / "sbom").rglob("*") if path.is_file())
    assert len(files) == 2 * 5
    for file in files:
        twin = tmp_path / "two" / file.relative_to(tmp_path / "one")
        assert file.read_bytes() == twin.read_bytes()


def test_the_evidence_names_documents_tables_and_tools(shop: Path, tmp_path: Path) -> None:
    run(shop, tmp_path / "out")
    recorded = load(tmp_path / "out" / "evidence" / "sbom.json")["evidence"]
    assert recorded["status"] == "clean"
    assert recorded["tools"][0]["name"] == "cyclonedx-bom"
    assert len(recorded["artefacts"]) == 10
    assert recorded["artefacts"][0]["media_type"] == "application/vnd.cyclonedx+json"
    assert recorded["tables"][0]["rows"]
    assert ("npm" in {tool["name"] for tool in recorded["tools"]}) == bool(shutil.which("npm"))


def test_the_graph_of_each_lock_is_kept(shop: Path) -> None:
    document = json.loads(written(shop))
    edges = {item["ref"]: set(item.get("dependsOn", ())) for item in document["dependencies"]}
    for lock in look(shop).locks:
        for package in lock.packages:
            if is_own(package) or lock.format == "go.sum":
                continue
            for wanted in package.requires:
                targets = {
                    identify(other)
                    for other in lock.packages
                    if wanted in {other.key, other.name} and not is_own(other)
                }
                assert targets <= edges[identify(package)]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_python_library_reads_it_back(shop: Path, version: str) -> None:
    document = json.loads(written(shop, "--spec-version", version))
    with warnings.catch_warnings():
        # It says that it does not know `compositions`.
        warnings.simplefilter("ignore")
        bom = Bom.from_json(document)  # type: ignore[attr-defined]
    assert {str(item.bom_ref) for item in bom.components} == {
        item["bom-ref"] for item in document["components"]
    }
    assert bom.urn().startswith(document["serialNumber"].replace("uuid", "cdx")[:8])
    assert bom.validate()


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_the_go_library_reads_it_back(
    shop: Path, tmp_path: Path, version: str, request: pytest.FixtureRequest
) -> None:
    go = shutil.which("go")
    if go is None:
        pytest.skip("needs Go")
    reader = tmp_path / "reader"
    reader.mkdir()
    (reader / "main.go").write_text(GO_READER)
    (reader / "go.mod").write_text(
        "module reader\n\ngo 1.20\n\nrequire github.com/CycloneDX/cyclonedx-go v0.12.0\n"
    )
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GONOSUMDB": "*", "GONOSUMCHECK": "1"}
    if not request.config.getoption("--online"):
        environment["GOPROXY"] = "off"
    built = subprocess.run(
        [go, "build", "-o", "reader", "."],
        cwd=reader,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode and environment.get("GOPROXY") == "off":
        pytest.skip("needs cyclonedx-go in Go's module cache: give --online to fetch it")
    assert built.returncode == 0, built.stderr
    content = written(shop, "--spec-version", version)
    document = json.loads(content)
    done = subprocess.run(
        [str(reader / "reader"), str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    head, *purls = done.stdout.splitlines()
    edges = sum(len(item.get("dependsOn", ())) for item in document["dependencies"])
    count = len(document["components"])
    assert head == f"{version} {document['serialNumber']} {count} {edges}"
    assert purls == [item["purl"] for item in document["components"]]


@pytest.mark.parametrize("name", ["xml", "spdx-2.3", "spdx-3.0"])
def test_other_formats_are_written_alike_each_time(shop: Path, name: str) -> None:
    content = written(shop, "--format", name)
    assert content == written(shop, "--format", name)
    assert b"itoa" in content


# ------------------------------------------------------------------------ an SBOM and the locks


def against(root: Path, document: Json, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    file = root.parent / "given.json"
    file.write_text(json.dumps(document))
    capsys.readouterr()
    code = main(["sbom", str(root), "--against", str(file)])
    return code, capsys.readouterr().out


def without(document: Json, purl: str) -> Json:
    """The document without a component and everything that speaks of it."""
    text = [item for item in document["components"] if item["purl"] != purl]
    assert len(text) == len(document["components"]) - 1
    return {
        **document,
        "components": text,
        "dependencies": [
            {**item, "dependsOn": [ref for ref in item.get("dependsOn", ()) if ref != purl]}
            for item in document["dependencies"]
            if item["ref"] != purl
        ],
    }


def test_an_sbom_of_the_locks_fits_them(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert against(shop, json.loads(written(shop)), capsys) == (0, "")


def test_a_deleted_component_is_named(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = without(json.loads(written(shop)), "pkg:cargo/itoa@1.0.18")
    code, said = against(shop, document, capsys)
    assert code == 1
    assert said == "missing from the SBOM: itoa==1.0.18 (rust/Cargo.lock:10)\n"


def test_a_package_added_to_the_lock_is_named(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(written(shop))
    lock = shop / "rust" / "Cargo.lock"
    lock.write_text(
        lock.read_text()
        + '\n[[package]]\nname = "zzz-new"\nversion = "0.1.0"\n'
        + 'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
        + f'checksum = "{"0" * 64}"\n'
    )
    code, said = against(shop, document, capsys)
    assert code == 1
    assert "missing from the SBOM: zzz-new==0.1.0" in said
    code, said = against(make(shop.parent / "old"), json.loads(written(shop)), capsys)
    assert code == 1
    assert said == "in no lock: pkg:cargo/zzz-new@0.1.0\n"


def test_an_sbom_that_is_none_is_a_mistake_in_use(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = against(shop, {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 0}, capsys)
    assert code == 2
    assert main(["sbom", str(shop), "--against", str(shop / "none.json")]) == 2
    (shop.parent / "broken.json").write_text("{")
    assert main(["sbom", str(shop), "--against", str(shop.parent / "broken.json")]) == 2


def test_an_sbom_that_is_too_large_is_not_read(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "MAX_BYTES", 10)
    code, _ = against(shop, {"bomFormat": "CycloneDX"}, capsys)
    assert code == 2


def test_findings_are_told_and_a_missing_package_is_a_violation(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = pins.take
    monkeypatch.setattr(
        pins,
        "take",
        lambda content: (dict(list(real(content)[0].items())[1:]), real(content)[1]),
    )
    assert main(["sbom", str(shop)]) == 1
    assert "high: " in capsys.readouterr().err


def test_what_no_lock_speaks_of_makes_the_document_incomplete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements.txt").write_text("six==1.16.0\n")
    web = tmp_path / "web"
    web.mkdir()
    (web / "package.json").write_text('{"dependencies": {"left-pad": "*"}}')
    assert main(["sbom", str(tmp_path)]) == 3
    out, said = capsys.readouterr()
    assert '"pkg:pypi/six@1.16.0"' in out
    assert "not covered: web/package.json" in said


def test_without_a_lock_there_is_no_sbom(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sbom", str(tmp_path)]) == 3
    (tmp_path / "package.json").write_text('{"dependencies": {"left-pad": "*"}}')
    assert main(["sbom", str(tmp_path)]) == 3
    assert "no lock names a package" in capsys.readouterr().err


def test_a_small_clean_repository_is_clean(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "requirements.txt").write_text("six==1.16.0\n")
    run(root, tmp_path / "out")
    assert load(tmp_path / "out" / "evidence" / "sbom.json")["evidence"]["status"] == "clean"


def test_nothing_of_the_repository_is_executed(shop: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for folder in ("", "py", "node"):
        here = shop / folder
        (here / "setup.py").write_text(f"open({str(canary)!r}, 'w')\n")
        (here / "evil.pth").write_text(f"import os; open({str(canary)!r}, 'w')\n")
        (here / ".npmrc").write_text(f"script-shell={canary}\nnode-options=--require={canary}\n")
    manifest = shop / "node" / "package.json"
    about = json.loads(manifest.read_bytes())
    about["scripts"] = dict.fromkeys(("preinstall", "prepare", "sbom"), f"touch {canary}")
    manifest.write_text(json.dumps(about))
    main(["sbom", str(shop), "-o", str(tmp_path / "out.json")])
    assert (tmp_path / "out.json").is_file()
    assert not canary.exists()


def test_a_document_of_a_run_in_another_format(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shop, tmp_path / "out")
    file = tmp_path / "out" / "sbom" / "1.6" / "repository.cdx.json"
    found, made = tmp_path / "found", tmp_path / "made"
    assert main(["sbom", "--convert", str(file), "-o", str(found)]) == 0
    assert found.read_bytes() == file.read_bytes()
    assert main(["sbom", "--convert", str(file), "--format", "xml", "-o", str(found)]) == 0
    options = ("--format", "xml", "--spec-version", "1.6", "--as-of", DAY, "-o", str(made))
    assert main(["sbom", str(shop), *options]) == 0
    assert found.read_bytes() == made.read_bytes()
    foreign = json.loads(file.read_bytes())
    others: tuple[Any, ...] = ({"components": []}, [{"name": "supply-chain-pipeline"}])
    for tools in others:
        foreign["metadata"]["tools"] = tools
        made.write_text(json.dumps(foreign))
        assert main(["sbom", "--convert", str(made)]) == 2
        assert "was not made here" in capsys.readouterr().err
