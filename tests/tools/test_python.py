from __future__ import annotations

import sys
import sysconfig
from importlib import metadata
from pathlib import Path

import pytest

from pipeline.tools import python


def test_an_installed_tool_is_named_by_version_and_content() -> None:
    found = python.find("pip-audit")
    assert found is not None
    assert found.version == metadata.version("pip-audit")
    assert len(found.digest.removeprefix("sha256:")) == 64


def test_a_tool_that_is_not_there_is_none() -> None:
    assert python.find("no-such-distribution") is None


class Installed:
    """A distribution with a RECORD of our making."""

    version = "1.0"

    def __init__(self, record: str | None) -> None:
        self._record = record

    def read_text(self, name: str) -> str | None:
        assert name == "RECORD"
        return self._record


RECORD = (
    "tool/a.py,sha256=aaa,1\ntool/b.py,sha256=bbb,2\ntool-1.0.dist-info/METADATA,sha256=ccc,3\n"
)


def digest_of(record: str | None, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(record))
    found = python.find("tool")
    assert found is not None
    return found.digest


@pytest.mark.parametrize(
    "extra",
    [
        "../../../bin/tool,sha256=ddd,4\n",
        "tool/__pycache__/a.cpython-311.pyc,,\n",
        "tool-1.0.dist-info/INSTALLER,sha256=eee,2\n",
        "tool-1.0.dist-info/direct_url.json,sha256=fff,9\n",
        "tool-1.0.dist-info/RECORD,,\n",
    ],
)
def test_what_installers_add_does_not_count(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert digest_of(RECORD + extra, monkeypatch) == digest_of(RECORD, monkeypatch)


def test_the_order_of_the_list_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    turned = "\n".join(reversed(RECORD.splitlines()))
    assert digest_of(turned, monkeypatch) == digest_of(RECORD, monkeypatch)


def test_other_code_is_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = RECORD.replace("aaa", "aab")
    assert digest_of(changed, monkeypatch) != digest_of(RECORD, monkeypatch)


@pytest.mark.parametrize("record", [None, ""])
def test_without_a_list_there_is_no_digest(
    record: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest_of(record, monkeypatch) == ""


def test_a_tool_is_started_in_isolation() -> None:
    assert python.command(module="pip_audit") == (sys.executable, "-I", "-m", "pip_audit")


def test_a_binary_is_started_by_its_path_beside_us() -> None:
    (path,) = python.command(program="pip-audit")
    assert Path(path).is_absolute()
    assert Path(path).is_file()


def test_a_program_that_a_module_would_only_start_is_started_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sysconfig, "get_path", {"platlib": str(tmp_path)}.__getitem__)
    by_module = (sys.executable, "-I", "-m", "tool")
    assert python.command(module="tool", inside="tool/bin/tool") == by_module
    program = tmp_path / "tool" / "bin" / "tool"
    program.mkdir(parents=True)
    assert python.command(module="tool", inside="tool/bin/tool") == by_module
    program.rmdir()
    program.write_text("#!/bin/true\n")
    assert python.command(module="tool", inside="tool/bin/tool") == by_module
    program.chmod(0o755)
    assert python.command(module="tool", inside="tool/bin/tool") == (str(program),)
    assert python.command(module="tool") == by_module


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of installed packages, empty; nothing is installed anywhere else."""
    paths = {"purelib": str(tmp_path), "platlib": str(tmp_path)}
    monkeypatch.setattr(sysconfig, "get_path", paths.__getitem__)
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed("elsewhere,sha256=a,1"))
    return tmp_path


@pytest.mark.parametrize("name", ["some-tool", "Some.Tool", "some_tool"])
def test_a_distribution_is_found_under_any_spelling(packages: Path, name: str) -> None:
    folder = packages / "some_tool-2.0.1.dist-info"
    folder.mkdir()
    (packages / "some_tool_more-9.dist-info").mkdir()
    (folder / "RECORD").write_text(RECORD)
    found = python.find(name)
    assert found is not None
    assert (found.version, found.name) == ("2.0.1", name)


def test_one_without_a_list_of_files_is_looked_for_elsewhere(packages: Path) -> None:
    (packages / "tool-2.0.dist-info").mkdir()
    found = python.find("tool")
    assert found is not None
    assert found.version == Installed.version


def test_both_ways_to_look_agree() -> None:
    assert python._beside("kingfisher-bin") == python._anywhere("kingfisher-bin")
    assert python._beside("kingfisher-bin") is not None
