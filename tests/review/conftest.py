"""Sample reviews: one with every kind of change, one made of hostile text."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.model import Kind, Location, Origin, Severity, Source, Unread
from pipeline.review.model import Review
from tests.review.builders import Known, evidence, finding, lock, package, review, target

EVIL = (
    "<script>alert(1)</script>\u202egnp.exe\x1b[31m | `code` [link](https://evil.example)"
    " @someone #1 $x$ <!-- -->\n# heading"
)


def full() -> Review:
    before = target(
        lock(
            package("aiohttp", "3.9.1", direct=True),
            package("gone", "1.0"),
            package("idna", "3.7", hashes=("sha256:aa",)),
            package("jinja2", "3.1.4"),
            package("left", "1.0"),
            package("top", direct=True, requires=("new",)),
        ),
        lock(package("tool"), path="tools/uv.lock"),
    )
    after = target(
        lock(
            package("aiohttp", "3.9.4", direct=True),
            package("idna", "3.7", hashes=("sha256:bb",)),
            package("jinja2", "3.1.2"),
            package("left", "1.0", source=Source(origin=Origin.VCS, url="https://git.example.com")),
            package("new", "0.1", direct=False, install_script=True),
            package("top", direct=True, requires=("new",)),
            unread=(Unread(location=Location(path="uv.lock", line=9), why="not understood"),),
        ),
        lock(package("tool"), path="scripts/uv.lock"),
    )
    old = evidence(finding("CVE-2026-1", "pkg:pypi/aiohttp@3.9.1"), scopes=("uv.lock",))
    new = evidence(
        finding("CVE-2026-2", "pkg:pypi/jinja2@3.1.2", severity=Severity.CRITICAL),
        finding("MAL-2026-3", "pkg:pypi/new@0.1", kind=Kind.MALWARE, severity=Severity.UNKNOWN),
        scopes=("uv.lock",),
    )
    known = Known(published=date(2026, 11, 20), licence="MIT")
    return review(
        before,
        after,
        evidence_before=old,
        evidence_after=new,
        releases={("PyPI", "new", "0.1"): known},
    )


def hostile() -> Review:
    where = Location(path=EVIL, line=1)
    evil = package(EVIL, EVIL, deprecated=EVIL, location=where, requires=(EVIL,))
    found = finding(EVIL, evil.purl, title=EVIL, fixed_versions=(EVIL,), locations=(where,))
    return review(
        target(),
        target(lock(evil, path=EVIL), name=EVIL, unread=(Unread(location=where, why=EVIL),)),
        evidence_after=evidence(found, scopes=(EVIL,)),
        releases={("PyPI", EVIL, EVIL): Known(licence=EVIL, yanked=EVIL)},
    )


def large(number: int = 5_000) -> Review:
    """So many added packages; the last one is the worst."""
    added = tuple(
        package(f"package-{at}", line=at + 1, install_script=True) for at in range(number)
    )
    worst = finding(
        "CVE-2026-9",
        added[-1].purl,
        severity=Severity.CRITICAL,
        locations=(added[-1].location,),
    )
    return review(target(lock()), target(lock(*added)), evidence_after=evidence(worst))


SAMPLES = {"full": full, "hostile": hostile}


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> Review:
    """Each sample review in turn."""
    return SAMPLES[request.param]()


@pytest.fixture
def reviews() -> dict[str, Review]:
    """The sample reviews by name."""
    return {name: build() for name, build in SAMPLES.items()}


@pytest.fixture(scope="session")
def many() -> Review:
    """More changes than a comment can hold."""
    return large()
