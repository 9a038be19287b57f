"""What all Python locks share: names, hashes, and where a package comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pipeline.model import Gap, Origin, Source
from pipeline.text import without_credentials
from pipeline.tree import join

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.locks.draft import Draft

DEFAULT_GROUP = "default"
"""The group of what a project needs at run time, whatever its lock calls it."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*+(?<=[A-Za-z0-9]))?")
_REQUIREMENT_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\Z|[\[(<>=!~;@,])")
_HASH = re.compile(r"[A-Za-z0-9_]+:[0-9A-Fa-f]+")
_SAFE_PATH = re.compile(r"[\w./\\+~ -]*")
_VCS = re.compile(r"(?:git|hg|svn|bzr)(?:\+|://)|git@", re.IGNORECASE)

_COMMIT = re.compile(
    r"(?:#(?:commit[=:])?|@|/(?:tar\.gz|zip|zipball|tarball|archive)/)"
    r"([0-9A-Fa-f]{64}|[0-9A-Fa-f]{40})(?:\.tar\.gz|\.zip)?(?:[#&?](?:egg|subdirectory|path)[=:].*)?\Z"
)

_PUBLIC_INDEXES = {"pypi.org", "pypi.python.org"}
_PUBLIC_FILES = "https://files.pythonhosted.org/"
_SDIST = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar")


def normalised(name: str) -> str:
    """The name by PEP 503's rule."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(value: Any) -> str | None:
    """The normalised name; `None` for what PEP 508 does not allow as one."""
    if isinstance(value, str) and _NAME.fullmatch(value):
        return normalised(value)
    return None


def required_name(requirement: Any) -> str | None:
    """The normalised name at the head of a requirement (PEP 508); `None` where there is none."""
    match = _REQUIREMENT_NAME.match(requirement) if isinstance(requirement, str) else None
    return name_of(match[1]) if match else None


def version_of(value: Any) -> str | None:
    """A version as written; `None` for no text, an empty one, and a URL: it may hold a secret."""
    return value if isinstance(value, str) and value and "://" not in value else None


def major_of(version: Any) -> str:
    """The first part of a format's version; "" for what is no text."""
    return version.partition(".")[0] if isinstance(version, str) else ""


def marker_of(value: Any) -> str:
    """A marker as written; "" for what is no text or holds a URL."""
    return value if isinstance(value, str) and "://" not in value else ""


def labels(value: Any) -> tuple[str, ...]:
    """The extras or groups in a list: sorted, each once, and only such as can be names."""
    return tuple(sorted({item for item in texts(value) if name_of(item)}))


def texts(value: Any) -> tuple[str, ...]:
    """The strings of a list; nothing for what is none."""
    if not isinstance(value, list):
        return ()
    return tuple(item for item in value if isinstance(item, str))


def tables(value: Any) -> list[dict[str, Any]]:
    """The tables of a list; nothing for what is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def table(value: Any) -> dict[str, Any]:
    """A table, or an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def hashes_of(values: Iterable[Any]) -> tuple[str, ...]:
    """The well-formed hashes ("algorithm:hex"), each once, in order. Others protect nothing."""
    found = (value for value in values if isinstance(value, str) and _HASH.fullmatch(value))
    return tuple(dict.fromkeys(found))


def is_public(index: str) -> bool:
    """Whether an index URL is PyPI's own."""
    try:
        parts = urlsplit(index)
        return (
            parts.scheme in {"https", "http"}
            and parts.hostname in _PUBLIC_INDEXES
            and parts.port is None
            and parts.path.rstrip("/") in {"/simple", "/pypi"}
        )
    except ValueError:
        return False


def from_index(index: Any, files: Iterable[Any] = ()) -> Source:
    """The source of a package that a lock takes from `index` (`None`: it does not say).

    A lock that names PyPI, or no index, but takes a file from another host does not hold PyPI's
    package: installers fetch the file from where the lock says.
    """
    if isinstance(index, str) and not is_public(index):
        return Source(origin=Origin.INDEX, url=shown(index))
    for url in files:
        if isinstance(url, str) and not url.startswith(_PUBLIC_FILES):
            return Source(origin=Origin.INDEX, url=shown(url))
    return Source()


def note_index(draft: Draft, place: str, line: int | None = None, path: str | None = None) -> None:
    """Keep an index that the lock names; one that cannot be shown without risk is `Unread`."""
    if found := shown(place):
        draft.indexes.add(found)
    else:
        draft.miss("an index that is no plain URL", Gap.UNSUPPORTED_INPUT, line=line, path=path)


def from_url(url: Any, *, vcs: bool = False, commit: Any = None) -> Source:
    """The source of a package that a lock takes from a URL.

    `commit` is what the lock says of it elsewhere; otherwise the URL itself may name one.
    """
    fixed = commit_in(f"#{commit}") if isinstance(commit, str) else ""
    if not isinstance(url, str):
        return Source(origin=Origin.VCS if vcs else Origin.URL, commit=fixed)
    if url.lower().startswith("file:"):
        return Source(origin=Origin.PATH, url=without_credentials(url))
    vcs = vcs or _VCS.match(url) is not None
    return Source(
        origin=Origin.VCS if vcs else Origin.URL,
        url=without_credentials(url),
        commit=fixed or (commit_in(url) if vcs else ""),
    )


def commit_in(url: str) -> str:
    """The full commit id that a repository's URL fixes, if any: a branch or a tag can move.

    It stands at the end, as npm, Yarn, uv and Cargo ("#id"), pip ("@id", also before "#egg=") and
    archives of code hosts ("/tar.gz/id") write it.
    """
    found = _COMMIT.search(url)
    return found[1].lower() if found else ""


def from_path(path: Any, folder: str, *, own: bool = False) -> Source:
    """The source of a package that lies at `path`, as seen from `folder`.

    `own` code inside the repository is `WORKSPACE`; everything else is a dependency (`PATH`).
    """
    if not isinstance(path, str):
        return Source(origin=Origin.PATH)
    if not _SAFE_PATH.fullmatch(path):
        return Source(origin=Origin.PATH, url=without_credentials(path))
    place = join(folder, path)
    inside = not place.startswith(("/", "../")) and place != ".."
    return Source(origin=Origin.WORKSPACE if own and inside else Origin.PATH, url=place)


def named_by_file(url: str) -> tuple[str, str] | None:
    """Name and version, as a wheel's or an sdist's file name gives them."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    file = unquote(path).rpartition("/")[2]
    if file.lower().endswith(".whl"):
        parts = file[:-4].split("-")
        if len(parts) in {5, 6} and (name := name_of(parts[0])):
            return name, parts[1]
        return None
    for suffix in _SDIST:
        if file.lower().endswith(suffix):
            stem, _, version = file[: -len(suffix)].rpartition("-")
            name = name_of(stem)
            return (name, version) if name and re.match(r"\d", version) else None
    return None


def misnamed(name: str, version: str | None, files: Iterable[Any]) -> str:
    """The first of an entry's files that by its name is of another package or version; else "".

    A lock that keeps the name and swaps the file installs what nobody asked for. Names that
    follow no convention say nothing.
    """
    for file in files:
        named = named_by_file(file) if isinstance(file, str) else None
        if named and (named[0] != name or (version and not _is_same(named[1], version))):
            return unquote(without_credentials(file) if "://" in file else file).rpartition("/")[2]
    return ""


def _is_same(one: str, other: str) -> bool:
    """Whether two versions are the same release; file names write "-" and "+" as "_"."""
    if one == other:
        return True
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - slow to import

    try:
        return Version(one.replace("_", "+", 1)) == Version(other)
    except InvalidVersion:
        return True


def shown(place: str) -> str:
    """An index or file URL without its secrets, a local folder as it is; "" where unsure."""
    if _SAFE_PATH.fullmatch(place):
        return place
    return without_credentials(place)
