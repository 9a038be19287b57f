"""Reports made to break a page: text that wants to be more than text, and far too many lines."""

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
    ControlResult,
    Coverage,
    DataRecord,
    Decision,
    Disposition,
    Evidence,
    Excluded,
    Finding,
    FrameworkCount,
    Gap,
    Git,
    Judged,
    Kind,
    Location,
    Lock,
    Manifest,
    Missing,
    Origin,
    Outcome,
    Package,
    Policy,
    Project,
    Report,
    Requirement,
    RunFacts,
    Severity,
    Source,
    Status,
    Table,
    Target,
    ToolRecord,
    Unevaluated,
    Unread,
    Verdict,
    Waiver,
)
from tests.report.samples import COMMIT, CONTROLS, LOCK, TARGET, TODAY, URLLIB3, pypi, violated

EVIL = (
    "<script>alert(1)</script></style></details><img src=x onerror=alert(2)>"
    "\u202egnp.exe\u2066 \x1b[31mred\x1b[0m | `code` [link](https://evil.example) "
    "![i](https://evil.example/i.png) @someone #1 https://evil.example www.evil.example "
    "$x$ ~~a~~ **b** &copy; a@evil.example \\| C:\\x\n# heading\n- list {{ 7*7 }} {% raw %} \ud800"
)


def hostile() -> Report:
    """Every string that a repository or an advisory can set carries an attack."""
    location = Location(path=f"a/{EVIL}", line=3)
    package = Package(
        ecosystem=EVIL,
        name=EVIL,
        version=EVIL,
        location=location,
        source=Source(origin=Origin.URL, url=EVIL),
        hashes=(EVIL,),
        markers=EVIL,
        extras=(EVIL,),
        groups=(EVIL,),
        requires=(EVIL,),
    )
    package = replace(package, name="x", ecosystem="PyPI", version="1")
    finding = Finding(
        check=EVIL,
        rule=EVIL,
        kind=Kind.VULNERABILITY,
        severity=Severity.CRITICAL,
        title=EVIL,
        subject=EVIL,
        locations=(location, Location(path="../../etc/passwd"), Location(path="/etc/passwd")),
        detail=EVIL,
        fix=EVIL,
        url="javascript:alert(document.domain)//https://example.org",
        aliases=(EVIL,),
        fixed_versions=(EVIL,),
        paths=((EVIL, EVIL),),
        cvss=EVIL,
        seen_by=(EVIL,),
        missed_by=(EVIL,),
        commits=(Commit(id=EVIL, day=None, path=EVIL, line=1),),
        removed=True,
    )
    waiver = Waiver(
        id=EVIL,
        reason=EVIL,
        owner=EVIL,
        expires=date(2026, 9, 1),
        package=EVIL,
        path=EVIL,
        location=location,
    )
    missing = Missing(subject=EVIL, gap=Gap.NO_VERSION, why=EVIL, location=location)
    control = replace(
        CONTROLS[0],
        id=EVIL,
        title=EVIL,
        rationale=EVIL,
        how=EVIL,
        fix=EVIL,
        checks=(EVIL,),
        requirements=(Requirement(framework=EVIL, id=EVIL),),
    )
    unread = Unread(location=location, why=EVIL)
    return Report(
        version="0.1.0",
        target=Target(
            name=EVIL,
            git=Git(commit=EVIL, branch=EVIL, dirty=True, remote=EVIL, shallow=True),
            files=1,
            projects=(
                Project(path=EVIL, ecosystem=EVIL, manifests=(Manifest(path=EVIL),), locks=(EVIL,)),
            ),
            locks=(
                Lock(
                    path=EVIL,
                    format=EVIL,
                    ecosystem=EVIL,
                    digest=EVIL,
                    packages=(package,),
                    unread=(unread,),
                    files=(EVIL,),
                    indexes=(EVIL,),
                ),
            ),
            dockerfiles=(EVIL,),
            compose=(EVIL,),
            kubernetes=(EVIL,),
            terraform=(EVIL,),
            ci=(
                CiFile(
                    path=EVIL,
                    system=EVIL,
                    triggers=(EVIL,),
                    audits=(AuditStep(location=location, command=EVIL, fatal=False),),
                    unread=EVIL,
                ),
            ),
            excluded=(Excluded(path=EVIL, why=EVIL),),
            unread=(unread,),
        ),
        as_of=TODAY,
        policy=Policy(
            origin=EVIL,
            digest=EVIL,
            required=(EVIL,),
            required_controls=(EVIL,),
            waivers=(waiver,),
        ),
        verdict=Verdict(
            decision=Decision.VIOLATED, exit_code=1, headline=EVIL, reasons=(EVIL, EVIL)
        ),
        unevaluated=(
            Unevaluated(what=EVIL, gap=Gap.TOO_LARGE, why=EVIL, fix=EVIL, location=location),
        ),
        findings=(
            Judged(finding=finding, disposition=Disposition.VIOLATION, why=EVIL),
            Judged(
                finding=replace(finding, url="https://user@evil.example/", rule="X"),
                disposition=Disposition.WAIVED,
                why=EVIL,
                waiver=waiver,
            ),
            Judged(finding=replace(finding, check="w"), disposition=Disposition.EXISTING, why=EVIL),
            Judged(
                finding=replace(finding, url='https://evil.example/"onmouseover="x', check="y"),
                disposition=Disposition.BELOW_THRESHOLD,
                why=EVIL,
            ),
        ),
        evidence=(
            Evidence(
                check=EVIL,
                status=Status.PARTIAL,
                reason=EVIL,
                coverage=(
                    Coverage(scope=EVIL, unit=EVIL, expected=2, evaluated=1, missing=(missing,)),
                ),
                tools=(
                    ToolRecord(name=EVIL, version=EVIL, digest=EVIL, obtained=EVIL, verified=EVIL),
                ),
                data=(DataRecord(name=EVIL, origin=EVIL, digest=EVIL, note=EVIL, fresh=False),),
                artefacts=(Artefact(path=EVIL, digest=EVIL, media_type=EVIL),),
                tables=(Table(title=EVIL, columns=(EVIL, EVIL), rows=((EVIL, EVIL),), note=EVIL),),
            ),
        ),
        controls=(
            ControlResult(
                control=control,
                answer=Answer(outcome=Outcome.FAIL, reason=EVIL, evidence=(EVIL,)),
            ),
        ),
        frameworks=(FrameworkCount(framework=EVIL, version=EVIL, evidenced=0, mapped=1, total=2),),
        notices=(EVIL,),
        base=Base(asked=EVIL, commit=COMMIT, checks=(EVIL,), why=EVIL),
        run=RunFacts(
            started=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
            seconds=1.5,
            python=EVIL,
            platform=EVIL,
            checks=((EVIL, 1.0),),
        ),
    )


_RATINGS = (Severity.CRITICAL, Severity.HIGH, Severity.UNKNOWN, Severity.MEDIUM)


def large(findings: int = 10_000) -> Report:
    """So many findings, each in a package of its own, and as many inputs not evaluated."""
    packages = tuple(
        pypi(f"package-{number}", f"1.{number}", number + 1) for number in range(findings)
    )
    judged = tuple(
        Judged(
            finding=replace(
                URLLIB3,
                rule=f"GHSA-{number:04d}-aaaa-bbbb",
                aliases=(f"CVE-2025-{number:05d}",),
                subject=package.purl,
                severity=_RATINGS[number * len(_RATINGS) // findings],
                locations=(package.location,),
                paths=(("requests==2.31.0", package.key),),
            ),
            disposition=Disposition.VIOLATION,
            why="at or above the threshold",
        )
        for number, package in enumerate(packages)
    )
    base = violated()
    return replace(
        base,
        target=replace(TARGET, locks=(replace(LOCK, packages=packages),)),
        findings=judged,
        unevaluated=tuple(
            Unevaluated(
                what=package.key,
                gap=Gap.NOT_ACCOUNTED_FOR,
                why="The tool's output does not name it.",
                location=package.location,
            )
            for package in packages
        ),
    )
