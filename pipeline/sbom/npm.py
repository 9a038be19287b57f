"""What `npm sbom` adds to the Node part: licences that a lock repeats, and which part is optional.

npm sees copies of ours: of the manifest and the lock only the fields that it needs are kept, and
no path that leaves its folder. It is told that each folder requires just the packages that stand
in it: it then reaches every package, in half the time, and cannot stumble over edges that do not
fit. Its output completes ours and stands for nothing alone: without npm, the lock's own graph
says the same of packages, hashes and edges.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipeline.model import ToolRecord
from pipeline.sbom.document import decode, encode
from pipeline.sbom.identity import bare
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.sbom import Json


FORMAT = "package-lock.json"
MANIFEST, LOCK = "package.json", "package-lock.json"

ARGUMENTS = (
    *("sbom", "--sbom-format", "cyclonedx", "--sbom-type", "application"),
    *("--package-lock-only", "--offline", "--ignore-scripts", "--no-update-notifier"),
    # No configuration but this: neither the user's nor the machine's.
    *("--userconfig", "none", "--globalconfig", "nothing", "--cache", "cache", "--loglevel=error"),
)

_MANIFEST = ("name", "version", "private", "workspaces")
_ENTRY = (
    *("name", "version", "license", "link"),
    *("dev", "optional", "devOptional", "peer", "inBundle", "extraneous"),
)
_INSTALLED = "node_modules/"
_TAKEN = ("licenses", "scope")


def copies(manifest: bytes, lock: bytes) -> dict[str, bytes] | None:
    """The files that npm is given; `None` where they are not what npm itself writes."""
    try:
        about, locked = decode(manifest), decode(lock)
        entries = locked["packages"]
        kept = {
            path: {key: entry[key] for key in _ENTRY if key in entry}
            for path, entry in entries.items()
            if _is_inside(path) and _is_inside(str(entry.get("resolved", "")))
        }
        for path, entry in entries.items():
            if entry.get("link"):
                kept[path]["resolved"] = entry["resolved"]
        for folder, installed in _folders(kept).items():
            kept[folder]["dependencies"] = dict.fromkeys(installed, "*")
        written = {
            MANIFEST: {
                **{key: about[key] for key in _MANIFEST if key in about},
                "dependencies": kept[""].get("dependencies", {}),
            },
            LOCK: {
                "name": locked.get("name", ""),
                "lockfileVersion": locked["lockfileVersion"],
                "packages": kept,
            },
        }
        members = written[MANIFEST].get("workspaces", [])
        members = members.get("packages", []) if isinstance(members, dict) else members
        if len(kept) != len(entries) or not all(map(_is_inside, members)):
            return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return {name: encode(content) for name, content in written.items()}


def _folders(paths: Iterable[str]) -> dict[str, list[str]]:
    """The names of what is installed in each folder that has a `node_modules`."""
    found: dict[str, list[str]] = {}
    for path in paths:
        folder, installed, name = path.rpartition(_INSTALLED)
        if installed:
            found.setdefault(folder.removesuffix("/"), []).append(name)
    return found


def _is_inside(path: str) -> bool:
    """Whether a path stays in its folder; an address is no path."""
    if path.startswith(("https://", "http://", "git+", "file:")):
        return ".." not in path.partition(":")[2].split("/")
    return not path.startswith(("/", "~")) and ".." not in PurePosixPath(path).parts


def take(output: bytes) -> tuple[dict[str, Json], ToolRecord | None]:
    """What npm adds, by package URL, and npm itself; nothing where the output makes no sense."""
    try:
        document = decode(output)
        tool = document["metadata"]["tools"][0]
        found = {
            bare(component["purl"]): {key: component[key] for key in _TAKEN if component.get(key)}
            for component in document["components"]
        }
        record = ToolRecord(
            name="npm", version=plain(str(tool["version"]), limit=50), obtained="found in PATH"
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return {}, None
    for component in found.values():
        _call_declared(component)
    return found, record


def _call_declared(component: Json) -> None:
    """Say of the licences that they are what the package's authors declare."""
    for item in component.get("licenses", ()):
        holder = item.get("license", item) if isinstance(item, dict) else None
        if isinstance(holder, dict):
            holder["acknowledgement"] = "declared"
