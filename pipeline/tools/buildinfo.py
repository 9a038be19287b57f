"""What a Go program says it was built from, read from its file without running it.

The linker writes the version of Go, the main module and its checksum into a section of their own
(`.go.buildinfo` in ELF, `__go_buildinfo` in Mach-O); it stays when symbols are stripped. This is
what `go version -m` shows. Whoever builds a program can write there what he likes: it tells
honest builds apart, and is no proof against a forger.

Sources: Go 1.26, src/debug/buildinfo/buildinfo.go and src/runtime/debug/mod.go; the System V ABI
(ELF-64); Apple's <mach-o/loader.h>. Only 64-bit little-endian files are read, as pinned tools are.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_MAGIC = b"\xff Go buildinf:"
_HEADER = 32
_INLINE = 2
"""The flag of Go 1.18 and later: both texts follow the header."""
_SENTINEL = 16
"""Bytes before and after the module text, by which a debugger would find it in memory."""
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInfo:
    """`go` is the compiler's version, `package` the main package, `module` the one it is of.

    `version` starts with "v", or is "(devel)" where the build did not know it. `sum` is the
    module's checksum as in go.sum ("h1:…"), "" for a build from a checkout. `replaced`: other code
    stood in for a module. `settings` are the build's ("GOOS", "vcs.revision").
    """

    go: str
    package: str = ""
    module: str = ""
    version: str = ""
    sum: str = ""
    replaced: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


def read(path: Path) -> BuildInfo | None:
    """The build information of the program at `path`; `None` where it has none that we can read.

    Raises `OSError` when the file cannot be opened.
    """
    with path.open("rb") as file:
        try:
            section = _section(file)
            return None if section is None else _parse(section)
        # OSError: an offset that no file has.
        except (struct.error, UnicodeDecodeError, IndexError, ValueError, OverflowError, OSError):
            return None


def _section(file: BinaryIO) -> bytes | None:
    """The content of the section with the build information."""
    start = file.read(64)
    if start[:6] == b"\x7fELF\x02\x01":
        place = _in_elf(file, start)
    elif start[:4] == b"\xcf\xfa\xed\xfe":
        place = _in_mach_o(file, start)
    else:
        return None
    return None if place is None else _at(file, *place)


def _in_elf(file: BinaryIO, start: bytes) -> tuple[int, int] | None:
    (table,) = struct.unpack_from("<Q", start, 40)
    size, count, names = struct.unpack_from("<HHH", start, 58)
    sections = [
        struct.unpack_from("<IIQQQQ", _at(file, table + number * size, 64))
        for number in range(count)
    ]
    strings = _at(file, sections[names][4], sections[names][5])
    for name, _, _, _, offset, length in sections:
        if strings[name : strings.index(b"\0", name)] == b".go.buildinfo":
            return offset, length
    return None


def _in_mach_o(file: BinaryIO, start: bytes) -> tuple[int, int] | None:
    count, size = struct.unpack_from("<II", start, 16)
    commands = _at(file, 32, size)
    at = 0
    for _ in range(count):
        kind, length = struct.unpack_from("<II", commands, at)
        if kind == 0x19:  # noqa: PLR2004  LC_SEGMENT_64
            (sections,) = struct.unpack_from("<I", commands, at + 64)
            for number in range(sections):
                name, _, _, bytes_, offset = struct.unpack_from(
                    "<16s16sQQI", commands, at + 72 + number * 80
                )
                if name.rstrip(b"\0") == b"__go_buildinfo":
                    return offset, bytes_
        at += max(length, 8)
    return None


def _at(file: BinaryIO, offset: int, length: int) -> bytes:
    if length > _LIMIT:
        raise ValueError(length)
    file.seek(offset)
    return file.read(length)


def _parse(section: bytes) -> BuildInfo | None:
    if not section.startswith(_MAGIC) or not section[15] & _INLINE:
        return None
    go, at = _text(section, _HEADER)
    modules, _ = _text(section, at)
    lines = modules[_SENTINEL:-_SENTINEL].decode()
    fields: dict[str, str] = {}
    settings: dict[str, str] = {}
    replaced = False
    for line in lines.splitlines():
        kind, _, rest = line.partition("\t")
        if kind == "path":
            fields["package"] = rest
        elif kind == "mod":
            parts = [*rest.split("\t"), "", ""]
            fields |= dict(zip(("module", "version", "sum"), parts[:3], strict=True))
        elif kind == "=>":
            replaced = True
        elif kind == "build":
            key, _, value = rest.partition("=")
            settings[key.strip('"')] = value
    return BuildInfo(go=go.decode(), settings=settings, replaced=replaced, **fields)


def _text(section: bytes, at: int) -> tuple[bytes, int]:
    """A text after its length (an unsigned LEB128 number), and where it ends."""
    length = shift = 0
    while True:
        byte = section[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004  the last one has no high bit
            break
    if at + length > len(section):
        raise ValueError(length)
    return section[at : at + length], at + length
