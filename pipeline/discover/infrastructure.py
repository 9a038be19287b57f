"""Files that describe containers and where they run: found by name, and by a look inside."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.discover.inside import kind_of_json, kind_of_yaml
from pipeline.model import Gap, Location, Unread
from pipeline.tree import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipeline.tree import Tree

_LOOKED_AT = 64 * 1024
"""Bytes of a file in which it has to begin as what its name says."""
_WHOLE = 16 * 1024 * 1024
"""Bytes of a file that are searched for what it describes."""

_DOCKERFILE = re.compile(
    r"(?:Dockerfile|Containerfile)(?:\..+)?|.+\.(?:dockerfile|containerfile)",
    re.IGNORECASE | re.DOTALL,
)
_LIKE_DOCKERFILE = re.compile(
    r"(?:.*/)?(?:(?:docker|container)file[_-][^/]+|[^/]+[_-](?:docker|container)file|[^/]+\.docker"
    r"|(?:docker|container)files?/[^/]+)",
    re.IGNORECASE | re.DOTALL,
)
"""Names that many give to Dockerfiles, and some to other files: they have to begin as such."""
_ABOUT_DOCKERFILES = re.compile(
    r".*\.(?:c|cc|cpp|cs|css|csv|el|go|golden|h|html|ipynb|java|js|json|jsx|kt|lua|md|php|py|pyi|rb"
    r"|rego|rs|rst|scala|snap|svg|swift|toml|ts|tsx|vim|xml)",
    re.DOTALL,
)
"""Code and texts about Dockerfiles are named after them; one that is built from begins as such."""
_BEGINS = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*(?:FROM|ARG)[ \t]")
_COMPOSE = re.compile(r"(?:docker-)?compose.*\.ya?ml", re.DOTALL)
KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
"""Whether they say what they are or not, which they need not."""
_DATA = (".yml", ".yaml", ".json", ".template")
_CHART = "Chart.yaml"
_OF_A_CHART = re.compile(
    r"(?:Chart|requirements)\.(?:yaml|lock)|values[^/]*\.(?:ya?ml|json)|\.helmignore|(?:templates|charts|crds)/.*",
    re.DOTALL,
)
"""Source: https://helm.sh/docs/topics/charts/#the-chart-file-structure."""


@dataclass(slots=True)
class Infrastructure:
    """Paths by kind, in the order in which they were given.

    `helm` are the files of charts: their `Chart.yaml`, and what it may be rendered with.
    """

    dockerfiles: list[str] = field(default_factory=list)
    compose: list[str] = field(default_factory=list)
    kubernetes: list[str] = field(default_factory=list)
    terraform: list[str] = field(default_factory=list)
    helm: list[str] = field(default_factory=list)
    cloudformation: list[str] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


def find_infrastructure(tree: Tree, files: Iterable[str]) -> Infrastructure:
    """Sort `files` of `tree` into kinds; most are of none."""
    found = Infrastructure()
    files = tuple(files)
    charts = {path.removesuffix(_CHART) for path in files if path.rpartition("/")[2] == _CHART}
    for path in files:
        name = path.rpartition("/")[2]
        if (inside := _in_a_chart(path, charts)) is not None:
            found.helm.append(path)
            if "templates" in inside.split("/")[:-1] or name == _CHART:
                continue
        if _COMPOSE.fullmatch(name):
            found.compose.append(path)
        elif name in KUSTOMIZATIONS:
            found.kubernetes.append(path)
        elif name.endswith((".tf", ".tf.json", ".tofu", ".tofu.json")):
            found.terraform.append(path)
        elif name.lower().endswith(_DATA):
            if not path.startswith(".github/workflows/"):
                _look_into(tree, path, found)
        elif _is_dockerfile(tree, path, found):
            found.dockerfiles.append(path)
    return found


def _in_a_chart(path: str, charts: Collection[str]) -> str | None:
    """The path as its outermost chart sees it; `None` for what belongs to none."""
    if not charts:
        return None
    parts = path.split("/")
    for length in range(len(parts)):
        folder = "".join(f"{part}/" for part in parts[:length])
        if folder in charts:
            inside = path.removeprefix(folder)
            return inside if _OF_A_CHART.fullmatch(inside) else None
    return None


def _is_dockerfile(tree: Tree, path: str, found: Infrastructure) -> bool:
    """By its name; what may be about Dockerfiles has to begin like one, in capitals."""
    name = path.rpartition("/")[2]
    if name.endswith(".dockerignore"):
        return False
    if _DOCKERFILE.fullmatch(name):
        if not _ABOUT_DOCKERFILES.fullmatch(name):
            return True
    elif not _LIKE_DOCKERFILE.fullmatch(path):
        return False
    content = _head(tree, path, found)
    return content is not None and bool(_BEGINS.match(content))


def _look_into(tree: Tree, path: str, found: Infrastructure) -> None:
    """Note what a YAML or JSON file describes, if anything."""
    content = _head(tree, path, found, size=_WHOLE)
    if content is None:
        return
    is_json = path.lower().endswith(".json")
    kind = kind_of_json(content) if is_json else kind_of_yaml(content)
    if len(content) == _WHOLE and not (kind or is_json):  # so much JSON is data
        why = f"only its first {_WHOLE} bytes were looked at"
        found.unread.append(Unread(location=Location(path=path), why=why, gap=Gap.TOO_LARGE))
    if kind:
        getattr(found, kind).append(path)


def _head(tree: Tree, path: str, found: Infrastructure, *, size: int = _LOOKED_AT) -> bytes | None:
    """The beginning of a file; one that cannot be read is noted."""
    try:
        return tree.head(path, size=size)
    except UnreadableFileError as error:
        place = Location(path=path)
        found.unread.append(Unread(location=place, why=error.what, gap=Gap.INPUT_MISSING))
        return None
