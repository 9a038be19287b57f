"""Docker archives: the tar that `docker save` writes.

https://github.com/moby/docker-image-spec/blob/main/spec.md: `manifest.json` lists images, each
with its configuration and its layers, plain tars or packed with gzip. Each layer is held against
the configuration, whose own digest is what the image goes by.
"""

from __future__ import annotations

import re
import tarfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline.images import choose
from pipeline.images.config import read_config
from pipeline.images.documents import (
    MAX_DOCUMENT,
    MAX_ENTRIES,
    UnreadableImageError,
    decode,
    field,
    sha256,
    unambiguous_list,
)
from pipeline.images.layers import look_through, stack
from pipeline.images.streams import GZIP, ZSTD, kind_of
from pipeline.model import Gap, Image
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO, BinaryIO

    from pipeline.images.layers import Visit
    from pipeline.images.reference import OnDisk

TRANSPORT = "archive"
MANIFEST = "manifest.json"

_MAX_MEMBERS = 100_000
_HEX = re.compile(r"(?:^|/)([0-9a-f]{64})(?:\.json)?$")


def find(reference: OnDisk, platform: str = "") -> list[Image]:
    """The images in an archive that a reference means: with neither tag nor digest, all of them.

    A tag may be given with the name before it. Raises `UnreadableImageError` when the archive or
    the reference leads nowhere; one of several that cannot be read becomes one with a reason.
    """
    with opened(reference.path) as archive:
        members = members_of(archive)
        entries = listed(archive, members)
        named = [entry for entry in entries if _is_named(entry, reference.tag)]
        if not named:
            raise UnreadableImageError("nothing in it has this tag", gap=Gap.INPUT_MISSING)
        found = []
        for entry in named:
            try:
                found.append(_image(archive, members, entry, reference))
            except UnreadableImageError as error:
                if len(entries) == 1:
                    raise
                found.append(choose.unread(reference.text, TRANSPORT, error))
    if reference.digest and not (
        found := [image for image in found if image.config == reference.digest]
    ):
        raise UnreadableImageError("nothing in it has this digest", gap=Gap.INPUT_MISSING)
    fitting = [one for one in found if one.unread or choose.fits(one.platform, platform)]
    if platform and not fitting:
        known = ", ".join(sorted({image.platform or "unknown" for image in found}))
        raise UnreadableImageError(
            f"it has no image for {platform}, only for {known}", gap=Gap.INPUT_MISSING
        )
    return fitting if platform else found


def listed(
    archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo | None]
) -> list[dict[str, Any]]:
    """What the archive says of each of its images; raises `UnreadableImageError` for none."""
    found = unambiguous_list(document(archive, members, MANIFEST), MANIFEST)
    if not found:
        raise UnreadableImageError("it holds no image", gap=Gap.INPUT_MISSING)
    if len(found) > MAX_ENTRIES:
        raise UnreadableImageError(f"it holds more than {MAX_ENTRIES} images", gap=Gap.TOO_LARGE)
    return found


def _is_named(entry: dict[str, Any], tag: str) -> bool:
    """Whether an image has a tag, which may be given with the name before it."""
    return not tag or any(one == tag or one.endswith(f":{tag}") for one in _tags(entry))


def _image(
    archive: tarfile.TarFile,
    members: dict[str, tarfile.TarInfo | None],
    entry: dict[str, Any],
    reference: OnDisk,
) -> Image:
    """The image of an entry; its configuration is held against the digest in its name."""
    name = field(entry, "Config")
    if not isinstance(name, str):
        raise UnreadableImageError(f"{MANIFEST} names no configuration")
    content = document(archive, members, name)
    _layers(entry)
    digest = sha256(content)
    named = _HEX.search(name)
    if named and f"sha256:{named[1]}" != digest:
        raise UnreadableImageError("the configuration does not have the digest that names it")
    return Image(
        name=reference.text,
        transport=TRANSPORT,
        place=str(reference.path.resolve()),
        config=digest,
        tags=_tags(entry),
        **read_config(decode(content, "the configuration")),
    )


def verify(image: Image) -> frozenset[str]:
    """Hold each layer's plain content against the configuration.

    Answers with the names that are worth knowing of all layers together (`layers.stack`). Raises
    `UnreadableImageError` for the first layer that is missing, cut or changed.
    """
    with opened(Path(image.place)) as archive:
        members = members_of(archive)
        _, names = parts_of(archive, members, image)
        return stack(
            [
                _seen(archive, resolved(members, name), layer.diff_id)
                for name, layer in zip(names, image.layers, strict=True)
            ]
        )


def visit(
    image: Image, visits: Mapping[str, Visit]
) -> Iterator[tuple[str, UnreadableImageError | None]]:
    """Hold the layers against the configuration one by one; as `layout.visit`."""
    with opened(Path(image.place)) as archive:
        members = members_of(archive)
        _, names = parts_of(archive, members, image)
        for name, layer in zip(names, image.layers, strict=True):
            problem = None
            try:
                member = resolved(members, name)
                _seen(archive, member, layer.diff_id, visits.get(layer.diff_id))
            except UnreadableImageError as error:
                problem = error
            yield layer.diff_id, problem


def parts_of(
    archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo | None], image: Image
) -> tuple[bytes, list[str]]:
    """The image's configuration, and what the archive calls its layers.

    Raises `UnreadableImageError` where nothing in the archive has the image's digest.
    """
    for entry in listed(archive, members):
        try:
            content = document(archive, members, str(field(entry, "Config")))
        except UnreadableImageError:
            continue  # another image's: it was told when the archive was looked at
        if sha256(content) == image.config:
            names = _layers(entry)
            if len(names) != len(image.layers):
                raise UnreadableImageError("its configuration has another number of layers")
            return content, names
    raise UnreadableImageError("it was exchanged since it was looked at")


def _seen(
    archive: tarfile.TarFile, member: tarfile.TarInfo, diff_id: str, visit: Visit | None = None
) -> tuple[str, ...]:
    with content(archive, member) as file:
        packing = kind_of(file.read(len(ZSTD)))
        file.seek(0)
        seen = look_through(file, packing, visit=visit)
    if seen.problem or seen.plain != diff_id:
        why = seen.problem or "is not the one that the image's configuration names"
        raise UnreadableImageError(f"layer {diff_id} {why}", gap=seen.gap)
    return seen.names


def is_layout(path: Path) -> bool:
    """Whether an archive is an OCI layout, and no docker archive; false for what is no archive."""
    try:
        with opened(path) as archive:
            found = members_of(archive)
            return "oci-layout" in found and MANIFEST not in found
    except UnreadableImageError:
        return False


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """The archive, plain or packed with gzip; what is wrong with it comes as one error."""
    try:
        with (
            Tree.at(path.parent).open(path.name) as file,
            tarfile.open(fileobj=file, mode="r:gz" if _is_gzip(file) else "r:") as archive,
        ):
            yield archive
    except UnreadableFileError as error:
        raise UnreadableImageError(error.what, gap=Gap.INPUT_MISSING) from error
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise UnreadableImageError("it is no whole tar archive") from error


def _is_gzip(file: BinaryIO) -> bool:
    start = file.read(len(GZIP))
    file.seek(0)
    return start == GZIP


def members_of(archive: tarfile.TarFile) -> dict[str, tarfile.TarInfo | None]:
    """The archive's members by name; `None` for a name that stands there twice."""
    found: dict[str, tarfile.TarInfo | None] = {}
    for number, member in enumerate(archive):
        if number >= _MAX_MEMBERS:
            raise UnreadableImageError("it holds too many files", gap=Gap.TOO_LARGE)
        name = _normal(member.name)
        found[name] = None if name in found else member
    return found


def _normal(name: str) -> str:
    return PurePosixPath(name).as_posix().lstrip("/")


def resolved(members: dict[str, tarfile.TarInfo | None], name: str) -> tarfile.TarInfo:
    """The file of that name; older `docker save` writes a layer twice as a link."""
    for _ in range(3):
        name = _normal(name)
        if name in members and members[name] is None:
            raise UnreadableImageError(f"{name} stands in it twice")
        member = members.get(name)
        if member is None:
            raise UnreadableImageError(f"{name} is not in it", gap=Gap.INPUT_MISSING)
        if member.isreg():
            return member
        if not member.issym() and not member.islnk():
            break
        above = PurePosixPath(name).parent if member.issym() else PurePosixPath()
        name = _climbed(above / member.linkname)
    raise UnreadableImageError(f"{name} is no file")


def _climbed(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def document(
    archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo | None], name: str
) -> bytes:
    """The content of a small member; raises `UnreadableImageError` for a missing or large one."""
    member = resolved(members, name)
    if member.size > MAX_DOCUMENT:
        raise UnreadableImageError(f"{name} is too large", gap=Gap.TOO_LARGE)
    with content(archive, member) as file:
        return file.read()


def content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    """A member's content, to be read in parts."""
    file = archive.extractfile(member)
    assert file is not None, "a regular file has content"
    return file


def _layers(entry: dict[str, Any]) -> list[str]:
    found = field(entry, "Layers")
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise UnreadableImageError(f"{MANIFEST} names no layers")
    if len(found) > MAX_ENTRIES:
        raise UnreadableImageError(f"it has more than {MAX_ENTRIES} layers", gap=Gap.TOO_LARGE)
    return found


def _tags(entry: dict[str, Any]) -> tuple[str, ...]:
    found = field(entry, "RepoTags")
    return tuple(map(str, found)) if isinstance(found, list) else ()
