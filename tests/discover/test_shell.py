"""Scripts: which commands run, and whose failure fails the script."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.discover.shell import Options, find_calls

if TYPE_CHECKING:
    from pathlib import Path

BASH_E = Options(errexit=True, pipefail=False)
BASH = Options(errexit=True, pipefail=True)
LAX = Options(errexit=False, pipefail=False)


def fatal(script: str, options: Options = BASH_E) -> bool:
    """Whether the failure of the one command "audit" fails the script."""
    found = [call for call in find_calls(script, options) if call.words[0] == "audit"]
    assert len(found) == 1, found
    return found[0].fatal


# Scripts, and whether the failure of `audit` is sure to fail them under `bash -e`.
SCRIPTS = [
    ("audit", True),
    ("true\naudit -r x", True),
    ("audit\ntrue", True),
    ("audit || true", False),
    ("audit || exit 0", False),
    ("audit || exit", False),
    ("audit || exit 1", True),
    ("audit || false", True),
    ("audit || false || true", False),
    ("set +e\naudit || false\ntrue", False),
    ("audit || echo failed", False),
    ("audit > log 2>&1 || true", False),
    ("audit 2>/dev/null", True),
    ("audit &> log || :", False),
    ("audit | cat", False),
    ("set -o pipefail\naudit | cat", True),
    ("set -o pipefail\naudit | cat || true", False),
    ("set -euo pipefail\naudit |& cat", True),
    ("set -o pipefail; set +o pipefail\naudit | cat", False),
    ("set +e\naudit\ntrue", False),
    ("set +e\naudit", True),
    ("set +e\nset -e\naudit\ntrue", True),
    ("set +o errexit\naudit\ntrue", False),
    ("set +e; audit; true", False),
    ("true && audit", True),
    ("true && audit\ntrue", True),
    ("audit && true\ntrue", False),
    ("audit && true", True),
    ("audit && true && true", True),
    ("audit && true || true", False),
    ("if audit; then true; fi", False),
    ("if ! audit; then exit 1; fi", False),
    ("! audit", False),
    ("while audit; do break; done", False),
    ("until ! audit; do break; done", False),
    ("if true; then\n  audit\nfi", True),
    ("if true; then audit; fi || true", False),
    ("if false; then true; elif audit; then true; fi", False),
    ("if false; then true; else audit; fi", True),
    ("for x in a b; do audit; done", True),
    ("for x in a; do audit; done || true", False),
    ("{ audit; }", True),
    ("{ audit; true; } || true", False),
    ("(audit)", True),
    ("(true && audit) || true", False),
    ("(true; audit) || exit 3", True),
    ("((true); (audit)) || true", False),
    ("(audit) > log || true", False),
    ("audit &\nwait", False),
    ("echo $(audit)", False),
    ("audit $(echo x) || true", False),
    ("audit $(echo x)", True),
    ("audit \\\n  -r x \\\n  || true", False),
    ("audit -r 'a;b' \"c|d\" || true", False),
    ("audit # || true", True),
    ("audit '# x' || true", False),
    ("audit x#y || true", False),
    ("cat <<EOF\n|| true\nEOF\naudit", True),
    ("cat <<'EOF' > x\naudit2 || true\nEOF\naudit || true", False),
    ("cat <<-EOF\n\tx\n\tEOF\naudit\ntrue", True),
    ("x=(audit2 y)\naudit", True),
    ("case x in x) audit ;; esac", True),
    ("case x in x) audit ;; esac || true", False),
]


@pytest.mark.parametrize(("script", "expected"), SCRIPTS)
def test_whose_failure_fails_the_script(script: str, expected: bool) -> None:
    assert fatal(script) is expected


@pytest.mark.skipif(shutil.which("bash") is None, reason="compares with bash itself")
@pytest.mark.parametrize("script", [script for script, said in SCRIPTS if said])
def test_what_is_called_fatal_is_fatal_in_bash(script: str, tmp_path: Path) -> None:
    program = tmp_path / "audit"
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        env={"PATH": path},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0


def test_a_neutral_end_on_the_same_line_is_doubted() -> None:
    assert not fatal("audit; true")
    assert not fatal("audit; exit 0")
    assert fatal("audit; echo done")


def test_without_errexit_only_the_last_command_counts() -> None:
    assert fatal("true\naudit", LAX)
    assert not fatal("audit\ntrue", LAX)
    assert not fatal("(audit; true)", LAX)


def test_with_pipefail_from_the_start() -> None:
    assert fatal("audit | tee log", BASH)
    assert not fatal("audit | tee log || true", BASH)
    assert not fatal("audit | tee log &", BASH)


def test_words_and_lines() -> None:
    script = '\n# x\nFOO=1 audit -r \'a b\' "c\\"d" e\\ f ${{ a && b || c }} \\\n  --last\n  other'
    assert [(call.words, call.line) for call in find_calls(script, BASH_E)] == [
        (
            (
                "FOO=1", "audit", "-r", "a b", 'c\\"d', "e f", "${{ a && b || c }}", "--last",
            ),
            2,
        ),
        (("other",), 4),
    ]  # fmt: skip


def test_embedded_documents_and_arrays_are_no_commands() -> None:
    script = "cat <<A <<B\naudit\nA\naudit\nB\nx=(audit)\ny=( $(audit2) )\ncat <<< audit"
    assert "audit" not in {call.words[0] for call in find_calls(script, BASH_E)}


@pytest.mark.parametrize("script", ["fi", "done", ")", "}", "then", "'", '"', "$(", "((", "&&", ""])
def test_half_a_script_is_no_reason_to_fail(script: str) -> None:
    assert all(call.words for call in find_calls(script, BASH_E))


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            ["audit", "true", "false", "\n", ";", "&&", "||", "|", "&", "(", ")", "{", "}", "if",
             "then", "else", "elif", "fi", "while", "do", "done", "for x in a", "!", "$(", "x=(",
             "set +e", "set -e", "set -o pipefail", "set -o", "<<E", "E", "'", '"', "#", "\\", ">",
             "case x in", "esac", ";;", "exit 0", "exit 1", "${{", "}}"]
        ),
        max_size=14,
    ).map(" ".join)
)  # fmt: skip
def test_any_script_is_read(script: str) -> None:
    assert all(call.words for call in find_calls(script, BASH))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="compares with bash itself")
@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            ["audit", "true", "audit || true", "audit || false", "true && audit", "audit && true",
             "(audit)", "( audit; true )", "{ audit; }", "{ audit; true; } || true", "audit | cat",
             "set +e", "set -e", "set -o pipefail", "! audit", "if audit; then true; fi",
             "if true; then audit; fi", "(true; audit) && true", "for x in a; do audit; done"]
        ),
        min_size=1,
        max_size=4,
    ).map("\n".join)
)  # fmt: skip
def test_fatal_is_never_said_of_a_script_that_passes(script: str) -> None:
    if any(call.fatal for call in find_calls(script, BASH_E) if call.words == ("audit",)):
        done = subprocess.run(
            ["bash", "-e", "-c", f"audit() {{ command false; }}\n{script}"],
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=False,
        )
        assert done.returncode != 0
