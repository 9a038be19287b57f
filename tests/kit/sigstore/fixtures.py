"""Fixtures for every test that signs or verifies; `tests/conftest.py` makes them known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kit.sigstore.parts import Sigstore
    from tests.kit.sigstore.witness import Witness


@pytest.fixture(scope="session")
def sigstore_stack() -> Iterator[Sigstore]:
    """The stand-in: a private Sigstore in this process, up at once."""
    from tests.kit.sigstore.standin import (  # noqa: PLC0415 - only tests that sign need it
        serving_sigstore,
    )

    with serving_sigstore() as stack:
        yield stack


@pytest.fixture(scope="module")
def real_sigstore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sigstore]:
    """The real services; a test is skipped where they cannot be built.

    For a module only, as another process may be waiting for its turn.
    """
    from tests.kit.golang import UnavailableError  # noqa: PLC0415 - as above
    from tests.kit.sigstore.stack import running_sigstore  # noqa: PLC0415

    try:
        with running_sigstore(tmp_path_factory.mktemp("sigstore")) as stack:
            yield stack
    except UnavailableError as error:
        pytest.skip(f"only the stand-in here: {error}")


@pytest.fixture(scope="module", params=["stand-in", "real"])
def any_sigstore(request: pytest.FixtureRequest) -> Sigstore:
    """The stand-in, and the real services where they can be built."""
    wanted = "sigstore_stack" if request.param == "stand-in" else "real_sigstore"
    stack: Sigstore = request.getfixturevalue(wanted)
    return stack


@pytest.fixture(scope="session", params=["cosign", "sigstore-js"])
def witness(request: pytest.FixtureRequest) -> Witness:
    """Each verifier by others that can be had; a test is skipped for one that cannot."""
    from tests.kit.golang import UnavailableError  # noqa: PLC0415 - as above
    from tests.kit.sigstore.witness import Cosign, SigstoreJs  # noqa: PLC0415

    try:
        return Cosign() if request.param == "cosign" else SigstoreJs()
    except UnavailableError as error:
        pytest.skip(str(error))
