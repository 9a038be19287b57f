"""GitHub Actions: what zizmor leaves to others.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.checks.workflows.denied import denied_action
from pipeline.checks.workflows.pins import (
    COMMIT,
    image_problems,
    piped_lines,
    piped_problem,
    secret_problem,
)
from pipeline.checks.workflows.problem import Problem
from pipeline.model import Location, Severity
from pipeline.yamltree import Items, Scalar, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.yamltree import Node

_FORK_TRIGGERS = frozenset({"pull_request", "pull_request_target"})
_PRIVILEGED = frozenset({"pull_request_target", "workflow_run", "issue_comment"})
"""Triggers that strangers can set off, and that run with the repository's own rights."""
_HEAD = re.compile(
    r"github\.head_ref|event\.pull_request\.head\.|event\.workflow_run\.head_"
    r"|event\.workflow_run\.pull_requests|refs/pull/",
    re.IGNORECASE,
)
_FETCHES_HEAD = re.compile(r"\bgh\s+pr\s+checkout\b|\bgit\s+(?:fetch|pull)\b[^\n]{0,300}\bpull/")
_VERSION = re.compile(r"(?:^|[@=:/_-])(?:v\d+|\d+\.\d+)(?:\.\d+)*(?:[-+.]\w+)*$")

_SCANNERS = (
    "github/codeql-action/analyze", "zizmorcore/zizmor-action", "ossf/scorecard-action",
    "gitleaks/gitleaks-action", "trufflesecurity/trufflehog", "aquasecurity/trivy-action",
    "anchore/scan-action", "google/osv-scanner-action", "actions/dependency-review-action",
    "pypa/gh-action-pip-audit", "snyk/actions", "semgrep/semgrep-action",
    "checkmarx/kics-github-action", "bridgecrewio/checkov-action",
)  # fmt: skip
_PUBLISHERS = (
    "pypa/gh-action-pypi-publish", "softprops/action-gh-release", "ncipollo/release-action",
    "goreleaser/goreleaser-action", "js-devtools/npm-publish", "actions/attest",
    "actions/attest-build-provenance", "sigstore/gh-action-sigstore-python",
    "rubygems/release-gem", "actions/create-release", "semantic-release/semantic-release",
)  # fmt: skip
_PUBLISHES = re.compile(
    r"\b(?:twine\s+upload|(?:npm|pnpm|yarn(?:\s+npm)?|cargo|uv|poetry|flit|pdm|hatch)\s+publish"
    r"|gem\s+push|docker\s+push|helm\s+push|gh\s+release\s+(?:create|upload)|cosign\s+sign)\b"
)
_READERS = ("actions/download-artifact", "actions/github-script")
"""Actions that take what a run has left for data."""
_BUILDERS = ("docker/build-push-action", "docker/bake-action")
_CACHES = ("actions/cache", "swatinem/rust-cache", "mozilla-actions/sccache-action")


def problems(root: Table, text: str, path: str) -> Iterator[Problem]:
    """What is wrong with a workflow, or with an action where there are no jobs."""
    file = _File(text, path)
    triggers = set(_names(root.get("on")))
    yield from file.environment(root)
    jobs, runs = root.get("jobs"), root.get("runs")
    for _, job in jobs.entries.values() if isinstance(jobs, Table) else ():
        if isinstance(job, Table):
            yield from file.job(job, triggers)
    if isinstance(runs, Table):
        yield from file.steps(_steps(runs), triggers)
        image = runs.get("image")
        if isinstance(image, Scalar) and image.text.startswith("docker://"):
            yield from file.image(image, image.text.removeprefix("docker://"))


def takes_only_data(root: Table) -> bool:
    """Whether a workflow follows another's run and can do no more than read what that has left.

    It fetches no code and starts no program: each step is an action that reads an artifact, or a
    script that stands in the workflow itself.
    """
    jobs = root.get("jobs")
    held = jobs.entries.values() if isinstance(jobs, Table) else ()
    tables = [job for _, job in held if isinstance(job, Table)]
    steps = [step for job in tables for step in _steps(job)]
    return (
        _PRIVILEGED.intersection(_names(root.get("on"))) == {"workflow_run"}
        and len(tables) == len(held)
        and not any(job.get(key) for job in tables for key in ("uses", "container", "services"))
        and all(_steps(job) for job in tables)
        and bool(steps)
        and all(step.get("run") is None for step in steps)
        and all(step.text("uses").partition("@")[0] in _READERS for step in steps)
    )


class _File:
    """One file, and its lines for the comments that no parser keeps."""

    def __init__(self, text: str, path: str) -> None:
        self.lines = text.splitlines()
        self.path = path

    def at(self, node: Node) -> Location:
        return Location(path=self.path, line=node.line, column=node.column)

    def job(self, job: Table, triggers: set[str]) -> Iterator[Problem]:
        yield from self.environment(job)
        uses = job.get("uses")
        if isinstance(uses, Scalar):
            yield from self.uses(uses)
        if "runs-on" in job.entries and triggers & _FORK_TRIGGERS:
            key, runner = job.entries["runs-on"]
            if any(name.lower() == "self-hosted" for name in _labels(runner)):
                yield Problem(
                    rule="self-hosted-runner",
                    severity=Severity.MEDIUM,
                    place=self.at(key),
                    detail="a pull request starts it: in a public repository, anybody's code runs"
                    " on this machine",
                )
        services = job.get("services")
        places = [job.get("container")]
        if isinstance(services, Table):
            places += [service for _, service in services.entries.values()]
        for place in places:
            image = place.get("image") if isinstance(place, Table) else place
            if isinstance(image, Scalar):
                yield from self.image(image, image.text)
            if isinstance(place, Table):
                yield from self.environment(place)
        steps = _steps(job)
        yield from self.steps(steps, triggers)
        if _publishes(job):
            yield from self.caches(steps)

    def steps(self, steps: Sequence[Table], triggers: set[str]) -> Iterator[Problem]:
        for step in steps:
            yield from self.environment(step)
            uses, script = step.get("uses"), step.get("run")
            if isinstance(uses, Scalar):
                yield from self.uses(uses)
                if _is(uses.text, _SCANNERS) and step.text("continue-on-error") == "true":
                    yield Problem(
                        rule="swallowed-gate",
                        severity=Severity.MEDIUM,
                        place=self.at(uses),
                        detail="a security scan whose failure is ignored (continue-on-error)",
                    )
            if isinstance(script, Scalar):
                for index in piped_lines(script.text):
                    line = script.line_of(index)
                    yield piped_problem(Location(path=self.path, line=line))
            if triggers & _PRIVILEGED and _takes_head(step):
                yield Problem(
                    rule="untrusted-checkout",
                    severity=Severity.HIGH,
                    place=self.at(uses if isinstance(uses, Scalar) else script or step),
                    detail="code of a stranger's change is fetched while the job has the"
                    f" repository's rights ({', '.join(sorted(triggers & _PRIVILEGED))})",
                )

    def uses(self, uses: Scalar) -> Iterator[Problem]:
        """A reference to an action or a reusable workflow."""
        if uses.text.startswith("docker://"):
            yield from self.image(uses, uses.text.removeprefix("docker://"))
            return
        name, at, reference = uses.text.partition("@")
        if not at or not COMMIT.fullmatch(reference):
            return  # zizmor's unpinned-uses
        if denied := denied_action(name, reference):
            yield Problem(
                rule="denied-action",
                severity=Severity.CRITICAL,
                place=self.at(uses),
                detail=denied,
            )
        line = self.lines[uses.line - 1] if uses.line <= len(self.lines) else ""
        if not _names_version(line.partition(reference)[2]):
            yield Problem(
                rule="version-comment",
                severity=Severity.LOW,
                place=self.at(uses),
                detail="no comment says which version the commit is",
            )

    def image(self, node: Scalar, image: str) -> Iterator[Problem]:
        # Tags without a digest are zizmor's unpinned-images.
        yield from image_problems(image, self.at(node), tags=False)

    def environment(self, place: Table) -> Iterator[Problem]:
        env = place.get("env")
        for key, value in env.entries.values() if isinstance(env, Table) else ():
            if isinstance(value, Scalar):
                problem = secret_problem(key.text, value.text, self.at(key))
                if problem:
                    yield problem

    def caches(self, steps: Sequence[Table]) -> Iterator[Problem]:
        """Steps of a publishing job that take what other runs left."""
        for step in steps:
            uses = step.get("uses")
            if isinstance(uses, Scalar) and (
                _is(uses.text, _CACHES)
                or (_is(uses.text, _BUILDERS) and _input(step, "cache-from"))
                or (uses.text.startswith("actions/setup-") and _is_on(_input(step, "cache")))
                or (
                    _is(uses.text, ("astral-sh/setup-uv",))
                    and _input(step, "enable-cache") == "true"
                )
            ):
                yield Problem(
                    rule="cache-poisoning",
                    severity=Severity.MEDIUM,
                    place=self.at(uses),
                    detail="the job publishes, and takes what other runs left in a cache",
                )


def _names(node: Node | None) -> Iterator[str]:
    """What `on` names: one event, a list of them, or a table by their names."""
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, Items):
        yield from (item.text for item in node.items if isinstance(item, Scalar))
    elif isinstance(node, Table):
        yield from node.entries


def _labels(node: Node) -> Iterator[str]:
    """The labels of `runs-on`: a text, a list, or the `labels` of a group."""
    if isinstance(node, Table):
        labels = node.get("labels")
        yield from _names(labels)
    else:
        yield from _names(node)


def _steps(place: Table) -> list[Table]:
    steps = place.get("steps")
    items = steps.items if isinstance(steps, Items) else ()
    return [step for step in items if isinstance(step, Table)]


def _is(uses: str, names: Sequence[str]) -> bool:
    name = uses.partition("@")[0].strip().lower()
    return any(name == known or name.startswith(f"{known}/") for known in names)


def _is_on(value: str) -> bool:
    return value.strip().lower() not in {"", "false"}


def _takes_head(step: Table) -> bool:
    """Whether a step fetches the code of the change that set the workflow off."""
    if _is(step.text("uses"), ("actions/checkout",)):
        return bool(_HEAD.search(f"{_input(step, 'ref')} {_input(step, 'repository')}"))
    return bool(_FETCHES_HEAD.search(step.text("run")))


def _names_version(comment: str) -> bool:
    """Whether a comment has a version: "# v4.2.1", "# tag=v4", "# ratchet:owner/action@v4"."""
    words = re.split(r"[\s,;()]+", comment.partition("#")[2][:500])
    return any(_VERSION.search(word) for word in words)


def _publishes(job: Table) -> bool:
    """Whether a job publishes something for others, as far as its steps show."""
    return any(
        _is(step.text("uses"), _PUBLISHERS)
        or bool(_PUBLISHES.search(step.text("run")))
        or (_is(step.text("uses"), _BUILDERS) and _is_on(_input(step, "push")))
        for step in _steps(job)
    )


def _input(step: Table, name: str) -> str:
    given = step.get("with")
    return given.text(name) if isinstance(given, Table) else ""
