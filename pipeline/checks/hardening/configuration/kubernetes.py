"""Kubernetes manifests: the containers of everything that starts pods, and secrets written out.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks import fixture
from pipeline.checks.hardening.configuration.workload import Container, Text, setting
from pipeline.checks.hardening.configuration.workload import read as hold
from pipeline.checks.hardening.problem import Open, Problem
from pipeline.discover.infrastructure import KUSTOMIZATIONS
from pipeline.model import Gap, Location, Severity
from pipeline.text import plain
from pipeline.yamltree import Items, Scalar, Table, compose_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from pipeline.checks.hardening.problem import Read
    from pipeline.yamltree import Node

_PODS = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_POD = ("spec", "template", "spec")
"""Where the pod stands in Deployments, StatefulSets, DaemonSets, Jobs, and what is made alike."""
_KNOWN = frozenset(
    {
        "CronJob", "DaemonSet", "Deployment", "DeploymentConfig", "Job", "Pod", "ReplicaSet",
        "ReplicationController", "StatefulSet",
    }
)  # fmt: skip
"""Objects in which Trivy looks for containers: trivy-checks, lib/kubernetes/kubernetes.rego."""
_KINDS = ("containers", "initContainers", "ephemeralContainers")
_SHARED = {"hostNetwork": "network", "hostPID": "processes", "hostIPC": "shared memory"}
_REMOTE = re.compile(
    r"://|^git@|^(?:github\.com|gitlab\.com|bitbucket\.org)[/:]|\?(?:.*&)?(?:ref|version)="
)
"""What is no path in the repository: https://github.com/kubernetes-sigs/kustomize, remoteBuild."""
_TEMPLATE = re.compile(r"\{\{|\$\{|\$\(")


def read(text: str, path: str, today: date) -> Read:
    """What is wrong with a file of manifests, and what it leaves open.

    Raises `UnreadableYamlError` for what is no YAML, templates of it included.
    """
    documents = compose_all(text, path, aliases=True)
    whole = {id(node) for node in documents}
    objects = [one for node in documents for one in _objects(node)]
    starting = [(one, list(_containers(one))) for one in objects]
    found = hold((one for _, several in starting for one in several), path, today)
    secrets = [problem for one in objects for problem in _secrets(one, path)]
    ours_alone, strange = [], []
    for one, containers in starting:
        kind, names = one.text("kind"), one.below("metadata").entries.keys()
        if containers and id(one) not in whole:
            ours_alone.append(_left(one, path, "Trivy does not look into lists of objects"))
        elif containers and one.entries["kind"][0].column > 1:
            ours_alone.append(_left(one, path, "Trivy is given manifests with plain lines alone"))
        elif containers and kind not in _KNOWN:
            strange.append(_left(one, path, f"Trivy knows no containers in a {plain(kind)}"))
        elif containers and not {"name", "generateName"} & names:
            ours_alone.append(_left(one, path, "Trivy judges no object without a name"))
        strange += _fetched(one, path)
    return replace(
        found,
        problems=(*found.problems, *secrets),
        ours_alone=tuple(ours_alone),
        strange=tuple(strange),
    )


def _fetched(one: Table, path: str) -> Iterator[Open]:
    """What Kustomize takes from elsewhere: addresses among its resources, and charts.

    Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/resource/
    """
    is_one = path.rpartition("/")[2] in KUSTOMIZATIONS
    if not (is_one or one.text("kind") in {"Kustomization", "Component"}):
        return
    named = [entry for key in ("resources", "bases", "components") for entry in one.items(key)]
    lines = [node.line for node in named if isinstance(node, Scalar) and _REMOTE.search(node.text)]
    lines += [chart.line for chart in one.items("helmCharts")]
    for line in lines:
        why = "what Kustomize takes from elsewhere was not fetched"
        yield Open(place=Location(path=path, line=line), why=why, gap=Gap.INPUT_MISSING)


def _left(one: Table, path: str, why: str) -> Open:
    place = Location(path=path, line=one.line)
    return Open(place=place, why=f"{why}: only our own rules did", gap=Gap.UNSUPPORTED_INPUT)


def _objects(node: Node) -> Iterator[Table]:
    """The objects of a document: itself, or the members of a list."""
    if not isinstance(node, Table):
        return
    if node.text("kind").endswith("List") and isinstance(items := node.get("items"), Items):
        for item in items.items:
            yield from _objects(item)
    else:
        yield node


def _containers(one: Table) -> Iterator[Container]:
    pod = one.below(*_PODS.get(one.text("kind"), _POD))
    host = tuple(
        Text(node.line, what)
        for key, what in _SHARED.items()
        if (node := pod.get(key)) and (switch := setting(node)) and switch.on
    )
    mounts = tuple(
        Text(path.line, path.text)
        for volume in pod.items("volumes")
        if isinstance(volume, Table)
        and isinstance(path := volume.below("hostPath").get("path"), Scalar)
    )
    first = True
    for kind in _KINDS:
        for node in pod.items(kind):
            if isinstance(node, Table):
                found = _container(node, pod.below("securityContext"))
                # What belongs to the pod is told once.
                yield replace(found, host=host, mounts=mounts) if first else found
                first = False


def _container(node: Table, pod: Table) -> Container:
    own = node.below("securityContext")
    capabilities = own.below("capabilities")
    limits = node.below("resources", "limits")
    name = node.get("name")

    def either(key: str) -> Node | None:
        return own.get(key) or pod.get(key)

    profile = own.below("seccompProfile").get("type") or pod.below("seccompProfile").get("type")
    image = node.get("image")
    return Container(
        name=node.text("name") or "a container",
        line=name.line if name else node.line,
        is_whole=image is not None,
        image=_word(image) if image else None,
        privileged=setting(own.get("privileged")),
        read_only=setting(own.get("readOnlyRootFilesystem")),
        may_escalate=setting(own.get("allowPrivilegeEscalation")),
        non_root=setting(either("runAsNonRoot")),
        runs_as=_word(user) if (user := either("runAsUser")) else None,
        asks_for_user=True,
        dropped=tuple(map(_word, capabilities.items("drop"))),
        added=tuple(map(_word, capabilities.items("add"))),
        unconfined=(
            (Text(profile.line, "seccomp"),)
            if isinstance(profile, Scalar) and profile.text == "Unconfined"
            else ()
        ),
        limited=frozenset(
            what
            for what, key in (("memory", "memory"), ("processor time", "cpu"))
            if limits.get(key) is not None
        ),
        environment=tuple(
            (entry.text("name"), _word(value))
            for entry in node.items("env")
            if isinstance(entry, Table) and (value := entry.get("value"))
        ),
    )


def _secrets(one: Table, path: str) -> Iterator[Problem]:
    """Values of a `Secret` object: base64 hides nothing. What looks like a test's is less bad."""
    if one.text("kind") != "Secret":
        return
    for key in ("data", "stringData"):
        for name, (_, value) in one.below(key).entries.items():
            if isinstance(value, Scalar) and value.text and not _TEMPLATE.search(value.text):
                held = _decoded(value.text) if key == "data" else value.text
                made_up = fixture.by_path(path) or fixture.by_content(held)
                hint = f"; probably made for a test: {made_up}" if made_up else ""
                yield Problem(
                    rule="plain-secret",
                    severity=Severity.MEDIUM if made_up else Severity.HIGH,
                    place=Location(path=path, line=value.line),
                    detail=f"{name} of a Secret stands in the repository; base64 hides nothing"
                    + hint,
                )


def _decoded(text: str) -> str:
    """What base64 stands for; the text itself where it is none."""
    try:
        return a2b_base64(text, strict_mode=True).decode()
    except ValueError:
        return text


def _word(node: Node) -> Text:
    is_open = not isinstance(node, Scalar) or _TEMPLATE.search(node.text)
    return Text(node.line, None if is_open or not isinstance(node, Scalar) else node.text)
