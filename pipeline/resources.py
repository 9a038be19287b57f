"""Files that belong to the project but are no Python: templates, its own metadata and lock.

They have one home each, at the top of the repository, and a wheel carries copies of them in
`pipeline/_shared`. Whoever needs one asks here and never cares which of the two it is.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import IncompleteError

_PACKAGE = Path(__file__).parent
_PROJECT_FILES = ("pyproject.toml", "uv.lock")


def template_folder() -> Path:
    """The folder of the templates; raises `IncompleteError` when the installation has none."""
    return _find("templates")


def template_text(name: str) -> str:
    """The template called `name` ("report.html.j2"); `IncompleteError` when there is none."""
    file = template_folder() / name
    if Path(name).name != name or not file.is_file():
        raise IncompleteError(
            f"there is no template called {name!r}",
            where=str(file.parent),
            fix="install supply-chain-pipeline anew",
        )
    return file.read_text(encoding="utf-8")


def project_file(name: str) -> Path:
    """The path of the pipeline's own `pyproject.toml` or `uv.lock`.

    Raises `ValueError` for another name and `IncompleteError` when the file is not there.
    """
    if name not in _PROJECT_FILES:
        raise ValueError(f"{name!r} is none of {', '.join(_PROJECT_FILES)}")
    return _find(name)


def _find(name: str) -> Path:
    """`name` in the wheel's copy, else in the checkout around the package."""
    for folder in (_PACKAGE / "_shared", _PACKAGE.parent):
        if (folder / name).exists():
            return folder / name
    raise IncompleteError(
        f"this installation lacks {name}",
        where=str(_PACKAGE),
        fix="install supply-chain-pipeline anew",
    )
