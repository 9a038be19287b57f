from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.actions import scan
from pipeline.actions.scan import Leg, Project, Scan, Task
from pipeline.errors import IncompleteError

KEY = re.compile(r"[a-z0-9-]{1,60}")


def tasks(count: int) -> list[Task]:
    return [Task(project=f"p{number}", check="secrets") for number in range(count)]


def made(**changes: object) -> Scan:
    legs = (Leg(key="api.secrets", tasks=(Task(project="api", check="secrets"),)),)
    projects = (Project(key="api", path="services/api"),)
    values = {"commit": "c" * 40, "event": "push", "basis": "x", "projects": projects, "legs": legs}
    return Scan(**{**values, **changes})  # type: ignore[arg-type]


def test_projects_are_named_after_their_folders() -> None:
    found = scan.name_projects([".", "services/API v2", ".", "Ü/ß", "services-api-v2"])
    assert [(one.key, one.path) for one in found[:3]] == [
        ("repository", "."),
        ("services-api-v2", "services/API v2"),
        ("repository-" + found[2].key.split("-")[1], "Ü/ß"),
    ]
    assert found[3].key.startswith("services-api-v2-")
    assert len({one.key for one in found}) == 4


@settings(deadline=None)
@given(st.lists(st.text(min_size=1)))
def test_every_folder_has_its_own_harmless_key(paths: list[str]) -> None:
    found = scan.name_projects(paths)
    assert [one.path for one in found] == list(dict.fromkeys(paths))
    assert len({one.key for one in found}) == len(found)
    assert all(KEY.fullmatch(one.key) for one in found)


def test_one_job_per_task_where_that_suffices() -> None:
    (leg, *_), count = scan.split(tasks(3), 3), len(scan.split(tasks(3), 3))
    assert (leg.key, leg.tasks, count) == ("p0.secrets", (tasks(1)[0],), 3)


@pytest.mark.parametrize(("count", "jobs"), [(257, 256), (1000, 256), (9, 1), (10, 3), (5, 4)])
def test_more_tasks_are_shared_evenly(count: int, jobs: int) -> None:
    legs = scan.split(tasks(count), jobs)
    assert len(legs) == jobs
    assert [task for leg in legs for task in leg.tasks] == tasks(count)
    sizes = {len(leg.tasks) for leg in legs}
    assert max(sizes) - min(sizes) <= 1
    assert len({leg.key for leg in legs}) == jobs


def test_the_matrix_holds_keys_alone() -> None:
    assert json.loads(made().matrix) == {"include": [{"key": "api.secrets"}]}
    assert "\n" not in made().matrix
    assert made().paths() == {"api": "services/api"}


def test_a_leg_is_one_of_the_plan() -> None:
    assert made().leg("api.secrets").tasks[0].check == "secrets"
    with pytest.raises(IncompleteError, match="no part 'plan'"):
        made().leg("plan")


def test_the_document_comes_back(tmp_path: Path) -> None:
    scan.write(tmp_path, made())
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "plan.json").write_text("{}")
    assert scan.read(tmp_path, scan.seal(tmp_path)) == made()


def test_another_plan_is_not_taken(tmp_path: Path) -> None:
    scan.write(tmp_path, made())
    digest = scan.seal(tmp_path)
    for change in ("scan.json", "more"):
        (tmp_path / change).write_text("{}")
        with pytest.raises(IncompleteError, match="not the one that was made"):
            scan.read(tmp_path, digest)
        (tmp_path / change).unlink()
        scan.write(tmp_path, made())
    with pytest.raises(IncompleteError, match="not the one that was made"):
        scan.read(tmp_path, "")


def test_no_plan_is_said(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="part is missing"):
        scan.read(tmp_path / "none", "x")


def test_the_list_is_one_that_sha256sum_understands(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "ü x").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    content = scan.sums(tmp_path)
    assert [line.split("  ")[1] for line in content.decode().splitlines()] == ["a", "b/ü x"]
    (tmp_path / "SHA256SUMS").write_bytes(content)
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "a").write_bytes(b"3")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", ["a\nb", "a\\b", "a\rb"])
def test_a_name_that_would_forge_the_list_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    with pytest.raises(OSError, match="not a file of ours"):
        scan.sums(tmp_path)


def test_links_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="not a file of ours"):
        scan.sums(tmp_path)
    (tmp_path / "a").unlink()
    (tmp_path / "folder").symlink_to("/etc")
    with pytest.raises(OSError, match="not a file of ours"):
        scan.sums(tmp_path)
