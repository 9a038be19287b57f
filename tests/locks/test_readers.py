"""What holds for every reader: real files, hostile files, arbitrary files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.locks import READERS, read, reader_of
from pipeline.locks.draft import MAX_BYTES
from pipeline.model import Gap, Lock, Origin
from pipeline.tree import Tree

DATA = Path(__file__).parents[1] / "data" / "locks"
REAL = sorted(
    str(file.relative_to(DATA))
    for file in DATA.rglob("*")
    if file.is_file() and file.name != "constraints.txt" and reader_of(file.name)
)
NAMES = sorted({"requirements.txt", "pylock.toml", *READERS})
BY_LINE = {"requirements.txt", "Gemfile.lock", "go.sum", "gradle.lockfile"}
"""Formats of which each line stands for itself: one bad line does not spoil the others."""
ECOSYSTEMS = {"PyPI", "npm", "Go", "crates.io", "RubyGems", "Packagist", "NuGet", "Maven"}
ALIASED = {"left-pad": "left", "wrappy": "kit"}
"""Packages that stand on the line of another name: the alias, or what they are bundled in."""


class Golden(Protocol):
    def __call__(self, name: str, content: str) -> None: ...


def test_each_format_has_two_real_files() -> None:
    counts = dict.fromkeys(READERS, 0)
    for name in REAL:
        reader = reader_of(name)
        assert reader
        counts[reader.FORMAT] += 1
    assert min(counts.values()) >= 2, counts


def test_every_reader_is_a_module_under_its_own_name() -> None:
    for name, reader in READERS.items():
        assert isinstance(reader, ModuleType)
        assert name == reader.FORMAT
        assert reader.ECOSYSTEM in ECOSYSTEMS
        assert reader.matches(name)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("requirements.txt", "requirements.txt"),
        ("a/requirements-dev.txt", "requirements.txt"),
        ("dev-requirements.txt", "requirements.txt"),
        ("Requirements.txt", "requirements.txt"),
        ("requirements/base.txt", "requirements.txt"),
        ("a/requirements/base.txt", "requirements.txt"),
        ("requirements/base.in", None),
        ("myrequirements.txt", None),
        ("notes.txt", None),
        ("pylock.toml", "pylock.toml"),
        ("a/pylock.dev.toml", "pylock.toml"),
        ("pylock.a.b.toml", None),
        ("uv.lock", "uv.lock"),
        ("tools/job.py.lock", "uv.lock"),
        ("x/poetry.lock", "poetry.lock"),
        ("Pipfile.lock", "Pipfile.lock"),
        ("Pipfile", None),
        ("pdm.lock", "pdm.lock"),
        ("a/package-lock.json", "package-lock.json"),
        ("npm-shrinkwrap.json", "package-lock.json"),
        (".package-lock.json", None),
        ("yarn.lock", "yarn.lock"),
        ("a/pnpm-lock.yaml", "pnpm-lock.yaml"),
        ("pnpm-lock.main.yaml", "pnpm-lock.yaml"),
        ("pnpm-workspace.yaml", None),
        ("bun.lock", "bun.lock"),
        ("bun.lockb", "bun.lock"),
        ("a/go.sum", "go.sum"),
        ("go.mod", None),
        ("go.work.sum", None),
        ("Cargo.lock", "Cargo.lock"),
        ("Gemfile.lock", "Gemfile.lock"),
        ("gems.locked", "Gemfile.lock"),
        ("gemfiles/rails_7.gemfile.lock", "Gemfile.lock"),
        ("composer.lock", "composer.lock"),
        ("a/packages.lock.json", "packages.lock.json"),
        ("packages.app.lock.json", "packages.lock.json"),
        ("app/gradle.lockfile", "gradle.lockfile"),
        ("buildscript-gradle.lockfile", "gradle.lockfile"),
        ("settings-gradle.lockfile", "gradle.lockfile"),
        ("gradle/dependency-locks/compile.lockfile", "gradle.lockfile"),
        ("a/gradle/dependency-locks/compile.lockfile", "gradle.lockfile"),
        ("mygradle/dependency-locks/compile.lockfile", None),
        ("compile.lockfile", None),
        ("conda-lock.yml", None),
    ],
)
def test_files_are_known_by_their_path(path: str, kind: str | None) -> None:
    reader = reader_of(path)
    assert (reader.FORMAT if reader else None) == kind


@pytest.mark.parametrize("name", REAL)
def test_real_file(name: str, golden: Golden) -> None:
    file = DATA / name
    lock = read(Tree.at(file.parent), file.name)
    assert lock.packages
    for package in lock.packages:
        assert package.location.line
        place = file.parent / package.location.path
        line = spelled(place.read_text().split("\n")[package.location.line - 1])
        local = package.source.origin in {Origin.WORKSPACE, Origin.PATH}
        last = package.name.rpartition("/")[2]
        assert spelled(last) in line or local or ALIASED.get(last, last) in line
    golden(f"golden/{name.replace('/', '-')}.json", json.dumps(shown(lock), indent=1) + "\n")


def spelled(text: str) -> str:
    return text.lower().replace("_", "-").replace(".", "-")


def shown(lock: Lock) -> dict[str, object]:
    """What a lock tells; what only some ecosystems know is left out where it is not known."""
    return {
        "format": lock.format,
        "files": lock.files,
        "indexes": lock.indexes,
        "unread": [(unread.location.line, unread.gap, unread.why) for unread in lock.unread],
        "packages": [
            {
                "line": package.location.line,
                "key": package.key,
                "source": [package.source.origin, package.source.url],
                "hashes": package.hashes,
                "markers": package.markers,
                "extras": package.extras,
                "groups": package.groups,
                "direct": package.direct,
                "requires": package.requires,
                **({"install_script": True} if package.install_script else {}),
                **({"deprecated": package.deprecated} if package.deprecated else {}),
            }
            for package in lock.packages
        ],
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_missing_is_unread(tmp_path: Path, name: str) -> None:
    lock = read(Tree.at(tmp_path), name)
    assert lock.packages == ()
    assert lock.files == ()
    assert lock.digest == ""
    assert [unread.gap for unread in lock.unread] == [Gap.INPUT_MISSING]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_too_large_is_unread(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    lock = read(Tree.at(tmp_path), name)
    assert lock.packages == ()
    assert [unread.gap for unread in lock.unread] == [Gap.TOO_LARGE]


@pytest.mark.parametrize("name", NAMES)
def test_a_link_out_of_the_repository_is_unread(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("token==1")
    (root / name).symlink_to(tmp_path / "secret")
    lock = read(Tree.at(root), name)
    assert lock.packages == ()
    assert [unread.gap for unread in lock.unread] == [Gap.INPUT_MISSING]


def test_an_unknown_format_is_unread(tmp_path: Path) -> None:
    (tmp_path / "conda-lock.yml").write_text("")
    lock = read(Tree.at(tmp_path), "conda-lock.yml")
    assert [unread.gap for unread in lock.unread] == [Gap.UNSUPPORTED_INPUT]


HOSTILE = {
    "empty": b"",
    "nul": b"\0\0\0",
    "not utf-8": b'version = 1\n"\xff"\n',
    "half an object": b'{"a": ',
    "half a table": b"[[package",
    "deep json": b'{"a":' * 100_000,
    "deep lists": b"[" * 100_000,
    "deep toml": b"a = " + b"[" * 100_000,
    "huge integer in json": b'{"a": ' + b"9" * 10_000 + b"}",
    "huge integer in toml": b"a = " + b"9" * 10_000,
    "utf-16": "\ufeffversion = 1".encode("utf-16-le"),
    "wrong top level": b"[]",
    "text": b'"text"',
    "dotted key": b".".join([b"a"] * 100_000) + b" = 1",
    "many tables": b"[a]\n" + b"".join(b"[a.b%d]\n" % number for number in range(60_000)),
    "key twice in toml": b"a = 1\na = 2\n",
    "key twice in json": b'{"_meta": {"pipfile-spec": 6}, "default": {}, "default": {}}',
    "surrogate": b'{"_meta": {"pipfile-spec": 6}, "default": {"a": {"version": "==\\ud800"}}}',
}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BY_LINE])
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_unread_and_never_raise(tmp_path: Path, name: str, case: str) -> None:
    (tmp_path / name).write_bytes(HOSTILE[case])
    lock = read(Tree.at(tmp_path), name)
    assert lock.packages == ()
    assert len(lock.unread) == 1
    assert lock.files == (name,)


@pytest.mark.parametrize("name", sorted(BY_LINE))
@pytest.mark.parametrize("case", sorted(set(HOSTILE) - {"empty"}))
def test_hostile_lines_are_unread_and_never_raise(tmp_path: Path, name: str, case: str) -> None:
    (tmp_path / name).write_bytes(HOSTILE[case])
    lock = read(Tree.at(tmp_path), name)
    assert lock.packages == ()
    assert lock.unread


def check(lock: Lock, content: bytes) -> None:
    """What must hold whatever a file contains."""
    text = content.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    last = max(1, len(text.split("\n")))
    places = [package.location for package in lock.packages]
    for place in (*places, *(unread.location for unread in lock.unread)):
        if place.line is not None and place.path == lock.path:
            assert 1 <= place.line <= last
    assert len(lock.files) == 1
    json.dumps(asdict(lock), default=str).encode()


def read_bytes(name: str, content: bytes) -> Lock:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        return read(Tree.at(Path(folder)), name)


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.binary(max_size=400))
def test_arbitrary_bytes_never_raise(name: str, content: bytes) -> None:
    check(read_bytes(name, content), content)


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.text(max_size=400))
def test_arbitrary_text_never_raises(name: str, text: str) -> None:
    content = text.encode("utf-8", errors="surrogatepass")
    check(read_bytes(name, content), content)


KEYS = [
    "archive",
    "dependencies",
    "directory",
    "editable",
    "extras",
    "files",
    "git",
    "groups",
    "hash",
    "hashes",
    "index",
    "marker",
    "markers",
    "name",
    "path",
    "registry",
    "sdist",
    "source",
    "type",
    "url",
    "vcs",
    "version",
    "wheels",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "==1", "x", "https://u:p@h/x", "../x", "[", "\0", "1.0", "a b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
WHOLE: dict[str, Callable[[dict[str, object]], object]] = {
    "package-lock.json": lambda entries: {
        "lockfileVersion": 3,
        "packages": {"": {}, **{f"node_modules/{key}": value for key, value in entries.items()}},
    },
    "npm-shrinkwrap.json": lambda entries: {"lockfileVersion": 1, "dependencies": entries},
    "yarn.lock": lambda entries: {
        "__metadata": {"version": "8"},
        **{f"{key}@npm:1": value for key, value in entries.items()},
    },
    "pnpm-lock.yaml": lambda entries: {
        "lockfileVersion": "9.0",
        "importers": {".": {"dependencies": entries}},
        "packages": {f"{key}@1.0.0": value for key, value in entries.items()},
    },
    "bun.lock": lambda entries: {
        "lockfileVersion": 1,
        "workspaces": {"": {"name": "app", "dependencies": entries}},
        "packages": entries,
    },
    "composer.lock": lambda entries: {"packages": list(entries.values())},
    "packages.lock.json": lambda entries: {"version": 1, "dependencies": {"net8.0": entries}},
}
"""Around some entries of any types, what makes a lock of them. JSON is YAML too."""

WORDS = st.sampled_from(
    [
        "a",
        "version",
        "resolved",
        "integrity",
        "name",
        "link",
        "resolution",
        "type",
        "repo",
        "tarball",
        "dependencies",
        "requires",
        "peerDependencies",
        "bundledDependencies",
        "dist",
        "source",
        "url",
        "require",
        "checksum",
        "os",
        "deprecated",
        "contentHash",
        "optional",
        "specifier",
    ]
)
ENTRIES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "1.0.0", "a@1.0.0", "https://u:p@h/x", "file:../x", "Direct", "a/b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=15,
)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(sorted(WHOLE)), st.lists(ENTRIES, max_size=4))
def test_any_types_in_any_entry_never_raise(name: str, entries: list[object]) -> None:
    named = {f"p{number}": entry for number, entry in enumerate(entries)}
    content = json.dumps(WHOLE[name](named)).encode()
    lock = read_bytes(name, content)
    check(lock, content)
    assert len(lock.packages) + len(lock.unread) >= len(named)
    assert "u:p@" not in repr(lock)


HEADS: dict[str, dict[str, object]] = {
    "uv.lock": {"version": 1},
    "poetry.lock": {"metadata": {"lock-version": "2.1"}},
    "pdm.lock": {"metadata": {"lock_version": "4.5.0"}},
    "pylock.toml": {"lock-version": "1.0", "created-by": "x"},
    "Pipfile.lock": {"_meta": {"pipfile-spec": 6, "sources": []}},
}


def toml(value: object) -> str:
    """A value in TOML's inline notation."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {toml(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return '""' if value is None else json.dumps(value)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(HEADS)), st.lists(VALUES, max_size=4), st.data())
def test_any_types_in_any_place_never_raise(
    name: str, entries: list[object], data: st.DataObject
) -> None:
    named = [
        {"name": "a", "version": "1", **entry}
        if isinstance(entry, dict) and data.draw(st.booleans())
        else entry
        for entry in entries
    ]
    if name == "Pipfile.lock":
        body = {**HEADS[name], "default": {f"p{i}": entry for i, entry in enumerate(named)}}
        content = json.dumps(body).encode()
    else:
        key = "packages" if name == "pylock.toml" else "package"
        whole: dict[str, object] = {**HEADS[name], key: named}
        content = "".join(f"{k} = {toml(v)}\n" for k, v in whole.items()).encode()
    lock = read_bytes(name, content)
    check(lock, content)
    assert len(lock.packages) + len(lock.unread) >= len(named)
    assert "u:p@" not in repr(lock)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(REAL), st.data())
def test_mutated_real_files_never_raise(name: str, data: st.DataObject) -> None:
    content = bytearray((DATA / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 300)))
        content[start:end] = data.draw(
            st.sampled_from([b"", b'"', b"'''", b"\n", b"]", b"{", b"\\", b"#", b"\xff", b"==1"])
            | st.binary(max_size=5)
        )
    check(read_bytes(Path(name).name, bytes(content)), bytes(content))
