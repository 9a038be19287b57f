"""Arguments that several verbs share, and how their words become values."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # as in the room itself
if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

_LONGEST = 3600


def add_target(parser: argparse.ArgumentParser) -> None:
    """The repository to look at, and the policy to hold it against."""
    parser.add_argument(
        "target", nargs="?", type=path, default=".", metavar="PATH", help="default: here"
    )
    parser.add_argument(
        "--config",
        type=path,
        metavar="FILE",
        help="the policy; default: supply-chain.yml of the folder you stand in, if that is PATH",
    )


def add_output(parser: argparse.ArgumentParser, default: str = ".supply-chain, here") -> None:
    """The folder of the run; `default` is what it is unless said, in words."""
    parser.add_argument("-o", "--output", type=path, metavar="DIR", help=f"default: {default}")


def add_planning(parser: argparse.ArgumentParser) -> None:
    """What a plan settles beside its target."""
    add_output(parser, default=".supply-chain in PATH")
    parser.add_argument(
        "--only", action="append", default=[], metavar="CHECK", help="only this check (repeatable)"
    )
    parser.add_argument(
        "--trivy-db",
        type=path,
        metavar="DIR",
        help="a folder with Trivy's cache, used as it is; default: fetched once a day",
    )
    add_images(parser)
    parser.add_argument(
        "--base",
        metavar="COMMIT",
        help="judge only what the change since COMMIT brings into the dependencies; without a"
        " usable one everything is judged, and the report says why",
    )
    add_asking(parser)


def add_images(parser: argparse.ArgumentParser) -> None:
    """Built images beside those of the settings."""
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="REF",
        help="also look at this built image (repeatable): registry/name:tag, ./layout[:tag],"
        " ./archive.tar",
    )
    parser.add_argument(
        "--platform", metavar="OS/ARCH", help="of the images of --image; default: every one"
    )


def add_asking(parser: argparse.ArgumentParser) -> None:
    """Where facts come from, and the day by which they are judged."""
    parser.add_argument("--offline", action="store_true", help="no network at all")
    parser.add_argument(
        "--advisories",
        type=path,
        metavar="FILE",
        help="a store, an OSV export (zip) or a folder of OSV records to rely on",
    )
    parser.add_argument(
        "--as-of",
        type=day,
        metavar="YYYY-MM-DD",
        help="the day by which ages and expiries are judged; default: today (UTC)",
    )


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Every verb takes it; one that has actions, with each of them as well."""
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")


def path(text: str) -> Path:
    """A path, as it was written. None at all would be the folder one stands in, by accident."""
    from pathlib import Path  # noqa: PLC0415 - only where one is given

    if not text:
        raise argparse.ArgumentTypeError("the path is empty: has a variable no value?")
    return Path(text)


def day(text: str) -> date:
    """A day as ISO 8601 writes it."""
    from datetime import date  # noqa: PLC0415 - only where a day is given

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2026-01-31") from None


def seconds(text: str) -> float:
    """A time that may pass, in seconds: more than none, and an hour at the most."""
    try:
        given = float(text)
    except ValueError:
        given = 0.0
    if not 0 < given <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds up to {_LONGEST}")
    return given
