from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.cli.shared import add_planning, add_target, day, path, seconds


@pytest.mark.parametrize("bad", ["2026-13-01", "today"])
def test_a_bad_day_is_a_usage_error(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", "--as-of", bad])
    assert caught.value.code == 2
    assert "is not a day like" in capsys.readouterr().err


def test_words_become_values() -> None:
    assert day("2026-01-31") == date(2026, 1, 31)
    assert path("a/b") == Path("a", "b")
    assert seconds("1.5") == 1.5


@pytest.mark.parametrize("text", ["0", "-1", "x", "nan", "1e9", "3600.5"])
def test_a_time_has_an_end(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="up to 3600"):
        seconds(text)


def test_what_is_not_said_is_open() -> None:
    parser = argparse.ArgumentParser()
    add_target(parser)
    add_planning(parser)
    assert vars(parser.parse_args([])) == {
        "target": Path(),
        "config": None,
        "output": None,
        "only": [],
        "trivy_db": None,
        "image": [],
        "platform": None,
        "base": None,
        "offline": False,
        "advisories": None,
        "as_of": None,
    }


def test_an_empty_path_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_target(parser)
    with pytest.raises(SystemExit) as caught:
        parser.parse_args([""])
    assert caught.value.code == 2
    assert "has a variable no value?" in capsys.readouterr().err
