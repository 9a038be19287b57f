"""Settings as a text says them, or the message that refuses it."""

from __future__ import annotations

import textwrap

import pytest

from pipeline.errors import UsageError
from pipeline.settings import Settings, parse

CHECKS = frozenset({"dependencies", "lockfiles", "sbom"})
CONTROLS = frozenset({"DEP-01", "DEP-12"})


def read(text: str) -> Settings:
    return parse(textwrap.dedent(text), "supply-chain.yml", checks=CHECKS, controls=CONTROLS)


def mistake(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text)
    return str(caught.value)
