"""Where the policy comes from: never from what is scanned, unless one stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.model import Severity
from pipeline.stages import prepare

from .conftest import request

POLICY = "policy: {fail-on: critical}\n"
PROGRAM = "tools: {trivy: {path: /opt/trivy, sha256: [" + "0" * 64 + "]}}\n"
MIRROR = "tools: {trivy: {database-repository: 'registry.example.org/trivy-db:2'}}\n"


def test_defaults_without_any_configuration(repository: Path) -> None:
    plan, _ = prepare(request(repository))
    assert (plan.policy.fail_on, plan.policy.origin) == (Severity.HIGH, "built-in defaults")
    assert plan.notices == ()


def test_the_policy_of_where_one_stands(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "supply-chain.yml").write_text(POLICY)
    monkeypatch.chdir(repository)
    plan, _ = prepare(request(Path()))
    assert (plan.policy.fail_on, plan.policy.origin) == (Severity.CRITICAL, "supply-chain.yml")
    assert plan.notices == ("the policy supply-chain.yml stands in the scanned repository itself",)


def test_another_targets_own_policy_is_not_used_and_that_is_said(repository: Path) -> None:
    (repository / "supply-chain.yml").write_text("policy: {fail-on: never}\n")
    plan, _ = prepare(request(repository))
    assert plan.policy.fail_on is Severity.HIGH
    assert "was not used" in plan.notices[0]


@pytest.mark.parametrize("name", ["supply-chain.yaml", ".supply-chain.yml", ".supply-chain.yaml"])
def test_a_policy_under_another_name_is_not_passed_over_in_silence(
    repository: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (repository / name).write_text("policy: {fail-on: low}\n")
    plan, _ = prepare(request(repository))
    assert plan.notices == (
        f"{name} in the scanned repository was not used: name it with --config",
    )
    monkeypatch.chdir(repository)
    with pytest.raises(UsageError, match=r"a policy is called supply-chain\.yml") as caught:
        prepare(request(Path()))
    assert caught.value.where == name
    assert prepare(request(Path(), config=Path(name)))[0].policy.fail_on is Severity.LOW
    (repository / "supply-chain.yml").write_text(POLICY)
    assert prepare(request(Path()))[0].policy.fail_on is Severity.CRITICAL


def test_a_linked_policy_is_not_used(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere.yml").write_text(POLICY)
    (repository / "supply-chain.yml").symlink_to(tmp_path / "elsewhere.yml")
    monkeypatch.chdir(repository)
    plan, _ = prepare(request(Path()))
    assert plan.policy.origin == "built-in defaults"


def test_a_named_policy_is_used(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "strict.yml"
    path.write_text(POLICY)
    plan, _ = prepare(request(repository, config=path))
    assert (plan.policy.fail_on, plan.policy.origin) == (Severity.CRITICAL, "strict.yml")
    assert plan.policy.digest.startswith("sha256:")
    assert plan.notices == ()


def test_a_policy_may_only_require_what_there_is(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "strict.yml"
    path.write_text("policy: {require: [dependencies], require-controls: [DEP-03]}\n")
    plan, _ = prepare(request(repository, config=path))
    assert plan.policy.required_controls == ("DEP-03",)
    path.write_text("policy: {require-controls: [DEP-99]}\n")
    with pytest.raises(UsageError, match="DEP-99"):
        prepare(request(repository, config=path))


def test_an_asked_threshold_goes_before_the_policys_own(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "strict.yml"
    path.write_text(POLICY)
    plan, _ = prepare(request(repository, config=path, fail_on=Severity.LOW))
    assert plan.policy.fail_on is Severity.LOW
    assert plan.policy.origin == "strict.yml, but fail-on: low as asked for"
    assert prepare(request(repository, fail_on="never"))[0].policy.fail_on is None


@pytest.mark.parametrize("text", [PROGRAM, PROGRAM.replace("path: /opt/trivy, ", "")])
def test_a_scanned_repository_chooses_no_program(
    repository: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (repository / "supply-chain.yml").write_text(text)
    monkeypatch.chdir(repository)
    with pytest.raises(UsageError, match="must not do"):
        prepare(request(Path()))


def test_a_policy_elsewhere_may_choose_one(repository: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text(PROGRAM)
    plan, _ = prepare(request(repository, config=policy))
    assert (plan.trivy.path, plan.trivy.sha256) == ("/opt/trivy", ("0" * 64,))


def test_a_mirror_may_stand_in_the_repositorys_own_policy(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "supply-chain.yml").write_text(MIRROR)
    monkeypatch.chdir(repository)
    plan, _ = prepare(request(Path(), trivy_database=Path("cache")))
    assert plan.trivy.database_repository == "registry.example.org/trivy-db:2"
    assert plan.trivy.database == str(repository / "cache")
