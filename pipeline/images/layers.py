"""A layer in one pass: the digests of its bytes and of the plain tar inside, and what it lists.

https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md. Only names that say something
about the whole image are kept: where packages are recorded, archives of Java, and what a layer
removes from those below (whiteouts). Who wants the files themselves is shown each on the way.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.images import streams
from pipeline.model import Gap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import IO, Self

    Visit = Callable[[tarfile.TarInfo, IO[bytes]], None]
    """Is shown a file of a layer: what the tar says of it, and its content, to be read at once."""

MAX_UNPACKED = 64 * 1024**3
"""Bytes of one layer's plain content: what grows past it is no layer, but an attack."""
MAX_NAMES = 100_000
MAX_HEADER = 4 * 1024 * 1024
"""Bytes of what a tar tells about one file: a reader has to hold all of it."""

RELEASES = re.compile(r"(?:etc|usr/lib)/os-release")
DATABASES = re.compile(
    r"var/lib/dpkg/status(?:\.d/[^/]+)?|(?:usr/)?lib/apk/db/installed"
    r"|(?:var/lib|usr/lib/sysimage|usr/share)/rpm/(?:Packages|Packages\.db|rpmdb\.sqlite)"
)
"""Where operating systems record their packages, as far as Trivy reads them."""
JAVA = re.compile(r".+\.(?:jar|war|ear|par)", re.IGNORECASE)

_KEPT = (RELEASES, DATABASES, JAVA, re.compile(r"(?:.*/)?\.wh\..*"))
_CHUNK = 1 << 20
_REMOVED, _ALL_REMOVED = ".wh.", ".wh..wh..opq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one pass over a layer told. `problem` says why it cannot be believed."""

    packed: str
    plain: str
    size: int
    names: tuple[str, ...] = ()
    problem: str = ""
    gap: Gap = Gap.PARSE_ERROR


def look_through(
    file: IO[bytes], packing: str, *, limit: int = MAX_UNPACKED, visit: Visit | None = None
) -> Seen:
    """Read a whole layer; `packing` is "", "gzip" or "zstd".

    `visit` is shown every file in it, before anybody knows whether the layer can be believed; what
    it raises goes through.
    """
    plain = _Plain(file, packing, limit)
    names: list[str] = []
    problem, gap = "", Gap.PARSE_ERROR
    try:
        names = _names(plain, visit)
    except (tarfile.TarError, EOFError, ValueError, OverflowError):
        problem = "is no whole tar archive"
    plain.drain()
    if plain.problem:
        problem, gap = plain.problem, plain.gap
    elif len(names) > MAX_NAMES:
        problem, gap = "holds too many files", Gap.TOO_LARGE
    return Seen(
        packed=f"sha256:{plain.packed.hexdigest()}",
        plain="" if plain.problem else f"sha256:{plain.digest.hexdigest()}",
        size=plain.size,
        names=tuple(names),
        problem=problem,
        gap=gap,
    )


def stack(layers: Iterable[Iterable[str]]) -> frozenset[str]:
    """The kept names of a whole image: each layer adds to those below, or removes from them."""
    found: set[str] = set()
    for names in layers:
        own = set()
        for name in names:
            folder, slash, last = name.rpartition("/")
            if last == _ALL_REMOVED:
                found = {one for one in found if not one.startswith(folder + slash)}
            elif last.startswith(_REMOVED):
                gone = f"{folder}{slash}{last.removeprefix(_REMOVED)}"
                found = {one for one in found if one != gone and not one.startswith(f"{gone}/")}
            else:
                own.add(name)
        found |= own
    return frozenset(found)


def _names(plain: _Plain, visit: Visit | None) -> list[str]:
    """The names in a tar that are worth keeping; at most one more than may be."""
    found: list[str] = []
    with tarfile.open(fileobj=plain, mode="r|", tarinfo=_Member) as archive:  # type: ignore[call-overload]
        while (member := archive.next()) is not None:
            archive.members.clear()  # it would keep every one of them
            name = name_of(member)
            if not member.isdir() and any(kept.fullmatch(name) for kept in _KEPT):
                found.append(name)
            if len(found) > MAX_NAMES:
                break
            if visit and (content := archive.extractfile(member) if _has_content(member) else None):
                visit(member, content)
    return found


def name_of(member: tarfile.TarInfo) -> str:
    """Where a file lies in the image."""
    return member.name.removeprefix("./").strip("/")


def _has_content(member: tarfile.TarInfo) -> bool:
    """Whether a member is a file. Of an unknown type, its content is as good as a file's."""
    return member.isreg() or member.type not in tarfile.SUPPORTED_TYPES


class _Member(tarfile.TarInfo):
    """A member as it is read here: strictly, so that nobody else sees files that we do not.

    Python takes what is no header for the end of an archive, and lets a global header change what
    the headers after it say; Go's reader, with which images are unpacked, does neither.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The header in a block; raises `ReadError` for what is neither that nor the end."""
        try:
            return super().frombuf(buf, encoding, errors)
        except (tarfile.EOFHeaderError, tarfile.EmptyHeaderError):  # type: ignore[attr-defined] # its stubs lack them
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        """Go on with a header: documented as the place where a subclass may take part."""
        if self.type in _ABOUT and self.size > MAX_HEADER:
            raise tarfile.ReadError("a header is too large")
        if self.type == tarfile.XGLTYPE:
            return self._proc_builtin(archive)  # type: ignore[attr-defined, no-any-return] # as above
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return]


_ABOUT = frozenset(
    {
        *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
        *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    }
)
"""Members that tell of the one behind them."""


class _Plain:
    """A layer's plain content as a file, digested on the way."""

    def __init__(self, file: IO[bytes], packing: str, limit: int) -> None:
        self._file, self._left = file, limit
        self._packing = packing
        self._waiting = b""
        self.packed, self.digest = hashlib.sha256(), hashlib.sha256()
        self.size = 0
        self.problem = ""
        self.gap = Gap.PARSE_ERROR
        self._member: streams.Stream | None = None
        if packing:
            try:
                self._member = streams.begin(packing)
            except IncompleteError as error:
                self.problem, self.gap = f"{error.what} ({error.fix})", Gap.UNSUPPORTED_INPUT

    def read(self, size: int = _CHUNK) -> bytes:
        """The next plain bytes, at most `size`; nothing at the end, or once there is a problem."""
        part = self._unpack(size) if self._packing else self._take(size)
        self.digest.update(part)
        self._left -= len(part)
        if self._left < 0 and not self.problem:
            self.problem, self.gap = "unpacks to more than any layer holds", Gap.TOO_LARGE
        return part

    def drain(self) -> None:
        """Read on to the end, so that both digests are of everything."""
        while not self.problem and self.read():
            pass
        while self._take(_CHUNK):
            pass

    def _take(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self.size += len(chunk)
        self.packed.update(chunk)
        return chunk

    def _unpack(self, size: int) -> bytes:
        """What comes next of a packed stream, which may have several members in a row."""
        while self._member and not self.problem:
            if self._member.is_hungry and not self._waiting:
                self._waiting = self._take(_CHUNK)
                if not self._waiting:
                    if not self._member.is_whole:
                        self.problem = "ends too early"
                    return b""
            if self._member.is_whole:
                self._member = streams.begin(self._packing)
            try:
                part = self._member.unpack(self._waiting, size)
            except ValueError:
                self.problem = f"is not the {self._packing} that it says it is"
                return b""
            self._waiting = self._member.rest
            if part:
                return part
        return b""
