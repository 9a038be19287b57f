"""Fixtures for every test that signs or verifies; `tests/conftest.py` makes them known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kit.sigstore.parts import Sigstore


@pytest.fixture(scope="session")
def sigstore_stack() -> Iterator[Sigstore]:
    """The stand-in: a private Sigstore in this process, up at once."""
    from tests.kit.sigstore.standin import (  # noqa: PLC0415 - only tests that sign need it
        serving_sigstore,
    )

    with serving_sigstore() as stack:
        yield stack
