"""The layers of built images: which of them are to be looked at, and how they are laid out.

A layer goes by the digest of its plain content. What was found in one is remembered by it, under
the same rules and the same engine, so that base images are looked at once. All others are unpacked
into the job's own folder while today's files are being read, each only if it is what its digest
says. A layer's files count also where a later one deletes them: who has the image has both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pipeline import images
from pipeline.checks.job import Job
from pipeline.checks.secrets import credentials, overlooked, remember
from pipeline.checks.secrets.calls import LAYERS, TIMEOUT
from pipeline.checks.secrets.engine import ACCEPTED, MAX_BYTES, Canary, arguments
from pipeline.checks.secrets.places import of_file
from pipeline.checks.secrets.remember import Baked, Known, Seen
from pipeline.checks.secrets.shelf import LOOSE, PACKED, Shelf
from pipeline.discover.names import printable
from pipeline.errors import IncompleteError
from pipeline.images.documents import UnreadableImageError
from pipeline.images.layers import name_of
from pipeline.model import Gap, Location, Missing
from pipeline.tools.run import is_interrupted

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import IO

    from pipeline.checks.job import Options
    from pipeline.model import Image

MAX_PATH = 1000
"""Characters of a path in an image that are told: its end."""


@dataclass(slots=True, kw_only=True)
class Unpacked:
    """What the job's folder was filled with; it goes with the job.

    `whole` are the layers that it holds, with what is known of them without the engine. `wrong`
    is what kept others out, by the image's place.
    """

    baked: Baked
    canary: Canary
    shelf: Shelf | None = None
    whole: dict[str, Known] = field(default_factory=dict)
    wrong: dict[int, list[Missing]] = field(default_factory=dict)
    _left: dict[str, str] = field(default_factory=dict)
    _files: list[Seen] = field(default_factory=list)

    def fill(self, folder: Path) -> None:
        """Unpack every layer that is not known into the job's folder."""
        self.shelf = Shelf(folder)
        for number, image in enumerate(self.baked.images):
            if image.unread or not self._wanted(image):
                continue
            for missing in self._unpack(image):
                self.wrong.setdefault(number, []).append(missing)

    def _wanted(self, image: Image) -> set[str]:
        return {layer.diff_id for layer in image.layers} - {*self.baked.known, *self.whole}

    def _unpack(self, image: Image) -> Iterator[Missing]:
        """Unpack the layers of one image; what is wrong with it."""
        assert self.shelf is not None
        visits = dict.fromkeys(self._wanted(image), self._take)
        try:
            for layer, problem in images.visit(images.pull(image), visits):
                if problem is not None:
                    self._drop()
                    yield missing(image, problem)
                elif visits.pop(layer, None):
                    self.shelf.keep(layer)
                    self.whole[layer] = Known(
                        key=self.baked.key, left=dict(self._left), seen=tuple(self._files)
                    )
                    self._drop()
        except IncompleteError as error:
            self._drop()
            yield missing(image, error)

    def _drop(self) -> None:
        """What is left of a layer that is not whole; nothing of one that was kept."""
        assert self.shelf is not None
        self.shelf.take_back()
        self._left.clear()
        self._files.clear()

    def _take(self, member: tarfile.TarInfo, file: IO[bytes]) -> None:
        """Lay out one file of a layer."""
        assert self.shelf is not None
        if is_interrupted():
            raise UnreadableImageError("it was interrupted")
        path = printable(name_of(member))[-MAX_PATH:]
        if member.size > MAX_BYTES:
            self._left[path] = f"more than {MAX_BYTES // 1024**2} MB"
            return
        if not member.size:
            return
        head, why = self.shelf.put(path, file)
        if why:
            self._left[path] = why
        sort = credentials.sort_of(path)
        if sort is not None and (line := credentials.first_secret(sort, head)) is not None:
            self._files.append(of_file(sort, path, line))


def missing(image: Image, error: IncompleteError) -> Missing:
    """What is wrong with an image, for the report."""
    why = f"{error.what} ({error.fix})" if error.fix else error.what
    gap = error.gap if isinstance(error, UnreadableImageError) else Gap.INPUT_MISSING
    return unseen(image, gap, why)


def unseen(image: Image, gap: Gap, why: str) -> Missing:
    """Why something of an image was not looked at."""
    return Missing(subject=image.title, gap=gap, why=why, location=Location(path=image.name))


def look(named: tuple[Image, ...], key: str, salt: str) -> Baked:
    """What is known of images before anything is unpacked.

    Those of which every layer is known are only held against their digests, where they are here.
    """
    key = remember.key("layer", key, salt)
    ids = {layer.diff_id for image in named for layer in image.layers}
    known = {id_: found for id_ in ids if (found := remember.recall_layer(id_, key))}
    wrong: dict[int, Missing] = {}
    for number, image in enumerate(named):
        if image.unread or any(layer.diff_id not in known for layer in image.layers):
            continue
        try:
            if image.transport != "registry":
                images.verify(images.pull(image), known=True)
        except IncompleteError as error:
            wrong[number] = missing(image, error)
    return Baked(images=named, known=known, wrong=wrong, key=key)


def jobs(baked: Baked, environment: Mapping[str, str], options: Options) -> Iterator[Job]:
    """The job for layers that are not known; none where there is no such layer."""
    if not any(
        layer.diff_id not in baked.known
        for image in baked.images
        if not image.unread
        for layer in image.layers
    ):
        return
    task = Unpacked(baked=baked, canary=Canary.make())
    what = (LOOSE, PACKED, "--git-history", "none")
    yield Job(
        name=LAYERS,
        arguments=arguments(*what, allow_markers=options.secrets.allow_markers),
        inputs={f"{root}/{overlooked.CANARY}": task.canary.content for root in (LOOSE, PACKED)},
        fill=partial(Unpacked.fill, task),
        accept=ACCEPTED,
        timeout=TIMEOUT,
        env=environment,
        private=True,
        notes=task,
    )
