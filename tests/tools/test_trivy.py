"""Trivy as it is started here: what could steer it does nothing, and its report is read strictly.

Held with the real one: what a switch does is for Trivy to say.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UnreadableOutputError
from pipeline.tools import trivy as room
from pipeline.tools.binaries import Binary
from pipeline.tools.run import Command, Run, run

DOCKERFILE = "FROM debian:latest\nUSER root\nRUN curl http://example.com\n"
TERRAFORM = """\
module "far" {
  source = "git::https://example.invalid/far.git"
}

resource "aws_s3_bucket" "open" {
  bucket = "open"
}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "main.tf").write_text(TERRAFORM)
    return folder


def start(program: Binary, call: room.Call, folder: Path) -> tuple[Run, Path]:
    """Run a call as the collector does; with the working folder it was run in."""
    work, home = folder / "work", folder / "home"
    for one in (work, home):
        one.mkdir(parents=True, exist_ok=True)
    for name, content in call.inputs.items():
        (work / name).write_bytes(content)
    command = Command(argv=(str(program.path), *call.arguments), env=call.env, timeout=300)
    return run(command, cwd=work, home=home), work


def scan(program: Binary, call: room.Call, folder: Path) -> dict[str, Any]:
    done, work = start(program, call, folder)
    assert done.ok, done.stderr
    return room.read((work / room.OUTPUT).read_bytes())


def found(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (result["Target"], one["ID"])
        for result in report["Results"]
        for one in result.get("Misconfigurations", ())
        if one["Status"] == "FAIL"
    }


def test_it_finds_wrong_configuration_without_any_database(
    trivy: Binary, repository: Path, tmp_path: Path
) -> None:
    report = scan(trivy, room.config(str(repository)), tmp_path)
    assert report["Trivy"]["Version"] == trivy.record.version == "0.74.0"
    assert ("Dockerfile", "DS-0002") in found(report)
    assert any(target == "main.tf" for target, _ in found(report))


def test_settings_in_the_repository_and_in_the_working_folder_do_nothing(
    trivy: Binary, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found(scan(trivy, room.config(str(repository)), tmp_path / "before"))
    steer = {
        "trivy.yaml": "severity: [CRITICAL]\nscan:\n  skip-files: [Dockerfile]\nformat: table\n",
        ".trivyignore": "DS-0002\nDS-0026\nAVD-AWS-0086\n",
        ".trivyignore.yaml": "misconfigurations:\n  - id: DS-0002\n",
        "trivy-secret.yaml": "disable-rules: [aws-access-key-id]\n",
        ".env": "TRIVY_SEVERITY=CRITICAL\nTRIVY_SKIP_FILES=Dockerfile\n",
    }
    for folder in (repository, tmp_path / "after" / "work"):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in steer.items():
            (folder / name).write_text(content)
    monkeypatch.setenv("TRIVY_SEVERITY", "CRITICAL")
    monkeypatch.setenv("TRIVY_IGNOREFILE", str(repository / ".trivyignore"))
    monkeypatch.setenv("TRIVY_RUN_AS_PLUGIN", "evil")
    after = found(scan(trivy, room.config(str(repository)), tmp_path / "after"))
    assert before
    assert after == before


def test_comments_that_silence_it_are_made_inert(
    trivy: Binary, repository: Path, tmp_path: Path
) -> None:
    before = found(scan(trivy, room.config(str(repository)), tmp_path / "before"))
    silent = {
        "Dockerfile": f"# trivy:ignore:DS-0001 trivy:ignore:DS-0002\n{DOCKERFILE}",
        "main.tf": TERRAFORM.replace("resource", "#tfsec:ignore:*\nresource"),
    }
    for name, content in silent.items():
        (repository / name).write_text(content)
    hushed = found(scan(trivy, room.config(str(repository)), tmp_path / "hushed"))
    assert hushed < before
    for name, content in silent.items():
        mended = room.without_directives(content.encode())
        assert len(mended) == len(content)
        (repository / name).write_bytes(mended)
    assert found(scan(trivy, room.config(str(repository)), tmp_path / "after")) == before


def test_names_of_images_are_no_directives() -> None:
    kept = b"image: aquasec/trivy:latest\nuses: tfsec:1.2\n# trivy:ignored\n"
    assert room.without_directives(kept) == kept


def test_nothing_is_fetched_for_a_module_that_is_elsewhere(
    trivy: Binary, repository: Path, tmp_path: Path
) -> None:
    (repository / "main.tf").write_text(
        'module "far" {\n  source = "https://example.invalid/far.zip"\n}\n' + TERRAFORM
    )
    done, _ = start(trivy, room.config(str(repository)), tmp_path)
    assert "127.0.0.1:9" in done.stderr or "connection refused" in done.stderr
    assert "git must be available" in done.stderr


def test_a_call_is_what_a_job_wants() -> None:
    call = room.config("/repository")
    job = call.job()
    assert job["network"] is False
    assert job["outputs"] == (room.OUTPUT,)
    assert set(job["env"]) >= {"PATH", "HTTPS_PROXY"}
    assert call.arguments[-2:] == ("--", "/repository")
    for name in job["inputs"]:
        assert name.startswith("own-")


def test_an_image_is_read_from_the_disk() -> None:
    call = room.image_file("/images/app:1.0", cache="/cache", scanners=("vuln", "license"))
    assert call.arguments[-2:] == ("--input", "/images/app:1.0")
    assert "--scanners vuln,license " in " ".join(call.arguments)
    assert not call.network


@pytest.mark.parametrize(
    "arguments",
    [
        room.image_file("/a", cache="/c", scanners=("vuln",)).arguments,
        room.filesystem("/a", cache="/c").arguments,
        room.config("/a").arguments,
        room.download_database(cache="/c", repository="r/d:2").arguments,
        room.download_database(cache="/c", java=True).arguments,
    ],
    ids=("file", "filesystem", "config", "database", "java"),
)
def test_this_version_knows_every_switch(
    trivy: Binary, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    done, _ = start(trivy, room.Call(arguments=(*arguments[:1], "--help")), tmp_path)
    known = set(done.stdout.decode().replace(",", " ").split())
    assert {word for word in arguments if word.startswith("--") and word != "--"} <= known


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"SchemaVersion": 1}',
        b'{"SchemaVersion": 2, "Results": {"a": 1}}',
        b'{"SchemaVersion": 2, "Results": [1]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_report_is_refused(output: bytes) -> None:
    with pytest.raises(UnreadableOutputError):
        room.read(output)


def test_a_report_without_results_has_none() -> None:
    assert room.read(json.dumps({"SchemaVersion": 2}).encode())["Results"] == []
