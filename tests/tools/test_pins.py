"""The pins say what they have to, and nothing that nobody could check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.tools import pins as room
from pipeline.tools.pins import FILE, MODULES, here, parse, pin, pins


@pytest.mark.parametrize("name", pins())
def test_a_pin_is_whole(name: str) -> None:
    one = pin(name)
    assert re.fullmatch(r"\d+\.\d+\.\d+", one.version)
    assert one.release.identity.endswith(f"@refs/tags/v{one.version}")
    assert one.release.issuer.startswith("https://")
    assert one.environment == f"SUPPLY_CHAIN_{name.upper()}"
    for file in one.release.files.values():
        assert file.url.startswith("https://")
        assert f"/v{one.version}/" in file.url
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert re.fullmatch(r"([0-9a-f]{64})?", file.program)
        assert not {file.sha256, file.program} & set(one.denied.sha256)
    assert one.version not in one.denied.versions
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in one.denied.sha256)
    assert one.denied.why


@pytest.mark.parametrize("name", pins())
def test_the_build_module_asks_for_what_is_pinned(name: str) -> None:
    one = pin(name)
    folder = MODULES / name
    wanted = (folder / "go.mod").read_text()
    assert f"require {one.module.path} v{one.version}\n" in wanted
    assert f"\ngo {one.module.go}\n" in wanted
    assert "replace" not in wanted
    sums = (folder / "go.sum").read_text().splitlines()
    assert f"{one.module.path} v{one.version} {one.module.sum}" in sums
    assert sums == sorted(set(sums))
    assert f'import _ "{one.module.package}"' in (folder / "tools.go").read_text()
    assert f"app.ver={one.version}" in one.module.ldflags


def test_the_releases_of_march_2026_are_denied() -> None:
    assert {"0.69.4", "0.69.5", "0.69.6"} <= set(pin("trivy").denied.versions)
    assert "CVE-2026-33634" in pin("trivy").denied.why
    assert len(set(pin("trivy").denied.sha256)) == len(pin("trivy").denied.sha256) == 12


def test_a_name_that_is_none() -> None:
    with pytest.raises(UsageError, match="no pinned tool"):
        pin("grype")


@pytest.mark.parametrize(
    ("system", "machine", "key"),
    [("Linux", "x86_64", "linux-x86_64"), ("Darwin", "arm64", "darwin-arm64")],
)
def test_machines_are_named_as_python_names_them(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, key: str
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert here() == key
    assert key in pin("trivy").release.files


@pytest.mark.parametrize("line", ['homepage = "', "[trivy.release.files.", "[trivy.denied]"])
def test_pins_of_another_shape_are_refused(line: str) -> None:
    text = FILE.read_text()
    broken = "\n".join(one for one in text.splitlines() if not one.startswith(line))
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse(broken if broken != text else "")


def test_pins_travel_with_the_package() -> None:
    assert FILE.is_relative_to(Path(room.__file__).parent)
    assert MODULES.is_dir()
