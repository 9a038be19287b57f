"""`supply-chain.yml` as typed settings, or one message that lists every mistake in it.

`supply-chain.schema.json` says what may stand there: editors use it, and so does the reader.
Values get the type that the schema wants, so that a date stays a date's text and 4.10 stays
4.10. Nothing is ignored: a key that is not known is an error, with the nearest one that is.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pipeline.errors import PipelineError, UsageError
from pipeline.model import Location, Policy, SecretSettings, Severity, Waiver
from pipeline.text import plain
from pipeline.tree import Tree
from pipeline.yamltree import MAX_CHARACTERS, Items, Table, UnreadableYamlError, compose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.yamltree import Node, Scalar

NAME = "supply-chain.yml"
SCHEMA_FILE = Path(__file__).with_name("supply-chain.schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisorySettings:
    """Services to ask instead of the public ones; `None` where the public one is right."""

    osv_url: str | None = None
    pypi_url: str | None = None
    npm_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `supply-chain.yml` says. `exclude` holds patterns, see `pipeline.discover.globs`."""

    policy: Policy = field(default_factory=Policy)
    exclude: tuple[str, ...] = ()
    name: str | None = None
    advisories: AdvisorySettings = field(default_factory=AdvisorySettings)
    secrets: SecretSettings = field(default_factory=SecretSettings)


DEFAULTS = Settings()


def load(
    path: Path,
    *,
    origin: str = "",
    checks: frozenset[str] = frozenset(),
    controls: frozenset[str] = frozenset(),
) -> Settings:
    """The settings in the file at `path`, see `parse`; its name is the default `origin`."""
    resolved = path.resolve()
    try:
        content = Tree.at(resolved.parent).read(resolved.name, limit=MAX_CHARACTERS)
    except PipelineError as error:
        raise UsageError(
            f"the settings cannot be read: {error.what}", where=str(path), fix="name another file"
        ) from error
    return _parse(content, origin or path.name, checks, controls)


def parse(
    text: str,
    origin: str,
    *,
    checks: frozenset[str] = frozenset(),
    controls: frozenset[str] = frozenset(),
) -> Settings:
    """The settings in `text`.

    `origin` is the file's name in messages and in the report. `checks` and `controls` are the
    names that `require` and `require-controls` may hold; when empty, they are not looked at.
    Raises `UsageError`, and nothing else, with every mistake and its line.
    """
    return _parse(text.encode(errors="surrogatepass"), origin, checks, controls)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `supply-chain.yml`."""
    import json  # noqa: PLC0415  # only for reading settings

    found: dict[str, Any] = json.loads(SCHEMA_FILE.read_bytes())
    return found


def _parse(
    content: bytes, origin: str, checks: frozenset[str], controls: frozenset[str]
) -> Settings:
    try:
        root = compose(content.decode("utf-8-sig"), origin, aliases=False)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"not UTF-8 at byte {error.start}", where=origin, fix="save it as UTF-8"
        ) from error
    except UnreadableYamlError as error:
        raise UsageError(plain(error.what), where=error.where, fix="correct the file") from error
    known = schema()
    values = {} if root is None else _value(root, known)
    mistakes = {
        *_schema_mistakes(values, known, root),
        *_other_mistakes(values, root, checks, controls),
    }
    if mistakes:
        raise _refuse(sorted(mistakes), origin)
    return _settings(values, root, origin, "sha256:" + hashlib.sha256(content).hexdigest())


# ------------------------------------------------------------------------------------ values


def _value(node: Node, wanted: dict[str, Any]) -> Any:
    """The node as data, each text converted to the type that the schema wants at its place.

    A text that does not convert is left as it is, for the schema to refuse.
    """
    if isinstance(node, Table):
        properties = wanted.get("properties", {})
        return {
            key: _value(value, properties.get(key, {})) for key, (_, value) in node.entries.items()
        }
    if isinstance(node, Items):
        return [_value(item, wanted.get("items", {})) for item in node.items]
    return _scalar(node, wanted.get("type", "string"))


def _scalar(node: Scalar, kind: str) -> Any:
    if node.is_null:
        # A heading with nothing under it, as when all its entries are comments.
        return {"object": {}, "array": []}.get(kind)
    if kind == "integer" and not node.style and re.fullmatch(r"[+-]?[0-9]{1,9}", node.text):
        return int(node.text)
    if kind == "boolean" and not node.style and node.text.lower() in {"true", "false"}:
        return node.text.lower() == "true"
    return node.text


def _settings(values: dict[str, Any], root: Node | None, origin: str, digest: str) -> Settings:
    policy = values.get("policy", {})
    default = DEFAULTS.policy
    fail_on = policy.get("fail-on", default.fail_on)
    advisories = values.get("advisories", {})
    secrets = values.get("secrets", {})
    return Settings(
        name=values.get("name"),
        exclude=tuple(values.get("exclude", ())),
        advisories=AdvisorySettings(
            osv_url=advisories.get("osv-url"),
            pypi_url=advisories.get("pypi-url"),
            npm_url=advisories.get("npm-url"),
        ),
        secrets=SecretSettings(
            allow_markers=secrets.get("allow-markers", DEFAULTS.secrets.allow_markers),
            history=secrets.get("history", DEFAULTS.secrets.history),
        ),
        policy=Policy(
            fail_on=None if fail_on == "never" else Severity(fail_on),
            fail_on_unknown=policy.get("fail-on-unknown-severity", default.fail_on_unknown),
            required=tuple(policy.get("require", default.required)),
            required_controls=tuple(policy.get("require-controls", default.required_controls)),
            advisories_max_age_days=policy.get(
                "advisories-max-age-days", default.advisories_max_age_days
            ),
            kev_max_age_days=policy.get("kev-max-age-days", default.kev_max_age_days),
            registries=tuple(host.lower() for host in policy.get("registries", ())),
            cool_down_days=policy.get("cool-down-days", default.cool_down_days),
            denied_licences=tuple(policy.get("licences", {}).get("deny", ())),
            waivers=tuple(
                Waiver(
                    **{**waiver, "expires": date.fromisoformat(waiver["expires"])},
                    location=Location(path=origin, line=_line(root, ("waivers", number))),
                )
                for number, waiver in enumerate(values.get("waivers", ()))
            ),
            origin=origin,
            digest=digest,
        ),
    )


# ---------------------------------------------------------------------------------- mistakes

_Path = tuple[str | int, ...]


class _Mistake(NamedTuple):
    line: int
    what: str
    fix: str


def _refuse(mistakes: list[_Mistake], origin: str) -> UsageError:
    if len(mistakes) == 1:
        line, what, fix = mistakes[0]
        return UsageError(what, where=f"{origin}:{line}", fix=fix)
    lines = [f"  {origin}:{line}: {what}: {fix}" for line, what, fix in mistakes]
    return UsageError(
        "\n".join([f"{len(mistakes)} mistakes", *lines]), where=origin, fix="correct them all"
    )


def _schema_mistakes(values: Any, known: dict[str, Any], root: Node | None) -> Iterator[_Mistake]:
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
                yield _Mistake(
                    _line(root, (*path, key)),
                    f"there is no key {plain(key, limit=80)!r}{_within(path)}",
                    _nearest(key, list(here["properties"])),
                )
        elif rule == "required":
            yield _Mistake(
                _line(root, path),
                f"{what} has no {details['property']!r}",
                f"add {details['property']}: {_KEYS_ADDED.get(details['property'], '…')}",
            )
        elif rule == "type":
            yield _Mistake(
                _line(root, path), f"{what} is not {_TYPES[here['type']]}", _allowed(here)
            )
        elif rule == "enum":
            value = _get(values, path)
            yield _Mistake(
                _line(root, path),
                f"{what} cannot be {plain(str(value), limit=80)!r}",
                _nearest(str(value), here["enum"]),
            )
        elif rule == "pattern" and here["pattern"] == r"\S":
            yield _Mistake(_line(root, path), f"{what} is empty", "write a text")
        else:
            yield _Mistake(_line(root, path), f"{what} is not allowed", _allowed(here))


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
) -> Iterator[_Mistake]:
    """What a schema cannot say. Values of a wrong type are passed over: the schema refuses them."""
    for path, pattern in _texts(values, ("exclude",)):
        if pattern.startswith("/") or ".." in pattern.split("/"):
            yield _Mistake(
                _line(root, path),
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
                yield _Mistake(_line(root, path), what, _nearest(name, sorted(known)))
    for path, host in _texts(values, ("policy", "registries")):
        if not re.fullmatch(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?", host):
            yield _Mistake(
                _line(root, path),
                f"{_written(path)} is no host",
                "name the host alone, as in registry.npmjs.org or localhost:4873",
            )
    for path, url in _texts(values, ("advisories",)):
        if not _is_safe(url):
            yield _Mistake(
                _line(root, path),
                f"{_written(path)} is no address that may be used",
                f"{_HINT_BY_FORMAT['uri']}, without user name, query and fragment",
            )
    yield from _waiver_mistakes(values, root)


def _waiver_mistakes(values: Any, root: Node | None) -> Iterator[_Mistake]:
    waivers = values.get("waivers") if isinstance(values, dict) else None
    first_with: dict[tuple[str, ...], int] = {}
    for number in range(len(waivers) if isinstance(waivers, list) else 0):
        here: _Path = ("waivers", number)
        texts = {str(path[-1]): text for path, text in _texts(values, here)}
        if re.fullmatch(_DAY, day := texts.get("expires", "")) and not _is_day(day):
            yield _Mistake(
                _line(root, (*here, "expires")),
                f"{_written(here)}: expires is no day of the calendar",
                "write an existing day as YYYY-MM-DD",
            )
        scope = tuple(texts.get(key, "") for key in ("id", "package", "path"))
        first = first_with.setdefault(scope, number)
        if first != number and texts.get("id"):
            yield _Mistake(
                _line(root, here),
                f"{_written(here)} repeats the waiver of {plain(texts['id'], limit=80)!r}"
                f" on line {_line(root, ('waivers', first))}",
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


def _line(node: Node | None, path: _Path) -> int:
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
