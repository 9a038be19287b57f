"""A small advisory store for tests: the bundled facts of the demonstration."""

from __future__ import annotations

from pathlib import Path

from pipeline.advisories import feeds
from pipeline.advisories.store import import_osv
from pipeline.resources import template_folder

DEMO = template_folder() / "demo"
RECORDS = sorted((DEMO / "advisories").glob("*.json"))


def make_store(path: Path) -> Path:
    """The store with its KEV and EPSS lists beside it."""
    import_osv([DEMO / "advisories"], path)
    feeds.import_kev(DEMO / "known_exploited_vulnerabilities.json", path)
    feeds.import_epss(DEMO / "epss_scores.csv", path)
    return path
