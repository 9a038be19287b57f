"""`go.sum` with the `go.mod` beside it: https://go.dev/ref/mod.

`go.mod` says which versions are built, `go.sum` what proves their content; what only `go.sum`
names was looked at when versions were chosen, and is no part of the build.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.locks import draft as drafts
from pipeline.locks.places import from_base64, from_folder
from pipeline.model import Gap, Location, Origin, Package, Source
from pipeline.tree import join

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft, Edge
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "go.sum"
ECOSYSTEM = "Go"

FULL_SINCE = (1, 17)
"""The `go` directive from which on `go.mod` lists all modules of the build, also indirect ones."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|`[^`]*+`|=>|[()]|[^\s"`()]+')
_MODULE = re.compile(r"[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~!-]+)*")
_VERSION = re.compile(r"v\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]*)?")
_LANGUAGE = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.\d+)?(?:[a-z]+\d+)?")
_SHA256_BYTES = 32
_KNOWN = {
    "exclude",
    "go",
    "godebug",
    "ignore",
    "module",
    "replace",
    "require",
    "retract",
    "tool",
    "toolchain",
}


def matches(path: str) -> bool:
    """`go.sum` in any folder."""
    return path.rpartition("/")[2] == "go.sum"


def read(tree: Tree, path: str) -> Lock:
    """The modules that the `go.mod` beside `path` requires, each on its line there.

    A hash is Go's own of a module's files, "h1:base64" (https://go.dev/ref/mod#go-sum-files).
    A module replaced by a folder has no version, and is the repository's own where its name says
    so. Which module requires which is not told.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


@dataclass(frozen=True, slots=True)
class _Required:
    module: str
    version: str
    line: int
    indirect: bool


@dataclass(frozen=True, slots=True)
class _Replaced:
    """What stands in for a module: a folder, or a version of a module."""

    path: str
    version: str
    line: int


@dataclass(slots=True)
class _Module:
    """A `go.mod`."""

    path: str
    name: tuple[str, int] | None = None
    full: bool = False
    required: list[_Required] = field(default_factory=list)
    replaced: dict[tuple[str, str], _Replaced] = field(default_factory=dict)
    excluded: set[tuple[str, str]] = field(default_factory=set)


def _fill(draft: Draft) -> None:
    hashes = _hashes(draft, draft.text())
    path = join(draft.folder, "go.mod")
    try:
        text = draft.open(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        drafts.refuse(path, "not UTF-8")
    module = _Module(path)
    _parse(draft, module, text)
    if module.required and not module.full:
        version = ".".join(map(str, FULL_SINCE))
        draft.miss(
            f"before Go {version} indirect modules are not listed",
            Gap.UNSUPPORTED_INPUT,
            path=path,
        )
    packages = [_package(draft, module, required, hashes) for required in module.required]
    if module.name:
        direct: list[Edge] = [
            (package.name, package.version) for package in packages if package.direct
        ]
        own = Package(
            ecosystem=ECOSYSTEM,
            name=module.name[0],
            version=None,
            location=Location(path=path, line=module.name[1]),
            source=Source(origin=Origin.WORKSPACE, url=draft.folder or "."),
        )
        draft.add(own, direct)
    for package in packages:
        draft.add(package)


def _package(
    draft: Draft, module: _Module, required: _Required, hashes: dict[tuple[str, str], str]
) -> Package:
    name, version, line = required.module, required.version, required.line
    if (name, version) in module.excluded:
        draft.miss("a required version that is excluded", path=module.path, line=line)
    source = Source()
    replaced = module.replaced.get((name, version)) or module.replaced.get((name, ""))
    if replaced:
        line = replaced.line
        if replaced.version:
            name, version = replaced.path, replaced.version
        else:
            main = module.name[0] if module.name else ""
            own = _repository(main) == _repository(name)
            source = from_folder(replaced.path, draft.folder, own=own)
    found = hashes.get((name, version)) if source.origin is Origin.REGISTRY else None
    return Package(
        ecosystem=ECOSYSTEM,
        name=name,
        version=version if source.origin is Origin.REGISTRY else None,
        location=Location(path=module.path, line=line),
        source=source,
        hashes=(found,) if found else (),
        direct=not required.indirect,
    )


def _repository(name: str) -> str:
    """What the modules of one repository have in common, by their names: its address."""
    parts = name.split("/")
    return "/".join(parts[: 3 if parts[0] in _FORGES else 2])


_FORGES = {"bitbucket.org", "codeberg.org", "gitea.com", "github.com", "gitlab.com", "golang.org"}
"""Hosts of which the address of a repository has two more parts; vanity names have one more."""


# --------------------------------------------------------------------------------------- go.sum


def _hashes(draft: Draft, text: str) -> dict[tuple[str, str], str]:
    """The hash of each module's files. Go believes the first; a second one must be the same."""
    found: dict[tuple[str, str], str] = {}
    for line, row in enumerate(text.split("\n"), start=1):
        parts = row.split()
        if not parts:
            continue
        if (
            len(parts) != 3  # noqa: PLR2004 - module, version, hash
            or not _MODULE.fullmatch(parts[0])
            or not _VERSION.fullmatch(parts[1].removesuffix("/go.mod"))
            or len(from_base64(parts[2].removeprefix("h1:"))) != _SHA256_BYTES
        ):
            draft.miss("not a module, its version and its hash", line=line)
        elif found.setdefault((parts[0], parts[1]), parts[2]) != parts[2]:
            draft.miss("another hash for a version that has one", line=line)
    return found


# --------------------------------------------------------------------------------------- go.mod


def _parse(draft: Draft, module: _Module, text: str) -> None:
    block = ""
    for line, row in enumerate(text.split("\n"), start=1):
        code, _, comment = row.partition("//")
        words = _TOKEN.findall(code)
        if not words:
            continue
        if block:
            if words == [")"]:
                block = ""
                continue
            words = [block, *words]
        elif words[1:] == ["("] and words[0] in _KNOWN:
            block = words[0]
            continue
        indirect = comment.strip() == "indirect" or comment.strip().startswith("indirect;")
        if not _take(module, words[0], [_unquoted(word) for word in words[1:]], line, indirect):
            draft.miss("a line that is not understood", path=module.path, line=line)
    if block:
        last = drafts.last_line(text)
        draft.miss("a block that is not closed", path=module.path, line=last)


def _take(module: _Module, verb: str, words: list[str], line: int, indirect: bool) -> bool:  # noqa: FBT001 - the comment's only word
    """Keep what a line says; whether it was understood."""
    match verb, words:
        case "module", [name] if _MODULE.fullmatch(name):
            module.name = (name, line)
        case "go", [version] if language := _LANGUAGE.fullmatch(version):
            module.full = (int(language[1]), int(language[2])) >= FULL_SINCE
        case "require", [name, version] if _is_module(name, version):
            module.required.append(_Required(name, version, line, indirect))
        case "exclude", [name, version] if _is_module(name, version):
            module.excluded.add((name, version))
        case "replace", [name, *version, "=>", path] if len(version) <= 1 and _is_folder(path):
            module.replaced[name, "".join(version)] = _Replaced(path, "", line)
        case "replace", [name, *old, "=>", path, version] if len(old) <= 1 and _is_module(
            path, version
        ):
            module.replaced[name, "".join(old)] = _Replaced(path, version, line)
        case _:
            return verb in _KNOWN - {"module", "go", "require", "exclude", "replace"}
    return True


def _is_module(name: str, version: str) -> bool:
    return bool(_MODULE.fullmatch(name) and _VERSION.fullmatch(version))


def _is_folder(path: str) -> bool:
    return path.startswith(("./", "../", "/")) or path in {".", ".."}


def _unquoted(word: str) -> str:
    return word[1:-1] if word[0] in '"`' and len(word) > 1 else word
