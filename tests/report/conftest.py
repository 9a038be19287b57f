"""The sample reports, as tests of every format want them."""

from __future__ import annotations

import pytest

from pipeline.model import Report
from tests.report.hostile import hostile, large
from tests.report.samples import changed, compliant, incomplete, leaked, violated, waived

SAMPLES = {
    "compliant": compliant,
    "violated": violated,
    "incomplete": incomplete,
    "waived": waived,
    "changed": changed,
    "leaked": leaked,
    "hostile": hostile,
}


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> Report:
    """Each sample report in turn."""
    return SAMPLES[request.param]()


@pytest.fixture
def reports() -> dict[str, Report]:
    """The sample reports by name."""
    return {name: build() for name, build in SAMPLES.items()}


@pytest.fixture(scope="session")
def many() -> Report:
    """10,000 findings, and as many inputs that were not evaluated."""
    return large()
