"""Actions and images that are known to have carried an attacker's code: `denied-actions.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("denied-actions.toml")


def denied_action(name: str, commit: str) -> str:
    """Why the commit of an action ("owner/repository", or with a path below) is denied, or ""."""
    repository = "/".join(name.lower().split("/")[:2])
    entry = _actions().get((repository, commit.lower()))
    return _why(entry) if entry else ""


def denied_image(image: str) -> str:
    """Why a container image is denied, by its digest or its name and tag, or ""."""
    name, _, digest = image.partition("@")
    repository, _, tag = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "")
    repository = repository.removeprefix("docker.io/").lower()
    by_digest, by_tag = _images()
    entry = by_digest.get(digest.lower()) or by_tag.get((repository, tag.removeprefix("v")))
    return _why(entry) if entry else ""


def _why(entry: dict[str, Any]) -> str:
    known = f", {entry['advisory']}" if entry["advisory"] else ""
    return f"this code {entry['what']} ({entry['date']}{known}; {entry['source']})"


@cache
def _entries() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _actions() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (entry["name"], commit): entry
        for entry in _entries()["action"]
        for commit in entry["commits"]
    }


@cache
def _images() -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], dict[str, Any]]]:
    entries = _entries()["image"]
    return (
        {digest: entry for entry in entries for digest in entry["digests"]},
        {
            (name, tag): entry
            for entry in entries
            for name in entry["names"]
            for tag in entry["tags"]
        },
    )
