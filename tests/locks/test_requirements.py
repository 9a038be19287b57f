from __future__ import annotations

import codecs
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
from pipeline.locks.requirements import MAX_DEPTH, MAX_LINE, MAX_QUOTED, MAX_REQUIREMENT
from pipeline.model import Gap, Lock, Origin, Package, Source
from pipeline.tree import Tree

from .conftest import Reading

NAME = "requirements.txt"
A = "a" * 64


def one(lock: Lock) -> Package:
    assert lock.unread == ()
    (package,) = lock.packages
    return package


def gaps(lock: Lock) -> list[tuple[int | None, Gap]]:
    return [(unread.location.line, unread.gap) for unread in lock.unread]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("a==1.0", "1.0"),
        ("a == 1.0", "1.0"),
        ("a (==1.0)", "1.0"),
        ("a==1.0.0RC1", "1.0.0RC1"),
        ("a==2.1.0+cu118", "2.1.0+cu118"),
        ("a===1.0", "1.0"),
        ("a===not-a-version", "not-a-version"),
        ("a==1.0,>=0.5", "1.0"),
        ("a==1.*,==1.2", "1.2"),
        ("a", None),
        ("a>=1", None),
        ("a~=1.0", None),
        ("a==1.*", None),
        ("a==1,==2", None),
        ("a==1,===2", None),
    ],
)
def test_only_one_exact_version_is_a_pin(lock_of: Reading, text: str, version: str | None) -> None:
    package = one(lock_of(NAME, text))
    assert (package.name, package.version, package.direct) == ("a", version, None)
    assert "token" not in repr(package)


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
    ("text", "lines"),
    [
        ("a==1 # c \\\nb==2\nc==3", {"a==1": 1, "c==3": 3}),
        ("a==1 \\\n# c\nb==2", {"a==1": 1, "b==2": 3}),
        ("a==1 \\\n\nb==2", {"a==1": 1, "b==2": 3}),
        ("a=\\\n=1", {"a==1": 1}),
        ("a==1\\", {"a==1": 1}),
        ("# x \\\na==1", {"a==1": 2}),
        ("a==1#b", {}),
        ("a==1\r\nb==2\r\n", {"a==1": 1, "b==2": 2}),
        ("a==1\rb==2", {"a==1": 1, "b==2": 2}),
        ("# x\u2028a==1\nb==2", {"a==1": 1, "b==2": 2}),
        ("# x\fa==1\x85b==2\nc==3", {"a==1": 1, "b==2": 1, "c==3": 2}),
        ("\ufeffa==1", {"a==1": 1}),
        ("", {}),
    ],
)
def test_lines_are_pips_and_numbers_are_the_editors(
    lock_of: Reading, text: str, lines: dict[str, int]
) -> None:
    assert {package.key: package.location.line for package in lock_of(NAME, text).packages} == lines


@pytest.mark.parametrize(
    "text",
    [
        "a==1\t--hash=sha256:aa",
        "a b",
        "a==x y",
        "==1",
        "a==1; nonsense == 1",
        "a==1;" + "(" * 5000,
        "a[b",
        "--unknown",
        "-z",
        "--index-url",
        "--require x",
        "--pre=1",
        "--hash 'open",
        f"--hash '{'a' * MAX_QUOTED}'",
        "a\0==1",
        "a==https:secret@host",
        "-r",
    ],
)
def test_what_pip_would_refuse_is_unread(lock_of: Reading, text: str) -> None:
    lock = lock_of(NAME, f"ok==1\n{text}\n")
    assert [package.key for package in lock.packages] == ["ok==1"]
    assert gaps(lock) == [(2, Gap.PARSE_ERROR)]
    assert "secret" not in repr(lock)


@pytest.mark.parametrize(
    "text",
    [
        "a==1 --unknown",
        "a==1 --hash=sha256",
        "a==1 --hash=sha256:zz",
        "a==1 --index-url https://u:secret@h/simple",
        "a==1 --hash=sha256:aa b==2",
        "a==1 -e .",
        "a==1 -r b.txt",
    ],
)
def test_a_requirement_with_a_doubtful_rest_is_both(lock_of: Reading, text: str) -> None:
    lock = lock_of(NAME, text)
    assert [package.key for package in lock.packages] == ["a==1"]
    assert gaps(lock) == [(1, Gap.PARSE_ERROR)]
    assert "secret" not in repr(lock)


def test_options_before_a_requirement_hide_it_from_pip(lock_of: Reading) -> None:
    lock = lock_of(NAME, "--pre a==1")
    assert lock.packages == ()
    assert gaps(lock) == [(1, Gap.PARSE_ERROR)]


def test_options_without_meaning_for_an_audit_are_read_over(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        "--pre\n--prefer-binary\n--require-hashes\n--no-binary :all:\n--only-binary=a\n"
        "--trusted-host h\n--use-feature x\n--no-bin a\na==1 --config-settings 'x=\"y\"'\n"
        "b==1 --global-option=x -C y\n",
    )
    assert [package.key for package in lock.packages] == ["a==1", "b==1"]
    assert lock.unread == ()


def test_indexes_are_kept_without_credentials(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        "-i https://user:secret@one.example/simple\n--extra-index-url=https://${U}:${P}@two.example\n"
        "-f https://three.example/x?token=secret\n--find-links ./wheels\na==1\n",
    )
    assert lock.indexes == (
        "./wheels",
        "https://one.example/simple",
        "https://three.example/x",
        "https://two.example",
    )
    assert one(lock).source == Source(origin=Origin.INDEX, url="https://one.example/simple")
    assert "secret" not in repr(lock)


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ("--index-url https://pypi.org/simple/", Source()),
        ("--extra-index-url https://x.example/simple", Source()),
        ("-i https://x.example\n-i https://pypi.org/simple", Source()),
        ("--no-index", Source(origin=Origin.INDEX)),
        ("--no-index -f wheels", Source(origin=Origin.INDEX, url="wheels")),
        (
            "--index-url https://pypi.org:444/simple",
            Source(origin=Origin.INDEX, url="https://pypi.org:444/simple"),
        ),
        (
            "--index-url https://pypi.org.example/simple",
            Source(origin=Origin.INDEX, url="https://pypi.org.example/simple"),
        ),
    ],
)
def test_the_index_of_all_names(lock_of: Reading, options: str, source: Source) -> None:
    assert one(lock_of(NAME, f"a==1\n{options}\n")).source == source


def test_an_index_that_cannot_be_shown_is_unread(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-i user:secret@host\na==1\n")
    assert gaps(lock) == [(1, Gap.UNSUPPORTED_INPUT)]
    assert one_package(lock).source == Source(origin=Origin.INDEX)
    assert "secret" not in repr(lock)


def one_package(lock: Lock) -> Package:
    (package,) = lock.packages
    return package


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


@pytest.mark.parametrize(
    ("text", "key", "source", "rest"),
    [
        (
            "a @ git+https://user:secret@h.example/a.git@v1",
            "a",
            Source(origin=Origin.VCS, url="git+https://h.example/a.git@v1"),
            {},
        ),
        (
            "a[x] @ https://h.example/a-1.0-py3-none-any.whl#sha256=aa ; python_version > '3'",
            "a==1.0",
            Source(origin=Origin.URL, url="https://h.example/a-1.0-py3-none-any.whl"),
            {"extras": ("x",), "hashes": ("sha256:aa",), "markers": "python_version > '3'"},
        ),
        (
            "a @ https://h.example/other-1.0.tar.gz",
            "a",
            Source(origin=Origin.URL, url="https://h.example/other-1.0.tar.gz"),
            {},
        ),
        (
            "git+ssh://git@h.example/x.git#egg=A_b[c,D]&subdirectory=s ; os_name == 'nt'",
            "a-b",
            Source(origin=Origin.VCS, url="git+ssh://h.example/x.git"),
            {"extras": ("D", "c"), "markers": "os_name == 'nt'"},
        ),
        (
            "-e git+https://${TOKEN}@h.example/x#egg=a",
            "a",
            Source(origin=Origin.VCS, url="git+https://h.example/x"),
            {},
        ),
        (
            "https://h.example/a-b-1.0.tar.gz --hash=sha256:bb",
            "a-b==1.0",
            Source(origin=Origin.URL, url="https://h.example/a-b-1.0.tar.gz"),
            {"hashes": ("sha256:bb",)},
        ),
        (
            "file:///srv/a-1.0-1-py3-none-any.whl",
            "a==1.0",
            Source(origin=Origin.PATH, url="file:///srv/a-1.0-1-py3-none-any.whl"),
            {},
        ),
    ],
)
def test_urls(
    lock_of: Reading, text: str, key: str, source: Source, rest: dict[str, object]
) -> None:
    package = one(lock_of(NAME, text))
    assert (package.key, package.source) == (key, source)
    for field, value in rest.items():
        assert getattr(package, field) == value
    assert "secret" not in repr(package)
    assert "TOKEN" not in repr(package)


@pytest.mark.parametrize(
    "text",
    ["https://u:secret@h.example/main.zip", "git+https://h.example/x", "https://[h/a.whl"],
)
def test_a_url_without_a_name_is_unread(lock_of: Reading, text: str) -> None:
    lock = lock_of(NAME, text)
    assert lock.packages == ()
    assert gaps(lock) == [(1, Gap.NOT_FROM_REGISTRY)]
    assert "secret" not in repr(lock)


PROJECT = """[project]
name = "My.App"
version = "1"
dependencies = ["B_x>1"]
[project.optional-dependencies]
cli = ["c"]
"""


@pytest.mark.parametrize("line", ["-e .", ".", "-e ./", "--editable=."])
@pytest.mark.parametrize("path", [NAME, "requirements/dev.txt"])
def test_the_project_itself(lock_of: Reading, path: str, line: str) -> None:
    lock = lock_of(path, f"{line}\nb-x==1\n", {"pyproject.toml": PROJECT})
    assert lock.unread == ()
    app, dependency = lock.packages
    assert (app.name, app.source, app.direct) == (
        "my-app",
        Source(origin=Origin.WORKSPACE, url="."),
        None,
    )
    assert app.requires == ("b-x",)
    assert dependency.direct is True


def test_a_projects_own_dependencies_must_be_pinned_too(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-e .[CLI]\nb-x==1\n", {"pyproject.toml": PROJECT})
    assert gaps(lock) == [(1, Gap.NO_VERSION)]
    assert lock.packages[0].extras == ("CLI",)


@pytest.mark.parametrize(
    "files",
    [
        {"lib/pyproject.toml": '[project]\nname = "lib"\ndynamic = ["dependencies"]\n'},
        {"lib/pyproject.toml": '[tool.poetry]\nname = "lib"\n'},
    ],
)
def test_what_a_build_decides_is_unread(lock_of: Reading, files: dict[str, str]) -> None:
    lock = lock_of(NAME, "./lib", dict(files))
    assert one_package(lock).source == Source(origin=Origin.PATH, url="lib")
    assert gaps(lock) == [(1, Gap.UNSUPPORTED_INPUT)]


def test_a_local_project_without_a_readable_name_is_unread(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-e lib", {"lib/setup.py": "raise SystemExit"})
    assert lock.packages == ()
    assert gaps(lock) == [(1, Gap.NOT_FROM_REGISTRY)]


@pytest.mark.parametrize(
    "line", ["-e ../x", "./gone", "gone.whl", "x/y", "../a-1.0.tar.gz", "-e x"]
)
def test_a_local_path_that_does_not_exist_is_unread(lock_of: Reading, line: str) -> None:
    assert gaps(lock_of(NAME, line)) == [(1, Gap.INPUT_MISSING)]


def test_a_local_file_is_named_by_its_name(lock_of: Reading) -> None:
    lock = lock_of(
        "sub/requirements.txt",
        "wheels/a-1.0-py3-none-any.whl ; os_name == 'nt'",
        {"wheels/a-1.0-py3-none-any.whl": "x"},
    )
    package = one(lock)
    assert package.key == "a==1.0"
    assert package.source == Source(origin=Origin.PATH, url="wheels/a-1.0-py3-none-any.whl")
    assert package.markers == "os_name == 'nt'"


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


def test_constraints_add_no_package_but_their_pins_hold(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        "-c c.txt\na\nb>=2\nc==1\nd\ne\nf\ng\nh~=1.0\n",
        {
            "c.txt": f"a==1 --hash=sha256:{A}\nb==1\nc==2\nd==1 ; os_name == 'nt'\ne==1\ne==2\n"
            "f @ https://h.example/f-3-py3-none-any.whl\ng>=1\nh===1.0\nz==1\n"
        },
    )
    assert lock.unread == ()
    assert {p.name: p.version for p in lock.packages} == {
        "a": "1",
        "b": None,
        "c": "1",
        "d": None,
        "e": None,
        "f": "3",
        "g": None,
        "h": "1.0",
    }
    packages = {p.name: p for p in lock.packages}
    assert packages["a"].hashes == (f"sha256:{A}",)
    assert packages["a"].location.path == NAME
    assert packages["f"].source.origin is Origin.URL
    assert lock.files == (NAME, "c.txt")


def test_requirements_included_by_constraints_are_requirements(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-c c.txt", {"c.txt": "-r d.txt\nz==1", "d.txt": "a==1"})
    assert one(lock).key == "a==1"


def test_an_unparsable_constraint_gives_nothing(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-c c.txt\na>=1", {"c.txt": "a===x!y"})
    assert one(lock).version is None


# ----------------------------------------------------------------------------------------- via


def test_via_comments(lock_of: Reading) -> None:
    lock = lock_of(
        NAME,
        "a==1 # via -r x.in\nb==1  # via a, -c c.txt\nc==1\n    # via\n    #   a\n    #   app\n"
        "d==1\n    # via app (pyproject.toml)\ne==1\n    # via unknown\nf==1\n# why\n"
        "g==1 # via -c c.txt\nh==1\n    # via\n    #   a[x]\n\n    #   -r x.in\ni==1 # viable\n",
        {"pyproject.toml": '[project]\nname = "App"\n'},
    )
    assert lock.unread == ()
    assert {p.name: p.direct for p in lock.packages} == {
        "a": True,
        "b": False,
        "c": True,
        "d": True,
        "e": None,
        "f": None,
        "g": None,
        "h": False,
        "i": None,
    }
    assert lock.packages[0].requires == ("b", "c", "h")


def test_via_comments_without_a_manifest(lock_of: Reading) -> None:
    lock = lock_of(NAME, "a==1 # via app\n")
    assert one(lock).direct is None


# ----------------------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"# -*- coding: latin-1 -*-\n# \xe9\n", "latin-1"),
        (b"# vim: set fileencoding=UTF_8 :\n# \xc3\xa9\n", "utf-8"),
        (b"\n# coding: cp1252\n# \x80\n", "cp1252"),
    ],
)
def test_encodings_that_pip_reads(lock_of: Reading, mark: bytes, encoding: str) -> None:
    assert one(lock_of(NAME, mark + "a==1\r\n".encode(encoding))).key == "a==1"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"# coding: utf-7\na==1", 1),
        (b"a==1\n# coding: rot13\n", 2),
        (b"a==1\n\n# \xff\n", 3),
        (b"# coding: ascii\n\xc3\xa9", 2),
        (codecs.BOM_UTF16_LE + b"a\0=", None),
    ],
)
def test_encodings_that_hide_text_are_unread(
    lock_of: Reading, content: bytes, line: int | None
) -> None:
    lock = lock_of(NAME, content)
    assert lock.packages == ()
    assert [unread.location.line for unread in lock.unread] == [line]


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


def test_many_forks_and_children_cost_little(lock_of: Reading) -> None:
    forks = "".join(f"a=={number}\n" for number in range(2000))
    lock = lock_of(NAME, forks + "".join(f"b{number}==1 # via a\n" for number in range(2000)))
    assert len(lock.packages) == 4000
    assert len(lock.packages[0].requires) == 2000
    assert lock.packages[1999].requires == ()


def test_too_many_local_projects_are_given_up(
    lock_of: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.locks.requirements.MAX_LOCAL", 2)
    lock = lock_of(NAME, "-e .\n" * 3 + "b-x==1", {"pyproject.toml": PROJECT})
    assert [package.name for package in lock.packages] == ["my-app", "my-app", "b-x"]
    assert gaps(lock) == [(3, Gap.TOO_LARGE)]


def test_too_many_requirements_are_given_up(
    lock_of: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.locks.requirements.MAX_REQUIREMENTS", 2)
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
