"""Where the engine unpacks archives, and whether there is room for it.

It writes what is in them into its temporary folder and reads it again. On a disk that takes up to
ten times as long as in memory, and leaves secrets there if the machine goes down meanwhile: so the
folder lies in memory where there is plenty. What finds no room, the engine leaves out without a
word. Sources: tmpfs(5); proc_meminfo(5); proc_pid_mounts(5); cgroups(7), "memory.max" of version 2
and "memory.limit_in_bytes" of version 1.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from pipeline.checks.secrets.engine import DEPTH, MAX_BYTES

SPARE = 2 * 1024**3
"""Bytes of memory that are left to everybody else, at least."""

_AT_ONCE = 8
"""Archives that are unpacked side by side, at most: one on each core."""
_MEMORY = "/dev/shm"  # noqa: S108 - a folder of our own is made in it, as in any other
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")


@cache
def in_memory(system: Path = Path("/")) -> str:
    """A folder in memory in which the most that one engine can need has room; "" without one.

    Nothing is asked twice: all jobs of a process go to the same place. `system` is where files
    tell of the machine.
    """
    try:
        mounts = (system / "proc/self/mounts").read_text().splitlines()
        if not any(line.split(" ")[1:3] == [_MEMORY, "tmpfs"] for line in mounts):
            return ""
        free = shutil.disk_usage(_MEMORY).free
        has_room = min(free, _memory(system) - SPARE) >= _cores() * DEPTH * MAX_BYTES
    except (OSError, ValueError, LookupError):
        return ""
    return _MEMORY if has_room and os.access(_MEMORY, os.W_OK | os.X_OK) else ""


def cramped(archives: int, packed: int = 0, size: int = 0, *, engines: int = 1) -> str:
    """Why so many archives may not be unpacked whole; "" where there is room.

    Each is unpacked with the archives inside it, and removed again. So is what was `packed`, each
    of at most `size` bytes. Where several `engines` do so at the same time, it is on the disk.
    """
    if engines == 1 and in_memory():
        return ""
    at_once = _cores() * engines
    needed = max(min(archives, at_once) * DEPTH * MAX_BYTES, min(packed, at_once) * size)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free >= needed:
        return ""
    return (
        f"{free // 1024**2:,} MB are free in the temporary folder, and unpacking may take"
        f" {needed // 1024**2:,}: what finds no room is left out without a word; free some, or"
        " have TMPDIR name a larger disk"
    )


def _cores() -> int:
    return min(os.cpu_count() or 1, _AT_ONCE)


def _memory(system: Path) -> int:
    """Bytes that may be taken without making anything else slow: of the machine, and of us."""
    lines = (system / "proc/meminfo").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines)
    available = int(told["MemAvailable"].split()[0]) * 1024
    limits = ((system / "sys/fs/cgroup" / name) for name in _LIMITS)
    words = (file.read_text().strip() for file in limits if file.is_file())
    return min([available, *(int(word) for word in words if word.isdigit())])
