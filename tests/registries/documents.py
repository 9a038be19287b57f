"""Documents of registries in their documented shape, written by hand."""

from __future__ import annotations

from typing import Any


def file(day: str, *, yanked: bool = False, reason: str | None = None) -> dict[str, Any]:
    """A file of a release, as PyPI's JSON interface tells it."""
    return {
        "filename": "demo-1.0-py3-none-any.whl",
        "upload_time_iso_8601": f"{day}T23:30:00.123456Z",
        "yanked": yanked,
        "yanked_reason": reason,
    }


def project(releases: dict[str, list[dict[str, Any]]], **info: Any) -> dict[str, Any]:
    """A project, as PyPI's JSON interface tells it."""
    newest = list(releases)[-1] if releases else ""
    return {"info": {"version": newest, "classifiers": [], **info}, "releases": releases}


PYPI = project(
    {
        "1.0": [file("2024-05-02"), file("2024-05-01")],
        "1.1": [
            file("2024-06-01", yanked=True, reason="broken\nbuild"),
            file("2024-06-01", yanked=True),
        ],
        "1.2": [file("2024-07-01", yanked=True), file("2024-07-02")],
        "1.3": [file("2024-08-01", yanked=True)],
        "1.4": [],
        "2.0": [file("2025-01-01")],
    },
    license_expression="MIT",
)

NPM: dict[str, Any] = {
    "name": "demo",
    "versions": {
        "1.0.0": {"license": "MIT"},
        "1.1.0": {"license": {"type": "ISC"}, "deprecated": "use other"},
        "1.2.0": {"licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}], "deprecated": ""},
        "1.3.0": {"deprecated": True},
    },
    "time": {
        "created": "2020-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "1.0.0": "2020-01-01T12:00:00.000Z",
        "1.1.0": "2020-02-01T00:00:00.000Z",
        "1.2.0": "not a time",
        "6.6.6": "2021-01-01T00:00:00.000Z",
    },
}
