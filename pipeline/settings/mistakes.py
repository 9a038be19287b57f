"""Every mistake in `supply-chain.yml`: its line, what is wrong, and how to mend it.

Most are what the schema refuses, told in words; the rest is what a schema cannot say.
"""

from __future__ import annotations

import difflib
import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pipeline.errors import UsageError
from pipeline.text import plain
from pipeline.yamltree import Items, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.yamltree import Node

_Path = tuple[str | int, ...]


class Mistake(NamedTuple):
    """`what` is wrong on `line`, and the `fix`."""

    line: int
    what: str
    fix: str


def find_mistakes(
    values: Any,
    known: dict[str, Any],
    root: Node | None,
    checks: frozenset[str],
    controls: frozenset[str],
) -> list[Mistake]:
    """Every mistake in `values`, in the order of the file.

    `known` is the schema and `root` the file as it was written. `checks` and `controls` are the
    names that may be required; when empty, they are not looked at.
    """
    return sorted(
        {*_schema_mistakes(values, known, root), *_other_mistakes(values, root, checks, controls)}
    )


def refusal(mistakes: list[Mistake], origin: str) -> UsageError:
    """The one message that lists mistakes; `origin` is the file's name in it."""
    if len(mistakes) == 1:
        line, what, fix = mistakes[0]
        return UsageError(what, where=f"{origin}:{line}", fix=fix)
    lines = [f"  {origin}:{line}: {what}: {fix}" for line, what, fix in mistakes]
    return UsageError(
        "\n".join([f"{len(mistakes)} mistakes", *lines]), where=origin, fix="correct them all"
    )


def _schema_mistakes(values: Any, known: dict[str, Any], root: Node | None) -> Iterator[Mistake]:
    import jsonschema_rs  # noqa: PLC0415  # compiled code that most commands can do without

    errors = list(jsonschema_rs.Draft202012Validator(known).iter_errors(values))
    of_wrong_type = {tuple(error.instance_path) for error in errors if error.kind.name == "type"}
    for error in errors:
        path: _Path = tuple(error.instance_path)
        details = error.kind.as_dict()
        rule = error.kind.name
        here = _at(known, path)
        what = _written(path)
        if path in of_wrong_type and rule != "type":
            continue  # it says the same again
        if rule == "additionalProperties":
            for key in details["unexpected"]:
                yield Mistake(
                    line_of(root, (*path, key)),
                    f"there is no key {plain(key, limit=80)!r}{_within(path)}",
                    _nearest(key, list(here["properties"])),
                )
        elif rule == "required":
            yield Mistake(
                line_of(root, path),
                f"{what} has no {details['property']!r}",
                f"add {details['property']}: {_KEYS_ADDED.get(details['property'], '…')}",
            )
        elif rule == "type":
            yield Mistake(
                line_of(root, path), f"{what} is not {_TYPES[here['type']]}", _allowed(here)
            )
        elif rule == "enum":
            value = _get(values, path)
            yield Mistake(
                line_of(root, path),
                f"{what} cannot be {plain(str(value), limit=80)!r}",
                _nearest(str(value), here["enum"]),
            )
        elif rule == "pattern" and here["pattern"] == r"\S":
            yield Mistake(line_of(root, path), f"{what} is empty", "write a text")
        else:
            yield Mistake(line_of(root, path), f"{what} is not allowed", _allowed(here))


_KEYS_ADDED = {"expires": "YYYY-MM-DD"}
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table of keys",
}


def _other_mistakes(
    values: Any, root: Node | None, checks: frozenset[str], controls: frozenset[str]
) -> Iterator[Mistake]:
    """What a schema cannot say. Values of a wrong type are passed over: the schema refuses them."""
    for path, pattern in _texts(values, ("exclude",)):
        if pattern.startswith("/") or ".." in pattern.split("/"):
            yield Mistake(
                line_of(root, path),
                f"{_written(path)} leaves the repository",
                "write the pattern as seen from the root, without “..” and a leading slash",
            )
    for key, kind, known in (
        ("require", "check", checks),
        ("require-controls", "control", controls),
    ):
        for path, name in _texts(values, ("policy", key)):
            if known and name not in known:
                what = f"there is no {kind} {plain(name, limit=80)!r}"
                yield Mistake(line_of(root, path), what, _nearest(name, sorted(known)))
    for path, host in _texts(values, ("policy", "registries")):
        if not re.fullmatch(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?", host):
            yield Mistake(
                line_of(root, path),
                f"{_written(path)} is no host",
                "name the host alone, as in registry.npmjs.org or localhost:4873",
            )
    for path, url in _texts(values, ("advisories",)):
        if not _is_safe(url):
            yield Mistake(
                line_of(root, path),
                f"{_written(path)} is no address that may be used",
                f"{_HINT_BY_FORMAT['uri']}, without user name, query and fragment",
            )
    yield from _licence_mistakes(values, root)
    yield from _waiver_mistakes(values, root)


def _licence_mistakes(values: Any, root: Node | None) -> Iterator[Mistake]:
    for path, name in _texts(values, ("policy", "licences", "deny")):
        if not _is_licence(name):
            yield Mistake(
                line_of(root, path),
                f"{_written(path)} is no SPDX identifier, so no licence would ever be it",
                "write one of https://spdx.org/licenses, as in AGPL-3.0-only",
            )


def _waiver_mistakes(values: Any, root: Node | None) -> Iterator[Mistake]:
    waivers = values.get("waivers") if isinstance(values, dict) else None
    first_with: dict[tuple[str, ...], int] = {}
    for number in range(len(waivers) if isinstance(waivers, list) else 0):
        here: _Path = ("waivers", number)
        texts = {str(path[-1]): text for path, text in _texts(values, here)}
        if re.fullmatch(_DAY, day := texts.get("expires", "")) and not _is_day(day):
            yield Mistake(
                line_of(root, (*here, "expires")),
                f"{_written(here)}: expires is no day of the calendar",
                "write an existing day as YYYY-MM-DD",
            )
        scope = tuple(texts.get(key, "") for key in ("id", "package", "path"))
        first = first_with.setdefault(scope, number)
        if first != number and texts.get("id"):
            yield Mistake(
                line_of(root, here),
                f"{_written(here)} repeats the waiver of {plain(texts['id'], limit=80)!r}"
                f" on line {line_of(root, ('waivers', first))}",
                "keep one of them",
            )


_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _texts(values: Any, path: _Path) -> Iterator[tuple[_Path, str]]:
    """The texts directly below `path`, each with its own path; nothing where there are none."""
    for part in path:
        if isinstance(values, dict):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int):
            values = values[part]
    entries = values.items() if isinstance(values, dict) else ()
    for part, value in enumerate(values) if isinstance(values, list) else entries:
        if isinstance(value, str):
            yield (*path, part), value


def _is_licence(name: str) -> bool:
    from packaging.licenses import (  # noqa: PLC0415 - slow to import, and few deny any
        InvalidLicenseExpression,
        canonicalize_license_expression,
    )

    try:
        canonicalize_license_expression(name)
    except InvalidLicenseExpression:
        return False
    return re.fullmatch(r"[^\s()]+", name) is not None


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    extra = parts.username is not None or parts.query or parts.fragment
    if not host or extra or not re.fullmatch(r"[!-~]+", url):
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and host in {"localhost", "127.0.0.1", "::1"}
    )


def _allowed(wanted: dict[str, Any]) -> str:
    """What may stand in this place, in words."""
    if wanted.get("format") in _HINT_BY_FORMAT:
        return _HINT_BY_FORMAT[wanted["format"]]
    hint = next(hint for keyword, hint in _HINTS if keyword in wanted)
    lists = {key: ", ".join(wanted[key]) for key in ("enum", "properties") if key in wanted}
    return hint.format_map(wanted | lists)


_HINT_BY_FORMAT = {
    "date": "write a day as YYYY-MM-DD",
    "uri": "name a https:// address (http:// only on this machine)",
}
_HINTS = (
    ("const", "write {const}"),
    ("enum", "write one of {enum}"),
    ("minimum", "write a whole number from {minimum} to {maximum}"),
    ("maxLength", "write a text of 1 to {maxLength} characters"),
    ("minItems", "write a list with at least one entry, none twice, or drop the key"),
    ("items", "write a list, with no entry twice"),
    ("properties", "write keys out of {properties}"),
    ("type", "write true or false"),
)


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word[:80], known, n=1)
    return (f"did you mean {near[0]}? " if near else "") + f"known are {', '.join(known)}"


def _written(path: _Path) -> str:
    """A place in the file as people say it: "policy: fail-on", "waivers: entry 2: id"."""
    return ": ".join(f"entry {part + 1}" if isinstance(part, int) else part for part in path) or (
        "the file"
    )


def _within(path: _Path) -> str:
    return f" in {_written(path)}" if path else ""


def _at(known: dict[str, Any], path: _Path) -> dict[str, Any]:
    for part in path:
        known = known["items"] if isinstance(part, int) else known["properties"][part]
    return known


def _get(values: Any, path: _Path) -> Any:
    for part in path:
        values = values[part]
    return values


def line_of(node: Node | None, path: _Path) -> int:
    """The line of the key, or entry, that `path` leads to."""
    line = node.line if node else 1
    for part in path:
        if isinstance(node, Table) and isinstance(part, str):
            key, node = node.entries[part]
            line = key.line
        elif isinstance(node, Items) and isinstance(part, int):
            node = node.items[part]
            line = node.line
    return line
