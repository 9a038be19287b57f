"""An image's configuration: who it runs as, what it opens, and what its history tells.

https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.images.documents import (
    MAX_ENTRIES,
    UnreadableImageError,
    base_of,
    field,
    platform_of,
)
from pipeline.images.redact import assignments, redact
from pipeline.images.reference import DIGEST
from pipeline.model import Exposed, Gap, Layer
from pipeline.suspicious import why_secret
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def read_config(document: dict[str, Any], digests: Sequence[str] = ()) -> dict[str, Any]:
    """What a configuration tells, as fields of `Image`.

    `digests` are the layers' own where they are stored as blobs. Raises `UnreadableImageError`
    when layers and configuration do not fit together.
    """
    inner = field(document, "config")
    inner = inner if isinstance(inner, dict) else {}
    diff_ids = _diff_ids(document)
    if digests and len(digests) != len(diff_ids):
        raise UnreadableImageError("its configuration has another number of layers")
    history = list(_history(document))
    made = [line for line, is_empty in history if not is_empty]
    fits = len(made) == len(diff_ids)
    variables = _variables(inner)
    labels = field(inner, "Labels")
    ports = field(inner, "ExposedPorts")
    user = field(inner, "User")
    return {
        "platform": platform_of(document),
        "layers": tuple(
            Layer(
                diff_id=diff_id,
                digest=digests[number] if digests else "",
                made_by=plain(redact(made[number])) if fits else "",
            )
            for number, diff_id in enumerate(diff_ids)
        ),
        "user": user if isinstance(user, str) else "",
        "ports": tuple(sorted(map(str, ports))) if isinstance(ports, dict) else (),
        "env": tuple(name for name, _ in variables),
        "exposed": tuple(_exposed(variables, [line for line, _ in history])),
        "health_check": _is_checked(field(inner, "Healthcheck")),
        **base_of(labels if isinstance(labels, dict) else {}),
    }


def _diff_ids(document: dict[str, Any]) -> list[str]:
    root = field(document, "rootfs")
    found = field(root, "diff_ids") if isinstance(root, dict) else None
    if not isinstance(found, list) or not found:
        raise UnreadableImageError("its configuration names no layers", gap=Gap.UNSUPPORTED_INPUT)
    if len(found) > MAX_ENTRIES:
        raise UnreadableImageError(f"it has more than {MAX_ENTRIES} layers", gap=Gap.TOO_LARGE)
    if not all(isinstance(one, str) and DIGEST.fullmatch(one) for one in found):
        raise UnreadableImageError(
            "its configuration names a layer without a SHA-256", gap=Gap.UNSUPPORTED_INPUT
        )
    return [str(one) for one in found]


def _history(document: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """The command of each step, and whether it made no layer."""
    found = field(document, "history")
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict):
            line = field(item, "created_by")
            yield line if isinstance(line, str) else "", field(item, "empty_layer") is True


def _variables(inner: dict[str, Any]) -> list[tuple[str, str]]:
    found = field(inner, "Env")
    lines = [str(line) for line in found] if isinstance(found, list) else []
    return [(plain(name), value) for name, _, value in (line.partition("=") for line in lines)]


def _exposed(variables: Sequence[tuple[str, str]], history: Sequence[str]) -> Iterator[Exposed]:
    """What looks like a secret in the environment, and then in what the history adds to it."""
    told = set()
    for name, value in variables:
        if why := why_secret(name, value):
            told.add(name)
            yield Exposed(where=f"ENV {name}", why=why)
    for line in history:
        for name, value in assignments(line):
            if name not in told and (why := why_secret(name, value)):
                told.add(name)
                yield Exposed(where=f"build history: {name}", why=why)


def _is_checked(found: Any) -> bool:
    """Whether there is a health check, and it is not switched off."""
    test = field(found, "Test") if isinstance(found, dict) else None
    return isinstance(test, list) and bool(test) and test[0] != "NONE"
