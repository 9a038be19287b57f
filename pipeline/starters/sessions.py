"""The sessions in a `noxfile.py`: a new one, or two lines more in one that is there.

The noxfile is somebody's code and is never run: where the lines belong is read from its syntax.
"""

from __future__ import annotations

import ast
import warnings

PATH = "noxfile.py"
STARTER = "noxfile.py"

_LINES = "from pipeline import sessions\n\nsessions.register()\n"


def text_with(content: str) -> str | None:
    """`content` with the sessions; unchanged if they are there, `None` if it cannot be read.

    They come after the first imports and so before whatever the noxfile says of its own: its
    options hold.
    """
    module = _parsed(content)
    if module is None:
        return None
    if any(_is_registered(node) for node in module.body):
        return content
    lines = content.splitlines(keepends=True)
    after = _last_import(module)
    made = "".join([*lines[:after], *_parted(lines[:after]), "\n", *lines[after:]])
    return made if _reads_as(made, module) else None


def _parsed(content: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a strange escape means is its owner's business
            return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_registered(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        names = {f"{node.module}.{name.name}" for name in node.names}
        return node.module == "pipeline.sessions" or "pipeline.sessions" in names
    return isinstance(node, ast.Import) and any(
        name.name == "pipeline.sessions" for name in node.names
    )


def _last_import(module: ast.Module) -> int:
    """How many lines there are up to the end of the first imports, and of the docstring."""
    end = 0
    for number, node in enumerate(module.body):
        is_docstring = number == 0 and isinstance(node, ast.Expr)
        if not (is_docstring or isinstance(node, ast.Import | ast.ImportFrom)):
            break
        end = node.end_lineno or end
    return end


def _parted(before: list[str]) -> list[str]:
    """The lines to add, with a blank one before them where something stands there."""
    if not before:
        return [_LINES]
    gap = "\n" if before[-1].endswith("\n") else "\n\n"
    return [gap, _LINES]


def _reads_as(made: str, module: ast.Module) -> bool:
    """Whether it is the old module with two statements more: nothing was cut in two."""
    found, added, rest = (
        [ast.dump(node) for node in body.body] if body else []
        for body in (_parsed(made), _parsed(_LINES), module)
    )
    return any(found == [*rest[:place], *added, *rest[place:]] for place in range(len(rest) + 1))
