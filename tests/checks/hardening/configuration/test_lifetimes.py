"""The table of ends of support, and what of it an image's name tells."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.checks.hardening.configuration.images import reference
from pipeline.checks.hardening.configuration.lifetimes import lifetimes, problems, products
from pipeline.model import Location, Severity

PLACE = Location(path="Dockerfile", line=1)


def told(image: str) -> list[tuple[str, str]]:
    named = reference(image)
    assert named
    return [(one.title, one.release) for one in lifetimes(named)]


def test_the_table_is_dated_and_every_product_has_a_source() -> None:
    checked, known, images = products()
    assert date(2026, 11, 1) <= checked
    for name, product in known.items():
        assert product.source.startswith("https://"), name
        assert product.title
        assert len(product.until) > 2
        assert all(isinstance(day, date) for day in product.until.values())
        assert set(product.names.values()) <= product.until.keys()
        assert name in images.values()


@pytest.mark.parametrize(
    ("image", "releases"),
    [
        ("python:3.9", [("Python", "3.9")]),
        ("python:3.9.25-slim-bookworm", [("Python", "3.9"), ("Debian", "12")]),
        ("python:3.1", []),
        ("node:20", [("Node.js", "20")]),
        ("node:v20.1.0-alpine3.19", [("Node.js", "20"), ("Alpine Linux", "3.19")]),
        ("node:lts-trixie", [("Debian", "13")]),
        ("debian:bookworm-slim", [("Debian", "12")]),
        ("debian:12.5", [("Debian", "12")]),
        ("ubuntu:jammy-20260101", [("Ubuntu", "22.04")]),
        ("ubuntu:24.04", [("Ubuntu", "24.04")]),
        ("alpine:3.22.1", [("Alpine Linux", "3.22")]),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-jammy", [(".NET", "8.0"), ("Ubuntu", "22.04")]),
        ("gcr.io/distroless/python3-debian11:nonroot", [("Debian", "11")]),
        ("example.org/team/app:2.7-buster", [("Debian", "10")]),
        ("example.org/python:2.7", []),
        ("python:latest", []),
        ("golang:1.99", []),
    ],
)
def test_what_a_name_tells(image: str, releases: list[tuple[str, str]]) -> None:
    assert told(image) == releases


def test_the_last_day_is_still_supported() -> None:
    named = reference("node:20-bookworm")
    assert named
    assert list(problems(named, PLACE, date(2026, 4, 30))) == []
    (found,) = problems(named, PLACE, date(2026, 5, 1))
    assert found.rule == "end-of-life-image"
    assert found.severity is Severity.HIGH
    assert "Node.js 20" in found.detail
    assert "2026-04-30" in found.detail
    assert found.url.startswith("https://")
