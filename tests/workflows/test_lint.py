"""Three linters over every workflow of ours, and over every starter: none has anything to say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.golang import Program, UnavailableError, built

ROOT = Path(__file__).parents[2]
STARTERS = ROOT / "templates" / "starters"
FILES = sorted([*(ROOT / ".github/workflows").glob("*.yml"), *(STARTERS / "github").glob("*.yml")])
ACTIONLINT = Program("actionlint", "github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12")
NEWER = (
    r'property "workflow_(sha|repository)" is not defined',  # fields of `job` since April 2026
    r'reusable workflow call "\$/',  # the repository and commit of the file itself, since July 2026
)
"""What actionlint 1.7.12 does not know yet."""

SCHEMAS = {
    **dict.fromkeys(FILES, "vendor.github-workflows"),
    ROOT / ".github/dependabot.yml": "vendor.dependabot",
    STARTERS / "azure/azure-pipelines.yml": "vendor.azure-pipelines",
    STARTERS / "gitlab/.gitlab-ci.yml": "vendor.gitlab-ci",
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def call(*argv: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [str(part) for part in argv], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def program(name: str) -> Path:
    return Path(sys.executable).with_name(name)


@pytest.fixture(scope="module")
def actionlint() -> Path:
    try:
        return built(ACTIONLINT)
    except UnavailableError as error:
        pytest.skip(str(error))


def test_there_is_something_to_look_at() -> None:
    found = {name(path) for path in FILES}
    assert {".github/workflows/scan.yml", "templates/starters/github/supply-chain.yml"} <= found


def test_zizmor_at_its_strictest_finds_nothing() -> None:
    options = ("--offline", "--persona", "auditor", "--strict-collection", "--no-progress")
    code, said = call(program("zizmor"), *options, *FILES)
    assert (code, "No findings to report" in said) == (0, True), said


def test_one_finding_of_zizmors_is_left_out_and_no_more() -> None:
    ignored = [name(path) for path in FILES if "zizmor: ignore" in path.read_text()]
    assert ignored == ["templates/starters/github/comment.yml"]


def test_zizmor_would_find_something(tmp_path: Path) -> None:
    planted = tmp_path / "scan.yml"
    text = (ROOT / ".github/workflows/scan.yml").read_text()
    planted.write_text(text.replace("persist-credentials: false", "persist-credentials: true"))
    code, said = call(program("zizmor"), "--offline", "--persona", "auditor", planted)
    assert code >= 11
    assert "artipacked" in said


@pytest.mark.parametrize("path", SCHEMAS, ids=name)
def test_every_file_follows_its_schema(path: Path) -> None:
    command = program("check-jsonschema")
    # Some patterns of these schemas are Python's or JavaScript's of old.
    options = ("--regex-variant", "nonunicode", "--builtin-schema", SCHEMAS[path])
    code, said = call(command, *options, path)
    assert code == 0, said


def test_actionlint_has_nothing_to_say(actionlint: Path) -> None:
    ignored = [word for pattern in NEWER for word in ("-ignore", pattern)]
    code, said = call(actionlint, "-no-color", *ignored, *FILES)
    assert (code, said) == (0, "")


def test_each_exception_for_actionlint_is_needed(actionlint: Path) -> None:
    for left_out in NEWER:
        others = [word for one in NEWER if one != left_out for word in ("-ignore", one)]
        assert call(actionlint, "-no-color", *others, *FILES)[0] == 1
