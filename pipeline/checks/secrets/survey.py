"""What there is to look at: today's files and the history, listed while the engine starts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.secrets import calls, folder, history, remember
from pipeline.checks.secrets.files import Files, look
from pipeline.checks.secrets.today import Contents, name
from pipeline.discover.past import Past, past
from pipeline.discover.top import top_of
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.checks.job import Options
    from pipeline.model import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What there is; see `Work` for its parts."""

    files: Files
    contents: Contents | None = None
    past: Past | None = None
    broken: str = ""
    memory: remember.Memory | None = None


def survey(root: Path, target: Target, key: str, options: Options) -> Surveyed:
    """List the files and the history of `root`, and start the engine with what is foreseen."""
    if top_of(root) is None or not options.secrets.history:
        files = look(root, target)
        options.ahead(calls.in_place(root, options, files.skips))
        return Surveyed(files=files)
    is_remembered = remember.is_remembered(root)
    recalled: list[remember.Memory] = []

    def all_files() -> Files:
        files = look(root, target)
        if not is_remembered:
            foresee(files)
        return files

    def foresee(files: Files) -> None:
        if entries := folder.entries(root, files):
            options.ahead(calls.with_history(entries, options))

    # Git lists the history meanwhile: other processes, each of them busy on one core.
    with ThreadPoolExecutor(max_workers=1) as pool:
        looked = pool.submit(all_files)
        named = pool.submit(lambda: name(root, looked.result()))

        def since(first: str) -> tuple[str, ...]:
            memory = remember.recall(first, str(root), key)
            if memory is None:
                foresee(looked.result())
                return ()
            recalled.append(memory)
            options.ahead(calls.walk(history.base_of(memory.tips), options))
            return memory.tips

        found, broken = None, ""
        try:
            found = past(root, since=since if is_remembered else None)
        except PipelineError as error:
            broken = error.what
        return Surveyed(
            files=looked.result(),
            contents=named.result(),
            past=found,
            broken=broken,
            memory=recalled[0] if found and found.since else None,
        )
