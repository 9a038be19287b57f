"""Manifests: where pods stand, and what is not evaluated. `test_corpus` has the rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.hardening.configuration import kubernetes
from pipeline.checks.hardening.problem import Read
from pipeline.errors import IncompleteError
from pipeline.model import Gap, Severity
from tests.checks.hardening.cases import DAY

BAD = "{containers: [{name: a, securityContext: {privileged: true}}]}"


def read(text: str) -> Read:
    return kubernetes.read(text, "x.yaml", DAY)


def rules(text: str) -> list[tuple[str, int]]:
    return [(one.rule, one.place.line or 0) for one in read(text).problems]


@pytest.mark.parametrize(
    "text",
    [
        f"kind: Pod\nspec: {BAD}\n",
        f"kind: PodTemplate\ntemplate: {{spec: {BAD}}}\n",
        f"kind: Deployment\nspec: {{template: {{spec: {BAD}}}}}\n",
        f"kind: Rollout\nspec: {{template: {{spec: {BAD}}}}}\n",
        f"kind: CronJob\nspec: {{jobTemplate: {{spec: {{template: {{spec: {BAD}}}}}}}}}\n",
        f"kind: PodList\nitems: [{{kind: Pod, spec: {BAD}}}]\n",
        f"kind: Pod\nspec: {BAD.replace('containers', 'initContainers')}\n",
    ],
)
def test_wherever_a_pod_stands(text: str) -> None:
    assert rules(text) == [("privileged", 2)]


def test_what_trivy_says_nothing_about() -> None:
    named = "metadata: {name: x}\n"
    assert read(f"kind: Pod\n{named}spec: {BAD}\n").ours_alone == ()
    assert read(f"kind: Pod\nmetadata: {{generateName: x-}}\nspec: {BAD}\n").ours_alone == ()
    (nameless,) = read(f"kind: Pod\nspec: {BAD}\n").ours_alone
    (listed,) = read(f"kind: PodList\n{named}items: [{{kind: Pod, spec: {BAD}}}]\n").ours_alone
    rollout = read(f"kind: Rollout\n{named}spec: {{template: {{spec: {BAD}}}}}\n")
    assert "name" in nameless.why
    assert "lists" in listed.why
    assert (listed.place.line, listed.gap) == (3, Gap.UNSUPPORTED_INPUT)
    assert rollout.ours_alone == ()
    (flow,) = read(f"{{kind: Pod, metadata: {{name: x}}, spec: {BAD}}}\n").ours_alone
    assert "plain lines" in flow.why
    assert "Rollout" in rollout.strange[0].why


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("resources: [./a, ../b, c.yaml]\n", []),
        ("resources:\n- https://example.com/a.yaml\n", [2]),
        ("bases:\n- ./a\n- github.com/a/b//deploy?ref=v1\n", [3]),
        ("components:\n- git@example.com:a/b\n- ssh://git@example.com/a\n", [2, 3]),
        ("resources:\n- example.com/a/b?timeout=9&ref=v1\n", [2]),
        ("helmCharts:\n- name: a\n  repo: https://example.com\n", [2]),
        ("resources: none\nhelmCharts: 3\n", []),
    ],
)
def test_what_kustomize_takes_from_elsewhere(text: str, lines: list[int]) -> None:
    for path, content in (("a/kustomization.yaml", text), ("x.yaml", f"{text}kind: Component\n")):
        found = kubernetes.read(content, path, DAY).strange
        assert [one.place.line for one in found] == lines
        assert {one.gap for one in found} <= {Gap.INPUT_MISSING}
    assert read(text) == Read()


@pytest.mark.parametrize(
    ("path", "severity"), [("x.yaml", Severity.HIGH), ("fixtures/x.yaml", Severity.MEDIUM)]
)
def test_a_secret_of_a_test_is_less_bad(path: str, severity: Severity) -> None:
    text = "kind: Secret\ndata:\n  a: c2VjcmV0\n  b: '{{ x }}'\n"
    (found,) = kubernetes.read(text, path, DAY).problems
    assert (found.rule, found.severity, found.place.line) == ("plain-secret", severity, 3)
    assert ("made for a test" in found.detail) == (severity is Severity.MEDIUM)


@pytest.mark.parametrize(
    ("rows", "severity"),
    [
        ("stringData:\n  a: my-password", Severity.MEDIUM),
        ("data:\n  a: bXktcGFzc3dvcmQ=", Severity.MEDIUM),
        ("data:\n  a: my-password", Severity.MEDIUM),
        ("stringData:\n  a: bXktcGFzc3dvcmQ=", Severity.HIGH),
        ("data:\n  a: /w==", Severity.HIGH),
    ],
)
def test_a_secret_that_says_it_is_made_up_is_less_bad(rows: str, severity: Severity) -> None:
    (found,) = read(f"kind: Secret\n{rows}\n").problems
    assert (found.rule, found.severity) == ("plain-secret", severity)


def test_what_starts_no_pod() -> None:
    assert read("kind: Service\nspec: {ports: []}\n---\n---\njust a text\n") == Read()


def test_what_belongs_to_the_pod_is_told_once() -> None:
    text = "kind: Pod\nspec:\n  hostPID: true\n  containers: [{name: a}, {name: b}]\n"
    assert rules(text) == [("host-namespace", 3)]


def test_each_document_counts() -> None:
    text = f"kind: Pod\nspec: {BAD}\n--- # the next one\nkind: Pod\nspec: {BAD}\n"
    assert rules(text) == [("privileged", 2), ("privileged", 5)]


def test_what_the_container_says_outweighs_the_pod() -> None:
    text = "kind: Pod\nspec:\n  securityContext: {runAsUser: 5}\n  containers:\n"
    text += "    - {name: a, securityContext: {runAsUser: 0}}\n    - {name: b}\n"
    assert rules(text) == [("root-workload", 5)]


@pytest.mark.parametrize(
    ("container", "why"),
    [
        ("{name: a, image: '{{ x }}'}", "the image of a"),
        ("{name: a, image: '${X}'}", "the image of a"),
        ("{name: a, securityContext: {privileged: '{{ x }}'}}", "whether a is privileged"),
        ("{name: a, securityContext: {allowPrivilegeEscalation: '{{ x }}'}}", "may gain rights"),
        ("{name: a, securityContext: {runAsUser: '{{ x }}'}}", "the user of a"),
    ],
)
def test_what_the_deployment_decides_is_told(container: str, why: str) -> None:
    found = read(f"kind: Pod\nspec: {{containers: [{container}]}}\n")
    assert (found.open[0].place.line, found.open[0].gap) == (2, Gap.INPUT_MISSING)
    assert why in found.open[0].why


def test_what_a_template_decides_of_a_whole_container() -> None:
    text = """\
kind: Pod
spec:
  containers:
    - name: a
      image: x@sha256:4f
      resources: {limits: {cpu: 1, memory: 1Gi}}
      securityContext:
        readOnlyRootFilesystem: '{{ ro }}'
        runAsNonRoot: '{{ user }}'
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
"""
    found = read(text)
    assert [one.rule for one in found.problems] == ["unpinned-image"]
    assert sorted(one.place.line or 0 for one in found.open) == [8, 9]


@pytest.mark.parametrize("text", ["kind: {{ x }}\n", "a: [\n", "kind: Pod\nkind: Pod\n"])
def test_templates_are_not_evaluated(text: str) -> None:
    with pytest.raises(IncompleteError):
        read(text)


def written(items: dict[str, str]) -> str:
    return f"{{{', '.join(f'{key}: {value}' for key, value in items.items())}}}"


@settings(deadline=None)
@given(
    st.recursive(
        st.sampled_from(["true", "ALL", "x", "~", "'{{ x }}'", "0"]),
        lambda inner: (
            st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]")
            | st.dictionaries(
                st.sampled_from(
                    ["image", "name", "env", "value", "securityContext", "capabilities", "drop",
                     "resources", "limits", "containers", "volumes", "hostPath", "path", "items"]
                ),
                inner,
                max_size=4,
            ).map(written)
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_no_shape_makes_it_stumble(spec: str) -> None:
    kinds = (("Pod", "spec"), ("List", "items"), ("Secret", "data"))
    found = read("---\n".join(f"kind: {kind}\n{key}: {spec}\n" for kind, key in kinds))
    places = [one.place for one in found.problems] + [one.place for one in found.open]
    assert all(place.path == "x.yaml" for place in places)
