"""Compose files: every service as a container.

What a service takes from another of the same file, and from anchors, is put together first. What
comes from another file, or from the environment of whoever starts it, is not evaluated.

Source: https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration.dockerfile import expanded
from pipeline.checks.hardening.configuration.workload import Container, Setting, Text, setting
from pipeline.checks.hardening.configuration.workload import read as hold
from pipeline.checks.hardening.problem import Open
from pipeline.errors import IncompleteError
from pipeline.model import Gap, Location
from pipeline.tree import join
from pipeline.yamltree import Items, Scalar, Table, compose

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from pipeline.checks.hardening.problem import Read
    from pipeline.yamltree import Node

_TAGS = frozenset({"!reset", "!override"})
_SHARED = {
    "network_mode": "network", "pid": "processes", "ipc": "shared memory", "uts": "name",
    "userns_mode": "users", "cgroup": "control groups",
}  # fmt: skip
_MAX_STEPS = 20
"""How far a service may take from another that takes from another."""


def read(text: str, path: str, today: date, *, dockerfiles: Collection[str] = ()) -> Read:
    """What is wrong with a compose file, and what it leaves open; raises `IncompleteError`.

    `dockerfiles` are those that are evaluated by themselves.
    """
    root = compose(text, path, aliases=True, tags=_TAGS)
    if not isinstance(root, Table):
        raise IncompleteError("it holds no table of keys", where=path)
    root = _flat(root)
    services, included = root.get("services"), root.get("include")
    if not isinstance(services, Table) and included is None:
        raise IncompleteError("it names no services", where=path)
    services = services if isinstance(services, Table) else Table(1, 1, {})
    beyond: list[Open] = []
    if included is not None:
        _leave(beyond, path, included.line, "it includes services of another file")
    containers = []
    for key, node in services.entries.values():
        if isinstance(node, Table):
            service, is_whole = _extended(services, key, node, path, beyond)
            containers.append(_container(key, service, is_whole=is_whole))
            _built(service, path, dockerfiles, beyond)
    found = hold(containers, path, today)
    return replace(found, open=(*beyond, *found.open))


def _leave(beyond: list[Open], path: str, line: int, why: str) -> None:
    place = Location(path=path, line=line)
    beyond.append(Open(place=place, why=why, gap=Gap.UNSUPPORTED_INPUT))


def _built(service: Table, path: str, known: Collection[str], beyond: list[Open]) -> None:
    """Leave open what a service is built from, unless it is one of the `known` Dockerfiles."""
    build = service.below("build")
    inline, file = build.get("dockerfile_inline"), build.get("dockerfile")
    if inline is not None:
        _leave(beyond, path, inline.line, "a Dockerfile that stands in the file is not evaluated")
    elif isinstance(file, Scalar) and not file.is_null:
        context = _told(build.text("context") or ".")
        name = _told(file.text)
        if context is None or name is None:
            why = "what it is built from depends on who starts it"
            _leave(beyond, path, file.line, why)
        elif join(join(path.rpartition("/")[0], context), name) not in known:
            _leave(beyond, path, file.line, "it is built from what is not known as a Dockerfile")


# ------------------------------------------------------------------------------ put together


def _flat(table: Table) -> Table:
    """A table with what its key `<<` brings: its own keys win, and the first table before others.

    Source: https://yaml.org/type/merge.html
    """
    merged = table.get("<<")
    tables = merged.items if isinstance(merged, Items) else (merged,)
    entries: dict[str, tuple[Scalar, Node]] = {}
    for one in reversed(tables):
        if isinstance(one, Table):
            entries |= _flat(one).entries
    entries |= {key: entry for key, entry in table.entries.items() if key != "<<"}
    flat = {
        key: (name, _flat(value) if isinstance(value, Table) else value)
        for key, (name, value) in entries.items()
    }
    return Table(table.line, table.column, flat)


def _extended(
    services: Table, key: Scalar, service: Table, path: str, beyond: list[Open]
) -> tuple[Table, bool]:
    """A service with what it extends, and whether that is all of it."""
    for _ in range(_MAX_STEPS):
        extends = service.get("extends")
        if extends is None:
            return service, bool({"image", "build"} & service.entries.keys())
        other = extends.text("service") if isinstance(extends, Table) else _text(extends)
        base = services.get(other)
        if (isinstance(extends, Table) and extends.get("file")) or not isinstance(base, Table):
            break
        own = {name: entry for name, entry in service.entries.items() if name != "extends"}
        service = _joined(base, Table(service.line, service.column, own))
    _leave(beyond, path, key.line, "it extends a service that stands elsewhere")
    return service, False


def _joined(base: Table, own: Table) -> Table:
    """Two tables as compose joins them: tables by key, lists one behind the other."""
    entries: dict[str, tuple[Scalar, Node]] = dict(base.entries)
    for key, (name, value) in own.entries.items():
        before = base.get(key)
        if isinstance(before, Table) and isinstance(value, Table):
            value = _joined(before, value)  # noqa: PLW2901 - the value as it holds from here on
        elif isinstance(before, Items) and isinstance(value, Items):
            value = Items(value.line, value.column, (*before.items, *value.items))  # noqa: PLW2901
        entries[key] = (name, value)
    return Table(own.line, own.column, entries)


# ------------------------------------------------------------------------------ as containers


def _container(key: Scalar, service: Table, *, is_whole: bool) -> Container:
    options = [_word(one) for one in service.items("security_opt")]
    unprivileged = [one for one in options if _option(one)[0] == "no-new-privileges"]
    return Container(
        name=key.text,
        line=key.line,
        is_whole=is_whole,
        image=None if "build" in service.entries else _maybe(service.get("image")),
        privileged=_switch(service.get("privileged")),
        read_only=_switch(service.get("read_only")),
        may_escalate=(
            Setting(unprivileged[-1].line, _option(unprivileged[-1])[1] == "false")
            if unprivileged
            else None
        ),
        runs_as=_maybe(service.get("user")),
        dropped=tuple(map(_word, service.items("cap_drop"))),
        added=tuple(map(_word, service.items("cap_add"))),
        host=tuple(_host(service)),
        mounts=tuple(_mounts(service)),
        unconfined=tuple(
            Text(one.line, _option(one)[0])
            for one in options
            if _option(one)[1] in {"unconfined", "disable"}
        ),
        limited=frozenset(_limits(service)),
        environment=tuple(_environment(service)),
    )


def _option(one: Text) -> tuple[str, str]:
    """Name and value of a security option: "seccomp:unconfined", "seccomp=unconfined"."""
    name, _, value = (one.text or "").replace("=", ":", 1).partition(":")
    return name, value


def _host(service: Table) -> Iterator[Text]:
    for key, what in _SHARED.items():
        node = service.get(key)
        if isinstance(node, Scalar) and node.text == "host":
            yield Text(node.line, what)


def _mounts(service: Table) -> Iterator[Text]:
    for one in service.items("volumes"):
        source = one.get("source") if isinstance(one, Table) else one
        word = _word(source) if source else None
        if word and word.text is not None:
            path = word.text if isinstance(one, Table) else word.text.partition(":")[0]
            if path.startswith("/"):
                yield Text(word.line, path)


def _limits(service: Table) -> Iterator[str]:
    limits = service.below("deploy", "resources", "limits")
    for what, short, long in (
        ("memory", "mem_limit", "memory"),
        ("processor time", "cpus", "cpus"),
    ):
        if service.get(short) is not None or limits.get(long) is not None:
            yield what


def _environment(service: Table) -> Iterator[tuple[str, Text]]:
    """Variables of the container and of its build, as far as their values are written."""
    for holder, key in ((service, "environment"), (service.below("build"), "args")):
        for name, (_, node) in holder.below(key).entries.items():
            if isinstance(node, Scalar) and not node.is_null:
                yield name, _word(node)
        for one in holder.items(key):
            name, equals, value = _text(one).partition("=")
            if equals:
                yield name, Text(one.line, _told(value))


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _maybe(node: Node | None) -> Text | None:
    return _word(node) if isinstance(node, Scalar) and not node.is_null else None


def _word(node: Node) -> Text:
    return Text(node.line, _told(node.text) if isinstance(node, Scalar) else None)


def _switch(node: Node | None) -> Setting | None:
    word = _maybe(node)
    if word is None or word.text is None:
        return Setting(word.line, None) if word else None
    return setting(Scalar(word.line, 1, word.text))


def _told(text: str) -> str | None:
    """A text with the defaults of its variables; `None` where one has none."""
    return expanded(text.replace("$$", "\\$"), _NOTHING)


_NOTHING: Mapping[str, str | None] = {}
