"""The structure that docs/architecture.md promises, held against the code."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pipeline"

# A module may import from lower layers, and from its own room. The same table stands in
# docs/architecture.md.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"model", "errors", "text", ""}),
    frozenset({"tree", "files", "resources", "yamltree", "web", "trust", "suspicious"}),
    frozenset(
        {
            "tools",
            "locks",
            "advisories",
            "registries",
            "policy",
            "store",
            "settings",
            "progress",
            "sbom",
            "images",
            "starters",
        }
    ),
    frozenset({"discover"}),
    frozenset({"checks", "report", "controls", "signing"}),
    frozenset({"collect", "review"}),
    frozenset({"against", "assemble", "bases"}),
    frozenset({"stages"}),
    frozenset({"cli", "commands", "sessions", "actions"}),
    frozenset({"__main__"}),
)
LAYER = {room: number for number, layer in enumerate(LAYERS) for room in layer}


def room(module: str) -> str:
    """The first part below the package: "pipeline.tools.run" -> "tools"."""
    return module.split(".")[1] if "." in module else ""


def room_of(path: Path) -> str:
    """The same for a file: both `model.py` and `model/answers.py` are "model"."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module of ours that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: a relative import hides its direction"
            if node.module == "pipeline":
                found.update(f"pipeline.{name.name}" for name in node.names)
            else:
                found.add(node.module)
    return {name for name in found if name.split(".")[0] == "pipeline"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = room_of(path).replace("__init__", "")
    for name in imports(path):
        other = room(name) if room(name) in LAYER else ""
        assert other == own or LAYER[other] < LAYER[own], f"{own} must not import {name}"


def test_every_room_has_a_layer() -> None:
    rooms = {room_of(path) for path in modules()}
    assert rooms - {"__init__"} == LAYER.keys() - {""}


def test_the_same_table_stands_in_the_documentation() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```\n(10 .*?)```", text, re.DOTALL)
    rows = {int(number): set(names) for number, *names in map(str.split, block.splitlines())}
    wanted = {number: set(layer) - {""} for number, layer in enumerate(LAYERS, 1)}
    wanted[10].add("noxfile")  # beside the package, and above all of it
    assert rows == wanted


def test_the_documentation_names_every_room_and_only_what_there_is() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text[text.index("## Where things are") : text.index("## Imports point down")]
    named = re.findall(r"`(pipeline/[^`]+)`", table)
    assert [name for name in named if not (ROOT / name).exists()] == []
    covered = {name.split("/")[1].removesuffix(".py") for name in named}
    rooms = {path.relative_to(PACKAGE).parts[0] for path in modules() if path.parent != PACKAGE}
    assert rooms - covered == set()


def test_the_documentation_names_only_modules_of_the_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text[text.index("## Where things are") : text.index("## Imports point down")]
    told = 0
    for row in table.splitlines():
        names = re.findall(r"`([^` ]+)`", row)
        rooms = [ROOT / name for name in names if name.startswith("pipeline/")]
        folders = [path if path.is_dir() else path.parent for path in rooms]
        for name in names:
            if re.fullmatch(r"[a-z_\d]+\.(?:py|toml)", name):
                told += 1
                assert any(list(folder.rglob(name)) for folder in folders), (row, name)
    assert told > 50


def test_no_modules_import_one_another() -> None:
    """Not inside a room either, nor only for types or within a function."""
    known = {dotted(path): path for path in modules()}
    graph = {name: set(named(path, known)) - {name} for name, path in known.items()}
    assert sum(map(len, graph.values())) > len(graph)
    TopologicalSorter(graph).prepare()  # raises CycleError, with the circle


def dotted(path: Path) -> str:
    """What a file is called in an import."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def named(path: Path, known: Collection[str]) -> Iterator[str]:
    """The modules of ours that a file imports: `from a import b` means a.b where that is one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            full = (f"{node.module}.{name.name}" for name in node.names)
            yield from (name if name in known else str(node.module) for name in full)


def test_the_words_of_the_pipeline_come_from_one_place() -> None:
    for path in modules():
        inside = [name for name in imports(path) if name.startswith("pipeline.model.")]
        assert room_of(path) == "model" or not inside, path


def test_one_door_to_other_programs() -> None:
    callers = [
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if re.search(
            r"\bsubprocess\b|\bos\.(system|popen|exec|spawn|posix_spawn)", path.read_text()
        )
    ]
    assert callers == ["tools/run.py"]


def test_the_lowest_layer_needs_only_the_standard_library() -> None:
    allowed = sys.stdlib_module_names | {"pipeline"}
    lowest = [path for path in modules() if room_of(path) in {"model", "errors", "text"}]
    assert len(lowest) > 3
    for path in lowest:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] in allowed
            elif isinstance(node, ast.Import):
                assert all(one.name.split(".")[0] in allowed for one in node.names)


def test_help_imports_only_the_command_line() -> None:
    code = (
        "import sys, contextlib, io\n"
        "from pipeline.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    main(['--help'])\n"
        "print(*sorted(name for name in sys.modules if name.split('.')[0] in"
        " {'pipeline', 'requests', 'msgspec', 'yaml', 'jinja2', 'sqlite3', 'packaging',"
        " 'jsonschema_rs', 'dataclasses', 'http', 'asyncio'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},  # without what measures coverage
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["pipeline", "pipeline.cli", "pipeline.errors"]


def test_the_noxfile_needs_nothing_but_nox() -> None:
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'requests', 'msgspec', 'yaml', 'jinja2', 'cvss',"
        " 'jsonschema_rs', 'pip_audit'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import pipeline.sessions\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_has_its_test(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    if relative.name in {"__init__.py", "__main__.py"} or relative.parts[0] == "commands":
        return  # held by the tests of their room and of the command line
    if not any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text()))):
        return  # names and values only: whoever uses them holds them
    assert (ROOT / "tests" / relative.parent / f"test_{relative.name}").is_file()


def test_nothing_is_left_behind() -> None:
    words = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", "pipeline", "tests", "docs", "noxfile.py", "templates"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".j2", ".yml", ".toml"} and path.is_file():
            found = words.search(path.read_text(encoding="utf-8"))
            assert not found, f"{name}: {found and found[0]}"


def test_the_readme_asks_the_checks_own_questions() -> None:
    from pipeline.checks import CHECKS, question  # noqa: PLC0415 - only here

    readme = (ROOT / "README.md").read_text()
    for name, check in CHECKS.items():
        assert f"| `{name}` | {question(check)} |" in readme
