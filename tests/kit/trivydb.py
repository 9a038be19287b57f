"""A vulnerability database that the real Trivy opens, made of advisory facts.

    make(folder, records)                       a cache folder: db/trivy.db and metadata.json
    make(folder, records, updated=DAY)          as old as a test wants it
    make_java(folder, {sha1: (group, artifact, version)})    the index of Java archives beside it

or, from the command line, from OSV records on disk:

    python -m tests.kit.trivydb FOLDER RECORD.json...

Facts are OSV records. Packages of language ecosystems become what Trivy takes from GitHub's
advisories; those of a distribution's release ("Debian:12", "Alpine:v3.19", "Ubuntu:22.04") what
it takes from its tracker. `empty` names sources that are there and hold nothing.

Formats: bbolt 1.4, internal/common; trivy-db schema 2, pkg/db and pkg/types/types.go;
trivy-java-db schema 1.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.advisories.severity import rate
from pipeline.tools.bolt import checksum_of

Tree = Mapping[str, "Tree | bytes"]

PAGE = 4096
_BRANCH, _LEAF, _META, _FREELIST = 0x01, 0x02, 0x04, 0x10
_INLINE = PAGE // 4

_LANGUAGES = {
    "PyPI": ("pip", "pip"),
    "npm": ("npm", "npm"),
    "Go": ("go", "Go"),
    "crates.io": ("cargo", "Rust"),
    "Maven": ("maven", "Maven"),
    "RubyGems": ("rubygems", "RubyGems"),
    "Packagist": ("composer", "Composer"),
    "NuGet": ("nuget", "NuGet"),
}
_DISTRIBUTIONS = {
    "Debian": ("debian", "Debian Security Tracker"),
    "Alpine": ("alpine", "Alpine Secdb"),
    "Ubuntu": ("ubuntu", "Ubuntu CVE Tracker"),
}


def make(
    folder: Path,
    records: Iterable[Mapping[str, Any]],
    *,
    updated: datetime | None = None,
    downloaded: datetime | None = None,
    empty: Sequence[str] = (),
    version: int = 2,
) -> Path:
    """Write a cache folder for `--cache-dir`, and return it."""
    (folder / "db").mkdir(parents=True, exist_ok=True)
    (folder / "db" / "trivy.db").write_bytes(bolt(content(records, empty)))
    _metadata(folder / "db", version, updated, downloaded)
    return folder


def make_java(
    folder: Path,
    archives: Mapping[str, tuple[str, str, str]],
    *,
    updated: datetime | None = None,
) -> Path:
    """Write the index of Java archives, by their SHA-1 in hexadecimal digits."""
    place = folder / "java-db"
    place.mkdir(parents=True, exist_ok=True)
    (place / "trivy-java.db").unlink(missing_ok=True)
    database = sqlite3.connect(place / "trivy-java.db")
    database.executescript(
        "CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);"
        "CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT,"
        " foreign key (artifact_id) references artifacts(id));"
        "CREATE UNIQUE INDEX artifacts_idx ON artifacts(artifact_id, group_id);"
        "CREATE INDEX indices_artifact_idx ON indices(artifact_id);"
        "CREATE UNIQUE INDEX indices_sha1_idx ON indices(sha1);"
    )
    for number, (sha1, (group, artifact, version)) in enumerate(sorted(archives.items()), 1):
        database.execute("INSERT INTO artifacts VALUES (?, ?, ?)", (number, group, artifact))
        database.execute(
            "INSERT INTO indices VALUES (?, ?, ?, 'jar')", (number, version, bytes.fromhex(sha1))
        )
    database.commit()
    database.close()
    _metadata(place, 1, updated, None)
    return folder


def _metadata(
    folder: Path, version: int, updated: datetime | None, downloaded: datetime | None
) -> None:
    made = updated or datetime.now(UTC)
    told = {
        "Version": version,
        "NextUpdate": made + timedelta(days=1),
        "UpdatedAt": made,
        "DownloadedAt": downloaded or made,
    }
    (folder / "metadata.json").write_text(json.dumps(told, default=datetime.isoformat))


# ----------------------------------------------------------------------------- facts to buckets


def content(records: Iterable[Mapping[str, Any]], empty: Sequence[str] = ()) -> Tree:
    """The buckets of the database."""
    tree: dict[str, dict[str, Any]] = {"data-source": {}, "vulnerability": {}}
    for name in empty:
        tree[name] = {}
    for record in records:
        if record.get("withdrawn"):
            continue  # GitHub withdraws an advisory, and trivy-db leaves it out
        known = _name_of(record)
        details = tree["vulnerability"]
        for affected in record.get("affected", ()):
            bucket, source = _source(affected["package"]["ecosystem"])
            tree["data-source"][bucket] = _json(source)
            package = tree.setdefault(bucket, {}).setdefault(_package(affected["package"]), {})
            package[known] = _json(_advisory(record, affected))
            details[known] = _json(_detail(record, source["ID"]))
    return tree


def _name_of(record: Mapping[str, Any]) -> str:
    """Trivy's own id of it: the CVE's, where there is one."""
    ids: tuple[str, ...] = (record["id"], *record.get("aliases", ()), *record.get("upstream", ()))
    return next((one for one in ids if one.startswith("CVE-")), ids[0])


def _source(ecosystem: str) -> tuple[str, dict[str, str]]:
    name, _, release = ecosystem.partition(":")
    if name in _DISTRIBUTIONS:
        slug, title = _DISTRIBUTIONS[name]
        bucket = f"{slug} {release.removeprefix('v')}"
        return bucket, {"ID": slug, "Name": title, "URL": f"https://example.org/{slug}"}
    slug, title = _LANGUAGES[name]
    title = f"GitHub Security Advisory {title}"
    url = "https://github.com/advisories"
    return f"{slug}::{title}", {"ID": "ghsa", "Name": title, "URL": url}


def _package(package: Mapping[str, str]) -> str:
    name = package["name"]
    return name.lower().replace("_", "-") if package["ecosystem"] == "PyPI" else name


def _advisory(record: Mapping[str, Any], affected: Mapping[str, Any]) -> dict[str, Any]:
    ecosystem = affected["package"]["ecosystem"].partition(":")[0]
    fixed = list(_fixed(affected))
    if ecosystem in _DISTRIBUTIONS:
        # No fixed version: the package is affected, whatever its version.
        return {"FixedVersion": fixed[-1]} if fixed else {"Status": 2}
    return {
        "VendorIDs": [record["id"]],
        "VulnerableVersions": list(_vulnerable(affected)),
        **({"PatchedVersions": fixed} if fixed else {}),
    }


def _ranges(affected: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for one in affected.get("ranges", ()):
        if one["type"] != "GIT":
            yield from one["events"]


def _fixed(affected: Mapping[str, Any]) -> Iterator[str]:
    return (event["fixed"] for event in _ranges(affected) if "fixed" in event)


def _vulnerable(affected: Mapping[str, Any]) -> Iterator[str]:
    start = ""
    for event in _ranges(affected):
        if "introduced" in event:
            start = event["introduced"]
        for key, sign in (("fixed", "<"), ("last_affected", "<=")):
            if key in event:
                low = "" if start == "0" else f">={start}, "
                yield f"{low}{sign}{event[key]}"
                start = ""
    if start:
        yield f">={start}"
    if not affected.get("ranges"):
        yield from (f"={version}" for version in affected.get("versions", ()))


def _detail(record: Mapping[str, Any], source: str) -> dict[str, Any]:
    rated = rate(record, record.get("affected", ()))
    grade = {"none": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}.get(rated.severity, 0)
    made: dict[str, Any] = {
        "Title": record.get("summary", record["id"]),
        "Description": record.get("details", ""),
        "Severity": rated.severity.value.upper(),
        "VendorSeverity": {source: grade},
        "References": [one["url"] for one in record.get("references", ())],
    }
    if rated.vector.startswith("CVSS:3"):
        made["CVSS"] = {source: {"V3Vector": rated.vector, "V3Score": rated.score}}
    for ours, theirs in (("published", "PublishedDate"), ("modified", "LastModifiedDate")):
        if ours in record:
            made[theirs] = record[ours]
    return made


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


# ----------------------------------------------------------------------------- buckets to bytes


def bolt(tree: Tree) -> bytes:
    """A bbolt file that holds nested buckets: names to values, or to buckets of their own."""
    pages: list[bytes] = [b""] * 3  # two meta pages, an empty list of free ones
    root = _bucket(tree, pages)
    pages[2] = _page(2, _FREELIST, 0, b"")
    for number in (0, 1):
        meta = struct.pack(
            "<IIIIQQQQQ", 0xED0CDAED, 2, PAGE, 0, root, 0, 2, _end(pages), number + 1
        )
        body = meta + struct.pack("<Q", checksum_of(meta))
        pages[number] = _page(number, _META, 0, body)
    return b"".join(pages)


def _end(pages: Sequence[bytes]) -> int:
    """The number of pages so far: a large one counts for as many as it fills."""
    return 3 + sum(len(page) for page in pages[3:]) // PAGE


def _page(number: int, kind: int, count: int, body: bytes) -> bytes:
    size = -(-(16 + len(body)) // PAGE) * PAGE
    head = struct.pack("<QHHI", number, kind, count, size // PAGE - 1)
    return (head + body).ljust(size, b"\0")


def _bucket(tree: Tree, pages: list[bytes]) -> int:
    """Write a bucket with everything in it; the number of its root page."""
    items = [
        (1, name.encode(), _nested(value, pages))
        if isinstance(value, Mapping)
        else (0, name.encode(), value)
        for name, value in tree.items()
    ]
    items.sort(key=lambda item: item[1])
    level = []
    for part in _parts(items):
        number = _end(pages)
        pages.append(_page(number, _LEAF, len(part), _leaf(part)))
        level.append((part[0][1] if part else b"", number))
    while len(level) > 1:
        above = []
        for at in range(0, len(level), 64):
            some = level[at : at + 64]
            number = _end(pages)
            pages.append(_page(number, _BRANCH, len(some), _branch(some)))
            above.append((some[0][0], number))
        level = above
    return level[0][1]


def _nested(tree: Tree, pages: list[bytes]) -> bytes:
    """A bucket as the value of its parent: small ones stand in the value itself."""
    plain = sorted(
        (0, name.encode(), value) for name, value in tree.items() if isinstance(value, bytes)
    )
    body = _leaf(plain)
    if len(plain) == len(tree) and len(body) + 16 <= _INLINE:
        return struct.pack("<QQQHHI", 0, 0, 0, _LEAF, len(plain), 0) + body
    return struct.pack("<QQ", _bucket(tree, pages), 0)


_Item = tuple[int, bytes, bytes]


def _parts(items: Sequence[_Item]) -> list[list[_Item]]:
    """Items by the page; one that is larger than a page has one of its own."""
    parts: list[list[_Item]] = [[]]
    room = PAGE - 16
    for item in items:
        size = 16 + len(item[1]) + len(item[2])
        if parts[-1] and size > room:
            parts.append([])
            room = PAGE - 16
        parts[-1].append(item)
        room -= size
    return parts


def _leaf(items: Sequence[_Item]) -> bytes:
    heads, texts = bytearray(), bytearray()
    for number, (flags, key, value) in enumerate(items):
        offset = (len(items) - number) * 16 + len(texts)
        heads += struct.pack("<IIII", flags, offset, len(key), len(value))
        texts += key + value
    return bytes(heads + texts)


def _branch(items: Sequence[tuple[bytes, int]]) -> bytes:
    heads, texts = bytearray(), bytearray()
    for number, (key, page) in enumerate(items):
        offset = (len(items) - number) * 16 + len(texts)
        heads += struct.pack("<IIQ", offset, len(key), page)
        texts += key
    return bytes(heads + texts)


if __name__ == "__main__":
    make(Path(sys.argv[1]), [json.loads(Path(name).read_bytes()) for name in sys.argv[2:]])
