from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.sbom.npm import copies, take

MANIFEST = {
    "name": "shop",
    "version": "1.0.0",
    "scripts": {"preinstall": "touch /tmp/owned"},
    "workspaces": ["packages/*"],
    "dependencies": {"a": "1"},
    "packageManager": "evil@1",
}
ENTRY = {
    "version": "1.0.0",
    "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz",
    "hasInstallScript": True,
    "bin": {"a": "x"},
}


def lock(**packages: Any) -> dict[str, Any]:
    return {
        "name": "shop",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": {"name": "shop"}, "node_modules/a": ENTRY, **packages},
    }


def given_to_npm(manifest: Any, locked: Any) -> dict[str, Any] | None:
    found = copies(json.dumps(manifest).encode(), json.dumps(locked).encode())
    return found and {name: json.loads(content) for name, content in found.items()}


def test_npm_sees_no_more_than_it_needs() -> None:
    found = given_to_npm(MANIFEST, lock())
    assert found
    assert found["package.json"] == {
        "name": "shop",
        "version": "1.0.0",
        "workspaces": ["packages/*"],
        "dependencies": {"a": "*"},
    }
    assert found["package-lock.json"] == {
        "name": "shop",
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "shop", "dependencies": {"a": "*"}},
            "node_modules/a": {"version": "1.0.0"},
        },
    }


def test_each_folder_requires_what_is_installed_in_it() -> None:
    found = given_to_npm(
        MANIFEST,
        lock(
            **{
                "node_modules/@x/b": {"version": "1", "dependencies": {"a": "^9", "gone": "1"}},
                "node_modules/@x/b/node_modules/a": {"version": "9.0.0", "dev": True},
                "node_modules/c": {"link": True, "resolved": "packages/c"},
                "packages/c": {"name": "c", "version": "1"},
                "packages/c/node_modules/a": {"version": "7.0.0"},
            }
        ),
    )
    assert found
    packages = found["package-lock.json"]["packages"]
    assert {path: list(entry.get("dependencies", ())) for path, entry in packages.items()} == {
        "": ["@x/b", "a", "c"],
        "node_modules/a": [],
        "node_modules/@x/b": ["a"],
        "node_modules/@x/b/node_modules/a": [],
        "node_modules/c": [],
        "packages/c": ["a"],
        "packages/c/node_modules/a": [],
    }
    assert packages["node_modules/c"] == {"link": True, "resolved": "packages/c"}


@pytest.mark.parametrize(
    "locked",
    [
        lock(**{"../outside": {}}),
        lock(**{"/etc": {}}),
        lock(**{"node_modules/x": {"link": True, "resolved": "../../x"}}),
        lock(**{"node_modules/x": {"link": True, "resolved": "/etc"}}),
        lock(**{"node_modules/x": {"resolved": "file:../x"}}),
        lock(**{"node_modules/x": 1}),
        lock(**{"node_modules/x": {"link": True}}),
        lock(**{"node_modules/x/node_modules/y": {}}),
        {"lockfileVersion": 1, "dependencies": {}},
        {"packages": {}},
        [],
        1,
    ],
)
def test_locks_that_lead_outside_or_are_not_npms_are_not_given(locked: Any) -> None:
    assert given_to_npm(MANIFEST, locked) is None


@pytest.mark.parametrize(
    "manifest",
    [
        {"workspaces": ["../*"]},
        {"workspaces": {"packages": ["/etc"]}},
        {"workspaces": [1]},
        {"workspaces": 1},
        [],
    ],
)
def test_manifests_that_lead_outside_are_not_given(manifest: Any) -> None:
    assert given_to_npm(manifest, lock()) is None


def test_what_npm_adds_is_licence_and_scope() -> None:
    output = {
        "metadata": {"tools": [{"vendor": "npm", "name": "cli", "version": "11.0.0"}]},
        "components": [
            {
                "purl": "pkg:npm/%40x/a@1",
                "scope": "optional",
                "description": "any",
                "licenses": [{"license": {"id": "MIT"}}, {"expression": "MIT OR ISC"}],
            },
            {"purl": "pkg:npm/b@1", "licenses": []},
        ],
    }
    found, tool = take(json.dumps(output).encode())
    assert found == {
        "pkg:npm/%40x/a@1": {
            "scope": "optional",
            "licenses": [
                {"license": {"id": "MIT", "acknowledgement": "declared"}},
                {"expression": "MIT OR ISC", "acknowledgement": "declared"},
            ],
        },
        "pkg:npm/b@1": {},
    }
    assert tool
    assert (tool.name, tool.version) == ("npm", "11.0.0")


@pytest.mark.parametrize(
    "output", [b"", b"{}", b"[]", b'{"metadata": {"tools": []}, "components": []}', b"\xff"]
)
def test_output_that_makes_no_sense_adds_nothing(output: bytes) -> None:
    assert take(output) == ({}, None)


def test_licences_of_another_shape_are_left_to_the_schema() -> None:
    output = {
        "metadata": {"tools": [{"version": "11"}]},
        "components": [{"purl": "pkg:npm/a@1", "licenses": ["MIT", {"license": "MIT"}]}],
    }
    found, _ = take(json.dumps(output).encode())
    assert found["pkg:npm/a@1"]["licenses"] == ["MIT", {"license": "MIT"}]
