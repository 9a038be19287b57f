"""What somebody asked for, and what of it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.errors import UsageError
from pipeline.files import cache_folder, explained, is_cache_in
from pipeline.model import Severity
from pipeline.store import FOLDER, Output

if TYPE_CHECKING:
    from pipeline.model import Image, Target
    from pipeline.settings import Settings
    from pipeline.tree import Tree

_OF_IMAGES = frozenset({"container", "sbom", "secrets"})
"""The checks that look into built images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asked for. `None` means: not said, use the default.

    `base` names the commit that a change is judged against; an empty name is a mistake, and is
    treated as one that cannot be resolved. `fail_on` goes before the policy's own threshold.
    `part` is where the target lies in a repository of several projects: its name says so.
    `trivy_database` is a folder with Trivy's cache, to be used as it is. `images` are built images
    beside those of the settings, of one `platform`, or of every one if that is "".
    """

    target: Path
    output: Path | None = None
    config: Path | None = None
    as_of: date | None = None
    offline: bool = False
    advisories: Path | None = None
    checks: tuple[str, ...] = ()
    base: str | None = None
    fail_on: Severity | Literal["never"] | None = None
    part: str = ""
    notices: tuple[str, ...] = ()
    trivy_database: Path | None = None
    images: tuple[str, ...] = ()
    platform: str = ""


def output_of(target: Path, output: Path | None) -> Output:
    """The output folder of a target: the one asked for, or `.supply-chain` at its root."""
    return Output((output or target / FOLDER).absolute())


def hold_output(output: Output, root: Path) -> None:
    """Refuse a folder in which a run would drop what is not its own; raises `UsageError`."""
    folder = output.folder.resolve()
    if folder == root or folder in root.parents:
        raise UsageError(
            "the repository itself lies there", where=str(output.folder), fix="name another folder"
        )
    with explained(output.folder):
        is_free = not folder.is_dir() or output.is_ours()
    if not is_free:
        raise UsageError(
            "holds files that no run of ours left",
            where=str(output.folder),
            fix="name an empty folder, or a new one",
        )


def checkout_of(root: Path) -> Path:
    """All that came with the scanned repository `root`: the working tree that it is a part of.

    Somebody's home that is a working tree, too, came from nowhere.
    """
    from pipeline.discover.top import top_of  # noqa: PLC0415 - later stages need none of it

    top = top_of(root)
    return root if top is None or Path.home().resolve().is_relative_to(top) else top


def hold_cache(root: Path) -> None:
    """Refuse to work with a cache that the scanned repository could have filled.

    What is remembered, and the advisories that are kept, would be its own word for itself. Raises
    `UsageError`.
    """
    if is_cache_in(checkout_of(root)):
        raise UsageError(
            "the cache stands in the scanned repository, which could have put anything there",
            where=str(cache_folder()),
            fix="set XDG_CACHE_HOME to a folder outside of it",
        )


def hold_images(request: Request) -> None:
    """Refuse to name an image that nobody would look at; raises `UsageError`."""
    if request.platform and not request.images:
        raise UsageError("a platform without an image", fix="name the image with --image")
    if request.images and request.checks and _OF_IMAGES.isdisjoint(request.checks):
        raise UsageError(
            f"none of the chosen checks looks at {request.images[0]}",
            fix="leave --image out, or add --only container",
        )


def images_of(
    settings: Settings, request: Request, target: Target, tree: Tree
) -> tuple[Image, ...]:
    """The built images that the settings and the request name, found and held to their digests.

    Paths in the settings are seen from the repository's root, others from where one stands.
    """
    wanted = [(image.reference, image.platform, tree.root) for image in settings.images]
    wanted += [(text, request.platform, Path.cwd()) for text in request.images]
    if not wanted:
        return ()
    from pipeline import bases, images  # noqa: PLC0415 - only where one is named

    found = images.look(wanted, offline=request.offline)
    named = {image.reference: image.dockerfile for image in settings.images}
    return bases.claim(found, named, target, tree)
