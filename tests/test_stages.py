from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from pipeline import stages
from pipeline.checks import CHECKS
from pipeline.errors import IncompleteError, UsageError
from pipeline.model import Evidence, Severity, Status
from pipeline.stages import Request, output_of, prepare
from tests.advice import make_store
from tests.kit.images import Built, Index, archive, layout

POLICY = "policy: {fail-on: critical}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "requirements.txt").write_text("idna==3.10\n")
    return folder


def request(repository: Path, **changes: object) -> Request:
    return Request(**{"target": repository, "offline": True, **changes})  # type: ignore[arg-type]


# ------------------------------------------------------------------- where the policy comes from


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


# ------------------------------------------------------------------------------------- the plan


def test_a_part_of_a_repository_is_named_with_its_place(repository: Path) -> None:
    plan, _ = prepare(request(repository, part="services/api", notices=("said before",)))
    assert plan.target.name == "repository/services/api"
    assert plan.notices == ("said before",)


def test_images_of_the_settings_and_of_the_request(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Index(Built.of({"a": b"1"}), Built.of({"a": b"2"}, platform="linux/arm64"))
    layout(repository / "build" / "app", {"1.0": both})
    archive(tmp_path / "other.tar", Built.of({"b": b"3"}))
    config = tmp_path / "policy.yml"
    config.write_text("images: [{reference: './build/app:1.0', platform: linux/arm64}]\n")
    monkeypatch.chdir(tmp_path)
    plan, output = prepare(request(repository, config=config, images=("./other.tar",)))
    named = [(image.name, image.platform) for image in plan.target.images]
    assert named == [("./build/app:1.0", "linux/arm64"), ("./other.tar", "linux/amd64")]
    assert output.plan().target.images == plan.target.images
    with pytest.raises(UsageError, match="not an image"):
        prepare(request(repository, images=("NO",)))
    plan, _ = prepare(request(repository, images=("./other.tar",), platform="linux/s390x"))
    (image,) = plan.target.images
    assert image.unread is not None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"images": ("./a.tar",), "checks": ("lockfiles",)}, "none of the chosen checks looks at"),
        ({"platform": "linux/amd64"}, "a platform without an image"),
    ],
)
def test_an_image_that_nobody_would_look_at_is_refused(
    repository: Path, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        prepare(request(repository, **options))
    prepare(request(repository, images=("./a.tar",), checks=("lockfiles", "sbom")))


@pytest.mark.parametrize("where", [".", ".."])
def test_the_repository_is_never_written_over(repository: Path, where: str) -> None:
    (repository / "report").mkdir()
    (repository / "report" / "mine").touch()
    with pytest.raises(UsageError, match="the repository itself lies there"):
        prepare(request(repository, output=repository / where))
    assert (repository / "report" / "mine").exists()
    assert not (repository / ".gitignore").exists()


def test_files_of_others_are_never_dropped(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    (folder / "report").mkdir(parents=True)
    (folder / "plan.json").write_text('{"format_version": "1.2"}')  # Terraform's
    with pytest.raises(UsageError, match="no run of ours left"):
        prepare(request(repository, output=folder))
    assert (folder / "report").is_dir()


def test_a_folder_of_an_earlier_run_is_used_again(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new", tmp_path / "new", tmp_path / "empty"):
        _, output = prepare(request(repository, output=folder))
        assert output.folder == folder


def test_every_check_is_planned_unless_some_are_named(repository: Path) -> None:
    assert prepare(request(repository))[0].checks == tuple(CHECKS)
    with pytest.raises(UsageError, match="no check 'nonsense'"):
        prepare(request(repository, checks=("nonsense",)))


def test_the_day_is_today_unless_it_is_said(repository: Path) -> None:
    assert prepare(request(repository))[0].as_of == datetime.now(UTC).date()
    assert prepare(request(repository, as_of=date(2020, 1, 2)))[0].as_of == date(2020, 1, 2)


def test_no_time_is_kept_under_source_date_epoch(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepare(request(repository))[0].started is not None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert prepare(request(repository))[0].started is None


def test_a_target_that_is_no_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        prepare(request(tmp_path / "missing"))


def test_the_output_stands_in_the_target_or_where_it_is_wanted(tmp_path: Path) -> None:
    assert output_of(tmp_path, None).folder == tmp_path / ".supply-chain"
    assert output_of(tmp_path, tmp_path / "x").folder == tmp_path / "x"


# --------------------------------------------------------------------------- checks and verdict


def test_checks_are_told_as_they_end(repository: Path, tmp_path: Path) -> None:
    store = make_store(tmp_path / "advisories.sqlite")
    _, output = prepare(request(repository, advisories=store, as_of=date(2026, 11, 1)))
    told: list[Evidence] = []
    found = stages.check((), output, tell=told.append)
    assert {item.check for item in told} == {item.check for item in found} == CHECKS.keys()
    assert next(item for item in found if item.check == "dependencies").status is Status.CLEAN
    assert stages.report(output).verdict == stages.gate(output)


def test_a_report_without_evidence_is_incomplete(repository: Path) -> None:
    _, output = prepare(request(repository))
    assert stages.report(output).verdict.exit_code == 3


def test_there_is_no_verdict_without_a_report(repository: Path) -> None:
    _, output = prepare(request(repository))
    with pytest.raises(IncompleteError, match="there is no report"):
        stages.gate(output)


def test_the_first_fault_is_raised_when_all_have_ended() -> None:
    ended = []

    def work(name: str) -> None:
        ended.append(name)
        if name != "fine":
            raise IncompleteError(name)

    jobs = [lambda: work("fine"), lambda: work("first"), lambda: work("second")]
    with pytest.raises(IncompleteError, match="first"):
        stages._side_by_side(jobs)
    assert sorted(ended) == ["fine", "first", "second"]


def test_an_interruption_while_checks_are_started_is_not_waited_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = []
    monkeypatch.setattr("pipeline.tools.run.terminate_all", lambda: told.append("ended"))
    monkeypatch.setattr(stages, "_PATIENCE", 0.05)
    started = Thread.start
    wait = Event()

    def start(thread: Thread) -> None:
        started(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(Thread, "start", start)

    def hang() -> None:
        wait.wait()

    with pytest.raises(KeyboardInterrupt):
        stages._side_by_side([hang, hang])
    wait.set()
    assert told == ["ended"]


# -------------------------------------------------------------------------- Trivy and its data

PROGRAM = "tools: {trivy: {path: /opt/trivy, sha256: [" + "0" * 64 + "]}}\n"
MIRROR = "tools: {trivy: {database-repository: 'registry.example.org/trivy-db:2'}}\n"


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
