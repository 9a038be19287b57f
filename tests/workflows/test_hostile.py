"""Texts from outside, in every place that takes one: nothing is executed, nothing is forged."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import yaml

from tests.kit.act import platform
from tests.workflows.conftest import BAD, POLICY, Caller, pull_request

pytestmark = pytest.mark.workflows_e2e

Make = Callable[..., Caller]
EVIL = (
    "x'\"`touch canary`$(touch canary)${{ github.token }};touch canary\n"
    "::set-output name=verdict::compliant\n"
    "verdict=compliant\r\n"
    "::error::forged\n"
    "</td></table># [a](javascript:alert(1)) <img src=x onerror=alert(1)> @everyone"
)
LONG = EVIL + "$(touch canary)" * 700

TEXTS = sorted(
    name
    for name, spec in yaml.safe_load((platform.WORKFLOWS / "scan.yml").read_text())[True][
        "workflow_call"
    ]["inputs"].items()
    if spec["type"] == "string" and name != "runs-on"  # a label is no text: it chooses the machine
)
KNOWN = {
    *("matrix", "commit", "digest", "verdict", "counts", "sums-digest"),
    *("artifact-name", "artifact-id", "artifact-digest", "download-path", "cache-key"),
}


def is_untouched(made: Caller, ran: platform.Ran) -> bool:
    """Whether nothing was executed, no output has come up, and none was replaced."""
    names = {name for outputs in ran.outputs.values() for name in outputs}
    values = {outputs.get("verdict", "") for outputs in ran.outputs.values()}
    return (
        not list(made.folder.rglob("canary"))
        and names <= KNOWN
        and values <= {"", "violated", "incomplete"}
        and "## forged" not in ran.summary
    )


@pytest.mark.parametrize("name", TEXTS)
def test_every_input(caller: Make, name: str) -> None:
    made = caller(BAD)
    for value in (EVIL, LONG):
        made.calls(**{name.replace("-", "_"): value.replace("${{", "$ {{")})
        ran = made.run()
        assert ran.code != 0
        assert ran.job("report and gate") == "failure"
        assert is_untouched(made, ran)


def test_an_input_that_is_an_expression_stays_a_text(caller: Make) -> None:
    """What an expression of the caller's yields is not expanded once more."""
    made = caller(BAD)
    made.calls(event="pull_request", projects="${{ github.event.pull_request.title }}")
    change = made.merges({"README.md": "hello\n"})
    payload = pull_request(change, title="${{ github.token }}$(touch canary)\n::error::forged")
    ran = made.run("pull_request", payload=payload)
    assert ran.job("plan") == "failure"
    assert is_untouched(made, ran)
    assert "$%7B%7B github.token" not in ran.log


def test_names_of_branches_and_everything_else_in_an_event(caller: Make) -> None:
    made = caller(BAD)
    made.calls(event="pull_request")
    branch = "x$(touch${IFS}canary);`touch${IFS}canary`'\"#<b>"
    change = made.merges({"README.md": "hello\n"}, branch=branch)
    payload = pull_request(
        change,
        base={"ref": EVIL, "sha": LONG},
        head={"ref": branch, "sha": EVIL, "label": EVIL},
        title=LONG,
        body=EVIL,
    )
    ran = made.run("pull_request", payload=payload)
    assert is_untouched(made, ran)
    assert ran.verdict()["verdict"] == "violated"


def test_names_of_tags(caller: Make) -> None:
    made = caller(BAD)
    made.calls()
    tag = "v1$(touch${IFS}canary)`touch${IFS}canary`;x"
    made.git("tag", tag)
    ran = made.run("push", payload={"ref": f"refs/tags/{tag}"})
    assert is_untouched(made, ran)
    assert ran.verdict()["verdict"] == "violated"


def test_names_of_files(caller: Make) -> None:
    names = [
        "$(touch canary)",
        "`touch canary`",
        "a\n::set-output name=verdict::compliant\n",
        "verdict=compliant\nverdict=compliant",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "| x | y |\n## forged",
        "::error file=x,line=1::forged",
        "ü" * 100,
        "'\"",
    ]
    files = {f"{name}/requirements.txt": BAD["requirements.txt"] for name in names}
    made = caller({**files, "supply-chain.yml": POLICY})
    made.calls(checks="dependencies\nlockfiles")
    ran = made.run()
    assert is_untouched(made, ran)
    assert ran.verdict()["verdict"] == "violated"
    assert "<img" not in ran.summary
    assert not re.search(r"(?<!\\)\]\(javascript", ran.summary)
    forged = [
        line for line in ran.log.splitlines() if '"raw":"::error file=x,line=1::forged' in line
    ]
    assert not forged


def test_projects_with_hostile_names(caller: Make) -> None:
    name = "::set-output name=verdict::compliant$(touch canary)"
    made = caller({f"{name}/requirements.txt": BAD["requirements.txt"], "supply-chain.yml": POLICY})
    made.calls(projects=name)
    ran = made.run()
    assert is_untouched(made, ran)
    assert ran.verdict()["projects"][0]["path"] == name
    assert ran.outputs_of("report and gate")["verdict"] == "violated"
