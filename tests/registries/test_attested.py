"""What registries publish to prove a release, read from their documents."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import IncompleteError
from pipeline.registries import npm
from pipeline.registries.attested import (
    INDEX_FORM,
    AttestedFile,
    NotToldError,
    ask_npm,
    ask_pypi,
    provenance_files,
    sri_digest,
)
from pipeline.registries.release import Pin

BASE = "https://pypi.example"
PIN = Pin("PyPI", "demo", "1.0")
WHEEL = {
    "filename": "demo-1.0-py3-none-any.whl",
    "hashes": {"sha256": "aa"},
    "provenance": "https://evil.example/anything",
}
SDIST = {"filename": "demo-1.0.tar.gz", "hashes": {"sha256": "bb"}, "provenance": None}
OTHER = {"filename": "demo-2.0.tar.gz", "hashes": {"sha256": "cc"}, "provenance": "x"}
INDEX = {"meta": {"api-version": "1.4"}, "files": [WHEEL, SDIST, OTHER]}
LOCKED = {"sha256:aa", "sha256:bb"}


class Served:
    """Documents by address; remembers what was asked for, and in which form."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self.documents = documents
        self.asked: list[tuple[str, Mapping[str, str] | None]] = []

    def __call__(self, url: str, headers: Mapping[str, str] | None) -> Any:
        self.asked.append((url, headers))
        return self.documents.get(url)


def pypi(index: Any = INDEX, provenance: Any = None) -> Served:
    place = f"{BASE}/integrity/demo/1.0/demo-1.0-py3-none-any.whl/provenance"
    return Served({f"{BASE}/simple/demo/": index, place: provenance or {"version": 1}})


def test_locked_files_are_asked_about_at_the_index_itself() -> None:
    """The address of the answer's own making is never followed."""
    served = pypi()
    found = ask_pypi(served, BASE, PIN, LOCKED)
    assert found.files == (
        AttestedFile(name=WHEEL["filename"], digest="sha256:aa", attestations='{"version": 1}'),  # type: ignore[arg-type]
        AttestedFile(name="demo-1.0.tar.gz", digest="sha256:bb"),
    )
    assert served.asked == [
        (f"{BASE}/simple/demo/", INDEX_FORM),
        (f"{BASE}/integrity/demo/1.0/demo-1.0-py3-none-any.whl/provenance", None),
    ]


def test_a_name_that_would_lead_elsewhere_does_not() -> None:
    evil = {**WHEEL, "filename": "../../../evil?x=#"}
    served = pypi({**INDEX, "files": [evil]})
    ask_pypi(served, BASE, PIN, LOCKED)
    assert served.asked[1][0] == (
        f"{BASE}/integrity/demo/1.0/..%2F..%2F..%2Fevil%3Fx%3D%23/provenance"
    )


def test_provenance_that_is_gone_is_none() -> None:
    served = Served({f"{BASE}/simple/demo/": INDEX})
    assert not any(file.attestations for file in ask_pypi(served, BASE, PIN, LOCKED).files)


@pytest.mark.parametrize(
    ("index", "why"),
    [
        (None, "does not know this package"),
        ([], "not what its interface promises"),
        ({"files": 1}, "not what its interface promises"),
        ({"files": []}, "no file with a hash of the lock"),
        ({"files": [1, {}, {"hashes": 1}, {"hashes": {"sha256": "aa"}}]}, "no file with a hash"),
        ({"meta": {"api-version": "1.1"}, "files": [{**SDIST, "provenance": 0}]}, ""),
        (
            {
                "meta": {"api-version": "1.1"},
                "files": [{"filename": "a", "hashes": {"sha256": "aa"}}],
            },
            "does not tell of attestations",
        ),
        ({"files": [{"filename": "a", "hashes": {"sha256": "aa"}}]}, "does not tell"),
        (
            {
                "meta": {"api-version": "x"},
                "files": [{"filename": "a", "hashes": {"sha256": "aa"}}],
            },
            "does not tell",
        ),
    ],
)
def test_what_an_index_does_not_tell(index: Any, why: str) -> None:
    if not why:
        assert ask_pypi(pypi(index), BASE, PIN, LOCKED).files
        return
    with pytest.raises(NotToldError, match=why):
        ask_pypi(pypi(index), BASE, PIN, LOCKED)


def test_an_index_that_could_tell_and_says_nothing_has_none() -> None:
    index = {
        "meta": {"api-version": "1.3"},
        "files": [{"filename": "a", "hashes": {"sha256": "aa"}}],
    }
    assert ask_pypi(pypi(index), BASE, PIN, LOCKED).files[0].attestations == ""


# ---------------------------------------------------------------------------------------- npm

SHOP = Pin("npm", "@acme/shop", "1.0.0")
SHA512 = "00" * 64
INTEGRITY = f"sha512-{base64.b64encode(bytes.fromhex(SHA512)).decode()}"
DIST = {"integrity": INTEGRITY, "signatures": [{"keyid": "k", "sig": "s"}, 1]}
HOST = "https://npm.example"


def npm_served(dist: Any, base: str = HOST, more: Mapping[str, Any] | None = None) -> Served:
    return Served({f"{base}/@acme%2Fshop/1.0.0": {"dist": dist}, **(more or {})})


def test_the_public_registry_is_not_asked_for_keys() -> None:
    served = npm_served(DIST, npm.URL)
    found = ask_npm(served, npm.URL, SHOP, ())
    assert (found.signatures, found.keys) == ((("k", "s"),), ())
    assert found.files == (AttestedFile(name="@acme/shop", digest=f"sha512:{SHA512}"),)
    assert len(served.asked) == 1


def test_another_registry_has_keys_and_attestations_of_its_own() -> None:
    keys = {"keys": [{"keyid": "k", "key": "AAAA"}, 1]}
    listed: dict[str, Any] = {"attestations": []}
    served = npm_served(
        {**DIST, "attestations": {"url": "https://evil.example"}},
        HOST,
        {
            f"{HOST}/-/npm/v1/attestations/@acme%2Fshop@1.0.0": listed,
            f"{HOST}/-/npm/v1/keys": keys,
        },
    )
    found = ask_npm(served, HOST, SHOP, ())
    assert found.keys == (("k", "AAAA"),)
    assert json.loads(found.files[0].attestations) == listed


def test_a_registry_without_keys_offers_none() -> None:
    found = ask_npm(npm_served({**DIST, "attestations": {}}), HOST, SHOP, ())
    assert found.keys == ()


@pytest.mark.parametrize(
    ("dist", "why"),
    [
        (1, "not what its interface promises"),
        ({"integrity": INTEGRITY}, "does not tell of signatures"),
        ({**DIST, "integrity": "sha1-AAAA"}, "no SHA-512"),
        ({**DIST, "signatures": 1}, "not what its interface promises"),
    ],
)
def test_what_a_registry_does_not_tell(dist: Any, why: str) -> None:
    with pytest.raises(NotToldError, match=why):
        ask_npm(npm_served(dist), HOST, SHOP, ())


def test_a_version_that_is_not_there() -> None:
    with pytest.raises(NotToldError, match="does not list"):
        ask_npm(Served({}), HOST, SHOP, ())


@pytest.mark.parametrize(
    ("integrity", "digest"),
    [
        (INTEGRITY, f"sha512:{SHA512}"),
        (f"sha1-AAAA {INTEGRITY}?opt", f"sha512:{SHA512}"),
        ("sha512-!", ""),
        ("sha512", ""),
        (None, ""),
        ("", ""),
    ],
)
def test_integrity_as_a_digest(integrity: Any, digest: str) -> None:
    assert sri_digest(integrity) == digest


# -------------------------------------------------------------------------------------- files


def test_files_that_are_given(tmp_path: Path) -> None:
    (tmp_path / "a.whl.provenance").write_bytes(b"{}")
    (tmp_path / "README").write_bytes(b"")
    assert provenance_files(tmp_path) == {"a.whl.provenance": b"{}"}


def test_a_folder_without_them_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="no file there"):
        provenance_files(tmp_path)
    with pytest.raises(IncompleteError, match="not a folder"):
        provenance_files(tmp_path / "absent")
