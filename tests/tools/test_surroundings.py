"""What a program is shown: an environment from scratch, and no program of the current folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.tools.run import Command
from tests.tools.test_run import here, python

_SHOW = "import os; print('\\n'.join(sorted(f'{k}={v}' for k, v in os.environ.items())))"


def environment(command: Command, folder: Path) -> dict[str, str]:
    lines = here(command, folder).stdout.decode().splitlines()
    shown = dict(line.split("=", 1) for line in lines)
    shown.pop("LC_CTYPE", None)  # set by the interpreter itself
    shown.pop("__CF_USER_TEXT_ENCODING", None)  # set by macOS
    return shown


def test_the_environment_holds_nothing_that_was_not_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "PIP_INDEX_URL", "PYTHONSTARTUP", "PYTHONPATH", "GIT_DIR", "GIT_SSH_COMMAND",
        "TRIVY_IGNOREFILE", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "LD_PRELOAD_X",
        "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SUPPLY_CHAIN_POLICY",
    ):  # fmt: skip
        monkeypatch.setenv(name, "/somewhere")
    monkeypatch.setenv("PATH", "/usr/bin:.::bin:/bin")
    assert environment(python(_SHOW), tmp_path) == {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "NO_PROXY": "127.0.0.1,::1,localhost",
        "no_proxy": "127.0.0.1,::1,localhost",
    }


def test_certificates_are_handed_on_only_to_commands_that_use_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/certificates.pem")
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    assert environment(python(_SHOW, network=True), tmp_path)["SSL_CERT_FILE"] == (
        "/certificates.pem"
    )
    assert "SSL_CERT_FILE" not in environment(python(_SHOW), tmp_path)


def test_proxies_are_handed_on_only_to_commands_that_use_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("NO_PROXY", "registry.example.org")
    monkeypatch.setenv("http_proxy", "")
    shown = environment(python(_SHOW, network=True), tmp_path)
    assert shown["HTTPS_PROXY"] == "http://proxy.example.org:3128"
    assert shown["NO_PROXY"] == "127.0.0.1,::1,localhost,registry.example.org"
    assert "http_proxy" not in shown
    shown = environment(python(_SHOW), tmp_path)
    assert "HTTPS_PROXY" not in shown
    assert shown["NO_PROXY"] == "127.0.0.1,::1,localhost"


def test_a_command_adds_to_its_environment(tmp_path: Path) -> None:
    shown = environment(python(_SHOW, env={"ADDED": "yes", "LANG": "C"}), tmp_path)
    assert (shown["ADDED"], shown["LANG"]) == ("yes", "C")


def test_a_program_is_never_taken_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = tmp_path / "planted"
    planted.write_text("#!/bin/sh\ntouch ran\n")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}/usr/bin")
    for name in ("planted", "./planted"):
        assert here(Command(argv=(name,)), tmp_path).fault == "missing"
    assert not (tmp_path / "ran").exists()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert here(Command(argv=("planted",)), tmp_path).fault == "exit_code"  # no touch in this PATH


def test_without_a_path_variable_the_system_default_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PATH")
    assert here(Command(argv=("sh", "-c", "exit 0")), tmp_path).ok
