from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.actions import inputs
from pipeline.errors import UsageError
from pipeline.model import Severity


def test_what_nobody_said_has_a_default() -> None:
    assert inputs.read({}) == inputs.Inputs(
        projects=(".",),
        checks=(),
        images=(),
        fail_on=None,
        new_only=True,
        offline=False,
        config="",
        advisories="",
        artifact_name="supply-chain",
        signed=False,
        check_jobs=256,
    )


def test_what_somebody_said() -> None:
    found = inputs.read(
        {
            "projects": "services/api\r\n\n  web \nservices/api\n",
            "checks": "dependencies, secrets\nsecrets",
            "images": "./image.tar\nregistry.example/app:1",
            "fail-on": "low",
            "new-only": False,
            "offline": True,
            "config": " policy.yml ",
            "advisories": "/srv/osv.zip",
            "artifact-name": "scan-1",
            "signed": True,
            "check-jobs": 3.0,
            "something-of-the-workflow": "x",
        }
    )
    assert found.projects == ("services/api", "web")
    assert found.checks == ("dependencies", "secrets")
    assert found.images == ("./image.tar", "registry.example/app:1")
    assert found.fail_on is Severity.LOW
    assert (found.new_only, found.offline, found.signed) == (False, True, True)
    assert (found.config, found.advisories) == ("policy.yml", "/srv/osv.zip")
    assert (found.artifact_name, found.check_jobs) == ("scan-1", 3)
    assert inputs.read({"fail-on": "never"}).fail_on == "never"
    assert inputs.read({"checks": "auto"}).checks == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("checks", "dependencies; rm -rf /"),
        ("checks", "auto dependencies"),
        ("fail-on", "High"),
        ("fail-on", "unknown"),
        ("artifact-name", "a/b"),
        ("artifact-name", "-x"),
        ("artifact-name", "x\ny"),
        ("artifact-name", "a*"),
        ("artifact-name", "a" * 101),
        ("new-only", "true"),
        ("new-only", 1),
        ("offline", "false"),
        ("signed", None),
        ("projects", 1),
        ("config", ["x"]),
        ("check-jobs", 0),
        ("check-jobs", 257),
        ("check-jobs", 1.5),
        ("check-jobs", "3"),
        ("check-jobs", True),
        ("check-jobs", float("inf")),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"cannot be the input {name}"):
        inputs.read({name: value})


def test_a_refusal_shows_little_of_a_long_value() -> None:
    with pytest.raises(UsageError) as caught:
        inputs.read({"fail-on": "$(touch x)\n::error::" + "a" * 10_000})
    assert len(str(caught.value)) < 300
    assert "\n::error" not in str(caught.value)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["projects", "checks", "fail-on", "check-jobs", "offline"]),
        st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()),
    )
)
def test_any_input_is_read_or_refused(given_: dict[str, Any]) -> None:
    try:
        found = inputs.read(given_)
    except UsageError:
        return
    assert found.projects
    assert 1 <= found.check_jobs <= inputs.MAX_LEGS


def test_a_project_is_a_folder_inside(tmp_path: Path) -> None:
    (tmp_path / "a b" / "ü").mkdir(parents=True)
    (tmp_path / "same").symlink_to("a b")
    assert inputs.folder(tmp_path, ".") == PurePosixPath()
    assert inputs.folder(tmp_path, "./a b/ü/") == PurePosixPath("a b/ü")
    assert inputs.folder(tmp_path, "same") == PurePosixPath("a b")


@pytest.mark.parametrize(
    "project",
    [
        "missing",
        "file",
        "..",
        "a/../..",
        "/etc",
        "outside",
        "loop",
        "$(touch x)",
        "a\0b",
        "x" * 10_000,
        json.dumps({"a": 1}),
    ],
)
def test_what_is_no_folder_inside_is_no_project(tmp_path: Path, project: str) -> None:
    root = (tmp_path / "workspace").resolve()
    root.mkdir()
    (root / "file").write_text("")
    (root / "a").mkdir()
    (root / "outside").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="cannot be the input projects"):
        inputs.folder(root, project)


def test_a_file_of_the_repository_or_of_the_machine(tmp_path: Path) -> None:
    root = (tmp_path / "workspace").resolve()
    root.mkdir()
    (root / "policy.yml").write_text("")
    other = tmp_path / "osv.zip"
    other.write_text("")
    assert inputs.file(root, "config", "policy.yml", outside=False) == root / "policy.yml"
    assert inputs.file(root, "advisories", str(other), outside=True) == other
    for given_, outside in (("none.yml", True), ("../osv.zip", True), (str(other), False)):
        with pytest.raises(UsageError, match="cannot be the input advisories"):
            inputs.file(root, "advisories", given_, outside=outside)
