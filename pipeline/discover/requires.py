"""What manifests ask for, package by package: names, ranges and groups, read as data.

A range is kept only where it can be held against a locked version. What comes from a path, a
repository or a URL, what another table overrides, and what is not understood keeps its name alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.locks import composer, node
from pipeline.locks.places import DEFAULT_GROUP
from pipeline.locks.pypi import name_of, required_name, texts
from pipeline.model import Dependency

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping


def python(
    requirements: Any, group: str = DEFAULT_GROUP, *, overridden: Collection[str] = ()
) -> Iterator[Dependency]:
    """A list of PEP 508 requirements; entries that name no package (includes) are left out."""
    for text in texts(requirements):
        head, mark, _ = text.partition(";")
        name = required_name(head)
        if name is None:
            continue
        _, url, _ = head.partition("@")
        match = _AFTER_NAME.fullmatch(head.strip())
        specifier = "" if url or match is None or name in overridden else match[1]
        yield Dependency(
            name=name,
            specifier=specifier.strip().removeprefix("(").removesuffix(")").strip(),
            group=group,
            conditional=bool(mark.strip()),
        )


_AFTER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)


def poetry(wanted: Mapping[str, Any], group: str = DEFAULT_GROUP) -> Iterator[Dependency]:
    """A table of Poetry's: a range, a table with one, or a list of those for several platforms.

    Source: https://python-poetry.org/docs/dependency-specification/.
    """
    for key, value in wanted.items():
        name = name_of(key)
        if name is None or name == "python":
            continue
        several = value if isinstance(value, list) else [value]
        for one in several:
            table = one if isinstance(one, dict) else {"version": one}
            yield Dependency(
                name=name,
                specifier=_of_poetry(table.get("version")),
                group=group,
                conditional=len(several) > 1
                or bool({"markers", "python", "platform", "optional"} & table.keys()),
            )


def pipfile(wanted: Mapping[str, Any], group: str) -> Iterator[Dependency]:
    """A table of a Pipfile: a PEP 440 range, "*", or a table with one and with markers."""
    for key, value in wanted.items():
        name = name_of(key)
        table = value if isinstance(value, dict) else {"version": value}
        version = table.get("version")
        if name:
            yield Dependency(
                name=name,
                specifier="" if not isinstance(version, str) or version == "*" else version,
                group=group,
                conditional=bool(table.keys() - _PIPFILE_KEYS),
            )


_PIPFILE_KEYS = {"version", "extras", "index", "git", "ref", "path", "file", "editable", "hg"}
"""Every other key of an entry is a marker (`sys_platform`, `markers`, ...)."""


def npm(
    wanted: Mapping[str, Any], group: str, *, overridden: Collection[str] = ()
) -> Iterator[Dependency]:
    """A table of a `package.json`; an alias ("npm:real@range") is read as what it stands for."""
    for key, value in wanted.items():
        name: str | None = node.name_of(key)
        spec = value.strip() if isinstance(value, str) else ""
        if spec.startswith("npm:"):
            name, spec = node.split(spec.removeprefix("npm:"))
        if name:
            plain = _RANGE.fullmatch(spec) is not None and key not in overridden
            yield Dependency(
                name=name,
                specifier=spec if plain else "",
                group=group,
                conditional=group in {"optional", "peer"},
            )


_RANGE = re.compile(r"(?=.*\d)[\dvxX*.<>=~^|\s+A-Za-z-]*")


def cargo(wanted: Mapping[str, Any], group: str) -> Iterator[Dependency]:
    """A table of a `Cargo.toml`; what is inherited from the workspace keeps its name alone."""
    for key, value in wanted.items():
        table = value if isinstance(value, dict) else {"version": value}
        version, name = table.get("version"), table.get("package", key)
        elsewhere = {"path", "git", "registry", "workspace"} & table.keys()
        if isinstance(name, str) and name:
            yield Dependency(
                name=name,
                specifier=version if isinstance(version, str) and not elsewhere else "",
                group=group,
                conditional=table.get("optional") is True,
            )


def php(wanted: Mapping[str, Any], group: str) -> Iterator[Dependency]:
    """A table of a `composer.json`, without PHP itself, its extensions, and virtual packages.

    Nothing is ever installed under the name of the latter: another package provides it. Source:
    https://getcomposer.org/doc/04-schema.md#provide.
    """
    for key in wanted:
        if (name := composer.name_of(key)) and not name.endswith("-implementation"):
            yield Dependency(name=name, group=group)


def own_name(value: Any) -> str | None:
    """The normalised name of a Python project; `None` for what can be none."""
    return name_of(value)


def names_of(requirements: Any) -> frozenset[str]:
    """The names of a list of PEP 508 requirements."""
    return frozenset(one.name for one in python(requirements))


def settled(found: Iterable[Dependency]) -> tuple[Dependency, ...]:
    """Each of them once, in the order of a reader."""
    return tuple(sorted(set(found), key=lambda one: (one.name, one.group, one.specifier)))


# ------------------------------------------------------------------------- Poetry's own ranges

_BOUND = re.compile(r"([~^])\s*v?(\d+(?:\.\d+)*)")
_BARE = re.compile(r"v?(\d+(?:\.\d+)*)(\.\*)?(\w*)")


def _of_poetry(text: Any) -> str:
    """A range in PEP 440's words: "^1.2" is ">=1.2,<2", "~1.2" is ">=1.2,<1.3", "1.2" is "==1.2".

    Alternatives ("||") and what is not understood become "", any version.
    """
    if not isinstance(text, str) or "|" in text:
        return ""
    parts = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        if bound := _BOUND.fullmatch(part):
            numbers = [int(number[:9]) for number in bound[2].split(".")]
            above = _above_caret(numbers) if bound[1] == "^" else _above_tilde(numbers)
            parts += [f">={bound[2]}", f"<{'.'.join(map(str, above))}"]
        elif _BARE.fullmatch(part):
            parts.append(f"=={part.removeprefix('v')}")
        elif part[0] in "<>=!" or part.startswith("~="):
            parts.append(part)
        elif part != "*":
            return ""
    return ",".join(parts)


def _above_caret(numbers: list[int]) -> list[int]:
    """The first version that changes the leftmost number that is not zero."""
    at = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    return [*numbers[:at], numbers[at] + 1]


def _above_tilde(numbers: list[int]) -> list[int]:
    """The first version with another minor number, or major where that is all there is."""
    at = min(1, len(numbers) - 1)
    return [*numbers[:at], numbers[at] + 1]
