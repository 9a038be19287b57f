"""A repository with Python, Node, Go and Rust in it, locked by the real package managers."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.discover import discover
from pipeline.model import Location, Lock, Origin, Package, Source, Target
from pipeline.sbom.document import seal
from pipeline.sbom.identity import identify_own
from pipeline.sbom.merge import merge
from pipeline.sbom.parts import divide
from pipeline.sbom.write import Circumstances, describe_root, metadata, write
from pipeline.tree import Tree

LOCKS = Path(__file__).parents[1] / "data" / "locks"
PARTS = {
    "py": "uv.lock/workspace",
    "node": "package-lock.json/v3",
    "go": "go.sum/replaced",
    "rust": "Cargo.lock/v4",
}
DAY = date(2026, 11, 22)


def make(root: Path) -> Path:
    """The repository on disk."""
    for folder, source in PARTS.items():
        shutil.copytree(LOCKS / source, root / folder)
    return root


def look(root: Path) -> Target:
    """The target at `root`, by the name "shop" wherever it stands."""
    return discover(Tree.at(root), name="shop")


def package(name: str = "a", version: str | None = "1.0", **more: Any) -> Package:
    origin, url = more.pop("origin", Origin.REGISTRY), more.pop("url", "")
    values: dict[str, Any] = {
        "ecosystem": "PyPI",
        "name": name,
        "version": version,
        "location": Location(path="uv.lock", line=1),
        "source": Source(origin=origin, url=url),
    }
    return Package(**(values | more))


def lock(*packages: Package, path: str = "uv.lock", **more: Any) -> Lock:
    values: dict[str, Any] = {
        "path": path,
        "format": "uv.lock",
        "ecosystem": "PyPI",
        "digest": "sha256:00",
        "packages": packages,
        "files": (path,),
    }
    return Lock(**(values | more))


def target(*locks: Lock, **more: Any) -> Target:
    values: dict[str, Any] = {"name": "shop", "git": None, "files": 1, "locks": locks}
    return Target(**(values | more))


def about(of: Target, **more: Any) -> Circumstances:
    return Circumstances(target=of, made=DAY, **more)


def written(of: Target, **more: Any) -> list[dict[str, Any]]:
    """Every part's document."""
    return [write(part, about(of, **more)) for part in divide(of)]


def whole(of: Target, version: str = "1.7", **more: Any) -> dict[str, Any]:
    """The merged document of a target."""
    seen = about(of, **more)
    root = describe_root(of.name, identify_own(of.name, of.git, "."), seen)
    parts = {str(number): write(part, seen) for number, part in enumerate(divide(of))}
    return seal(merge(parts, metadata(root, seen)).document, version)


def properties(component: dict[str, Any], name: str) -> list[str]:
    """The values of one of our properties."""
    return [
        item["value"] for item in component["properties"] if item["name"] == f"supply-chain:{name}"
    ]


def named(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The only component of a name."""
    (found,) = (item for item in document["components"] if item["name"] == name)
    return dict(found)
