"""One command starts it all, says how to use it, and leaves nothing running."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.kit.golang import UnavailableError, built
from tests.kit.sigstore.programs import SERVICES

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("kind", ["stand-in", "real"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_is_up_until_it_is_told_to_end(tmp_path: Path, kind: str, end: signal.Signals) -> None:
    if kind == "real":
        try:
            for program in SERVICES:
                built(program)
        except UnavailableError as error:
            pytest.skip(f"only the stand-in here: {error}")
    options = ["--stand-in"] if kind == "stand-in" else []
    command = [sys.executable, "-m", "tests.kit.sigstore", *options, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = []
        for line in process.stdout:
            told.append(line)
            if line.startswith("ready"):
                break
        assert "logs and keys in" in told[0]
        environment = dict(
            shlex.split(line)[1].split("=", 1)
            for line in (tmp_path / "environment.sh").read_text("utf-8").splitlines()
        )
        given = requests.get(
            environment["ACTIONS_ID_TOKEN_REQUEST_URL"],
            headers={"Authorization": f"Bearer {environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
            timeout=10,
        )
        assert given.json()["value"].count(".") == 2
        config = json.loads((tmp_path / "trust_config.json").read_bytes())
        address = config["signingConfig"]["caUrls"][0]["url"]
        assert requests.get(f"{address}/nowhere", timeout=10).status_code == 404
        process.send_signal(end)
        assert process.wait(30) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=10)


def test_without_go_it_says_what_works(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "tests.kit.sigstore", str(tmp_path / "out")]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "is built with Go, which is not installed" in ran.stderr
    assert "--stand-in" in ran.stderr
