from __future__ import annotations

import json

import pytest

from pipeline.locks import pnpm
from pipeline.model import Gap, Lock, Origin, Package, Source

from .conftest import Reading

FILE = "pnpm-lock.yaml"
SHA512 = "sha512-" + "A" * 86 + "=="
HASH = "sha512:" + "00" * 64
MANIFEST: dict[str, str | bytes] = {"package.json": json.dumps({"name": "app"})}


def by_key(lock: Lock) -> dict[str, Package]:
    return {package.key: package for package in lock.packages}


@pytest.mark.parametrize("version", ["4.0", "7.0", "'10.0'", "9", "[9]", "nine", "9.0.1"])
def test_versions(lock_of: Reading, version: str) -> None:
    read = lock_of(FILE, f"lockfileVersion: {version}\npackages: {{}}\n")
    gaps = [unread.gap for unread in read.unread]
    assert gaps == ([] if version == "9" else [Gap.UNSUPPORTED_INPUT])


V9 = f"""lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0(b@2.0.0)
      alias:
        specifier: npm:@x/c@^3
        version: '@x/c@3.0.0'
    devDependencies:
      d:
        specifier: https://u:p@example.com/d.tgz
        version: https://example.com/d.tgz
      w:
        specifier: workspace:*
        version: link:packages/w
packages:
  a@1.0.0:
    resolution: {{integrity: {SHA512}}}
    deprecated: |-
      old
      see https://u:p@example.com
    os: [linux]
    cpu: ['!arm', x64]
    requiresBuild: true
    peerDependencies:
      b: '*'
  b@2.0.0:
    resolution: {{integrity: {SHA512}, tarball: https://npm.example.com/b.tgz}}
  '@x/c@3.0.0':
    resolution: {{integrity: {SHA512}}}
    bundledDependencies: [inner, 'no name']
  d@https://example.com/d.tgz:
    resolution: {{tarball: https://example.com/d.tgz}}
    version: 4.0.0
  e@https://codeload.github.com/e/e/tar.gz/0123:
    resolution: {{tarball: https://codeload.github.com/e/e/tar.gz/0123}}
    version: 5.0.0
  f@file:f:
    resolution: {{directory: f, type: directory}}
  g@git+https://git.example.com/g:
    resolution: {{type: git, repo: https://u:p@git.example.com/g, commit: '0123'}}
    version: 7.0.0
  h@1.0.0:
    resolution: {{tarball: https://code.example.com/h.tgz, gitHosted: true}}
    bundledDependencies: true
snapshots:
  a@1.0.0(b@2.0.0):
    dependencies:
      b: 2.0.0
    optionalDependencies:
      real: '@x/c@3.0.0'
  b@2.0.0:
    optional: true
  gone@1.0.0: {{}}
"""


def line_of(row: str) -> int:
    return [text.strip() for text in V9.split("\n")].index(row) + 1


def test_version_9(lock_of: Reading) -> None:
    read = lock_of(FILE, V9, MANIFEST)
    packages = by_key(read)
    a = packages["a==1.0.0"]
    assert a.hashes == (HASH,)
    assert a.requires == ("@x/c", "b")
    assert a.markers == "os: linux; cpu: !arm, x64"
    assert a.deprecated == "old see https://example.com"
    assert a.install_script
    assert packages["app"].requires == ("@x/c", "a", "d")
    assert {key: package.source for key, package in packages.items()} == {
        "app": Source(origin=Origin.WORKSPACE, url="."),
        "a==1.0.0": Source(),
        "b==2.0.0": Source(origin=Origin.INDEX, url="https://npm.example.com/b.tgz"),
        "@x/c==3.0.0": Source(),
        "inner": Source(),
        "d==4.0.0": Source(origin=Origin.URL, url="https://example.com/d.tgz"),
        "e==5.0.0": Source(origin=Origin.VCS, url="https://codeload.github.com/e/e/tar.gz/0123"),
        "f": Source(origin=Origin.PATH, url="f"),
        "g==7.0.0": Source(origin=Origin.VCS, url="https://git.example.com/g"),
        "h==1.0.0": Source(origin=Origin.VCS, url="https://code.example.com/h.tgz"),
    }
    assert {key: package.groups for key, package in packages.items() if package.groups} == {
        "a==1.0.0": ("default",),
        "b==2.0.0": ("optional",),
        "@x/c==3.0.0": ("default",),
        "inner": ("bundled", "default"),
        "d==4.0.0": ("dev",),
    }
    assert {key for key, package in packages.items() if package.direct} == {
        "a==1.0.0",
        "@x/c==3.0.0",
        "d==4.0.0",
    }
    rows = V9.split("\n")
    assert {rows[(p.location.line or 0) - 1].strip() for p in read.packages} >= {
        "a@1.0.0:",
        "'@x/c@3.0.0':",
        "f@file:f:",
        ".:",
    }
    assert [(unread.location.line, unread.gap, unread.why) for unread in read.unread] == [
        (
            line_of("gone@1.0.0: {}"),
            Gap.PARSE_ERROR,
            "dependencies of a package that is not listed",
        ),
        (line_of("'@x/c@3.0.0':"), Gap.PARSE_ERROR, "a bundled package without a valid name"),
        (line_of("h@1.0.0:"), Gap.NO_VERSION, "bundles packages that are not locked"),
    ]
    assert "u:p" not in repr(read)


def test_version_6(lock_of: Reading) -> None:
    text = f"""lockfileVersion: '6.0'
dependencies:
  a:
    specifier: ^1.0.0
    version: 1.0.0(b@2.0.0)
  alias:
    specifier: npm:b@2
    version: /b@2.0.0
packages:
  /a@1.0.0(b@2.0.0):
    resolution: {{integrity: {SHA512}}}
    dependencies:
      b: 2.0.0
    dev: false
  /b@2.0.0:
    resolution: {{integrity: {SHA512}}}
    dev: false
"""
    read = lock_of(FILE, text)
    assert {p.key: (p.requires, p.direct, p.groups) for p in read.packages} == {
        "a==1.0.0": (("b",), True, ("default",)),
        "b==2.0.0": ((), True, ("default",)),
    }
    assert read.unread == ()


def test_version_5(lock_of: Reading) -> None:
    text = f"""lockfileVersion: 5.4
specifiers:
  a: ^1.0.0
  d: https://example.com/d.tgz
dependencies:
  a: 1.0.0_b@2.0.0
  alias: /@x/b/2.0.0
  c: npm.example.com/c/3.0.0
  d: '@example.com/d.tgz'
packages:
  /a/1.0.0_b@2.0.0:
    resolution: {{integrity: {SHA512}}}
    dependencies:
      '@x/b': 2.0.0
  /@x/b/2.0.0:
    resolution: {{integrity: {SHA512}}}
  npm.example.com/c/3.0.0:
    resolution: {{integrity: {SHA512}}}
  '@example.com/d.tgz':
    resolution: {{tarball: https://example.com/d.tgz}}
    name: d
    version: 4.0.0
  file:e:
    resolution: {{directory: e, type: directory}}
    name: e
  file:f.tgz:
    resolution: {{integrity: {SHA512}}}
    name: f
    version: 6.0.0
"""
    read = lock_of(FILE, text)
    assert {p.key: p.source for p in read.packages} == {
        "a==1.0.0": Source(),
        "@x/b==2.0.0": Source(),
        "c==3.0.0": Source(origin=Origin.INDEX, url="https://npm.example.com/"),
        "d==4.0.0": Source(origin=Origin.URL, url="https://example.com/d.tgz"),
        "e": Source(origin=Origin.PATH, url="e"),
        "f==6.0.0": Source(origin=Origin.PATH, url="f.tgz"),
    }
    assert by_key(read)["a==1.0.0"].requires == ("@x/b",)
    assert [p.direct for p in read.packages] == [True, True, True, True, False, False]
    assert read.unread == ()


def test_members_of_the_workspace(lock_of: Reading) -> None:
    text = """lockfileVersion: '9.0'
importers:
  packages/w:
    devDependencies:
      a: {specifier: 1.0.0, version: 1.0.0}
  packages/unnamed: {}
  ../out: {}
packages:
  a@1.0.0: {}
"""
    files: dict[str, str | bytes] = {
        "sub/packages/w/package.json": '{"name": "@x/w"}',
        "sub/packages/unnamed/package.json": '{"name": "no name"}',
    }
    read = lock_of(f"sub/{FILE}", text, files)
    assert {p.key: (p.source.url, p.location.line, p.groups) for p in read.packages} == {
        "@x/w": ("sub/packages/w", 3, ()),
        "a==1.0.0": ("", 9, ("dev",)),
    }


def test_pnpms_own_document_comes_first(lock_of: Reading) -> None:
    own = """---
lockfileVersion: '9.0'
importers:
  .:
    configDependencies:
      hooks: {specifier: 1.0.0, version: 1.0.0}
    packageManagerDependencies:
      pnpm: {specifier: 11.0.0, version: 11.0.0}
packages:
  hooks@1.0.0: {}
  pnpm@11.0.0: {}
---
"""
    read = lock_of(FILE, own + V9, MANIFEST)
    assert [(p.key, p.groups, p.location.line) for p in read.packages[:3]] == [
        ("hooks==1.0.0", ("config",), 10),
        ("pnpm==11.0.0", ("package-manager",), 11),
        ("app", (), 15),
    ]
    assert by_key(read)["a==1.0.0"].location.line == 31
    assert [p.key for p in read.packages].count("app") == 1
    three = lock_of(FILE, own + own.replace("---\n", "", 1) + V9)
    assert [unread.why for unread in three.unread] == ["neither one document nor two"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("packages:\n  a@1.0.0: text\n", 3),
        ("packages:\n  '@': {}\n", 3),
        ("packages:\n  a@1.0.0: {}\n  a@1.0.0: {}\n", 4),
        ("packages:\n  a@1.0.0: &x {}\n", 3),
        ("packages:\n  a@1.0.0: *x\n", 3),
        ("packages:\n  a@1.0.0: !x {}\n", 3),
        ("packages:\n  a@1.0.0: [\n", 3),
        ("packages: " + "[" * 100 + "\n", 2),
    ],
)
def test_what_cannot_be_read_is_named(lock_of: Reading, text: str, line: int) -> None:
    read = lock_of(FILE, "lockfileVersion: '9.0'\n" + text)
    assert [unread.location.line for unread in read.unread] == [line]


def test_too_many_members_are_refused(lock_of: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pnpm, "MAX_IMPORTERS", 1)
    read = lock_of(FILE, "lockfileVersion: '9.0'\nimporters:\n  a: {}\n  b: {}\n")
    assert [unread.gap for unread in read.unread] == [Gap.TOO_LARGE]
