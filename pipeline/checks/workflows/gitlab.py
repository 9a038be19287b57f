"""GitLab CI: includes, images, variables and scripts.

Source: https://docs.gitlab.com/ci/yaml/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.checks.workflows.pins import COMMIT, image_problems, is_open, secret_problem
from pipeline.checks.workflows.problem import Problem
from pipeline.checks.workflows.scripts import scalars, script_problems
from pipeline.discover.shell import Options
from pipeline.model import Location, Severity
from pipeline.yamltree import Items, Scalar, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.yamltree import Node

TAGS = frozenset({"!reference"})
"""YAML tags of GitLab's own; what they refer to is looked at where it stands."""

_SHELL = Options(errexit=True, pipefail=True)
"""How GitLab's runner starts a shell: `set -eo pipefail`."""
_SCRIPTS = ("before_script", "script", "after_script")


@dataclass(slots=True)
class Included:
    """What a file includes: `local` files of the repository, and places `elsewhere`."""

    local: list[str] = field(default_factory=list)
    elsewhere: list[Location] = field(default_factory=list)


def problems(root: Table, path: str) -> Iterator[Problem]:
    """What is wrong with a file of GitLab CI."""
    for entry in _includes(root):
        yield from _include(entry, path)
    for place in (root, *(node for _, node in root.entries.values() if isinstance(node, Table))):
        yield from _job(place, path)


def included(root: Table, path: str) -> Included:
    """What a file takes from elsewhere."""
    found = Included()
    for entry in _includes(root):
        if isinstance(entry, Table) and entry.text("template"):
            continue  # GitLab's own, as trusted as GitLab
        local = entry.text if isinstance(entry, Scalar) else entry.text("local")
        if local and "://" not in local and "*" not in local and not is_open(local):
            found.local.append(local.lstrip("/"))
        else:
            found.elsewhere.append(Location(path=path, line=entry.line, column=entry.column))
    return found


def _includes(root: Table) -> Iterator[Scalar | Table]:
    node = root.get("include")
    for item in node.items if isinstance(node, Items) else (node,):
        if isinstance(item, Table) or (isinstance(item, Scalar) and not item.is_null):
            yield item


def _include(entry: Scalar | Table, path: str) -> Iterator[Problem]:
    """An include whose content others may change."""
    why = ""
    if isinstance(entry, Scalar):
        if "://" in entry.text:
            why = "what is included from a URL may change at any time"
    elif entry.text("remote"):
        # Source: https://docs.gitlab.com/ci/yaml/#includeintegrity.
        if not re.fullmatch(r"sha256-[A-Za-z0-9+/]{43}=", entry.text("integrity")):
            why = "what is included from a URL may change at any time, and has no integrity hash"
    elif entry.text("project"):
        if not COMMIT.fullmatch(entry.text("ref")):
            why = "what is included from another project has no full commit as its ref"
    elif (name := entry.text("component")) and not COMMIT.fullmatch(name.rpartition("@")[2]):
        why = "the component's version is no full commit"
    if why:
        yield Problem(
            rule="unpinned-include",
            severity=Severity.MEDIUM,
            place=Location(path=path, line=entry.line, column=entry.column),
            detail=why,
        )


def _job(job: Table, path: str) -> Iterator[Problem]:
    """A job, a hidden one, the defaults, or the file itself: all may hold these keys."""
    for image in _images(job):
        place = Location(path=path, line=image.line, column=image.column)
        yield from image_problems(image.text, place, tags=True)
    yield from _variables(job, path)
    allowed = job.get("allow_failure")
    counts = allowed is None or (isinstance(allowed, Scalar) and allowed.text == "false")
    for key in _SCRIPTS:
        scripts = list(scalars(job.get(key)))
        # What comes after the job cannot fail it.
        yield from script_problems(
            scripts, path, shell=_SHELL, counts=counts and key != "after_script"
        )


def _images(job: Table) -> Iterator[Scalar]:
    services = job.get("services")
    for node in (job.get("image"), *(services.items if isinstance(services, Items) else ())):
        name = node.get("name") if isinstance(node, Table) else node
        if isinstance(name, Scalar) and not name.is_null:
            yield name


def _variables(place: Table, path: str) -> Iterator[Problem]:
    variables = place.get("variables")
    for key, node in variables.entries.values() if isinstance(variables, Table) else ():
        value: Node | None = node.get("value") if isinstance(node, Table) else node
        if isinstance(value, Scalar):
            at = Location(path=path, line=key.line, column=key.column)
            problem = secret_problem(key.text, value.text, at)
            if problem:
                yield problem
