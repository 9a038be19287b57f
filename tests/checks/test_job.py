"""The words between a check and the collector; what they do is held by `tests/collect`."""

from __future__ import annotations

import pytest

from pipeline.checks.job import Job, Options, Tool, Wanted


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        (Tool(distribution="pip-audit", module="pip_audit"), "pip-audit"),
        (Tool(distribution="zizmor", program="zizmor"), "zizmor"),
        (Tool(binary="trivy"), "trivy"),
    ],
)
def test_a_tool_is_called_what_people_call_it(tool: Tool, name: str) -> None:
    assert tool.name == name


def test_nothing_is_given_unasked() -> None:
    assert Wanted() == Wanted(files=(), tool=False, database=False, java_database=False)
    job = Job(name="a", arguments=())
    assert (job.network, job.optional, job.private, job.binary) == (False, False, False, "")
    assert (Options().tool, Options().database) == (None, None)


@pytest.mark.parametrize(
    ("tool", "groups"),
    [
        (Tool(distribution="pip-audit", module="pip_audit"), ("pip-audit",)),
        (Tool(binary="trivy"), ("sigstore",)),
        (Tool(binary="trivy", group="images"), ("sigstore", "images")),
        (Tool(distribution="zizmor", group="images"), ("zizmor", "images")),
    ],
)
def test_what_an_environment_for_the_check_holds(tool: Tool, groups: tuple[str, ...]) -> None:
    assert tool.groups == groups
