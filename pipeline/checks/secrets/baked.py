"""What the engine says of image layers: where secrets lie in which image, and what is left open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.checks import inside
from pipeline.checks.secrets import remember
from pipeline.checks.secrets.engine import OURS
from pipeline.checks.secrets.engine import read as understand
from pipeline.checks.secrets.layers import unseen
from pipeline.checks.secrets.overlooked import is_installed
from pipeline.checks.secrets.places import named, place
from pipeline.checks.secrets.remember import Seen
from pipeline.checks.secrets.shelf import AGAIN, LOOSE, PACKED
from pipeline.errors import UnreadableOutputError
from pipeline.model import Coverage, Gap, Location, Missing
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.checks.job import Ran
    from pipeline.checks.secrets.engine import Hit, Said
    from pipeline.checks.secrets.fingerprint import Names
    from pipeline.checks.secrets.layers import Unpacked
    from pipeline.checks.secrets.places import Place
    from pipeline.checks.secrets.remember import Baked, Known
    from pipeline.model import Image

UNIT = "layers"
MAX_NAMED = 50
"""Files of one image that are named as too large; the others are counted with their layer."""


@dataclass(frozen=True, slots=True)
class Found:
    """The places in all images, and how much of each was looked at."""

    seen: tuple[Seen, ...] = ()
    coverage: tuple[Coverage, ...] = ()


def read(baked: Baked, run: Ran | None, names: Names) -> Found:
    """The answer about all images; raises `UnreadableOutputError` when the engine's is none.

    `names` are those of the repository, in which a secret has the same name.
    """
    known = dict(baked.known)
    wrong = {number: [one] for number, one in baked.wrong.items()}
    silent: frozenset[str] = frozenset()
    if run is not None:
        task: Unpacked = run.job.notes
        said = understand(run.stdout)
        _hear(task, said)
        told = _told(task, said, names)
        known |= told
        wrong |= task.wrong
        if is_accounted_for(task, said):
            for layer, found in told.items():
                remember.keep_layer(layer, found)
        else:
            silent = frozenset(told)
    images = list(enumerate(baked.images))
    return Found(
        seen=tuple(seen for _, image in images for seen in _places(image, known)),
        coverage=tuple(
            _coverage(image, known, wrong.get(number, ()), silent) for number, image in images
        ),
    )


def _hear(task: Unpacked, said: Said) -> None:
    for root in (LOOSE, PACKED):
        hits = tuple(hit for hit in said.hits if hit.path.startswith(f"{root}/"))
        if not task.canary.is_reported(hits):
            raise UnreadableOutputError(
                "kingfisher did not report the canary among the files of image layers, so its"
                " silence means nothing"
            )


def is_accounted_for(task: Unpacked, said: Said) -> bool:
    """Whether the engine says that it read every file that was laid out for it."""
    assert task.shelf is not None
    for root in (LOOSE, PACKED):
        found = next((one for path, one in said.scanned.items() if path.endswith(f"/{root}")), None)
        # The canary is one more.
        if found is None or not found.whole or found.blobs <= task.shelf.counts[root]:
            return False
    return True


# ------------------------------------------------------------------------------------- places


def _told(task: Unpacked, said: Said, names: Names) -> dict[str, Known]:
    """What each layer that was laid out holds."""
    places: list[tuple[str, Place]] = []
    for hit in said.hits:
        places += _of(task, hit)
    seen = named([one for _, one in places], names)
    by_layer: dict[str, set[Seen]] = defaultdict(set)
    for (layer, _), one in zip(places, seen, strict=True):
        by_layer[layer].add(one)
    return {
        layer: replace(found, seen=tuple(sorted({*found.seen, *by_layer[layer]}, key=repr)))
        for layer, found in task.whole.items()
    }


def _of(task: Unpacked, hit: Hit) -> Iterator[tuple[str, Place]]:
    """The places that one hit means: every file with this content, in every layer."""
    assert task.shelf is not None
    name = hit.path.partition("!")[0]
    # A database that was unpacked is spelt as if it were a folder.
    while name not in task.shelf.places and "/" in name:
        name = name.rpartition("/")[0]
    for layer, path in task.shelf.places.get(name, ()):
        if _counts(hit, name, path):
            yield layer, place(hit, path)


def _counts(hit: Hit, name: str, path: str) -> bool:
    """Whether a rule counts at a path.

    Where the engine's own rules pass over a file, and it is read all the same, rules of ours for
    what has no format stay out of it, as in the repository: installed packages are full of words.
    """
    if not hit.rule.startswith(OURS):
        return True
    if f"/{AGAIN}/" in name:
        return False
    return hit.confidence == "high" or not is_installed(path)


def _places(image: Image, known: Mapping[str, Known]) -> Iterator[Seen]:
    """Every place in an image, of all its layers, each told with its layer."""
    for layer in dict.fromkeys(layer.diff_id for layer in image.layers):
        if layer in known:
            where = inside.where(image, layer)
            for seen in known[layer].seen:
                yield replace(seen, image=image.name, layer=where)


# ----------------------------------------------------------------------------------- coverage


def _coverage(
    image: Image,
    known: Mapping[str, Known],
    wrong: tuple[Missing, ...] | list[Missing],
    silent: frozenset[str],
) -> Coverage:
    """How many of an image's layers were looked at, and why not the others."""
    if image.unread:
        missing = [unseen(image, image.unread.gap, image.unread.why)]
        return Coverage(
            scope=image.title, unit=UNIT, expected=1, evaluated=0, missing=tuple(missing)
        )
    layers = [layer.diff_id for layer in image.layers]
    missing = [*wrong]
    if silent & set(layers):
        why = "kingfisher does not say that it read all of their files"
        missing.append(unseen(image, Gap.NOT_ACCOUNTED_FOR, why))
    left = [
        (path, why)
        for layer in dict.fromkeys(layers)
        if layer in known
        for path, why in known[layer].left.items()
    ]
    missing += [_left_out(image, path, why) for path, why in left[:MAX_NAMED]]
    done = sum(layer in known and layer not in silent and not known[layer].left for layer in layers)
    is_wrong = done == len(layers) and bool(wrong)
    return Coverage(
        scope=image.title,
        unit=UNIT,
        expected=len(layers),
        evaluated=0 if is_wrong else done,
        missing=tuple(missing),
    )


def _left_out(image: Image, path: str, why: str) -> Missing:
    return Missing(
        subject=plain(f"{image.name}!/{path}"),
        gap=Gap.TOO_LARGE,
        why=why,
        location=Location(path=f"{image.name}!/{path}"),
    )
