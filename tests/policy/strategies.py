"""Everything that a run may hand to policy, for the laws to be tried on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from pipeline.model import (
    Artefact,
    Coverage,
    DataRecord,
    Evidence,
    Exploited,
    Finding,
    Gap,
    Gate,
    Kind,
    Location,
    Missing,
    Outcome,
    Policy,
    Severity,
    Status,
    ToolRecord,
    Waiver,
)
from tests.policy.builders import TARGET, TODAY, result

CHECKS = ("dependencies", "secrets", "container")
CONTROLS = ("DEP-03", "DEP-04", "GATE-01")
IDS = ("CVE-1", "CVE-2", "GHSA-1", "secrets/token", "lockfiles/missing-hash")


def tuples(strategy: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=most).map(tuple)


days = st.integers(-3, 400).map(lambda number: TODAY + timedelta(days=number))
locations = st.builds(
    Location, path=st.sampled_from(["a/uv.lock", "b/uv.lock"]), line=st.none() | st.integers(1, 3)
)
findings_ = st.builds(
    Finding,
    check=st.sampled_from(CHECKS),
    rule=st.sampled_from(IDS),
    kind=st.sampled_from(Kind),
    severity=st.sampled_from(Severity),
    title=st.just("a problem"),
    subject=st.sampled_from(["pkg:pypi/a@1", "pkg:npm/%40s/b@2", "a/uv.lock"]),
    locations=tuples(locations, 2),
    fix=st.sampled_from(["", "do it"]),
    aliases=tuples(st.sampled_from(IDS), 2),
    fixed_versions=tuples(st.just("9"), 1),
    paths=tuples(tuples(st.sampled_from(["a==1", "c==1"]), 2), 2),
    epss=st.none() | st.floats(0, 1),
    score=st.none() | st.floats(0, 10),
    exploited=st.none() | st.builds(Exploited, added=days, due=days, ransomware=st.booleans()),
)
waivers_ = st.builds(
    Waiver,
    id=st.sampled_from(IDS),
    reason=st.just("-"),
    owner=st.just("-"),
    expires=days,
    package=st.sampled_from(["", "a", "a==1", "@s/b", "pkg:pypi/a"]),
    path=st.sampled_from(["", "a/*", "**"]),
)
policies = st.builds(
    Policy,
    fail_on=st.none() | st.sampled_from([s for s in Severity if s is not Severity.UNKNOWN]),
    fail_on_unknown=st.booleans(),
    required=tuples(st.sampled_from(CHECKS), 2),
    required_controls=tuples(st.sampled_from(CONTROLS), 1),
    waivers=tuples(waivers_),
)
gaps_ = st.builds(
    Missing, subject=st.sampled_from(["p", "q"]), gap=st.sampled_from(Gap), why=st.just("-")
)
coverages = st.builds(
    Coverage,
    scope=st.sampled_from(["a/uv.lock", "b/uv.lock"]),
    unit=st.just("packages"),
    expected=st.integers(0, 2),
    evaluated=st.integers(0, 2),
    missing=tuples(gaps_, 1),
)
full = st.builds(
    lambda scope, number: Coverage(scope=scope, unit="files", expected=number, evaluated=number),
    st.sampled_from(["a/uv.lock", "b/uv.lock"]),
    st.integers(1, 2),
)
records = st.builds(
    DataRecord,
    name=st.sampled_from(["osv", "kev"]),
    origin=st.sampled_from(["x", "y"]),
    fresh=st.booleans(),
)
# Half of all evidence is good, so that compliant verdicts are common enough to be broken.
good = st.builds(
    Evidence,
    check=st.sampled_from(CHECKS),
    status=st.sampled_from([Status.CLEAN, Status.FOUND]),
    findings=tuples(findings_, 1),
    coverage=st.lists(full, min_size=1, max_size=2).map(tuple),
)
doubtful = st.builds(
    Evidence,
    check=st.sampled_from(CHECKS),
    status=st.sampled_from(Status),
    reason=st.sampled_from(["", "because"]),
    findings=tuples(findings_, 2),
    coverage=tuples(coverages, 2),
    data=tuples(records, 2),
    tools=tuples(st.builds(ToolRecord, name=st.sampled_from("tu"), version=st.just("1")), 2),
    artefacts=tuples(
        st.builds(
            Artefact, path=st.sampled_from("mn"), digest=st.just("d"), media_type=st.just("m")
        ),
        2,
    ),
)
results = st.builds(
    result, st.sampled_from(Outcome), st.sampled_from(CONTROLS), st.sampled_from(Gate)
)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of `judge` as a run makes them: at most one evidence per planned check."""
    items = draw(st.lists(good | doubtful, max_size=3, unique_by=lambda item: item.check))
    planned = {item.check for item in items} | set(draw(tuples(st.sampled_from(CHECKS), 1)))
    controls = draw(st.lists(results, max_size=3, unique_by=lambda item: item.control.id))
    return {
        "evidence": tuple(items),
        "planned": tuple(sorted(planned)),
        "policy": draw(st.just(Policy()) | policies),
        "controls": tuple(controls),
        "target": TARGET,
    }
