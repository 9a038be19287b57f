"""A run that came with the repository is none: nobody planned it, and nothing was looked at.

The token of a plan tells its evidence from what an earlier run left. It tells nothing where the
plan itself was committed, with evidence and a report to go with it, and a job begins in the middle:
`supply-chain gate` in a fresh clone. So what git knows of the folder is held against the plan.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError, PipelineError
from pipeline.stages.request import output_of

if TYPE_CHECKING:
    from pipeline.store import Output

_PLAN, _REPORT = "plan.json", "report/report.json"


def resumed(folder: Path | None) -> Output:
    """The output folder of a run that goes on here; refused as in `refuse_brought`."""
    output = output_of(Path(), folder)
    refuse_brought(output)
    return output


def refuse_brought(output: Output) -> None:
    """Refuse to go on with a plan or a report that is committed as it lies there.

    Where there is no git to ask, nothing is known of that. Raises `IncompleteError`.
    """
    from pipeline.discover.top import top_of  # noqa: PLC0415 - later stages need none of it
    from pipeline.tools.surroundings import in_path  # noqa: PLC0415 - as above

    files = [(output.folder / name).resolve() for name in (_PLAN, _REPORT)]
    if not any(top_of(file.parent) for file in files) or in_path("git") is None:
        return
    from pipeline.discover.single import committed  # noqa: PLC0415 - it starts git

    known = committed(output.folder, (_PLAN, _REPORT))
    if not known:
        return
    try:
        token = output.plan().token
    except PipelineError:
        token = ""
    theirs = _token(known[_PLAN]) if _PLAN in known else "none"
    # A run that began here wrote a plan over the committed one, with a token of its own.
    if not token or theirs in {token, ""}:
        raise IncompleteError(
            "this run came with the repository, and was never made here",
            where=str(output.folder),
            fix="begin with `supply-chain plan`, and take the folder out of the repository",
        )


def _token(content: bytes) -> str:
    """The token of a plan; "" for one that `Output.begin` did not write."""
    try:
        token = json.loads(content)["token"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return token if isinstance(token, str) and re.fullmatch("[0-9a-f]{32}", token) else ""
