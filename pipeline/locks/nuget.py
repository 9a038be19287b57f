"""`packages.lock.json`, versions 1 and 2.

Source: https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import jsontext
from pipeline.locks.places import from_base64
from pipeline.locks.pypi import table
from pipeline.model import Gap, Location, Origin, Package, Source

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft, Edge
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "packages.lock.json"
ECOSYSTEM = "NuGet"
VERSIONS = {1, 2}

_FILE = re.compile(r"packages(?:\..+)?\.lock\.json")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_VERSION = re.compile(r"\d[0-9A-Za-z.+-]*")
_KINDS = {"Direct", "Transitive", "CentralTransitive", "Project"}
_SHA512_BYTES = 64


def matches(path: str) -> bool:
    """`packages.lock.json` in any folder, and that of one project (`packages.app.lock.json`)."""
    return _FILE.fullmatch(path.rpartition("/")[2]) is not None


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`: a package for each target framework that it is locked for.

    Names are in lower case, as NuGet compares them; the framework stands in `markers`. NuGet's
    hash is of a package's content without its signature, not of the file: it is kept as
    "nuget:hex".
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    data = jsontext.parse(text, draft.path)
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version not in VERSIONS:
        drafts.refuse(draft.path, "a version other than 1 and 2", Gap.UNSUPPORTED_INPUT)
    frameworks = data.get("dependencies")
    if not isinstance(frameworks, dict):
        drafts.refuse(draft.path, "no `dependencies`")
    lines = {
        (path[1], path[2]): line
        for path, line in jsontext.keys(text)
        if len(path) == 3 and path[0] == "dependencies"  # noqa: PLR2004 - table, framework, name
    }
    for framework, packages in frameworks.items():
        if not isinstance(packages, dict):
            draft.miss("a target framework without content")
            continue
        versions = {name.lower(): table(entry).get("resolved") for name, entry in packages.items()}
        for name, entry in packages.items():
            line = lines.get((framework, name))
            package = _package(draft, framework, name, table(entry), line)
            if package is None:
                draft.miss("a package without a valid name or type", line=line)
                continue
            edges: list[Edge] = [
                (wanted.lower(), _version(versions.get(wanted.lower())))
                for wanted in table(table(entry).get("dependencies"))
            ]
            draft.add(package, edges)


def _package(
    draft: Draft, framework: str, name: str, fields: dict[str, Any], line: int | None
) -> Package | None:
    kind = fields.get("type")
    if not _NAME.fullmatch(name) or not isinstance(kind, str) or kind not in _KINDS:
        return None
    content = fields.get("contentHash")
    raw = from_base64(content) if isinstance(content, str) else b""
    own = kind == "Project"
    return Package(
        ecosystem=ECOSYSTEM,
        name=name.lower(),
        version=_version(fields.get("resolved")),
        location=Location(path=draft.path, line=line),
        source=Source(origin=Origin.WORKSPACE) if own else Source(),
        hashes=(f"nuget:{raw.hex()}",) if len(raw) == _SHA512_BYTES else (),
        markers=framework if "://" not in framework else "",
        direct=None if own else kind == "Direct",
    )


def _version(value: Any) -> str | None:
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else None
