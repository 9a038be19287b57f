"""Installing the real Trivy from a signed release, and using it; and releases that are refused.

The release stands on loopback and is signed at a private Sigstore; all else is the product.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.tools.binaries import Binary
from pipeline.tools.pins import Pin, ReleaseFile, here, pin
from pipeline.trust.roots import Root
from pipeline.web import Web
from tests.fake import Fake, Request, Response
from tests.kit.goprogram import program
from tests.kit.sigstore import client
from tests.kit.sigstore.parts import Sigstore

PATH = "/v0.74.0/trivy.tar.gz"
EVIL = "https://github.com/evil/trivy/.github/workflows/release.yaml@refs/tags/v0.74.0"


def packed(content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as tar:
        info = tarfile.TarInfo("trivy")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


Publish = Callable[..., None]


@pytest.fixture
def publish(
    fake: Fake, sigstore_stack: Sigstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Publish:
    """Publish an archive, sign it, and pin it; `served` is what comes instead of it."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("SUPPLY_CHAIN_TRIVY", raising=False)
    monkeypatch.setattr("pipeline.tools.install.Web", partial(Web, sleep=lambda _: None))
    root = Root("private", client.config(sigstore_stack).trusted_root._inner.to_json().encode())
    monkeypatch.setattr("pipeline.trust.roots.newest", lambda _: root)

    def publish(archive: bytes, *, served: Response | None = None, **release: str) -> None:
        bundle = client.signer(sigstore_stack).sign_artifact(archive).to_json().encode()
        answers = {
            PATH: served or Response(body=archive),
            f"{PATH}.sigstore.json": Response(body=bundle),
        }

        def answer(request: Request) -> Response:
            return answers.get(request.path, Response(status=404))

        fake.handle = answer
        wanted: Pin = pin("trivy")
        told = {"identity": sigstore_stack.identity, "issuer": sigstore_stack.issuer.url, **release}
        file = ReleaseFile(url=fake.url + PATH, sha256=hashlib.sha256(archive).hexdigest())
        pinned = replace(wanted, release=replace(wanted.release, files={here(): file}, **told))
        monkeypatch.setattr("pipeline.tools.pins.pins", lambda: {"trivy": pinned})

    return publish


@pytest.mark.slow
def test_the_real_one_from_a_release_is_installed_and_used(
    publish: Publish,
    trivy_program: Binary,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish(packed(trivy_program.path.read_bytes()))
    assert main(["tools", "install", "trivy", "--route", "release"]) == 0
    said = capsys.readouterr().out
    assert "obtained from: its release, http://127.0.0.1" in said
    assert "and its signature by https://" in said
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "Dockerfile").write_text("FROM debian:latest\nUSER root\n")
    (repository / "main.tf").write_text('resource "aws_s3_bucket" "a" {\n  bucket = "a"\n}\n')
    assert main(["run", str(repository), "--quiet", "--offline", "--only", "hardening"]) == 1
    report = json.loads((repository / ".supply-chain" / "report" / "report.json").read_bytes())
    (evidence,) = report["evidence"]
    (tool,) = evidence["tools"]
    assert evidence["status"] == "found"
    assert (tool["name"], tool["version"]) == ("trivy", "0.74.0")
    assert tool["digest"] == trivy_program.record.digest
    assert tool["obtained"].startswith("its release, http://127.0.0.1")
    assert "its signature by" in tool["verified"]
    for page in ("report.html", "report.md"):
        assert "its signature by" in (repository / ".supply-chain/report" / page).read_text()


GOOD = packed(program())


@pytest.mark.parametrize(
    ("archive", "changes", "why"),
    [
        (GOOD, {"served": Response(body=packed(program() + b"x"))}, "its digest is sha256:"),
        (GOOD, {"served": Response(body=GOOD[:-9])}, "its digest is sha256:"),
        (GOOD, {"identity": EVIL}, "its signature does not hold: identity: signed by "),
        (GOOD, {"issuer": "https://example.com"}, "its signature does not hold: issuer: "),
        (packed(program("v0.69.4")), {}, "trivy 0.69.4 must never run: malicious releases"),
        (packed(program("v0.73.0")), {}, "what was had is trivy 0.73.0, not the pinned 0.74.0"),
        (packed(program(module="example.com/x")), {}, "it is not trivy, but built from example"),
    ],
    ids=("digest", "cut-file", "signer", "issuer", "denied", "version", "program"),
)
def test_what_is_refused_is_told_and_nothing_is_left(
    publish: Publish,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    archive: bytes,
    changes: dict[str, object],
    why: str,
) -> None:
    publish(archive, **changes)
    assert main(["tools", "install", "trivy"]) == 3
    said = capsys.readouterr().err
    assert why in said
    assert "Traceback" not in said
    assert "building" not in said  # no other way is tried
    assert not [path for path in (tmp_path / "cache").rglob("trivy") if path.is_file()]
    assert main(["tools", "status", "trivy"]) == 3
    assert "trivy 0.74.0 (pinned): missing" in capsys.readouterr().out


def test_a_download_that_breaks_off_is_no_release(
    publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(GOOD, served=Response(body=GOOD, cut=len(GOOD) // 2))
    assert main(["tools", "install", "trivy"]) == 3
    said = capsys.readouterr().err
    assert "release: http://127.0.0.1" in said
    assert "no connection (ChunkedEncodingError)" in said
    assert "go-module: trivy can be built with Go 1.26.3 or newer, and there is no Go" in said
