"""JSON documents: written so that no terminal is deceived, read once they follow a schema."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from pipeline.errors import UnreadableOutputError
from pipeline.text import plain

if TYPE_CHECKING:
    from pathlib import Path

_AGAIN = "run `supply-chain report` again, with this version of the pipeline"
_NOT_ASCII = re.compile(r"[^\x00-\x7e]+")
_ESCAPED = {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def encode(document: dict[str, Any], *, indent: int = 2) -> bytes:
    """`document` as JSON with sorted keys, safe to print on a terminal; -1 for one single line."""
    import msgspec  # noqa: PLC0415 - heavy, and most commands render nothing

    try:
        content = msgspec.json.encode(document, order="sorted")
    except UnicodeEncodeError:
        # Half a surrogate pair cannot be written as UTF-8: a file name that is none, for example.
        content = msgspec.json.encode(_whole(document), order="sorted")
    if indent >= 0:
        content = msgspec.json.format(content, indent=indent)
    if not content.isascii():
        content = _NOT_ASCII.sub(_escape, content.decode()).encode()
    return content + b"\n"


def check(content: bytes, schema_file: Path, *, where: str, fix: str = _AGAIN) -> Any:
    """The document in `content`, once it is known to follow a JSON Schema.

    Raises `UnreadableOutputError` that names the first place which does not, and the `fix`.
    """
    import jsonschema_rs  # noqa: PLC0415 - as above
    import msgspec  # noqa: PLC0415 - as above

    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableOutputError(f"is no JSON: {error}", where=where, fix=fix) from error
    schema = msgspec.json.decode(schema_file.read_bytes())
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    wrong = next(validator.iter_errors(document), None)
    if wrong is not None:
        place = "/".join(str(part) for part in wrong.instance_path)
        # The validator's message repeats the value, which can be anything of any size.
        raise UnreadableOutputError(
            f"does not follow {schema_file.name} at /{plain(place)}: "
            + plain(wrong.message, limit=300),
            where=where,
            fix=fix,
        )
    return document


def _escape(found: re.Match[str]) -> str:
    return "".join(
        "".join(f"\\u{unit:04x}" for unit in _units(char))
        if unicodedata.category(char) in _ESCAPED
        else char
        for char in found[0]
    )


def _units(char: str) -> tuple[int, ...]:
    """The UTF-16 code units of one character."""
    coded = char.encode("utf-16-be")
    return tuple(int.from_bytes(coded[at : at + 2], "big") for at in range(0, len(coded), 2))


def _whole(value: Any) -> Any:
    """`value` with U+FFFD for every half of a surrogate pair in its strings."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _whole(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(part) for part in value]
    return value
