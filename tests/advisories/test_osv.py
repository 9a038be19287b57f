"""Which versions a record affects, and that nothing in a record is trusted."""

from __future__ import annotations

import json
import random
import zipfile
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from pipeline.advisories import osv, problems
from pipeline.advisories.osv import Effect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.advisories.conftest import MakeRecord

AFFECTED, UNAFFECTED, CANNOT_TELL = Effect.AFFECTED, Effect.UNAFFECTED, Effect.CANNOT_TELL


def effect(record: dict[str, Any], version: str, name: str = "demo") -> Effect:
    return osv.affects(record, "PyPI", name, version).effect


@pytest.mark.parametrize(
    ("events", "version", "expected"),
    [
        ([("introduced", "0"), ("fixed", "1.5")], "1.4", AFFECTED),
        ([("introduced", "0"), ("fixed", "1.5")], "1.5", UNAFFECTED),
        ([("introduced", "0"), ("fixed", "1.5")], "1.5.0", UNAFFECTED),
        ([("introduced", "0"), ("fixed", "1.5")], "0.dev0", AFFECTED),
        ([("introduced", "0"), ("fixed", "1.5")], "1.5rc1", AFFECTED),
        ([("introduced", "0"), ("fixed", "1.5")], "1.5.post1", UNAFFECTED),
        ([("introduced", "1.0")], "1.0.dev1", UNAFFECTED),
        ([("introduced", "1.0")], "1!0.1", AFFECTED),
        ([("introduced", "0"), ("fixed", "1!0")], "2024.1", AFFECTED),
        ([("introduced", "0"), ("last_affected", "1.5")], "1.5", AFFECTED),
        ([("introduced", "0"), ("last_affected", "1.5")], "1.5.post1", UNAFFECTED),
        ([("introduced", "0"), ("last_affected", "1.5")], "1.5+cu118", AFFECTED),
        ([("introduced", "0"), ("last_affected", "1.5+a")], "1.5+b", UNAFFECTED),
        ([("introduced", "0"), ("fixed", "1.5")], "1.5+cu118", UNAFFECTED),
        ([("introduced", "0"), ("limit", "2")], "1.9", AFFECTED),
        ([("introduced", "0"), ("limit", "2")], "2", UNAFFECTED),
        ([("introduced", "0"), ("limit", "*")], "99", AFFECTED),
        ([("introduced", "0"), ("limit", "2"), ("limit", "3")], "2.5", AFFECTED),
        # Events may stand in any order, and one version can end and begin a range.
        ([("fixed", "3"), ("introduced", "2"), ("fixed", "1"), ("introduced", "0")], "2", AFFECTED),
        (
            [("fixed", "3"), ("introduced", "2"), ("fixed", "1"), ("introduced", "0")],
            "1",
            UNAFFECTED,
        ),
        ([("introduced", "0"), ("introduced", "1"), ("fixed", "1"), ("fixed", "2")], "1", AFFECTED),
        ([("introduced", "2"), ("last_affected", "2")], "2", AFFECTED),
        ([("introduced", "2"), ("last_affected", "2")], "2.1", UNAFFECTED),
        # What cannot be placed matters only where it could change the answer.
        ([("introduced", "0"), ("fixed", "not-a-version")], "1", CANNOT_TELL),
        ([("introduced", "2"), ("fixed", "not-a-version")], "1", UNAFFECTED),
        ([("introduced", "not-a-version"), ("fixed", "1")], "2", CANNOT_TELL),
        ([("introduced", "0"), ("introduced", "not-a-version")], "1", AFFECTED),
        ([("introduced", "0"), ("limit", "not-a-version")], "1", CANNOT_TELL),
        ([("introduced", "2"), ("limit", "not-a-version")], "1", UNAFFECTED),
        ([("introduced", "0"), ("limit", "x y"), ("limit", "2")], "1", AFFECTED),
        ([("introduced", "0"), ("limit", "x y"), ("limit", "2")], "3", CANNOT_TELL),
        ([("fixed", "1")], "0.5", CANNOT_TELL),
        ([("introduced", "0"), ("vanished", "1")], "2", CANNOT_TELL),
    ],
)
def test_events(
    record: MakeRecord, events: list[tuple[str, str]], version: str, expected: Effect
) -> None:
    assert effect(record("X-1", *events), version) is expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.10", AFFECTED),
        ("1.10.0", AFFECTED),
        ("v1.10", AFFECTED),
        ("1.10+local", AFFECTED),
        ("1.1", UNAFFECTED),
        ("01.10", AFFECTED),
        ("2004d", CANNOT_TELL),
    ],
)
def test_listed_versions(record: MakeRecord, version: str, expected: Effect) -> None:
    assert effect(record("X-1", versions=["2004d", "1.10"]), version) is expected


@pytest.mark.parametrize("listed", ["v1.2", "0!1.2", "1.2.0", "01.2", " 1.2 "])
def test_equal_spellings_in_the_list(record: MakeRecord, listed: str) -> None:
    assert effect(record("X-1", versions=["9", listed]), "1.2") is AFFECTED


def test_an_epoch_in_the_list(record: MakeRecord) -> None:
    assert effect(record("X-1", versions=["3!1.2"]), "3!1.2.0") is AFFECTED
    assert effect(record("X-1", versions=["3!1.2"]), "1.2") is UNAFFECTED


def test_versions_settle_what_a_broken_event_leaves_open(record: MakeRecord) -> None:
    broken = record("X-1", ("introduced", "0"), ("fixed", "?"), versions=["1.0"])
    assert effect(broken, "1.0") is AFFECTED
    assert effect(broken, "1.1") is CANNOT_TELL


def test_several_entries_and_ranges(record: MakeRecord) -> None:
    several = record("X-1", ("introduced", "0"), ("fixed", "1"))
    several["affected"] += record("X-1", ("introduced", "2"), ("fixed", "3"))["affected"]
    several["affected"] += record("X-1", ("introduced", "0"), name="other")["affected"]
    several["affected"][0]["ranges"].append(
        {"type": "SEMVER", "events": [{"introduced": "5"}, {"fixed": "6"}]}
    )
    found = [effect(several, version) for version in ("0.5", "1.5", "2.5", "4", "5.5", "6")]
    assert found == [AFFECTED, UNAFFECTED, AFFECTED, UNAFFECTED, AFFECTED, UNAFFECTED]


def test_names_are_compared_as_pep_503_says(record: MakeRecord) -> None:
    odd = record("X-1", ("introduced", "0"), name="Zope.Interface__x")
    assert effect(odd, "1", "zope-interface-x") is AFFECTED
    assert effect(
        record("X-1", ("introduced", "0"), name="zope-interface-x"), "1", "zope.INTERFACE_x"
    )
    assert effect(odd, "1", "zope") is UNAFFECTED
    assert osv.affects(odd, "npm", "Zope.Interface__x", "1").effect is CANNOT_TELL
    assert osv.affects(odd, "Elm", "Zope.Interface__x", "1").effect is CANNOT_TELL


def test_withdrawn_affects_nothing(record: MakeRecord) -> None:
    taken = record("X-1", ("introduced", "0"), withdrawn="2024-01-01T00:00:00Z")
    assert effect(taken, "1") is UNAFFECTED
    assert effect(taken | {"withdrawn": None}, "1") is AFFECTED
    assert effect(taken | {"withdrawn": False}, "1") is AFFECTED


def test_git_ranges_are_left_alone(record: MakeRecord) -> None:
    commits = {"type": "GIT", "repo": "https://x", "events": [{"introduced": "0"}]}
    both = record("X-1", ("introduced", "0"), ("fixed", "1"))
    both["affected"][0]["ranges"].append(commits)
    assert effect(both, "2") is UNAFFECTED
    only = record("X-1")
    only["affected"][0]["ranges"] = [commits]
    assert effect(only, "2") is CANNOT_TELL


@pytest.mark.parametrize(
    "affected",
    [
        "all of them",
        ["demo"],
        [{"package": "demo"}],
        [{"package": {"name": "demo"}}],
        [{"package": {"ecosystem": "PyPI", "name": "demo"}, "versions": "1.0"}],
        [{"package": {"ecosystem": "PyPI", "name": "demo"}, "ranges": {"a": 1}}],
        [{"package": {"ecosystem": "PyPI", "name": "demo"}, "ranges": ["1"]}],
        [{"package": {"ecosystem": "PyPI", "name": "demo"}, "ranges": [{"type": "MOON"}]}],
        [{"package": {"ecosystem": "PyPI", "name": "demo"}, "ranges": [{"type": "SEMVER"}]}],
        [
            {
                "package": {"ecosystem": "PyPI", "name": "demo"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": 0}]}],
            }
        ],
    ],
)
def test_other_shapes_are_no_absolution(affected: Any) -> None:
    match = osv.affects({"id": "X-1", "affected": affected}, "PyPI", "demo", "1.0")
    assert match.effect is CANNOT_TELL
    assert match.why


def test_a_record_without_packages_affects_none() -> None:
    assert effect({"id": "X-1"}, "1") is UNAFFECTED
    assert effect({"id": "X-1", "affected": [{"ranges": []}]}, "1") is UNAFFECTED


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    | st.sampled_from(["PyPI", "demo", "0"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["package", "ecosystem", "name", "ranges", "type", "events", "introduced", "fixed",
             "versions", "affected", "id", "aliases", "severity", "score", "references", "url"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(
    content=st.dictionaries(
        st.sampled_from(
            [
                "affected",
                "aliases",
                "severity",
                "references",
                "database_specific",
                "withdrawn",
                "details",
                "published",
            ]
        ),
        _JSON,
    )
)
def test_no_shape_of_a_record_is_a_crash(content: dict[str, Any]) -> None:
    record = {"id": "X-1", **content}
    assert osv.affects(record, "PyPI", "demo", "1.0").effect in Effect
    for advisory in problems.group([record], "PyPI", "demo"):
        advisory.fixed_after("1.0")


def test_real_data_against_an_independent_matching(shared: Path) -> None:
    """Ranges as PEP 440 specifiers and lists as sets of versions: another road, same answer."""
    with zipfile.ZipFile(shared / "osv" / "PyPI" / "all.zip") as archive:
        records = [json.loads(archive.read(name)) for name in archive.namelist()]
    chooser = random.Random(20241010)
    compared = affected = unplaced = 0
    for record in records:
        if not _placed(record):
            unplaced += 1
            continue
        for version in chooser.sample(
            sorted(_interesting(record)), k=min(6, len(_interesting(record)))
        ):
            name = record["affected"][0]["package"]["name"]
            expected = _independently(record, Version(version))
            found = osv.affects(record, "PyPI", name, version).effect
            if expected is None:
                assert found is CANNOT_TELL, record["id"]
            else:
                assert found is (AFFECTED if expected else UNAFFECTED), (record["id"], version)
                compared += 1
                affected += expected
    assert unplaced < 10
    assert compared > 10_000
    assert 1000 < affected < compared - 1000


def _placed(record: dict[str, Any]) -> bool:
    """Whether every event of the record is a version: specifiers take no others."""
    try:
        for entry in record["affected"]:
            for part in entry.get("ranges", []):
                if part["type"] != "GIT":
                    for event in part["events"]:
                        Version(*event.values())
    except InvalidVersion:
        return False
    return True


def _interesting(record: dict[str, Any]) -> set[str]:
    found = {"0.0.1", "1.0", "99999"}
    for entry in record["affected"]:
        texts = list(entry.get("versions", []))
        for part in entry.get("ranges", []):
            if part["type"] != "GIT":
                texts += [text for event in part["events"] for text in event.values()]
        for text in texts:
            try:
                version = Version(text)
            except InvalidVersion:
                continue
            found |= {text, f"{version.base_version}.post7", f"{version.base_version}.dev1"}
    return {str(Version(text)) for text in found}


def _independently(record: dict[str, Any], version: Version) -> bool | None:
    if record.get("withdrawn"):
        return False
    for entry in record["affected"]:
        ranges = [part for part in entry.get("ranges", []) if part["type"] != "GIT"]
        if not ranges and not entry.get("versions"):
            return None
        listed = set()
        for text in entry.get("versions", []):
            try:
                listed.add(Version(text))
            except InvalidVersion:
                continue
        if version in listed:
            return True
        for part in ranges:
            if any(_between(version, a, b) for a, b in _pairs(part["events"])):
                return True
    return False


def _pairs(events: list[dict[str, str]]) -> list[tuple[str, tuple[str, str] | None]]:
    flat = [next(iter(event.items())) for event in events]
    starts = [item for item in flat if item[0] == "introduced"]
    found = []
    for _, start in starts:
        low = Version("0.dev0") if start == "0" else Version(start)
        ends = [(k, v) for k, v in flat if k != "introduced" and (Version(v), k) > (low, "fixed")]
        found.append((start, min(ends, key=lambda item: Version(item[1]), default=None)))
    assert all(a != b for a, b in pairwise(sorted(s for s, _ in found)))
    return found


def _between(version: Version, start: str, end: tuple[str, str] | None) -> bool:
    # `>=` of PEP 440 includes what plain ordering includes; `<` leaves out pre-releases of its
    # bound, which plain ordering includes, so the upper bound is asked the other way round.
    low = start == "0" or SpecifierSet(f">={start}").contains(version, prereleases=True)
    if end is None:
        return low
    kind, bound = end
    over = ">=" if kind == "fixed" else ">"
    if over == ">":
        return low and SpecifierSet(f"<={bound}").contains(version, prereleases=True)
    return low and not SpecifierSet(f">={bound}").contains(version, prereleases=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-10-10T17:22:00.587279Z", date(2024, 10, 10)),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
        (None, None),
    ],
)
def test_day(text: Any, expected: date | None) -> None:
    assert osv.day(text) == expected


@pytest.mark.parametrize(
    ("ecosystem", "name", "fixed", "inside", "outside"),
    [
        ("npm", "@scope/a", "1.2.0", "1.2.0-rc.1", "1.2.0+build"),
        (
            "Go",
            "example.com/a",
            "0.0.0-20200220183623-bac4c82f6975",
            "v0.0.0-20190101000000-0",
            "v1",
        ),
        ("Go", "example.com/a", "2.0.1+incompatible", "v2.0.0+incompatible", "v2.0.1"),
        ("crates.io", "Some_Crate", "0.3.0-alpha.2", "0.3.0-alpha.1", "0.3.0"),
        ("RubyGems", "a", "7.0.4.1", "7.0.4.1.rc1", "7.0.10"),
        ("NuGet", "Newtonsoft.Json", "13.0.1", "13.0.1-Beta2", "13.0.1.0"),
        ("Maven", "org.example:a", "5.3.27.RELEASE", "5.3.26.RELEASE", "5.3.27"),
        ("Packagist", "Symfony/Http", "5.4.31", "v5.4.31-BETA1", "v5.4.31"),
    ],
)
def test_each_ecosystem_is_matched_by_its_own_order(
    record: MakeRecord, ecosystem: str, name: str, fixed: str, inside: str, outside: str
) -> None:
    known = record("X-1", ("introduced", "0"), ("fixed", fixed), name=name, ecosystem=ecosystem)
    asked = name.lower() if ecosystem in {"NuGet", "Packagist"} else name
    assert osv.affects(known, ecosystem, asked, inside).effect is AFFECTED
    outcome = CANNOT_TELL if outside == "v1" else UNAFFECTED
    assert osv.affects(known, ecosystem, asked, outside).effect is outcome
    (advisory,) = problems.group([known], ecosystem, asked)
    assert advisory.fixed_after(inside) == (fixed,)
    assert advisory.fixed_after(outside) == ()
