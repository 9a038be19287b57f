from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Git, Location, Origin, Target, Unread
from pipeline.sbom.document import seal
from pipeline.sbom.validate import validate
from pipeline.sbom.write import conflict, join
from tests.sbom.polyglot import lock, named, package, properties, target, whole, written

SHA = "ab" * 32
GIT = Git(
    commit="a" * 40, branch="main", dirty=True, remote="https://example.com/shop", shallow=False
)


def test_a_component_says_what_the_lock_knows() -> None:
    one = package(
        hashes=(f"sha256:{SHA}", f"sha256:{SHA}"),
        markers="python_version < '3.12'",
        extras=("x",),
        groups=("dev", "test"),
        direct=True,
        install_script=True,
        deprecated="use b",
        url="https://files.example/a.whl",
    )
    (document,) = written(target(lock(one)))
    (found,) = document["components"]
    assert found["purl"] == found["bom-ref"] == "pkg:pypi/a@1.0"
    assert found["hashes"] == [{"alg": "SHA-256", "content": SHA}]
    assert found["externalReferences"] == [
        {"type": "distribution", "url": "https://files.example/a.whl"}
    ]
    assert properties(found, "marker") == ["python_version < '3.12'"]
    assert properties(found, "extra") == ["x"]
    assert properties(found, "group") == ["dev", "test"]
    assert properties(found, "direct") == ["true"]
    assert properties(found, "install-script") == ["true"]
    assert properties(found, "deprecated") == ["use b"]
    assert properties(found, "location") == ["uv.lock:1"]
    assert properties(found, "unknown") == ["license", "producer"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"sha256:{SHA.upper()}", {"alg": "SHA-256", "content": SHA}),
        ("md5:" + "0" * 32, {"alg": "MD5", "content": "0" * 32}),
        ("sha1:" + "0" * 40, {"alg": "SHA-1", "content": "0" * 40}),
        ("nuget:" + "0" * 128, {"alg": "SHA-512", "content": "0" * 128}),
        ("h1:" + "A" * 43 + "=", {"alg": "SHA-256", "content": "0" * 64}),
        ("h1:???", None),
        ("h1:AAAA", None),
        ("yarn:" + "0" * 128, None),
        ("sha256:12", None),
        ("sha256:" + "g" * 64, None),
        ("nonsense", None),
    ],
)
def test_hashes_are_taken_where_cyclonedx_has_a_word_for_them(
    text: str, found: dict[str, str] | None
) -> None:
    (document,) = written(target(lock(package(hashes=(text,)))))
    assert document["components"][0].get("hashes") == ([found] if found else None)


def test_digests_of_something_else_are_kept_as_they_are() -> None:
    (document,) = written(target(lock(package(hashes=("yarn:00", "h1:AAAA")))))
    assert properties(document["components"][0], "hash") == ["h1:AAAA", "yarn:00"]


def test_sources_are_told() -> None:
    packages = (
        package("v", origin=Origin.VCS, url="https://git.example/v"),
        package("i", origin=Origin.INDEX, url="https://pypi.example/simple"),
        package("p", origin=Origin.PATH, url="lib/p"),
    )
    (document,) = written(target(lock(*packages)))
    assert named(document, "v")["externalReferences"] == [
        {"type": "vcs", "url": "https://git.example/v"}
    ]
    assert "externalReferences" not in named(document, "i")
    assert properties(named(document, "p"), "origin") == ["path"]


def test_a_group_of_maven_is_one() -> None:
    one = package("org.example:lib", ecosystem="Maven")
    (document,) = written(target(lock(one, path="gradle.lockfile", ecosystem="Maven")))
    (found,) = document["components"]
    assert (found["group"], found["name"]) == ("org.example", "lib")


def test_the_graph_is_the_locks_and_the_root_asks_for_what_is_direct() -> None:
    packages = (
        package("a", direct=True, requires=("b", "c==2")),
        package("b", direct=False),
        package("c", "1", direct=True),
        package("c", "2", direct=False),
    )
    (document,) = written(target(lock(*packages)))
    graph = {item["ref"]: item.get("dependsOn", []) for item in document["dependencies"]}
    assert graph == {
        "pkg:generic/shop#uv.lock": ["pkg:pypi/a@1.0", "pkg:pypi/c@1"],
        "pkg:pypi/a@1.0": ["pkg:pypi/b@1.0", "pkg:pypi/c@2"],
        "pkg:pypi/b@1.0": [],
        "pkg:pypi/c@1": [],
        "pkg:pypi/c@2": [],
    }
    assert document["compositions"] == []


def test_where_nothing_tells_the_root_asks_for_what_nobody_else_does() -> None:
    (document,) = written(target(lock(package("a", requires=("b",)), package("b"))))
    root = next(item for item in document["dependencies"] if "#uv.lock" in item["ref"])
    assert root["dependsOn"] == ["pkg:pypi/a@1.0"]


def test_edges_that_nobody_recorded_are_unknown_and_part_of_them_incomplete() -> None:
    packages = (package("a", requires=("b",)), package("b"))
    (document,) = written(target(lock(*packages, format="Pipfile.lock")))
    assert document["compositions"] == [
        {"aggregate": "incomplete", "dependencies": ["pkg:pypi/a@1.0"]},
        {"aggregate": "unknown", "dependencies": ["pkg:pypi/b@1.0"]},
    ]
    assert "pkg:pypi/b@1.0" not in {item["ref"] for item in document["dependencies"]}


def test_what_one_lock_knows_of_edges_is_known() -> None:
    one = package("a")
    vague = lock(one, path="requirements.txt", format="requirements.txt")
    (document,) = written(target(vague, lock(one)))
    assert document["compositions"] == []
    assert {"ref": "pkg:pypi/a@1.0"} in document["dependencies"]


def test_a_lock_that_was_not_wholly_read_makes_its_root_incomplete() -> None:
    line = Unread(location=Location(path="uv.lock", line=3), why="no")
    document = whole(target(lock(package("a"), unread=(line,))))
    assert document["compositions"] == [
        {
            "aggregate": "incomplete",
            "assemblies": ["pkg:generic/shop#uv.lock"],
            "dependencies": ["pkg:generic/shop#uv.lock"],
        }
    ]
    assert validate(document) == ()


def test_a_project_goes_by_its_own_name_and_members_hang_below_it() -> None:
    packages = (
        package("shop-web", "2", origin=Origin.WORKSPACE, url=".", requires=("core", "a")),
        package("core", None, origin=Origin.WORKSPACE, url="members/core", requires=("b",)),
        package("a"),
        package("b"),
    )
    (document,) = written(target(lock(*packages), git=GIT))
    root = document["metadata"]["component"]
    assert (root["name"], root["version"], root["type"]) == ("shop-web", "2", "application")
    assert root["externalReferences"] == [{"type": "vcs", "url": "git+https://example.com/shop"}]
    assert properties(root, "lock") == ["uv.lock sha256:00"]
    core = named(document, "core")
    assert core["type"] == "application"
    assert properties(core, "unknown") == ["hash", "license", "producer", "version"]
    graph = {item["ref"]: item.get("dependsOn", []) for item in document["dependencies"]}
    assert graph[root["bom-ref"]] == [core["bom-ref"], "pkg:pypi/a@1.0"]
    assert graph[core["bom-ref"]] == ["pkg:pypi/b@1.0"]


def test_a_changed_working_tree_is_told_and_a_commit_is_a_version() -> None:
    (document,) = written(target(lock(package("a")), git=GIT))
    assert document["metadata"]["component"]["version"] == "a" * 40
    assert {"name": "supply-chain:uncommitted-changes", "value": "true"} in document["metadata"][
        "properties"
    ]


def test_a_tools_component_is_completed_and_one_from_another_index_keeps_its_source() -> None:
    known = {
        "pkg:pypi/a@1.0": {
            "licenses": [{"license": {"name": "mine\u202e"}}],
            "externalReferences": [{"type": "distribution", "url": "https://pypi.org/simple/a/"}],
            "hashes": [{"alg": "MD5", "content": "0" * 32}],
            "name": "something else",
        }
    }
    (document,) = written(target(lock(package("a"))), known=known)
    (found,) = document["components"]
    assert found["name"] == "a"
    assert found["licenses"] == [{"license": {"name": "mine\ufffd"}}]
    assert found["externalReferences"][0]["url"] == "https://pypi.org/simple/a/"
    assert "hashes" not in found, "hashes are the lock's to say"
    assert properties(found, "unknown") == ["hash", "producer"]
    elsewhere = package("a", origin=Origin.INDEX, url="https://pypi.example/simple")
    (document,) = written(target(lock(elsewhere)), known=known)
    assert "externalReferences" not in document["components"][0]


def test_what_a_tool_dropped_is_in_no_document() -> None:
    packages = (package("a", direct=True, requires=("b",)), package("b", direct=False))
    dropped = frozenset({"pkg:pypi/b@1.0"})
    document = whole(target(lock(*packages)), dropped=dropped)
    assert [item["name"] for item in document["components"]] == ["shop", "a"]
    assert validate(document) == ()


def test_joining_unites_lists_and_drops_unknowns_that_became_known() -> None:
    of = target(lock(package("a", hashes=(f"sha256:{SHA}",))), lock(package("a"), path="b/uv.lock"))
    document = whole(of)
    found = named(document, "a")
    assert found["hashes"] == [{"alg": "SHA-256", "content": SHA}]
    assert properties(found, "unknown") == ["license", "producer"]
    assert properties(found, "location") == ["uv.lock:1"]


def test_a_licence_that_only_one_side_knows_is_kept() -> None:
    known = {"name": "a", "licenses": [{"license": {"id": "MIT"}}]}
    assert join({"name": "a"}, known)["licenses"] == known["licenses"]
    assert join({"name": "a", "licenses": []}, known)["licenses"] == known["licenses"]


def test_hashes_contradict_each_other_only_without_a_common_one() -> None:
    def component(*values: str) -> dict[str, object]:
        return {"hashes": [{"alg": "SHA-256", "content": value} for value in values]}

    assert conflict(component("a", "b"), component("B", "c")) == ""
    assert conflict(component("a"), component("b")) == "SHA-256"
    assert conflict(component("a"), component()) == ""


TEXT = st.text(max_size=12)
PACKAGES = st.builds(
    package,
    name=TEXT,
    version=st.none() | TEXT,
    ecosystem=st.sampled_from(["PyPI", "npm", "Maven", "Go", "Odd one"]),
    origin=st.sampled_from(Origin),
    url=TEXT | st.just("https://x.example/a"),
    hashes=st.lists(TEXT | st.sampled_from(["h1:AAAA", "sha1:" + "0" * 40]), max_size=2).map(tuple),
    markers=TEXT,
    groups=st.lists(TEXT, max_size=2).map(tuple),
    direct=st.sampled_from([None, True, False]),
    requires=st.lists(TEXT, max_size=3).map(tuple),
    deprecated=TEXT,
)
TARGETS = st.lists(
    st.builds(
        lambda packages, kind, path: lock(*packages, format=kind, path=path),
        st.lists(PACKAGES, max_size=5, unique=True),
        st.sampled_from(["uv.lock", "requirements.txt", "go.sum"]),
        st.sampled_from(["uv.lock", "a/uv.lock", 'weird \u202e"#?/uv.lock']),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.path,
).map(lambda locks: target(*locks))


@settings(deadline=None)
@given(of=TARGETS, version=st.sampled_from(["1.6", "1.7"]))
def test_whatever_a_lock_holds_the_documents_are_valid(of: Target, version: str) -> None:
    assert validate(whole(of, version)) == ()
    for document in written(of):
        assert validate(seal(document, version)) == ()
