"""Sample reports: each shows another answer, and together they use every field of the model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from pipeline.model import (
    Answer,
    Artefact,
    AuditStep,
    Base,
    CiFile,
    Commit,
    Control,
    ControlResult,
    Coverage,
    DataRecord,
    Decision,
    Disposition,
    Evidence,
    Excluded,
    Exploited,
    Finding,
    FrameworkCount,
    Gap,
    Gate,
    Git,
    Image,
    Judged,
    Kind,
    Layer,
    Location,
    Lock,
    Manifest,
    Missing,
    Outcome,
    Package,
    Policy,
    Project,
    Report,
    Requirement,
    RunFacts,
    Severity,
    Status,
    Table,
    Target,
    ToolRecord,
    Unevaluated,
    Unread,
    Verdict,
    Waiver,
)

TODAY = date(2026, 3, 2)
COMMIT = "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10"


def pypi(
    name: str, version: str, line: int, *, direct: bool | None = True, lock: str = "uv.lock"
) -> Package:
    return Package(
        ecosystem="PyPI",
        name=name,
        version=version,
        location=Location(path=lock, line=line),
        hashes=("sha256:" + "ab" * 32,),
        direct=direct,
    )


PACKAGES = (
    pypi("aiohttp", "3.9.1", 12),
    pypi("certifi", "2024.2.2", 61, direct=False),
    pypi("idna", "3.6", 74, direct=False),
    pypi("jinja2", "3.1.2", 88),
    pypi("pillow", "9.5.0", 131),
    pypi("requests", "2.31.0", 170),
    pypi("urllib3", "1.26.14", 214, direct=False),
)

LOCK = Lock(
    path="uv.lock",
    format="uv.lock",
    ecosystem="PyPI",
    digest="sha256:" + "1d" * 32,
    packages=PACKAGES,
    files=("uv.lock",),
    indexes=("https://pypi.org/simple",),
)

TARGET = Target(
    name="example/shop",
    git=Git(
        commit=COMMIT,
        branch="main",
        dirty=False,
        remote="https://github.com/example/shop",
        shallow=False,
    ),
    files=214,
    projects=(
        Project(
            path=".",
            ecosystem="PyPI",
            manifests=(Manifest(path="pyproject.toml", declared=4),),
            locks=("uv.lock",),
        ),
    ),
    locks=(LOCK,),
    dockerfiles=("Dockerfile",),
    images=(
        Image(
            name="ghcr.io/example/shop:2.1",
            transport="registry",
            platform="linux/amd64",
            config="sha256:" + "1c" * 32,
            manifest="sha256:" + "2d" * 32,
            layers=(Layer(diff_id="sha256:" + "3e" * 32),),
            base="docker.io/library/python:3.13-slim",
        ),
        Image(
            name="./shop.tar",
            transport="archive",
            unread=Unread(location=Location(path="./shop.tar"), why="it is no whole tar archive"),
        ),
    ),
    ci=(
        CiFile(
            path=".github/workflows/ci.yml",
            system="GitHub Actions",
            triggers=("pull_request", "push"),
            audits=(
                AuditStep(
                    location=Location(path=".github/workflows/ci.yml", line=24),
                    command="pip-audit -r requirements.txt",
                    fatal=True,
                ),
            ),
        ),
    ),
    excluded=(Excluded(path="vendor/", why="a vendored tree: it has its own repository"),),
)

TOOLS = (
    ToolRecord(name="pip-audit", version="2.10.1", digest="sha256:" + "7e" * 32, obtained="PyPI"),
    ToolRecord(
        name="trivy",
        version="0.74.0",
        digest="sha256:" + "3a" * 32,
        obtained="the released Go module, built here with go1.26.8",
        verified="its build information: github.com/aquasecurity/trivy v0.74.0",
    ),
)
DATA = (
    DataRecord(
        name="OSV advisories for PyPI",
        origin="https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip",
        digest="sha256:" + "c4" * 32,
        as_of=date(2026, 3, 1),
        entries=17_482,
    ),
    DataRecord(name="CISA KEV", origin="cisa.gov", as_of=date(2026, 2, 27), entries=1_402),
)

CONTROLS = (
    Control(
        id="DEP-01",
        title="Every project locks its dependencies",
        rationale="What is not locked can change between the audit and the build.",
        how="Every project found must have a lock that was read completely.",
        fix="Write a lock with `uv lock` and commit it.",
        severity=Severity.HIGH,
        gate=Gate.BLOCK,
        checks=("dependencies",),
        requirements=(
            Requirement(framework="OSPS Baseline", id="QA-02.01"),
            Requirement(framework="CIS SSC", id="2.4.2", counted=False),
        ),
    ),
    Control(
        id="DEP-03",
        title="No dependency has a known vulnerability above the threshold",
        rationale="Known vulnerabilities are the first that are tried.",
        how="Every locked package is looked up in the advisory data.",
        fix="Update the package, or waive the finding with a reason and an end date.",
        severity=Severity.HIGH,
        gate=Gate.BLOCK,
        checks=("dependencies",),
        requirements=(
            Requirement(framework="OSPS Baseline", id="VM-05.03"),
            Requirement(framework="NIST SSDF", id="RV.1.1"),
        ),
    ),
    Control(
        id="DEP-12",
        title="CI audits the dependencies",
        rationale="A new advisory must not wait for a person.",
        how="A step of a CI file audits dependencies and fails its job.",
        fix="Call the reusable workflow from a workflow of your own.",
        severity=Severity.MEDIUM,
        gate=Gate.WARN,
        checks=(),
        requirements=(Requirement(framework="NIST SSDF", id="PO.4.1"),),
    ),
)

FRAMEWORKS = (
    FrameworkCount(
        framework="OSPS Baseline", version="v2026.02.19", evidenced=2, mapped=2, total=64
    ),
    FrameworkCount(framework="NIST SSDF", version="1.1", evidenced=2, mapped=2, total=42),
    FrameworkCount(framework="CIS SSC", version="1.0", evidenced=0, mapped=0),
)


def answers(*outcomes: tuple[Outcome, str]) -> tuple[ControlResult, ...]:
    return tuple(
        ControlResult(control=control, answer=Answer(outcome=outcome, reason=reason, evidence=used))
        for control, (outcome, reason) in zip(CONTROLS, outcomes, strict=True)
        for used in [control.checks]
    )


def coverage(evaluated: int = 7, missing: tuple[Missing, ...] = ()) -> tuple[Coverage, ...]:
    return (
        Coverage(
            scope="uv.lock", unit="packages", expected=7, evaluated=evaluated, missing=missing
        ),
    )


def compliant() -> Report:
    return Report(
        version="0.1.0",
        target=TARGET,
        as_of=TODAY,
        policy=Policy(origin="supply-chain.yml", digest="sha256:" + "5a" * 32),
        verdict=Verdict(
            decision=Decision.COMPLIANT,
            exit_code=0,
            headline="Every required check was evaluated completely, and nothing violates the policy.",  # noqa: E501 - a sentence
            reasons=("7 of 7 packages were looked up in fresh advisory data.",),
        ),
        unevaluated=(),
        findings=(),
        evidence=(
            Evidence(
                check="dependencies",
                status=Status.CLEAN,
                coverage=coverage(),
                tools=TOOLS,
                data=DATA,
                artefacts=(
                    Artefact(
                        path="evidence/dependencies/uv.lock.json",
                        digest="sha256:" + "f0" * 32,
                        media_type="application/json",
                    ),
                ),
                tables=(
                    Table(
                        title="What was looked up",
                        columns=("By", "Packages"),
                        rows=(("pip-audit", 7), ("the store", 1200)),
                        note="A package may be looked up by `both`.",
                    ),
                    Table(title="Nothing yet", columns=("By",), rows=()),
                ),
            ),
            Evidence(
                check="container",
                status=Status.NOT_APPLICABLE,
                reason="The repository has no Dockerfile.",
            ),
        ),
        controls=answers(
            (Outcome.PASS, "1 of 1 projects has a lock, and all of it was read."),
            (Outcome.PASS, "7 of 7 packages were looked up."),
            (Outcome.PASS, "ci.yml audits on every push."),
        ),
        frameworks=FRAMEWORKS,
    )


def vulnerability(rule: str, package: Package, severity: Severity, title: str) -> Finding:
    return Finding(
        check="dependencies",
        rule=rule,
        kind=Kind.VULNERABILITY,
        severity=severity,
        title=title,
        subject=package.purl,
        locations=(package.location,),
        seen_by=("pip-audit",),
    )


URLLIB3 = replace(
    vulnerability(
        "GHSA-v845-jxx5-vc9f",
        PACKAGES[6],
        Severity.HIGH,
        "Cookie request header isn't stripped during cross-origin redirects",
    ),
    detail="urllib3 keeps the Cookie header on a redirect to another origin.\n\nSet it per host.",
    aliases=("CVE-2023-43804", "PYSEC-2023-192"),
    fixed_versions=("1.26.17", "2.0.6"),
    paths=(("requests==2.31.0", "urllib3==1.26.14"),),
    cvss="CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:N",
    score=8.1,
    epss=0.0064,
    missed_by=("trivy",),
)
PILLOW = replace(
    vulnerability(
        "GHSA-j7hp-h8jx-5ppr",
        PACKAGES[4],
        Severity.HIGH,
        "libwebp: out of bounds write in BuildHuffmanTable",
    ),
    fix="uv lock --upgrade-package pillow",
    url="https://github.com/advisories/GHSA-j7hp-h8jx-5ppr",
    aliases=("CVE-2023-4863",),
    fixed_versions=("10.0.1",),
    cvss="CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H",
    score=8.8,
    epss=0.9367,
    exploited=Exploited(added=date(2023, 9, 13), due=date(2023, 10, 4), ransomware=False),
)
IDNA = replace(
    vulnerability(
        "PYSEC-2024-60", PACKAGES[2], Severity.UNKNOWN, "Denial of service by a long host name"
    ),
    aliases=("CVE-2024-3651",),
    fixed_versions=("3.7",),
)
JINJA2 = replace(
    vulnerability(
        "GHSA-h5c8-rqwp-cp95",
        PACKAGES[3],
        Severity.MEDIUM,
        "Cross-site scripting through the xmlattr filter",
    ),
    fixed_versions=("3.1.3",),
    score=5.4,
    cvss="CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
    epss=0.0011,
)
CERTIFI = replace(
    vulnerability(
        "GHSA-248v-346w-9cwc", PACKAGES[1], Severity.LOW, "Removal of a root certificate"
    ),
    fixed_versions=("2024.7.4",),
    epss=0.0005,
)
AIOHTTP = replace(
    vulnerability("GHSA-8qpw-xqxj-h4r2", PACKAGES[0], Severity.MEDIUM, "HTTP request smuggling"),
    score=6.5,
)
UNLOCKED = Finding(
    check="lockfiles",
    rule="lockfiles/missing-hash",
    kind=Kind.RULE,
    severity=Severity.CRITICAL,
    title="A locked package has no hash",
    subject="tools/requirements.txt",
    locations=(),
    fix="Write the lock with `uv export --format requirements.txt`.",
)
MALWARE = replace(
    vulnerability("MAL-2025-4242", PACKAGES[5], Severity.UNKNOWN, "Steals environment variables"),
    kind=Kind.MALWARE,
)

WAIVER = Waiver(
    id="CVE-2024-23334",
    reason="The static file handler is not used; nginx serves static files.",
    owner="platform-team",
    expires=date(2026, 3, 20),
    package="aiohttp",
    location=Location(path="supply-chain.yml", line=9),
)


def violated() -> Report:
    above = "high is at or above the threshold high"
    return replace(
        compliant(),
        policy=Policy(
            origin="supply-chain.yml",
            digest="sha256:" + "5a" * 32,
            required=("dependencies",),
            required_controls=("DEP-03",),
            waivers=(WAIVER,),
        ),
        verdict=Verdict(
            decision=Decision.VIOLATED,
            exit_code=1,
            headline="5 findings violate the policy; 1 of them is known to be exploited.",
            reasons=(
                "pillow 9.5.0 has a vulnerability that is known to be exploited (CVE-2023-4863).",
                "requests 2.31.0 is reported as malicious.",
                "3 more findings are at or above the threshold.",
            ),
        ),
        findings=(
            Judged(finding=UNLOCKED, disposition=Disposition.VIOLATION, why=above),
            Judged(finding=URLLIB3, disposition=Disposition.VIOLATION, why=above),
            Judged(finding=PILLOW, disposition=Disposition.VIOLATION, why="known exploited"),
            Judged(finding=MALWARE, disposition=Disposition.VIOLATION, why="malicious"),
            Judged(
                finding=IDNA, disposition=Disposition.VIOLATION, why="nobody rated it, so it counts"
            ),
            Judged(
                finding=AIOHTTP,
                disposition=Disposition.WAIVED,
                why="waived by platform-team",
                waiver=WAIVER,
            ),
            Judged(
                finding=JINJA2,
                disposition=Disposition.BELOW_THRESHOLD,
                why="medium is below the threshold high",
            ),
            Judged(
                finding=CERTIFI,
                disposition=Disposition.BELOW_THRESHOLD,
                why="low is below the threshold high",
            ),
        ),
        evidence=(
            Evidence(
                check="dependencies",
                status=Status.FOUND,
                coverage=coverage(),
                tools=TOOLS,
                data=DATA,
            ),
        ),
        controls=answers(
            (Outcome.PASS, "1 of 1 projects has a lock, and all of it was read."),
            (Outcome.FAIL, "5 findings violate the policy."),
            (Outcome.WAIVED, "accepted by platform-team until 2026-03-20"),
        ),
        notices=("The waiver for CVE-2024-23334 ends in 18 days.",),
    )


def leaked() -> Report:
    """Secrets: one still there, one only in the history, one file whose day nobody knows."""
    above = "high is at or above the threshold, high"
    present = Finding(
        check="secrets",
        rule="secrets/kingfisher.github.1",
        kind=Kind.RULE,
        severity=Severity.HIGH,
        title="GitHub personal access token in shop/settings.py",
        subject="5e" * 32,
        aliases=("5e" * 32,),
        locations=(Location(path="shop/settings.py", line=7),),
        detail="Value: ghp_****.",
        fix="revoke it where it was issued and issue a new one",
        commits=tuple(
            Commit(
                id=f"{number}b" * 20,
                day=date(2026, 1, number),
                path="shop/config.py" if number < 3 else "shop/settings.py",
                line=number,
            )
            for number in range(1, 6)
        ),
        seen_by=("kingfisher",),
    )
    removed = replace(
        present,
        subject="c0" * 32,
        aliases=("c0" * 32,),
        title="GitHub personal access token in deploy.sh",
        locations=(Location(path="deploy.sh", line=31),),
        commits=(Commit(id="9d" * 20, day=date(2025, 12, 24), path="deploy.sh", line=31),),
        removed=True,
    )
    file = replace(
        removed,
        rule="secrets/env-file",
        title="Environment file committed: .env",
        subject=".env",
        aliases=(),
        locations=(Location(path=".env"),),
        commits=(Commit(id="7a" * 20, day=None, path=".env"),),
        severity=Severity.MEDIUM,
    )
    return replace(
        compliant(),
        verdict=Verdict(
            decision=Decision.VIOLATED, exit_code=1, headline="2 findings violate the policy."
        ),
        findings=(
            Judged(finding=present, disposition=Disposition.VIOLATION, why=above),
            Judged(finding=removed, disposition=Disposition.VIOLATION, why=above),
            Judged(
                finding=file,
                disposition=Disposition.BELOW_THRESHOLD,
                why="medium is below the threshold, high",
            ),
        ),
        evidence=(
            *compliant().evidence,
            Evidence(
                check="secrets",
                status=Status.FOUND,
                coverage=(Coverage(scope="history", unit="commits", expected=9, evaluated=9),),
            ),
        ),
    )


def changed() -> Report:
    """Judged against a base that held one of its findings, and for one check alone."""
    there = "high is at or above the threshold, high; the base has it too"
    return replace(
        compliant(),
        verdict=Verdict(
            decision=Decision.COMPLIANT,
            exit_code=0,
            headline="Compliant; 1 finding is in the base already.",
        ),
        findings=(Judged(finding=URLLIB3, disposition=Disposition.EXISTING, why=there),),
        controls=tuple(
            replace(item, answer=replace(item.answer, outcome=Outcome.FAIL, existing=True))
            if item.control.id == "DEP-03"
            else item
            for item in compliant().controls
        ),
        base=Base(
            asked="origin/main",
            commit="0b" * 20,
            checks=("dependencies",),
            why="lockfiles: it left no evidence of the base",
        ),
    )


def incomplete() -> Report:
    gone = Missing(
        subject="internal-auth",
        gap=Gap.NOT_FROM_REGISTRY,
        why="it comes from another index, whose names the advisory data does not know",
        location=Location(path="uv.lock", line=102),
    )
    return replace(
        compliant(),
        target=replace(
            TARGET,
            git=Git(commit=COMMIT, branch=None, dirty=True, remote=None, shallow=True),
            unread=(
                Unread(location=Location(path="legacy/Pipfile.lock"), why="not JSON at line 1"),
            ),
            locks=(
                replace(
                    LOCK,
                    unread=(
                        Unread(
                            location=Location(path="uv.lock", line=102, column=3),
                            why="a source of a kind nobody knows",
                            gap=Gap.UNSUPPORTED_INPUT,
                        ),
                    ),
                ),
            ),
        ),
        policy=Policy(fail_on=None, fail_on_unknown=False),
        verdict=Verdict(
            decision=Decision.INCOMPLETE,
            exit_code=3,
            headline="The evidence is incomplete: 2 inputs that the policy requires were not evaluated.",  # noqa: E501 - a sentence
            reasons=(
                "1 of 7 packages could not be looked up.",
                "The advisory data is 731 days old; the policy allows 7.",
            ),
        ),
        unevaluated=(
            Unevaluated(
                what="internal-auth 1.4.0",
                gap=Gap.NOT_FROM_REGISTRY,
                why="It comes from another index, whose names the advisory data does not know.",
                fix="Add its advisories to the store, or waive it with a reason.",
                location=Location(path="uv.lock", line=102),
            ),
            Unevaluated(
                what="advisories for PyPI",
                gap=Gap.DATA_STALE,
                why="The snapshot is of 2024-03-01.",
                fix="Run `supply-chain advisories update`.",
            ),
            Unevaluated(
                what="secrets in history",
                gap=Gap.NOT_CONFIGURED,
                why="The clone is shallow.",
                blocking=False,
            ),
        ),
        evidence=(
            Evidence(
                check="dependencies",
                status=Status.PARTIAL,
                reason="1 of 7 packages was not evaluated.",
                coverage=coverage(6, (gone,)),
                tools=TOOLS,
                data=(
                    replace(DATA[0], as_of=date(2024, 3, 1), fresh=False, note="older than 7 days"),
                    DataRecord(name="CISA KEV", origin="not available", fresh=False),
                ),
            ),
            Evidence(
                check="workflows", status=Status.ERRORED, reason="zizmor ended with exit code 101."
            ),
            Evidence(
                check="secrets", status=Status.SKIPPED, reason="The policy does not ask for it."
            ),
        ),
        controls=answers(
            (Outcome.ERROR, "the lock could not be read to its end"),
            (Outcome.NOT_EVALUATED, "1 of 7 packages was not looked up"),
            (Outcome.ATTESTED, "the platform team says so until 2026-09-01"),
        ),
        run=RunFacts(
            started=datetime(2026, 3, 2, 9, 30, 12, tzinfo=UTC),
            seconds=4.2,
            python="3.11.9",
            platform="Linux",
            checks=(("dependencies", 3.9), ("workflows", 0.2)),
        ),
    )


def waived() -> Report:
    return replace(
        compliant(),
        policy=replace(violated().policy, required=(), required_controls=()),
        findings=(violated().findings[5],),
        evidence=(replace(compliant().evidence[0], status=Status.FOUND),),
    )
