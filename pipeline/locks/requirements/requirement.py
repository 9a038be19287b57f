"""One requirement: a name (PEP 508), a URL, or a local project or file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.locks.draft import Draft
from pipeline.locks.manifest import Manifest, beside
from pipeline.locks.pypi import (
    from_path,
    from_url,
    hashes_of,
    labels,
    marker_of,
    named_by_file,
    normalised,
    required_name,
    version_of,
)
from pipeline.model import Gap, Package, Source
from pipeline.tree import join

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.model import Location

ECOSYSTEM = "PyPI"

MAX_REQUIREMENT = 64 * 1024
"""A longer requirement, without its options, is not read."""

MAX_LOCAL = 200
"""How many local projects one lock may name."""

_URL = re.compile(r"(?:(?:git|hg|svn|bzr)\+[a-z+]+|https?|ftp|file|ssh|git):", re.IGNORECASE)
_NAMED_URL = re.compile(r"\s*[\w.-]+\s*(?:\[[^\]]*\])?\s*@")
_ARCHIVE = re.compile(
    r".*\.(?:whl|zip|tar|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz)", re.IGNORECASE | re.DOTALL
)
_EXTRAS = re.compile(r"(.+)\[([^\[\]]*)\]", re.DOTALL)
_FRAGMENT = re.compile(r"[#&](egg|md5|sha1|sha224|sha256|sha384|sha512)=([^&#\s]+)")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(slots=True)
class Entry:
    """A requirement, with what is needed to finish it when all files are read."""

    package: Package
    specifier: str = ""
    manifest: Manifest | None = None
    brings_in: bool = False
    via: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Parser:
    """Reads the requirements of one lock; what it does not understand is noted in the draft."""

    draft: Draft
    _manifests: dict[str, Manifest | None] = field(default_factory=dict, init=False)
    _local: int = field(default=0, init=False)

    def entry(self, text: str, where: Location, *, editable: bool) -> Entry | None:
        """The requirement in `text`; `None`, and a note, for what is none."""
        if len(text) > MAX_REQUIREMENT:
            why = f"a requirement of more than {MAX_REQUIREMENT} characters"
            miss(self.draft, where, why, Gap.TOO_LARGE)
            return None
        if _URL.match(text):
            return self._url(text, where)
        plain = text.partition(";")[0].strip()
        if not _NAMED_URL.match(plain) and (
            editable or "/" in plain or plain.startswith(".") or _ARCHIVE.fullmatch(plain)
        ):
            return self._path(text, where, editable=editable)
        return self._named(text, where)

    def _named(self, text: str, where: Location) -> Entry | None:
        """A requirement of PEP 508: "name[extra]==1.2; marker" or "name @ url ; marker"."""
        from packaging.markers import InvalidMarker, Marker  # noqa: PLC0415 - slow to import
        from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415

        # pip cuts at the first ";", even inside a URL.
        head, _, marker = text.partition(";")
        try:
            requirement = Requirement(head.strip())
            if marker.strip():
                Marker(marker.strip())
        except (InvalidMarker, InvalidRequirement, RecursionError):
            miss(self.draft, where, "not a requirement")
            return None
        if requirement.url:
            named = named_by_file(requirement.url)
            version = named[1] if named and named[0] == normalised(requirement.name) else None
            source, hashes = from_url(requirement.url), _fragment_hashes(requirement.url)
        else:
            exact = [
                specifier.version
                for specifier in requirement.specifier
                if specifier.operator == "==="
                or (specifier.operator == "==" and not specifier.version.endswith(".*"))
            ]
            version = version_of(exact[0]) if len(exact) == 1 else None
            source, hashes = Source(), ()
        package = Package(
            ecosystem=ECOSYSTEM,
            name=normalised(requirement.name),
            version=version,
            location=where,
            source=source,
            hashes=hashes,
            markers=marker_of(marker.strip()),
            extras=tuple(sorted(requirement.extras)),
        )
        return Entry(package, specifier=str(requirement.specifier))

    def _url(self, text: str, where: Location) -> Entry | None:
        """A bare URL; its name is in "#egg=name" or in the name of the file."""
        url, _, markers = text.partition("; ")
        url = url.strip()
        fragments = dict(_FRAGMENT.findall(url))
        named = named_by_file(url)
        name = required_name(fragments.get("egg")) or (named[0] if named else None)
        if name is None:
            why = "a URL that does not tell the package's name"
            miss(self.draft, where, why, Gap.NOT_FROM_REGISTRY)
            return None
        extras = _EXTRAS.fullmatch(fragments.get("egg", ""))
        return Entry(
            Package(
                ecosystem=ECOSYSTEM,
                name=name,
                version=named[1] if named and named[0] == name else None,
                location=where,
                source=from_url(url),
                hashes=_fragment_hashes(url),
                markers=marker_of(markers.strip()),
                extras=_split_extras(extras[2]) if extras else (),
            )
        )

    def _path(self, text: str, where: Location, *, editable: bool) -> Entry | None:
        """A folder or a file of the repository, as seen from where pip would be started."""
        self._local += 1
        if self._local > MAX_LOCAL:
            miss(self.draft, where, f"more than {MAX_LOCAL} local projects", Gap.TOO_LARGE)
            return None
        plain, _, markers = text.partition(";")
        plain = plain.strip()
        extras = _EXTRAS.fullmatch(plain)
        path = extras[1].strip() if extras else plain
        archive = named_by_file(path)
        base, project = self._base(path, where.path, archive=bool(archive))
        if base is None:
            why = "a local path that does not exist in the repository"
            miss(self.draft, where, why, Gap.INPUT_MISSING)
            return None
        manifest = None if archive else self._manifest(join(base, path))
        name = archive[0] if archive else manifest.name if manifest else None
        if name is None:
            why = "a local project whose name cannot be told without running its build"
            miss(self.draft, where, why, Gap.NOT_FROM_REGISTRY)
            return None
        own = not archive and (editable or join(base, path) == join(base, "."))
        return Entry(
            Package(
                ecosystem=ECOSYSTEM,
                name=name,
                version=archive[1] if archive else None,
                location=where,
                source=from_path(path, base, own=own),
                markers=marker_of(markers.strip()),
                extras=_split_extras(extras[2]) if extras else (),
            ),
            manifest=manifest,
            brings_in=project,
        )

    def _base(self, path: str, file: str, *, archive: bool) -> tuple[str | None, bool]:
        """The folder that a local path counts from, and whether it leads to a project.

        pip counts from the folder it was started in: the file's own, or one above it.
        """
        has = self.draft.tree.has
        folder = file.rpartition("/")[0]
        while True:
            place = join(folder, path)
            if has(place) if archive else any(has(join(place, one)) for one in _PROJECT_FILES):
                return folder, not archive
            if not folder:
                return None, False
            folder = folder.rpartition("/")[0]

    def _manifest(self, folder: str) -> Manifest | None:
        """The manifest in a folder, read once."""
        if folder not in self._manifests:
            self._manifests[folder] = beside(self.draft.tree, folder)
        return self._manifests[folder]


def _fragment_hashes(url: str) -> tuple[str, ...]:
    """The hashes that a URL carries in its fragment ("#sha256=…")."""
    pairs: Iterable[tuple[str, str]] = _FRAGMENT.findall(url)
    return hashes_of(f"{key}:{value}" for key, value in pairs if key != "egg")


def _split_extras(text: str) -> tuple[str, ...]:
    return labels([extra.strip() for extra in text.split(",")])


def miss(draft: Draft, where: Location, why: str, gap: Gap = Gap.PARSE_ERROR) -> None:
    """Note in the draft what was not understood; raises `RefusedError` when it is too much."""
    draft.miss(why, gap, line=where.line, path=where.path)
