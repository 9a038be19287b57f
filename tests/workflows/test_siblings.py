"""The workflows beside scan.yml, and all of them in one call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from tests.fake import Fake, Response
from tests.kit.act import platform
from tests.kit.sigstore.parts import Sigstore
from tests.workflows.conftest import BAD, CLEAN, FILE, POLICY, Caller, pull_request

pytestmark = pytest.mark.workflows_e2e

Make = Callable[..., Caller]
DEFAULT = {"repository": {"default_branch": "main"}, "ref": "refs/heads/main"}


@pytest.fixture
def everything(
    caller: Make, tmp_path: Path, sigstore_stack: Sigstore
) -> Callable[..., platform.Ran]:
    """Run full.yml for a caller with some files."""
    tree = platform.without_own_path(tmp_path)
    config, _ = sigstore_stack.write(tmp_path)

    def run(files: dict[str, str], event: str, *, fork: bool = False, **more: Any) -> platform.Ran:
        made = caller(files)
        given = {
            "advisories": str(made.store),
            "offline": True,
            "checks": "dependencies",
            # act does not tell who is called, and `tool-path` goes before it.
            "tool-repository": platform.REPOSITORY,
            "trust-config": str(config),
            **more,
        }
        made.commit({FILE: platform.calling("full.yml", given, event=event)})
        payload: dict[str, Any] = DEFAULT
        if event == "pull_request":
            payload = pull_request(made.merges({"README.md": "hello\n"}))
            repository = "stranger/shop" if fork else "acme/shop"
            payload["pull_request"]["head"]["repo"]["full_name"] = repository
        identity = sigstore_stack.issuer.ambient()
        return made.run(event, payload=payload, tree=tree, extra=identity)

    return run


def _at(api: Fake) -> tuple[str, ...]:
    """A platform whose API is `api`, with a token that opens nothing."""
    return ("--env", f"GITHUB_API_URL={api.url}", "--secret", "GITHUB_TOKEN=made-up")


def sent(ran: platform.Ran, name: str) -> Any:
    return json.loads((ran.artifacts.parent / "sent" / name).read_bytes())


def skipped(ran: platform.Ran, *ends: str) -> bool:
    return all(ran.job(end) in {"", "skipped"} for end in ends)


def test_what_was_scanned_is_uploaded_and_signed(
    everything: Callable[..., platform.Ran], sigstore_stack: Sigstore, tmp_path: Path
) -> None:
    files = {f"{name}/requirements.txt": CLEAN["requirements.txt"] for name in "ab"}
    ran = everything({**files, "supply-chain.yml": POLICY}, "pull_request", projects="a\nb")
    assert ran.code == 0
    named = [
        run["automationDetails"]["id"] for one in sent(ran, "sarif.json") for run in one["runs"]
    ]
    assert named == ["supply-chain/shop/a/", "supply-chain/shop/b/"]
    sums = (ran.artifacts / "supply-chain" / "SHA256SUMS").read_bytes()
    assert sent(ran, "attested.json") == {"SHA256SUMS": hashlib.sha256(sums).hexdigest()}
    for key in "ab":
        folder = ran.artifacts / "supply-chain-signed" / "projects" / key
        believe = ("--identity", sigstore_stack.identity, "--issuer", sigstore_stack.issuer.url)
        root = ("--trusted-root", str(sigstore_stack.write(tmp_path)[1]))
        assert main(["verify", str(folder), *root, *believe]) == 0
    signer = f"{platform.REPOSITORY}/.github/workflows/sign.yml"
    assert f"--signer-workflow {signer}" in ran.summary


def test_a_fork_is_scanned_and_nothing_else(everything: Callable[..., platform.Ran]) -> None:
    ran = everything(CLEAN, "pull_request", fork=True)
    assert ran.verdict()["verdict"] == "compliant"
    assert ran.code == 0
    assert not (ran.artifacts.parent / "sent").exists()
    assert "no workflow of this run signed them" in ran.summary


def test_an_artifact_that_was_changed_on_its_way_is_neither_signed_nor_shown(caller: Make) -> None:
    made = caller()
    for workflow in ("sign.yml", "upload-sarif.yml"):
        folder = made.place / "artifacts" / "supply-chain"
        (folder / "sarif").mkdir(parents=True)
        (folder / "sarif" / "x.sarif").write_text("{}")
        digest = hashlib.sha256(b"{}").hexdigest()
        (folder / "SHA256SUMS").write_text(f"{digest}  sarif/x.sarif\n")
        text = platform.calling(workflow, {"sums-digest": "0" * 64})
        if workflow == "upload-sarif.yml":  # it needs no tool of ours
            text = text.replace(f'"tool-path": "{platform.ROOT}", ', "")
        made.commit({FILE: text})
        ran = made.run()
        assert ran.code != 0
        assert not list(made.folder.glob("run-*/sent"))
        assert not list(made.folder.rglob("*-signed"))
        assert "SHA256SUMS: FAILED" in "".join(ran.said.values())


def test_the_dependency_graph_gets_what_the_locks_hold(caller: Make, fake: Fake) -> None:
    fake.script(Response(status=201, body={"result": "SUCCESS"}))
    made = caller(BAD)
    made.commit({FILE: platform.calling("submit-dependencies.yml", {})})
    ran = made.run(payload=DEFAULT, options=_at(fake))
    assert ran.code == 0
    (request,) = fake.requests
    assert request.path == "/repos/acme/shop/dependency-graph/snapshots"
    assert list(request.json["manifests"]["requirements.txt"]["resolved"]) == [
        "pkg:pypi/jinja2@2.4.1"
    ]


def test_another_branch_is_not_the_dependency_graph(caller: Make, fake: Fake) -> None:
    made = caller(BAD)
    made.commit({FILE: platform.calling("submit-dependencies.yml", {})})
    payload = {**DEFAULT, "repository": {"default_branch": "trunk"}}
    ran = made.run(payload=payload, options=_at(fake))
    assert ran.code != 0
    assert "that of the default branch" in ran.log
    assert fake.requests == []
