"""Where the engine unpacks, and whether all of it has room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from unittest.mock import Mock

import pytest

from pipeline.checks.secrets import room

MB, GB = 1024**2, 1024**3
TMPFS = "tmpfs /dev/shm tmpfs rw 0 0"


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two cores; nothing is known of any place yet, nor afterwards."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("os.access", lambda *_: True)
    forget = room.in_memory.cache_clear
    forget()
    yield
    forget()


def free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr("shutil.disk_usage", Mock(return_value=Mock(free=count)))


def system(
    folder: Path,
    mounts: str = TMPFS,
    available: int = 8 * GB,
    limits: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """The files in which a machine tells of itself."""
    for name, text in {
        "proc/self/mounts": f"sysfs /sys sysfs rw 0 0\n{mounts}\n",
        "proc/meminfo": f"MemTotal: 99999999 kB\nMemAvailable: {available // 1024} kB\n",
        **{f"sys/fs/cgroup/{name}": text for name, text in limits.items()},
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_memory_is_taken_where_there_is_plenty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, 2 * GB)
    assert room.in_memory(system(tmp_path, available=4 * GB)) == "/dev/shm"


@pytest.mark.parametrize("few", ["of the folder", "of the machine", "of ours"])
def test_one_byte_too_little_is_too_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: str
) -> None:
    """Two cores unpack two gigabytes at most, and two are left for others."""
    free(monkeypatch, 2 * GB - (few == "of the folder"))
    available = 4 * GB - 1024 * (few == "of the machine")
    limit = str(4 * GB - (few == "of ours"))
    machine = system(tmp_path, available=available, limits={"memory.max": limit})
    assert room.in_memory(machine) == ""


@pytest.mark.parametrize(
    ("limits", "place"),
    [
        ({"memory.max": "max"}, "/dev/shm"),
        ({"memory/memory.limit_in_bytes": "9223372036854771712"}, "/dev/shm"),
        ({"memory/memory.limit_in_bytes": str(64 * MB)}, ""),
        ({"memory.max": str(64 * MB)}, ""),
    ],
)
def test_a_container_may_have_less_than_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, str], place: str
) -> None:
    free(monkeypatch, 8 * GB)
    assert room.in_memory(system(tmp_path, limits=limits)) == place


@pytest.mark.parametrize(
    "mounts", ["", "/dev/sda /dev/shm ext4 rw 0 0", "tmpfs /dev/shmem tmpfs rw 0 0"]
)
def test_what_is_no_memory_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: str
) -> None:
    free(monkeypatch, 8 * GB)
    assert room.in_memory(system(tmp_path, mounts)) == ""


def test_nor_is_a_place_of_others_or_one_of_which_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, 8 * GB)
    assert room.in_memory(tmp_path / "macOS") == ""
    (system(tmp_path / "odd") / "proc/meminfo").write_text("MemAvailable: much\n")
    assert room.in_memory(tmp_path / "odd") == ""
    (system(tmp_path / "old") / "proc/meminfo").write_text("MemTotal: 1 kB\n")
    assert room.in_memory(tmp_path / "old") == ""
    monkeypatch.setattr("os.access", lambda *_: False)
    assert room.in_memory(system(tmp_path / "closed")) == ""


def test_without_room_to_unpack_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "in_memory", lambda: "")
    free(monkeypatch, 2 * GB)
    assert room.cramped(3) == ""
    free(monkeypatch, 2 * GB - 1)
    assert "left out without a word" in room.cramped(3)
    assert room.cramped(1) == "", "one at a time takes half as much"
    assert room.cramped(1, engines=2) == ""
    assert room.cramped(2, engines=2)
    free(monkeypatch, 4 * GB)
    assert room.cramped(9, engines=2) == ""
    assert room.cramped(9, engines=3)
    assert room.cramped(0, 500, 16 * MB) == ""
    free(monkeypatch, 32 * MB - 1)
    assert "unpacking may take 32" in room.cramped(0, 500, 16 * MB)
    assert room.cramped(0, 1, 16 * MB) == ""
    free(monkeypatch, 0)
    assert room.cramped(0) == ""


def test_in_memory_one_engine_has_room_and_no_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "in_memory", lambda: "/dev/shm")
    free(monkeypatch, 0)
    assert room.cramped(100, 100, 16 * MB) == ""
    assert room.cramped(2, engines=2)
