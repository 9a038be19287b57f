"""The hardening check: what it wants and plans, and what the real Trivy makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks import hardening
from pipeline.checks.hardening.configuration.copies import ALONE
from pipeline.checks.job import Options, Skip, Wanted
from pipeline.model import Evidence, Finding, Gap, Location, Severity, Status, Target, Unread
from pipeline.tools.binaries import Binary
from tests.checks.hardening.whole import check
from tests.kit.trivy import trivy

__all__ = ["trivy"]

DOCKERFILE = """\
FROM python:3.9
# trivy:ignore:DS-0002
ENV TOKEN=q7Zr-93kd82hHs
COPY . /srv
RUN apt-get update
CMD ["python"]
"""
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {containers: [{name: c, image: x}]}\n"
)
HOSTILE = {
    "trivy.yaml": "severity: [CRITICAL]\nscan: {skip-files: ['**/*']}\nexit-code: 7\n",
    ".trivyignore": "DS-0002\nDS-0017\nDS-0031\n",
    ".trivyignore.yaml": "misconfigurations: [{id: DS-0002}]\n",
    "trivy-secret.yaml": "disable-rules: [x]\n",
    ".env": "TRIVY_SEVERITY=CRITICAL\nTRIVY_SKIP_FILES=Dockerfile\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def target(**kinds: tuple[str, ...]) -> Target:
    return Target(name="t", git=None, files=1, **kinds)  # type: ignore[arg-type]


def found(evidence: Evidence) -> dict[str, Finding]:
    return {one.rule: one for one in evidence.findings}


def places(evidence: Evidence, name: str) -> list[tuple[str, int | None]]:
    return [
        (place.path, place.line)
        for one in evidence.findings
        if name in one.ids
        for place in one.locations
    ]


# --------------------------------------------------------------------------------- the plan


def test_nothing_of_its_kind() -> None:
    skip = hardening.plan(target(), Options())
    assert isinstance(skip, Skip)
    assert skip.status is Status.NOT_APPLICABLE
    assert hardening.questions(target()) == ()


def test_what_may_be_hidden_is_not_nothing() -> None:
    part = Unread(location=Location(path="."), why="no rights", gap=Gap.INPUT_MISSING)
    hidden = Target(name="t", git=None, files=0, unread=(part,))
    assert hardening.plan(hidden, Options()) == ()
    reading = hardening.read(hidden, Options(), ())
    assert not reading.coverage[0].complete


def test_files_are_read_first_and_then_given_to_trivy_at_once() -> None:
    of = target(dockerfiles=("Dockerfile",), kubernetes=("x.yaml",), compose=("compose.yml",))
    wanted = hardening.plan(of, Options())
    assert isinstance(wanted, Wanted)
    files: dict[str, bytes | Unread] = dict.fromkeys(wanted.files, b"kind: Pod\nmetadata: {}\n")
    jobs = hardening.plan(of, Options(files=files))
    assert isinstance(jobs, tuple)
    assert [job.name for job in jobs] == [ALONE]


def test_compose_files_alone_start_nothing() -> None:
    of = target(compose=("compose.yml",))
    assert hardening.plan(of, Options(files={"compose.yml": b"services: {}\n"})) == ()


# ------------------------------------------------------------------------------ without Trivy


def test_without_trivy_our_own_rules_answer_and_the_rest_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(tmp_path / "nowhere"))
    evidence = check(write(tmp_path / "shop", {"Dockerfile": DOCKERFILE}))
    assert evidence.status is Status.PARTIAL
    assert evidence.reason == "1 of 1 files, 0 of 1 files for Trivy were evaluated"
    assert {"hardening/root-user", "hardening/end-of-life-image"} <= found(evidence).keys()
    (gap,) = [one for part in evidence.coverage if part.required for one in part.missing]
    assert gap.gap is Gap.TOOL_MISSING
    assert "supply-chain tools install" in gap.why


def test_without_trivy_a_repository_without_such_files_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_TRIVY", str(tmp_path / "nowhere"))
    evidence = check(write(tmp_path / "shop", {"README.md": "x"}))
    assert evidence.status is Status.NOT_APPLICABLE
    assert check(write(tmp_path / "two", {"compose.yml": "services: {}\n"})).status is Status.CLEAN


# ----------------------------------------------------------------------------- the real Trivy


def test_both_look_and_one_problem_is_one_finding(tmp_path: Path, trivy: Binary) -> None:
    evidence = check(write(tmp_path / "shop", {"Dockerfile": DOCKERFILE}))
    assert evidence.status is Status.FOUND
    assert [one.version for one in evidence.tools] == [trivy.record.version]
    by_rule = found(evidence)
    root = by_rule["hardening/root-user"]
    assert root.seen_by == ("own rules", "Trivy")
    assert {"DS-0002", "AVD-DS-0002", "DS002"} <= root.ids
    secret = by_rule["hardening/secret-in-image"]
    assert (secret.severity, secret.locations[0].line) == (Severity.CRITICAL, 3)
    assert (by_rule["DS-0017"].seen_by, by_rule["DS-0017"].locations[0].line) == (("Trivy",), 5)
    assert "q7Zr" not in repr(evidence)


def test_nothing_in_the_repository_steers_it(tmp_path: Path, trivy: Binary) -> None:
    assert trivy.path.is_file()
    files = {"Dockerfile": DOCKERFILE, "x.yaml": POD}
    calm = check(write(tmp_path / "calm", files))
    wild = check(write(tmp_path / "wild", files | HOSTILE))
    assert (calm.status, calm.findings, calm.coverage) == (
        wild.status,
        wild.findings,
        wild.coverage,
    )
    assert places(calm, "DS-0002") == [("Dockerfile", 1)]


def test_one_run_tells_of_every_kind_whatever_another_file_is_like(
    tmp_path: Path, trivy: Binary
) -> None:
    assert trivy.path.is_file()
    files = {
        "Dockerfile": DOCKERFILE,
        "broken.dockerfile": "FROM x\nNOTHING OF THE KIND\n",
        "pod.yaml": POD,
        "broken.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: x\n",
        "stack.yaml": "# a stack\nResources:\n  B:\n    Type: AWS::S3::Bucket\n",
    }
    evidence = check(write(tmp_path / "shop", files))
    assert places(evidence, "DS-0002") == [("Dockerfile", 1)]
    assert places(evidence, "KSV-0015") == [("pod.yaml", 4)]
    assert places(evidence, "AWS-0086") == [("stack.yaml", 3)]
    assert evidence.status is Status.PARTIAL
    gaps = {one.subject for part in evidence.coverage if part.required for one in part.missing}
    assert gaps == {"broken.dockerfile", "broken.yaml"}


def test_every_document_counts_whatever_stands_between_them(tmp_path: Path, trivy: Binary) -> None:
    assert trivy.path.is_file()
    text = f"{POD.replace('NAME', 'a')}--- # two\n{POD.replace('NAME', 'b')}"
    evidence = check(write(tmp_path / "shop", {"x.yaml": text}))
    assert places(evidence, "KSV-0015") == [("x.yaml", 4), ("x.yaml", 9)]


def test_objects_that_trivy_silently_passes_over_are_no_clean_ones(
    tmp_path: Path, trivy: Binary
) -> None:
    assert trivy.path.is_file()
    spec = "spec: {containers: [{name: c, image: x}]}\n"
    files = {
        "made.yaml": f"apiVersion: v1\nkind: Pod\nmetadata: {{generateName: x-}}\n{spec}",
        "list.yaml": (
            "apiVersion: v1\nkind: List\nmetadata: {}\nitems:\n"
            "  - apiVersion: v1\n    kind: Pod\n    metadata: {name: x}\n"
            f"    {spec}"
        ),
    }
    evidence = check(write(tmp_path / "shop", files))
    assert places(evidence, "KSV-0015") == [("made.yaml", 4)]
    assert places(evidence, "hardening/writable-root") == [("list.yaml", 8), ("made.yaml", 4)]
    missing = [one.subject for part in evidence.coverage if part.required for one in part.missing]
    assert missing == ["list.yaml:5"]
    assert evidence.status is Status.PARTIAL


def test_infrastructure_that_only_trivy_reads(tmp_path: Path, trivy: Binary) -> None:
    assert trivy.path.is_file()
    bucket = 'resource "aws_s3_bucket" "b" { bucket = "x" }\n'
    files = {
        "tf/main.tf": f'module "a" {{ source = "./mod" }}\n#trivy:ignore:*\n{bucket}',
        "tf/mod/x.tf": f"# one\n{bucket}",
        "tf/off/x.tf.json": '{"resource": {"aws_s3_bucket":\n{"c": {"bucket": "x"}}}}\n',
        "tf/broken.tf": 'resource "x {\n',
        "stack.yaml": "# a stack\nResources:\n  B:\n    Type: AWS::S3::Bucket\n",
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
        "c/values.yaml": "image: nginx\n",
        "c/templates/pod.yaml": POD.replace("image: x", "image: {{ .Values.image }}"),
        "c/templates/off.yaml": "{{ if .Values.off }}\n" + POD + "{{ end }}\n",
        "d/Chart.yaml": "apiVersion: v2\nname: d\nversion: 0.1.0\n",
        "d/templates/pod.yaml": "{{ required }}\n",
    }
    evidence = check(write(tmp_path / "shop", files))
    assert sorted(places(evidence, "AWS-0086")) == [
        ("stack.yaml", 3), ("tf/main.tf", 3), ("tf/mod/x.tf", 2), ("tf/off/x.tf.json", 2),
    ]  # fmt: skip
    assert places(evidence, "KSV-0001") == [("c/templates/pod.yaml", None)]
    # Our own fault, with which Terraform files prove that they were read, is nobody's finding.
    assert places(evidence, "AWS-0065") == []
    missing = {
        part.required: [one.subject for one in part.missing]
        for part in evidence.coverage
        if part.missing
    }
    assert missing == {True: ["d/Chart.yaml", "tf/broken.tf"], False: ["c/templates/off.yaml"]}
    assert evidence.status is Status.PARTIAL


@pytest.mark.parametrize("text", ["FROM\n", "FROM x\nRUN <<EOF\n"])
def test_a_file_that_nobody_can_read_is_no_clean_one(
    tmp_path: Path, trivy: Binary, text: str
) -> None:
    assert trivy.path.is_file()
    evidence = check(write(tmp_path / "shop", {"Dockerfile": text}))
    assert evidence.status is Status.PARTIAL
    assert not evidence.findings
