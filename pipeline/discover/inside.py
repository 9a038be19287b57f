"""What a YAML or JSON file describes, told by what is in it.

The common form is found by a search, which also finds templates of it. Every other form that
means the same (indented, on one line, escaped, in JSON, in UTF-16) is read as data.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any

from pipeline.errors import IncompleteError
from pipeline.yamltree import Table, compose_all

if TYPE_CHECKING:
    from pipeline.yamltree import Node

_MARKS = (
    re.compile(rb"^[\"']?apiVersion[\"']?[ \t]*:[ \t]*\S", re.MULTILINE),
    re.compile(rb"^[\"']?kind[\"']?[ \t]*:[ \t]*\S", re.MULTILINE),
)
_STACK = re.compile(
    rb"AWSTemplateFormatVersion|[\"']?Type[\"']?[ \t]*:[ \t]*[\"']?AWS::[A-Za-z0-9]+::[A-Za-z0-9]"
)
_ESCAPED_KEY = re.compile(rb"\"[^\"\n]*\\[xuU][0-9A-Fa-f]{2}[^\"\n]*\"[ \t]*:")
_SERVICES = re.compile(rb"^[\"']?services[\"']?[ \t]*:", re.MULTILINE)
_STARTED = re.compile(rb"[\"']?(?:image|build)[\"']?[ \t]*:")
_WIDE = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def kind_of_yaml(content: bytes) -> str:
    """The kind of a YAML file: "kubernetes", "cloudformation", "compose", or "".

    Sources: https://kubernetes.io/docs/concepts/overview/working-with-objects/#required-fields,
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html,
    https://github.com/compose-spec/compose-spec/blob/main/spec.md.
    """
    text = _narrow(content)
    if all(mark.search(text) for mark in _MARKS):
        return "kubernetes"
    if b"AWS" in text and _STACK.search(text):
        return "cloudformation"
    if (b"apiVersion" in text and b"kind" in text) or _ESCAPED_KEY.search(text):
        if any(_is_object(node) for node in _read(text)):
            return "kubernetes"
    elif (
        _SERVICES.search(text)
        and _STARTED.search(text)
        and any(_is_compose(node) for node in _read(text))
    ):
        return "compose"
    return ""


def kind_of_json(content: bytes) -> str:
    """The kind of a JSON file: "kubernetes", "cloudformation", or ""."""
    is_object = b'"apiVersion"' in content and b'"kind"' in content
    if not (is_object or (b"AWS::" in content and b'"Resources"' in content)):
        return ""
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    if isinstance(found.get("apiVersion"), str) and isinstance(found.get("kind"), str):
        return "kubernetes"
    resources = found.get("Resources")
    types = [
        one.get("Type")
        for one in (resources.values() if isinstance(resources, dict) else ())
        if isinstance(one, dict)
    ]
    is_stack = any(isinstance(one, str) and one.startswith("AWS::") for one in types)
    return "cloudformation" if is_stack else ""


def _narrow(content: bytes) -> bytes:
    """The content in UTF-8, without a mark of its order."""
    encoding = _WIDE.get(content[:2])
    if encoding:
        return content.decode(encoding, errors="replace").encode(errors="replace")
    return content.removeprefix(codecs.BOM_UTF8)


def _read(text: bytes) -> tuple[Node, ...]:
    """The documents; none of what is no YAML."""
    try:
        return compose_all(text.decode(errors="replace"), "", aliases=True)
    except IncompleteError:
        return ()


def _is_object(node: Node) -> bool:
    return isinstance(node, Table) and bool(node.text("apiVersion") and node.text("kind"))


def _is_compose(node: Node) -> bool:
    services = node.below("services") if isinstance(node, Table) else None
    return services is not None and any(
        isinstance(service, Table) and not service.entries.keys().isdisjoint({"image", "build"})
        for _, service in services.entries.values()
    )
