from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.model import Gap, Location, Origin, Source

from .conftest import Reading

NAME = "Pipfile.lock"
PYPI = {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True}


def text(default: Any, *, sources: Any = (PYPI,), spec: Any = 6, **sections: Any) -> str:
    meta = {"hash": {"sha256": "x"}, "pipfile-spec": spec, "sources": list(sources)}
    return json.dumps({"_meta": meta, "default": default, **sections}, indent=4)


@pytest.mark.parametrize("spec", [5, 7, "6", None, True])
def test_other_versions_are_refused(lock_of: Reading, spec: Any) -> None:
    lock = lock_of(NAME, text({"a": {"version": "==1"}}, spec=spec))
    assert lock.packages == ()
    assert [unread.gap for unread in lock.unread] == [Gap.UNSUPPORTED_INPUT]


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("==1.0", "1.0"),
        ("===1.0", "1.0"),
        ("== 1.0", "1.0"),
        ("==1.*", None),
        ("*", None),
        (">=1", None),
        ("==1,!=2", None),
        ("==", None),
        ("==https://u:secret@h", None),
        (1, None),
        (None, None),
    ],
)
def test_only_an_exact_version_is_a_pin(lock_of: Reading, version: Any, wanted: str | None) -> None:
    lock = lock_of(NAME, text({"a": {"version": version}}))
    assert lock.unread == ()
    assert lock.packages[0].version == wanted


MIRROR = {"name": "mirror", "url": "https://u:secret@x.example/simple"}


@pytest.mark.parametrize(
    ("entry", "sources", "wanted"),
    [
        ({}, [PYPI], Source()),
        ({}, [], Source()),
        ({}, [MIRROR, PYPI], Source(origin=Origin.INDEX, url="https://x.example/simple")),
        (
            {"index": "mirror"},
            [PYPI, MIRROR],
            Source(origin=Origin.INDEX, url="https://x.example/simple"),
        ),
        ({"index": "pypi"}, [MIRROR, PYPI], Source()),
        (
            {"git": "https://u:secret@h.example/a", "ref": "0"},
            [PYPI],
            Source(origin=Origin.VCS, url="https://h.example/a"),
        ),
        (
            {"file": "https://h.example/a.zip"},
            [PYPI],
            Source(origin=Origin.URL, url="https://h.example/a.zip"),
        ),
        ({"file": "./a.zip"}, [PYPI], Source(origin=Origin.PATH, url="a.zip")),
        ({"path": "."}, [PYPI], Source(origin=Origin.PATH, url=".")),
        ({"path": ".", "editable": True}, [PYPI], Source(origin=Origin.WORKSPACE, url=".")),
    ],
)
def test_sources(lock_of: Reading, entry: Any, sources: Any, wanted: Source) -> None:
    lock = lock_of(NAME, text({"a": entry}, sources=sources))
    assert lock.unread == ()
    assert lock.packages[0].source == wanted
    assert "secret" not in repr(lock)


def test_a_source_that_is_not_listed_is_unread(lock_of: Reading) -> None:
    lock = lock_of(NAME, text({"a": {"index": "gone"}, "b": {"index": []}}))
    assert [u.gap for u in lock.unread] == [Gap.PARSE_ERROR] * 2
    assert {p.source.origin for p in lock.packages} == {Origin.INDEX}


def test_a_source_that_cannot_be_shown_is_unread(lock_of: Reading) -> None:
    lock = lock_of(NAME, text({"a": {}}, sources=[{"name": 1, "url": "u:secret@h"}, 1, {"url": 2}]))
    assert [u.gap for u in lock.unread] == [Gap.UNSUPPORTED_INPUT]
    assert lock.packages[0].source == Source(origin=Origin.INDEX)


def test_all_of_an_entry(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        text(
            {
                "A_b": {
                    "version": "==1",
                    "extras": ["z", "x"],
                    "hashes": ["sha256:aa", 1, "x"],
                    "markers": "os_name == 'nt'",
                }
            },
            develop={"a-b": {"version": "==1", "hashes": 5}},
            docs={"c": {"version": "==2"}},
        ),
        {"Pipfile": 'source = 1\n[packages]\n"A.B" = "*"\n[dev-packages]\n[docs]\nc = "*"\n'},
    )
    first, second, third = lock.packages
    assert lock.unread == ()
    assert (first.name, first.hashes, first.extras) == ("a-b", ("sha256:aa",), ("x", "z"))
    assert (first.markers, first.groups, first.direct) == ("os_name == 'nt'", ("default",), True)
    assert first.location == Location(path=NAME, line=16)
    assert (second.groups, second.direct) == (("develop",), False)
    assert (third.groups, third.direct) == (("docs",), True)


def test_without_a_readable_pipfile_nothing_is_known_to_be_direct(lock_of: Reading) -> None:
    assert lock_of(NAME, text({"a": {}})).packages[0].direct is None
    assert lock_of(NAME, text({"a": {}}), {"Pipfile": "["}).packages[0].direct is None


def test_faulty_entries_do_not_hide_the_others(lock_of: Reading) -> None:
    lock = lock_of(NAME, text({"a b": {}, "c": 1, "ok": {}}, develop=[], docs={}))
    assert [(u.gap, u.location.line) for u in lock.unread] == [
        (Gap.PARSE_ERROR, 16),
        (Gap.PARSE_ERROR, 17),
        (Gap.PARSE_ERROR, None),
    ]
    assert [p.name for p in lock.packages] == ["ok"]
