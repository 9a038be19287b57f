from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.discover.top import top_of


@pytest.mark.parametrize("kind", ["folder", "file", "broken link"])
def test_the_nearest_folder_with_git_in_it(tmp_path: Path, kind: str) -> None:
    inner = tmp_path / "top" / "a" / "b"
    inner.mkdir(parents=True)
    assert top_of(inner) is None
    mark = tmp_path / "top" / ".git"
    if kind == "folder":
        mark.mkdir()
    elif kind == "file":
        mark.write_text("gitdir: elsewhere\n")
    else:
        mark.symlink_to("nowhere")
    assert top_of(inner) == tmp_path / "top"
    assert top_of(tmp_path / "top") == tmp_path / "top"
    (inner / ".git").mkdir()
    assert top_of(inner) == inner
