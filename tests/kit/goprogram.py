"""Files that say what a Go program says of its build, and do nothing else: ELF and Mach-O.

For refusals: what is refused is never started, so nothing in them has to run.
"""

from __future__ import annotations

import struct

TRIVY = "github.com/aquasecurity/trivy"
SUM = "h1:B2/h1Aehsq/zykg0jxpWUlOX7e3UXpbxjZZs/0vNlC4="


def modules(
    version: str = "v0.74.0",
    *,
    module: str = TRIVY,
    checksum: str = SUM,
    package: str = f"{TRIVY}/cmd/trivy",
    more: str = "",
) -> str:
    """The lines of the build information."""
    return (
        f"path\t{package}\nmod\t{module}\t{version}\t{checksum}\n{more}"
        "dep\tgolang.org/x/net\tv0.1.0\th1:x\nbuild\tGOOS=linux\nbuild\tCGO_ENABLED=0\n"
    )


def section(text: str, go: str = "go1.26.8") -> bytes:
    """The section as the linker writes it since Go 1.18."""
    body = b"s" * 16 + text.encode() + b"e" * 16
    head = b"\xff Go buildinf:" + bytes((8, 2)) + bytes(16)
    return head + b"".join(_number(len(part)) + part for part in (go.encode(), body))


def elf(content: bytes, *, name: bytes = b".go.buildinfo") -> bytes:
    """A 64-bit little-endian ELF file with this section."""
    names = b"\0" + name + b"\0.shstrtab\0"
    at = 64
    table = at + len(content) + len(names)
    rows = [(0, 0, 0), (1, at, len(content)), (len(name) + 2, at + len(content), len(names))]
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, table, 0, 64, 0, 0, 64, len(rows), 2
    )
    sections = b"".join(
        struct.pack("<IIQQQQIIQQ", text, 1, 0, 0, offset, size, 0, 0, 1, 0)
        for text, offset, size in rows
    )
    return head + content + names + sections


def mach_o(content: bytes, *, name: bytes = b"__go_buildinfo") -> bytes:
    """A 64-bit little-endian Mach-O file with this section, after a command of another kind."""
    other = struct.pack("<IIQ", 0x2A, 16, 0)
    size = 72 + 80
    at = 32 + len(other) + size
    segment = struct.pack("<II16sQQQQIIII", 0x19, size, b"__DATA", 0, 0, 0, 0, 7, 3, 1, 0)
    place = struct.pack(
        "<16s16sQQIIIIIIII", name, b"__DATA", 0, len(content), at, 4, 0, 0, 0, 0, 0, 0
    )
    head = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x1000007, 3, 2, 2, len(other) + size, 0, 0)
    return head + other + segment + place + content


def program(version: str = "v0.74.0", *, module: str = TRIVY, checksum: str = SUM) -> bytes:
    """An ELF file of this version."""
    return elf(section(modules(version, module=module, checksum=checksum)))


def _number(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))
