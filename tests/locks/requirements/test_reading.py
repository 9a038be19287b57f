"""Whole requirements files: lines, includes, limits, and pip's own parser beside ours."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pip_requirements_parser  # type: ignore[import-untyped]  # the library carries no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.locks import read
from pipeline.locks.draft import MAX_UNREAD
from pipeline.locks.pypi import normalised
from pipeline.locks.requirements.reading import MAX_DEPTH, MAX_LINE
from pipeline.locks.requirements.requirement import MAX_REQUIREMENT
from pipeline.model import Gap, Origin
from pipeline.tree import Tree

from .conftest import NAME, PROJECT, A, Reading, gaps, one, one_package


def test_everything_on_a_line(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        f"# top\n\nMy_Pkg[B,a] == 1.0 ; python_version < '3' \\\n    --hash=sha256:{A} \\\n"
        f"    --hash md5:{A[:32]} # why\nb==2 # c\n",
    )
    first, second = lock.packages
    assert lock.unread == ()
    assert first.name == "my-pkg"
    assert first.version == "1.0"
    assert first.extras == ("B", "a")
    assert first.markers == "python_version < '3'"
    assert first.hashes == (f"sha256:{A}", f"md5:{A[:32]}")
    assert (first.location.path, first.location.line) == (NAME, 3)
    assert (second.key, second.location.line) == ("b==2", 6)


@pytest.mark.parametrize(
    "text",
    ["${NAME}==1", "a==${V}", "a==1 ${OPTIONS}", "-i ${INDEX}", "-r ${DIR}/x.txt", "-e ${X}"],
)
def test_a_variable_is_unread(lock_of: Reading, text: str) -> None:
    lock = lock_of(NAME, text)
    assert lock.packages == ()
    assert gaps(lock) == [(1, Gap.UNSUPPORTED_INPUT)]


@pytest.mark.parametrize("text", ["a==1 # ${X}", "a==1 ; python_version < '${lower}'"])
def test_what_pip_does_not_expand_is_no_variable(lock_of: Reading, text: str) -> None:
    assert one_package(lock_of(NAME, text)).key == "a==1"


def test_an_editable_line_keeps_its_marker(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-e . ; os_name == 'nt'\nb-x==1", {"pyproject.toml": PROJECT})
    assert lock.unread == ()
    assert lock.packages[0].markers == "os_name == 'nt'"


def test_two_editables_on_a_line(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-e . -e lib\nb-x==1", {"pyproject.toml": PROJECT})
    assert gaps(lock) == [(1, Gap.PARSE_ERROR)]


# ------------------------------------------------------------------------------------ includes


def test_includes_keep_their_own_path_and_line(lock_of: Reading) -> None:
    lock = lock_of(
        "req/all.txt",
        "-r sub/base.txt\na==1\n--requirement=../dev.txt\n-r sub/base.txt\n",
        {"req/sub/base.txt": "\nb==2\n-i https://x.example/simple", "dev.txt": "c==3"},
    )
    # The name of the file is not one of a lock: it is read through its reader.
    assert lock.format == ""
    lock = lock_of(
        "req/requirements.txt", "-r sub/base.txt\na==1\n--requirement=../dev.txt\n-r sub/base.txt\n"
    )
    assert lock.unread == ()
    assert {p.key: (p.location.path, p.location.line) for p in lock.packages} == {
        "b==2": ("req/sub/base.txt", 2),
        "a==1": ("req/requirements.txt", 2),
        "c==3": ("dev.txt", 1),
    }
    assert lock.files == ("req/requirements.txt", "req/sub/base.txt", "dev.txt")
    assert {p.source.url for p in lock.packages} == {"https://x.example/simple"}


@pytest.mark.parametrize(
    ("line", "gap"),
    [
        ("-r gone.txt", Gap.INPUT_MISSING),
        ("-c gone.txt", Gap.INPUT_MISSING),
        ("-r ../../etc/passwd", Gap.INPUT_MISSING),
        ("-r /etc/passwd", Gap.INPUT_MISSING),
        ("-r https://u:secret@h.example/r.txt", Gap.INPUT_MISSING),
        ("-r file:///etc/passwd", Gap.INPUT_MISSING),
        ("-r requirements.txt", Gap.PARSE_ERROR),
        ("-c ./requirements.txt", Gap.PARSE_ERROR),
        ("-r .", Gap.INPUT_MISSING),
        ("-r sub/../loop.txt", Gap.PARSE_ERROR),
    ],
)
def test_an_include_that_is_not_read_is_unread_where_it_is_named(
    lock_of: Reading, line: str, gap: Gap
) -> None:
    lock = lock_of(NAME, f"a==1\n{line}\n", {"loop.txt": "-r requirements.txt"})
    assert [package.key for package in lock.packages] == ["a==1"]
    (unread,) = lock.unread
    assert unread.gap is gap
    assert unread.location.line == (1 if unread.location.path == "loop.txt" else 2)
    assert "secret" not in repr(lock)


def test_a_faulty_include_does_not_end_the_file(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-r b.txt\na==1", {"b.txt": b"\xff"})
    assert [package.key for package in lock.packages] == ["a==1"]
    assert [unread.location.path for unread in lock.unread] == ["b.txt"]


def test_pip_follows_one_include_of_a_line(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-r b.txt -r c.txt", {"b.txt": "b==1", "c.txt": "c==1"})
    assert [package.key for package in lock.packages] == ["b==1"]
    assert gaps(lock) == [(1, Gap.PARSE_ERROR)]


def test_a_chain_of_includes_ends(lock_of: Reading) -> None:
    files: dict[str, str | bytes] = {
        f"{n}.txt": f"-r {n + 1}.txt\na==1\n" for n in range(MAX_DEPTH + 5)
    }
    lock = lock_of(NAME, "-r 0.txt", files)
    assert [unread.gap for unread in lock.unread] == [Gap.TOO_LARGE]
    assert len(lock.packages) == MAX_DEPTH


def test_requirements_included_by_constraints_are_requirements(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-c c.txt", {"c.txt": "-r d.txt\nz==1", "d.txt": "a==1"})
    assert one(lock).key == "a==1"


# -------------------------------------------------------------------------------------- limits


def test_long_lines_are_unread(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        f"a==1 {'x' * MAX_LINE}\nb==1;{' ' * MAX_REQUIREMENT}os_name == 'nt'\nc==1\n",
    )
    assert gaps(lock) == [(1, Gap.TOO_LARGE), (2, Gap.TOO_LARGE)]
    assert [package.key for package in lock.packages] == ["c==1"]


def test_costly_lines_cost_nothing(lock_of: Reading) -> None:
    blank = " " * 900_000
    lock = lock_of(NAME, f"a==1{blank}\nb==1{blank}x\n{'- ' * 200_000}\n{'a' * 60_000}:/x\n")
    assert [package.key for package in lock.packages] == ["a==1"]
    assert len(lock.unread) == 3


def test_a_file_of_nonsense_is_given_up(lock_of: Reading) -> None:
    lock = lock_of(NAME, "a==1\n" + "no no\n" * (MAX_UNREAD * 2))
    assert [package.key for package in lock.packages] == ["a==1"]
    assert len(lock.unread) == MAX_UNREAD + 1
    assert lock.unread[-1].gap is Gap.TOO_LARGE


def test_nonsense_in_an_include_is_given_up(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-r b.txt\na==1\n", {"b.txt": "no no\n" * (MAX_UNREAD * 2)})
    assert len(lock.unread) == MAX_UNREAD + 1
    assert lock.unread[-1].location.path == "b.txt"


def test_too_many_requirements_are_given_up(
    lock_of: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.locks.requirements.reading.MAX_REQUIREMENTS", 2)
    lock = lock_of(NAME, "-r b.txt\nz==1\n", {"b.txt": "a==1\nb==1\nc==1\n"})
    assert [package.key for package in lock.packages] == ["a==1", "b==1"]
    assert gaps(lock) == [(3, Gap.TOO_LARGE)]


# ------------------------------------------------------------------------ the reference parsers


def test_uv_export_with_all_its_files_is_complete(tmp_path: Path, data: Path) -> None:
    shutil.copytree(data / "requirements" / "uv-export-sources", tmp_path, dirs_exist_ok=True)
    wheel = tmp_path / "wheels" / "iniconfig-2.0.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"")
    lock = read(Tree.at(tmp_path), NAME)
    assert lock.unread == ()
    assert {p.key: p.source.origin for p in lock.packages} == {
        "sources": Origin.WORKSPACE,
        "edit-lib": Origin.WORKSPACE,
        "local-lib": Origin.PATH,
        "iniconfig==2.0.0": Origin.PATH,
        "six==1.17.0": Origin.REGISTRY,
        "tiny": Origin.VCS,
    }


@dataclass(frozen=True)
class Pin:
    name: str
    version: str
    extras: tuple[str, ...]
    marker: str
    hashes: tuple[str, ...]
    style: int
    comment: str

    def text(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        marker = f" ; {self.marker}" if self.marker else ""
        joint = [" ", " \\\n    ", "  "][self.style]
        hashes = "".join(f"{joint}--hash={value}" for value in self.hashes)
        return f"{self.name}{extras}=={self.version}{marker}{hashes}{self.comment}\n"


PINS = st.builds(
    Pin,
    name=st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,3})?", fullmatch=True),
    version=st.from_regex(
        r"[0-9]{1,3}(\.[0-9]{1,2}){0,2}((a|rc)[0-9]|\.post1|\+l1)?", fullmatch=True
    ),
    extras=st.lists(st.sampled_from("abc"), max_size=2, unique=True).map(
        lambda extras: tuple(sorted(extras))
    ),
    marker=st.sampled_from(["", "python_version < '3.9'", 'os_name == "n#t" or os_name == "x"']),
    hashes=st.lists(
        st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format),
        max_size=3,
        unique=True,
    ).map(tuple),
    style=st.integers(0, 2),
    comment=st.sampled_from(["", " # note", "\t# x \\ y", "\n\n# alone", "\n    # via app"]),
)


@settings(deadline=None)
@given(st.lists(PINS, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_pins_come_back_as_written(pins: list[Pin], end: str) -> None:
    text, lines = "", []
    for pin in pins:
        lines.append(text.count("\n") + 1)
        text += pin.text()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / NAME).write_bytes(text.replace("\n", end).encode())
        lock = read(Tree.at(Path(folder)), NAME)
    assert lock.unread == ()
    assert [
        (p.name, p.version, p.extras, p.markers, p.hashes, p.location.line) for p in lock.packages
    ] == [
        (pin.name, pin.version, pin.extras, pin.marker, pin.hashes, line)
        for pin, line in zip(pins, lines, strict=True)
    ]


PIECES = st.lists(
    st.sampled_from(
        [
            "a==1",
            "b == 2",
            "c",
            "d[x]>=1",
            "\n",
            "\n",
            " ",
            "\\\n",
            "#",
            " # c",
            "\\",
            "; os_name == 'x'",
            " --hash=sha256:aa",
            "--pre",
            "\r\n",
            "\t",
            "e==1.*",
            " \\\n",
            "'",
            "f @ https://h/f.zip",
        ]
    ),
    max_size=14,
).map("".join)


@settings(deadline=None, max_examples=400)
@given(PIECES)
def test_pips_own_parser_sees_the_same_requirements(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_bytes(text.encode())
        lock = read(Tree.at(Path(folder)), NAME)
        wanted = pip_requirements_parser.RequirementsFile.from_file(str(path))
    theirs = [
        (found.requirement_line.line_number, normalised(str(found.name)))
        for found in wanted.requirements
    ]
    # A line whose options are faulty keeps its requirement here, beside the note. pip reads over
    # `--pre` after a requirement, where its fork refuses the line.
    refused = [bad.requirement_line for bad in wanted.invalid_lines]
    read_over = {line.line_number for line in refused if "--pre" in line.line}
    doubtful = {unread.location.line for unread in lock.unread} | read_over
    ours = [(package.location.line, package.name) for package in lock.packages]
    assert [row for row in ours if row in theirs or row[0] not in doubtful] == theirs
    assert {line.line_number for line in refused} <= doubtful
