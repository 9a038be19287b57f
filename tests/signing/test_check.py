"""The tamper matrix: whatever is changed in a signed report is refused, with its own reason."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.signing.keys import open_key
from pipeline.signing.manifest import gather
from pipeline.trust import bundle
from tests.signing.conftest import Command, Key, Trusted
from tests.signing.reports import POLICY, write_report

Verify = Callable[..., dict[str, str]]


@pytest.fixture
def verify(command: Command, trusted: Trusted) -> Verify:
    """What `verify` refuses of a folder, by name: "step: reason"."""

    def run(
        folder: Path, *more: str | Path, options: tuple[str, ...] | None = None
    ) -> dict[str, str]:
        told = command("verify", folder, *more, "--json", *(options or trusted.options))
        found = {
            item["what"]: f"{item['refused_by']}: {item['reason']}"
            for item in told.json["items"]
            if not item["ok"]
        }
        assert told.code == (4 if found else 0)
        assert told.json["verified"] is not bool(found)
        return found

    return run


def only(found: dict[str, str]) -> tuple[str, str, str]:
    """The one refusal: of what, by which step, why."""
    assert len(found) == 1, found
    ((what, said),) = found.items()
    step, _, why = said.partition(": ")
    return what, step, why


def test_an_untouched_report_is_verified(verify: Verify, signed: Path, dist: Path) -> None:
    assert verify(signed) == {}
    assert verify(signed / "report" / "report.json") == {}
    assert verify(signed.parent) == {}, "the repository around it"
    assert verify(signed, dist) == {}


# ------------------------------------------------------------------------------ one flipped byte


def flip(path: Path, at: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int((len(content) - 1) * at)] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "name",
    [
        *("report/report.json", "report/report.html", "report/report.md", "report/github.sarif"),
        *("plan.json", "evidence/dependencies.json", "sbom/1.7/repository.cdx.json"),
    ],
)
@pytest.mark.parametrize("at", [0.0, 0.3, 1.0])
def test_a_file(verify: Verify, signed: Path, name: str, at: float) -> None:
    flip(signed / name, at)
    what, step, why = only(verify(signed))
    assert (what, step) == (name, "digest")
    assert why.startswith("it was changed: sha256:")


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_the_manifest(verify: Verify, signed: Path, at: float) -> None:
    flip(signed / "manifest.json", at)
    what, step, why = only(verify(signed))
    assert (what, step) == ("manifest.json", "digest")
    assert why.startswith("the file is not the one that was signed")


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_the_sums(verify: Verify, signed: Path, at: float) -> None:
    flip(signed / "SHA256SUMS", at)
    assert only(verify(signed))[:2] == ("SHA256SUMS", "digest")


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_the_collection(verify: Verify, signed: Path, at: float) -> None:
    flip(signed / "attestations.jsonl", at)
    assert only(verify(signed))[:2] == ("attestations.jsonl", "digest")


@pytest.mark.parametrize("name", ["manifest.json", "report/report.json", "attestations/vsa"])
@pytest.mark.parametrize("at", [number / 12 for number in range(13)])
def test_a_bundle(verify: Verify, signed: Path, name: str, at: float) -> None:
    path = signed / f"{name}.sigstore.json"
    path.write_bytes(path.read_bytes().strip())
    if not name.startswith("attestations/"):
        assert verify(signed) == {}, "white space around JSON means nothing"
    flip(path, at)
    found = verify(signed)
    what = f"{name}.sigstore.json" if name.startswith("attestations/") else name
    assert what in found
    assert found.keys() <= {what, "attestations.jsonl"}


def attack(signed: Path, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change an attestation, and the collection with it."""
    path = signed / "attestations" / f"{name}.sigstore.json"
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document) + "\n")
    collect(signed)


def collect(signed: Path) -> None:
    lines = [path.read_bytes() for path in sorted((signed / "attestations").iterdir())]
    (signed / "attestations.jsonl").write_bytes(b"".join(lines))


def in_statement(signed: Path, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a statement without signing it again."""

    def inner(document: dict[str, Any]) -> None:
        payload = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
        change(payload)
        text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
        document["dsseEnvelope"]["payload"] = base64.b64encode(text.encode()).decode()

    attack(signed, name, inner)


@pytest.mark.parametrize(
    "change",
    [
        lambda item: item["subject"][0].update(name="other"),
        lambda item: item["subject"][0]["digest"].update(sha256="0" * 64),
        lambda item: item["predicate"].update(verificationResult="PASSED "),
        lambda item: item["predicate"]["policy"]["digest"].update(sha256="0" * 64),
        lambda item: item.update(predicateType="https://example.org/x"),
    ],
    ids=["name", "subject", "predicate", "policy", "type"],
)
def test_a_statement_without_its_signature(verify: Verify, signed: Path, change: Any) -> None:
    in_statement(signed, "vsa", change)
    what, step, why = only(verify(signed))
    assert (what, step) == ("attestations/vsa.sigstore.json", "signature")
    assert why == "it does not fit to what it signs"


# ---------------------------------------------------- the rightful signer signs something else


def sign_again(
    signed: Path, trusted: Trusted, name: str, change: Callable[[dict[str, Any]], Any]
) -> None:
    """Replace a statement by another one that is signed just as well."""
    path = signed / "attestations" / f"{name}.sigstore.json"
    document = json.loads(path.read_bytes())
    statement = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
    change(statement)
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    path.write_bytes(trusted.signer().sign_statement(payload))
    collect(signed)


def predicate(**more: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda item: item["predicate"].update(more)


def builder(item: dict[str, Any]) -> None:
    item["predicate"]["runDetails"]["builder"]["id"] = "https://example.org/better-builder"


def source(item: dict[str, Any]) -> None:
    dependency = item["predicate"]["buildDefinition"]["resolvedDependencies"][0]
    dependency["digest"]["gitCommit"] = "0" * 40


def repository(item: dict[str, Any]) -> None:
    parameters = item["predicate"]["buildDefinition"]["externalParameters"]
    parameters["workflow"]["repository"] = "https://github.com/acme/other"


def invocation(item: dict[str, Any]) -> None:
    item["predicate"]["runDetails"]["metadata"]["invocationId"] = "https://github.com/acme/x/1"


def another_subject(item: dict[str, Any]) -> None:
    item["subject"].append(item["subject"][0] | {"name": "x"})


def another_input(item: dict[str, Any]) -> None:
    item["predicate"]["inputAttestations"][0]["digest"]["sha256"] = "0" * 64


POLICY_CHANGED = {"uri": "file:supply-chain.yml", "digest": {"sha256": "0" * 64}}


@pytest.mark.parametrize(
    ("name", "change", "step", "words"),
    [
        ("vsa", lambda item: item["subject"].pop(), "subject", "not about this report"),
        ("vsa", another_subject, "subject", ""),
        ("vsa", lambda item: item["subject"][0]["digest"].update(sha256="0" * 64), "subject", ""),
        ("vsa", predicate(verificationResult="FAILED"), "predicate", "verificationResult"),
        ("vsa", predicate(verifiedLevels=["SLSA_BUILD_LEVEL_3"]), "predicate", "not valid"),
        ("vsa", predicate(verifiedLevels=["EVERYTHING"]), "predicate", "verifiedLevels"),
        ("vsa", predicate(policy=POLICY_CHANGED), "policy", "policy is not"),
        ("vsa", predicate(resourceUri="git+https://example.org/x"), "predicate", "resourceUri"),
        ("vsa", predicate(timeVerified="2020-01-01T00:00:00Z"), "predicate", "timeVerified"),
        ("vsa", lambda item: item["predicate"]["inputAttestations"].pop(), "inputs", ""),
        ("vsa", another_input, "inputs", "inputAttestations"),
        (
            "vsa",
            lambda item: item.update(predicateType="https://example.org/x"),
            "predicate type",
            "",
        ),
        ("vsa", lambda item: item["predicate"].pop("policy"), "predicate", "not valid"),
        ("svr", predicate(properties=["supply-chain:everything"]), "predicate", "report says"),
        (
            "svr",
            lambda item: item["predicate"]["verifier"].update(policies=[POLICY_CHANGED]),
            "policy",
            "",
        ),
        ("vulns", lambda item: item["predicate"]["scanner"].update(version="9"), "predicate", ""),
        (
            "vulns",
            lambda item: item["predicate"]["scanner"]["result"].append(
                {"id": "CVE-1", "severity": [{"method": "x", "score": "1"}]}
            ),
            "predicate",
            "report found",
        ),
        ("report", predicate(as_of="2020-01-01"), "predicate", "not the report"),
        ("provenance", builder, "predicate", "the builder"),
        ("provenance", source, "predicate", "the commit"),
        ("provenance", repository, "predicate", "the repository"),
        ("provenance", invocation, "predicate", "the run"),
        (
            "cyclonedx-sbom-1.7-repository",
            predicate(specVersion="1.5"),
            "predicate",
            "no SBOM here",
        ),
        (
            "cyclonedx-sbom-1.7-repository",
            lambda item: item["subject"][0]["digest"].update(sha256="0" * 64),
            "subject",
            "not here",
        ),
    ],
)
def test_a_statement_that_disagrees(
    verify: Verify, signed: Path, trusted: Trusted, name: str, change: Any, step: str, words: str
) -> None:
    sign_again(signed, trusted, name, change)
    what, by, why = only(verify(signed))
    assert (what, by) == (f"attestations/{name}.sigstore.json", step)
    assert words in why


def test_provenance_without_a_certificate(
    verify: Verify, tmp_path: Path, key: Key, signed: Path
) -> None:
    """Whoever holds a key could claim any builder."""
    folder = write_report(tmp_path / "keyed", run=True).folder
    assert main(["sign", "-q", "-o", str(folder), "--key", str(key.private)]) == 0
    vsa = json.loads((folder / "attestations/vsa.sigstore.json").read_bytes())
    theirs = json.loads((signed / "attestations/provenance.sigstore.json").read_bytes())
    subject = json.loads(base64.b64decode(vsa["dsseEnvelope"]["payload"]))["subject"]
    statement = json.loads(base64.b64decode(theirs["dsseEnvelope"]["payload"]))
    payload = json.dumps(statement | {"subject": subject}).encode()
    made = open_key(str(key.private), None).sign_statement(payload)
    (folder / "attestations/provenance.sigstore.json").write_bytes(made)
    collect(folder)
    what, step, why = only(verify(folder, options=("--key", str(key.public))))
    assert (what, step) == ("attestations/provenance.sigstore.json", "predicate")
    assert why == "no certificate bears it out"


def test_a_statement_under_another_s_name(verify: Verify, signed: Path) -> None:
    folder = signed / "attestations"
    one, other = folder / "vsa.sigstore.json", folder / "svr.sigstore.json"
    swap(one, other)
    collect(signed)
    found = verify(signed)
    assert found.keys() == {f"attestations/{path.name}" for path in (one, other)}
    assert all(said.startswith("predicate type: ") for said in found.values())


def test_another_run_of_the_same_workflow(verify: Verify, signed: Path, trusted: Trusted) -> None:
    path = signed / "report/report.md"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    again = trusted.signer(run_id="43").sign_file("a", digest, path.read_bytes)
    path.with_name("report.md.sigstore.json").write_bytes(again)
    what, step, why = only(verify(signed))
    assert (what, step) == ("report/report.md", "identity")
    assert "another run" in why


# --------------------------------------------------------------- swapped, missing, too many


def swap(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def test_swapped_bundles(verify: Verify, signed: Path) -> None:
    swap(signed / "report/report.md.sigstore.json", signed / "report/report.html.sigstore.json")
    found = verify(signed)
    assert found.keys() == {"report/report.md", "report/report.html"}
    assert all("not the one that was signed" in said for said in found.values())


def test_swapped_files(verify: Verify, signed: Path) -> None:
    swap(signed / "report/report.md", signed / "report/report.html")
    assert verify(signed).keys() == {"report/report.md", "report/report.html"}


@pytest.mark.parametrize(
    ("name", "what", "step"),
    [
        ("report/report.html", "report/report.html", "missing file"),
        ("evidence/dependencies.json", "evidence/dependencies.json", "missing file"),
        ("SHA256SUMS", "SHA256SUMS", "missing file"),
        ("attestations.jsonl", "attestations.jsonl", "missing file"),
        ("report/report.html.sigstore.json", "report/report.html", "signature"),
        ("manifest.json.sigstore.json", "manifest.json", "signature"),
    ],
)
def test_a_missing_file(verify: Verify, signed: Path, name: str, what: str, step: str) -> None:
    (signed / name).unlink()
    assert only(verify(signed))[:2] == (what, step)


@pytest.mark.parametrize("name", ["vsa", "svr", "report"])
def test_a_missing_attestation(verify: Verify, signed: Path, name: str) -> None:
    (signed / "attestations" / f"{name}.sigstore.json").unlink()
    collect(signed)
    assert only(verify(signed))[:2] == (f"attestations/{name}.sigstore.json", "missing file")


def test_no_attestation_at_all(verify: Verify, signed: Path) -> None:
    shutil.rmtree(signed / "attestations")
    (signed / "attestations.jsonl").unlink()
    found = verify(signed)
    assert {f"attestations/{name}.sigstore.json" for name in ("vsa", "svr", "report")} <= set(found)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("extra.txt", "not there when"),
        ("report/extra.html", "not there when"),
        ("report/extra.html.sigstore.json", "signs nothing"),
        ("attestations/extra.txt", "no attestation"),
        ("attestations/vsa.unsigned.intoto.json", "no attestation"),
    ],
)
def test_an_extra_file(verify: Verify, signed: Path, name: str, refused: str) -> None:
    (signed / name).write_text("{}")
    what, step, why = only(verify(signed))
    assert (what, step) == (name, "extra file")
    assert refused in why


def test_an_extra_attestation(verify: Verify, signed: Path) -> None:
    folder = signed / "attestations"
    shutil.copyfile(folder / "vsa.sigstore.json", folder / "again.sigstore.json")
    found = verify(signed)
    assert found.keys() == {"attestations.jsonl"}, "the collection has it once"


def test_a_link_instead_of_a_file(verify: Verify, signed: Path, tmp_path: Path) -> None:
    path = signed / "report/report.md"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    found = verify(signed)
    assert any(said.startswith("missing file") for said in found.values())
    assert any("no plain file" in said for said in found.values())


def test_a_pipe_instead_of_a_file(verify: Verify, signed: Path) -> None:
    os.mkfifo(signed / "report" / "odd")
    assert "no plain file" in only(verify(signed))[2]


# ------------------------------------------------------------------ who, policy, trusted root


@pytest.mark.parametrize(
    ("option", "step"),
    [
        (("--repository", "evil/shop"), "repository"),
        (("--workflow", ".github/workflows/evil.yml"), "workflow"),
        (("--ref", "refs/heads/evil"), "ref"),
        (("--runner-environment", "self-hosted"), "runner environment"),
        (("--commit", "0" * 40), "commit"),
    ],
)
def test_another_signer(verify: Verify, signed: Path, option: tuple[str, ...], step: str) -> None:
    assert only(verify(signed, *option))[:2] == ("manifest.json", step)


@pytest.mark.parametrize(
    ("name", "value"),
    [("identity", "https://github.com/evil/shop"), ("issuer", "https://evil.example.org")],
)
def test_another_identity(
    verify: Verify, signed: Path, trusted: Trusted, name: str, value: str
) -> None:
    options = (*trusted.options, f"--{name}", value)
    assert only(verify(signed, options=options))[:2] == ("manifest.json", name)


def test_the_signer_s_claims(verify: Verify, signed: Path, trusted: Trusted) -> None:
    claims = trusted.stack.issuer.claims
    found = verify(
        signed,
        *("--repository", claims["repository"], "--workflow", ".github/workflows/release.yml"),
        *("--ref", claims["ref"], "--runner-environment", "github-hosted"),
        *("--commit", claims["sha"]),
    )
    assert found == {}


def test_the_policy(verify: Verify, signed: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_bytes(POLICY)
    assert verify(signed, "--policy", policy) == {}
    flip(policy)
    what, step, why = only(verify(signed, "--policy", policy))
    assert (what, step) == ("policy", "policy")
    assert hashlib.sha256(POLICY).hexdigest() in why


def test_an_expired_root(verify: Verify, signed: Path, trusted: Trusted, tmp_path: Path) -> None:
    document = json.loads(trusted.root.content)
    document["certificateAuthorities"][0]["validFor"]["end"] = "2021-01-01T00:00:00Z"
    path = tmp_path / "root.json"
    path.write_text(json.dumps(document))
    assert (
        only(verify(signed, options=(*trusted.options, "--trusted-root", str(path))))[1]
        == "trusted root"
    )


def test_the_pinned_root_knows_no_private_instance(
    verify: Verify, signed: Path, trusted: Trusted
) -> None:
    options = ("--identity", trusted.stack.identity, "--issuer", trusted.stack.issuer.url)
    assert only(verify(signed, options=options))[1] == "transparency log"


# ----------------------------------------------------------------------------- keys, unsigned


@pytest.fixture
def keyed(tmp_path: Path, key: Key) -> Path:
    folder = write_report(tmp_path / "keyed").folder
    assert main(["sign", "-q", "-o", str(folder), "--key", str(key.private)]) == 0
    return folder


def test_a_report_signed_with_a_key(verify: Verify, keyed: Path, key: Key) -> None:
    options = ("--key", str(key.public))
    assert verify(keyed, options=options) == {}
    flip(keyed / "report/report.json")
    assert only(verify(keyed, options=options))[1] == "digest"


def test_a_key_is_no_certificate_and_the_other_way_round(
    verify: Verify, keyed: Path, signed: Path, key: Key
) -> None:
    assert only(verify(keyed))[1] == "certificate"
    assert only(verify(signed, options=("--key", str(key.public))))[1] == "key"


def test_an_unsigned_report_is_refused_unless_that_is_accepted(
    verify: Verify, command: Command, tmp_path: Path, trusted: Trusted
) -> None:
    folder = write_report(tmp_path / "plain").folder
    assert main(["sign", "-q", "-o", str(folder), "--unsigned"]) == 0
    told = command("verify", folder, *trusted.options)
    assert (told.code, told.out) == (4, "")
    assert "not signed" in told.err
    assert verify(folder, options=("--allow-unsigned",)) == {}
    said = command("verify", folder, "--allow-unsigned").out
    assert "NOT SIGNED" in said
    flip(folder / "report/report.md")
    assert only(verify(folder, options=("--allow-unsigned",)))[1] == "digest"


def test_an_unsigned_report_still_has_to_agree(verify: Verify, tmp_path: Path) -> None:
    folder = write_report(tmp_path / "plain").folder
    assert main(["sign", "-q", "-o", str(folder), "--unsigned"]) == 0
    path = folder / "attestations/vsa.unsigned.intoto.json"
    path.write_bytes(path.read_bytes().replace(b"PASSED", b"FAILED"))
    assert only(verify(folder, options=("--allow-unsigned",)))[1] == "predicate"


def test_one_signature_makes_it_a_signed_report(
    verify: Verify, signed: Path, trusted: Trusted
) -> None:
    """Removing signatures does not turn a report into an unsigned one that could be accepted."""
    for path in signed.rglob("*.sigstore.json"):
        if path.name != "report.md.sigstore.json":
            path.unlink()
    assert only(verify(signed, "--allow-unsigned"))[:2] == ("manifest.json", "signature")


def test_a_report_of_another_layout(verify: Verify, tmp_path: Path) -> None:
    folder = write_report(tmp_path / "plain").folder
    assert main(["sign", "-q", "-o", str(folder), "--unsigned"]) == 0
    for content in (b'{"schema": "supply-chain-report/1"}', b"[]", b"x"):
        (folder / "report/report.json").write_bytes(content)
        listed = gather(folder)
        (folder / "manifest.json").write_bytes(listed.render())
        (folder / "SHA256SUMS").write_bytes(listed.sums())
        found = verify(folder, options=("--allow-unsigned",))
        assert only(found)[:2] == ("report/report.json", "report")


def test_a_manifest_of_another_layout(verify: Verify, tmp_path: Path) -> None:
    folder = write_report(tmp_path / "plain").folder
    assert main(["sign", "-q", "-o", str(folder), "--unsigned"]) == 0
    (folder / "manifest.json").write_text("{}")
    assert only(verify(folder, options=("--allow-unsigned",)))[:2] == ("manifest.json", "manifest")


def test_huge_files_are_not_read(
    verify: Verify, signed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "MAX_BYTES", 100)
    what, step, why = only(verify(signed))
    assert (what, step) == ("manifest.json", "media type")
    assert "larger than 100 bytes" in why
