"""The real Trivy: the pinned release, built by the very route that the product documents.

It is kept by version in the kit's cache, and verified each time it is asked for. Where Go or its
module proxy is missing, tests skip and say so.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.tools import binaries, gomodule
from pipeline.tools.binaries import Binary
from pipeline.tools.pins import pin
from pipeline.tools.release import UnavailableError
from tests.kit import golang


def binary() -> Binary:
    """The verified program; raises `tests.kit.golang.UnavailableError` with the reason."""
    wanted = pin("trivy")
    path = golang.cache() / f"trivy-{wanted.version}" / "trivy"
    with golang.locked(path.parent.with_suffix(".lock")):
        if path.is_file():
            return binaries.check(wanted, path, (), obtained="the tests' kit")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            try:
                made = gomodule.build(wanted, Path(scratch))
            except UnavailableError as error:
                raise golang.UnavailableError(error.what) from error
            shutil.move(made.path, path)
    return binaries.check(wanted, path, (), obtained="the tests' kit")


@pytest.fixture(scope="session")
def trivy_program() -> Binary:
    """The real Trivy; skips where it cannot be built.

    For the session: made before any test changes where caches and programs are looked for.
    """
    try:
        return binary()
    except golang.UnavailableError as error:
        pytest.skip(f"no Trivy here: {error}")
    except PipelineError as error:
        pytest.fail(f"the kit's Trivy is not what it should be: {error}")


@pytest.fixture
def trivy(trivy_program: Binary, monkeypatch: pytest.MonkeyPatch) -> Binary:
    """The real Trivy, and the product finds it, too."""
    monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(trivy_program.path))
    return trivy_program
