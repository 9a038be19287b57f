from __future__ import annotations

from tests.checks.sbom.answers import OF, read


def test_the_tables_count_elements_and_makers() -> None:
    elements, makers = read(OF).tables
    assert elements.columns == ("Element", "Stated", "Declared unknown", "Missing")
    assert ("Component Name", 4, 0, 0) in elements.rows
    assert ("cyclonedx-bom", "Python packages", 2) in makers.rows
    assert ("npm sbom", "licences and scope of npm packages", 0) in makers.rows
