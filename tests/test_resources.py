from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline import resources
from pipeline.errors import IncompleteError
from tests.kit import demo_image

ROOT = Path(__file__).parent.parent


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as a wheel lays it out, with nothing around it."""
    shared = tmp_path / "site-packages/pipeline/_shared"
    (shared / "templates").mkdir(parents=True)
    (shared / "templates/report.html.j2").write_text("from the wheel", encoding="utf-8")
    (shared / "uv.lock").write_text("lock of the wheel", encoding="utf-8")
    monkeypatch.setattr(resources, "_PACKAGE", shared.parent)
    return shared


def test_a_checkout_uses_its_own_files() -> None:
    assert resources.template_folder() == ROOT / "templates"
    assert resources.project_file("uv.lock") == ROOT / "uv.lock"
    assert resources.project_file("pyproject.toml") == ROOT / "pyproject.toml"
    text = (ROOT / "templates/report.html.j2").read_text(encoding="utf-8")
    assert resources.template_text("report.html.j2") == text


def test_a_wheel_uses_its_copies(installed: Path) -> None:
    assert resources.template_folder() == installed / "templates"
    assert resources.template_text("report.html.j2") == "from the wheel"
    assert resources.project_file("uv.lock") == installed / "uv.lock"


def test_copies_win_over_what_lies_beside_the_package(installed: Path) -> None:
    beside = installed.parent.parent / "templates"
    beside.mkdir()
    (beside / "report.html.j2").write_text("a stranger's", encoding="utf-8")
    assert resources.template_text("report.html.j2") == "from the wheel"


def test_what_is_missing_is_said(installed: Path) -> None:
    with pytest.raises(IncompleteError, match=r"lacks pyproject\.toml"):
        resources.project_file("pyproject.toml")
    with pytest.raises(IncompleteError, match=r"no template called 'none\.j2'"):
        resources.template_text("none.j2")


@pytest.mark.parametrize("name", ["../uv.lock", "/etc/hostname", "", "."])
def test_only_templates_are_read(installed: Path, name: str) -> None:
    with pytest.raises(IncompleteError, match="no template"):
        resources.template_text(name)


def test_only_known_project_files_are_named() -> None:
    with pytest.raises(ValueError, match=r"'README\.md' is none of"):
        resources.project_file("README.md")


def test_the_wheel_carries_every_file_that_is_asked_for() -> None:
    import tomllib  # noqa: PLC0415 - for this test alone

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["templates"] == "pipeline/_shared/templates"
    for name in resources._PROJECT_FILES:
        assert included[name] == f"pipeline/_shared/{name}"


def test_the_image_of_the_demonstration_can_be_made_anew(tmp_path: Path) -> None:
    demo = resources.template_folder() / "demo"
    shutil.copytree(demo / "advisories", tmp_path / "advisories")
    demo_image.make(tmp_path)
    for name in ("image", "trivy"):
        made = {
            path.relative_to(tmp_path).as_posix(): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        kept = {
            path.relative_to(demo).as_posix(): path.read_bytes()
            for path in (demo / name).rglob("*")
            if path.is_file()
        }
        assert made == kept
        assert sum(map(len, kept.values())) < 100_000
