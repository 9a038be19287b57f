from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.discover.ci import _IMPORTS_SESSIONS
from pipeline.starters import fill
from pipeline.starters.sessions import STARTER, text_with

ROOT = Path(__file__).parents[2]
ADDED = "from pipeline import sessions\n\nsessions.register()\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"{ADDED}\n"),
        (
            '"""Mine."""\n\nimport nox\n\n\n@nox.session\ndef tests(session): ...\n',
            f'"""Mine."""\n\nimport nox\n\n{ADDED}\n\n\n@nox.session\ndef tests(session): ...\n',
        ),
        (
            "import nox\nfrom a import (\n    b,\n)\nnox.options.x = ['b']\nimport c\n",
            f"import nox\nfrom a import (\n    b,\n)\n\n{ADDED}\nnox.options.x = ['b']\nimport c\n",
        ),
        ("import nox", f"import nox\n\n{ADDED}\n"),
        ("x = 1\n", f"{ADDED}\nx = 1\n"),
    ],
)
def test_the_lines_come_after_the_first_imports(before: str, after: str) -> None:
    assert text_with(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "from pipeline import sessions\n",
        "from pipeline.sessions import register\n",
        "import pipeline.sessions\n",
        "import nox\nfrom pipeline import model, sessions as s\n",
    ],
)
def test_what_has_them_stays_as_it_is(text: str) -> None:
    assert text_with(text) == text


@pytest.mark.parametrize("text", ["def (", "\0", "if x:\n  import nox\n y", "(" * 5000])
def test_what_is_no_python_is_left(text: str) -> None:
    assert text_with(text) is None


def test_nothing_of_it_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert text_with(f"open({str(mark)!r}, 'w')\n")
    assert not mark.exists()


@pytest.mark.filterwarnings("error")
def test_a_strange_escape_is_its_owners_business() -> None:
    assert text_with("x = '\\d'\n") == f"{ADDED}\nx = '\\d'\n"


LINES = st.sampled_from(
    ["import nox", "import a; x = 1", '"""d"""', "x = (", ")", "if 1:", "  import b", "# c", "",
     "from __future__ import annotations", "s = '''", "'''", "import a, \\", "  b"]
)  # fmt: skip


@given(st.lists(LINES, max_size=8))
@settings(deadline=None, max_examples=300)
def test_whatever_is_made_is_the_old_file_with_two_statements_more(lines: list[str]) -> None:
    text = "\n".join(lines)
    made = text_with(text)
    if made is not None:
        body = [ast.dump(node) for node in ast.parse(made).body]
        for node in ast.parse(ADDED).body:
            body.remove(ast.dump(node))
        assert body == [ast.dump(node) for node in ast.parse(text).body]


def test_the_starter_is_one_that_discovery_knows() -> None:
    assert _IMPORTS_SESSIONS.search(fill.text(STARTER))
    assert text_with(fill.text(STARTER)) == fill.text(STARTER)
    assert _IMPORTS_SESSIONS.search((ROOT / "examples" / "noxfile.py").read_text(encoding="utf-8"))
