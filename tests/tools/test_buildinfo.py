"""What a Go program says of its build, read from files of both formats and from real ones."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.tools.binaries import Binary
from pipeline.tools.buildinfo import BuildInfo, read
from tests.kit.goprogram import SUM, TRIVY, elf, mach_o, modules, section

WHOLE = section(modules())


@pytest.fixture
def told(tmp_path: Path) -> Callable[[bytes], BuildInfo | None]:
    def told(content: bytes) -> BuildInfo | None:
        path = tmp_path / "program"
        path.write_bytes(content)
        return read(path)

    return told


@pytest.mark.parametrize("form", [elf, mach_o])
def test_both_formats(
    told: Callable[[bytes], BuildInfo | None], form: Callable[[bytes], bytes]
) -> None:
    assert told(form(WHOLE)) == BuildInfo(
        go="go1.26.8",
        package=f"{TRIVY}/cmd/trivy",
        module=TRIVY,
        version="v0.74.0",
        sum=SUM,
        settings={"GOOS": "linux", "CGO_ENABLED": "0"},
    )


def test_replaced_modules_are_told(told: Callable[[bytes], BuildInfo | None]) -> None:
    found = told(elf(section(modules(more="=>\t../own\t(devel)\t\n"))))
    assert found
    assert found.replaced


def test_a_build_from_a_checkout_has_no_checksum(
    told: Callable[[bytes], BuildInfo | None],
) -> None:
    found = told(elf(section("path\tx/cmd\nmod\tx\t(devel)\t\nbuild\tvcs.revision=abc\n")))
    assert found
    assert (found.version, found.sum, found.settings["vcs.revision"]) == ("(devel)", "", "abc")
    bare = told(elf(section("path\tx/cmd\nmod\tx\n")))
    assert bare
    assert (bare.module, bare.version, bare.sum) == ("x", "", "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#!/bin/sh\n",
        b"\x7fELF\x02\x01",
        b"\x7fELF\x01\x01" + bytes(60),
        b"\xcf\xfa\xed\xfe" + bytes(60),
        elf(WHOLE, name=b".text"),
        mach_o(WHOLE, name=b"__text"),
        elf(b"\xff Go buildinf:" + bytes(20)),
        elf(WHOLE[:60]),
        elf(WHOLE[:32]),
        elf(WHOLE.replace(b"path", b"\xff\xfe\xfd\xfc")),
        elf(bytes(2 << 20)),
        elf(WHOLE)[:-200],
        elf(WHOLE)[:40] + b"\xff" * 8 + elf(WHOLE)[48:],
    ],
)
def test_what_tells_nothing(told: Callable[[bytes], BuildInfo | None], content: bytes) -> None:
    assert told(content) is None


def test_a_program_of_another_language_tells_nothing() -> None:
    assert read(Path("/bin/sh").resolve()) is None


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing")


def test_go_itself_says_the_same(trivy: Binary) -> None:
    found = read(trivy.path)
    assert found
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go here to ask")
    said = subprocess.run(
        [go, "version", "-m", str(trivy.path)], capture_output=True, text=True, check=True
    ).stdout
    assert f"\tmod\t{found.module}\t{found.version}\t{found.sum}\n" in said
    assert f"\tpath\t{found.package}\n" in said
    assert f": {found.go}\n" in said
    for key, value in found.settings.items():
        assert f"\tbuild\t{key}={value}\n" in said


def broken(content: bytes) -> st.SearchStrategy[bytes]:
    """Cut off, or changed at some places."""
    return st.one_of(
        st.integers(0, len(content)).map(lambda end: content[:end]),
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=8).map(
            lambda changes: bytes(
                dict(changes).get(place, byte) for place, byte in enumerate(content)
            )
        ),
    )


@given(st.one_of(st.binary(max_size=300), broken(elf(WHOLE)), broken(mach_o(WHOLE))))
@settings(deadline=None)
def test_no_file_breaks_the_reader(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        found = read(Path(file.name))
    assert found is None or isinstance(found, BuildInfo)
