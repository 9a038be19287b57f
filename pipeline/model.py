"""The words of the pipeline: frozen values, no input or output, standard library only.

Stages exchange these values through `.supply-chain/`; checks, policy, controls and renderers
meet here and nowhere else. Paths are POSIX, relative to the root of the scanned repository.
Every string may come from a hostile repository: whoever prints one neutralises it first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

# ------------------------------------------------------------------------------------ answers


class Status(StrEnum):
    """How one check ended. Only `clean` says that everything was evaluated and nothing found."""

    CLEAN = "clean"
    FOUND = "found"
    PARTIAL = "partial"
    ERRORED = "errored"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not_applicable"


class Outcome(StrEnum):
    """How one control was answered."""

    PASS = "pass"
    FAIL = "fail"
    NOT_EVALUATED = "not_evaluated"
    NOT_APPLICABLE = "not_applicable"
    ATTESTED = "attested"
    WAIVED = "waived"
    ERROR = "error"


class Decision(StrEnum):
    """The answer for the whole repository."""

    COMPLIANT = "compliant"
    VIOLATED = "violated"
    INCOMPLETE = "incomplete"


class Severity(StrEnum):
    """CVSS's qualitative scale, plus `unknown` for what nobody rated: never the same as none."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """Worst first: 0 for critical. `unknown` comes after high, so that it is seen early."""
        return _SEVERITY_ORDER.index(self)


_SEVERITY_ORDER = (
    Severity.CRITICAL,
    Severity.HIGH,
    Severity.UNKNOWN,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.NONE,
)


class Gap(StrEnum):
    """Why one input was not evaluated: the reason codes of the report."""

    TOOL_MISSING = "tool_missing"
    TOOL_FAILED = "tool_failed"
    DATA_MISSING = "data_missing"
    DATA_STALE = "data_stale"
    NETWORK_OFF = "network_off"
    INPUT_MISSING = "input_missing"
    UNSUPPORTED_INPUT = "unsupported_input"
    PARSE_ERROR = "parse_error"
    UNPARSABLE_VERSION = "unparsable_version"
    NO_VERSION = "no_version"
    NOT_FROM_REGISTRY = "not_from_registry"
    NOT_ACCOUNTED_FOR = "not_accounted_for"
    NOT_CONFIGURED = "not_configured"
    TOO_LARGE = "too_large"


# ------------------------------------------------------------------------- the scanned repository


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Location:
    """A place in the repository. Lines and columns count from 1; `None` means the whole file."""

    path: str
    line: int | None = None
    column: int | None = None


class Origin(StrEnum):
    """Where a locked package comes from."""

    REGISTRY = "registry"
    """The ecosystem's public registry, or the lock does not say otherwise."""
    INDEX = "index"
    """Another registry: its names need not mean what they mean in the public one."""
    VCS = "vcs"
    URL = "url"
    PATH = "path"
    WORKSPACE = "workspace"
    """The repository's own code: a root or member, not a dependency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a package comes from; `url` never carries credentials.

    `commit` is the full id of a commit in a version control system, as far as the lock tells.
    """

    origin: Origin = Origin.REGISTRY
    url: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One locked package: one version of one name, on one line.

    `ecosystem` is OSV's name for it ("PyPI", "npm", "crates.io"). `name` is normalised by the
    ecosystem's own rule (PEP 503 for PyPI). `hashes` are "algorithm:hex". `markers` is the text
    as written; no marker is ever evaluated, so every platform's packages are audited. `requires`
    names the packages this one depends on ("name", or "name==version" where a lock holds several
    versions). `direct` is `None` where the lock does not tell. `install_script`: installing it runs
    its code. `deprecated` is what its maintainers say about it, as far as the lock repeats it.
    `misnamed` is a file of the entry that by its own name belongs to another package or version.
    """

    ecosystem: str
    name: str
    version: str | None
    location: Location
    source: Source = Source()
    hashes: tuple[str, ...] = ()
    markers: str = ""
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    direct: bool | None = None
    requires: tuple[str, ...] = ()
    install_script: bool = False
    deprecated: str = ""
    misnamed: str = ""

    @property
    def purl(self) -> str:
        """The package URL (ECMA-427), without qualifiers."""
        return purl(self.ecosystem, self.name, self.version)

    @property
    def key(self) -> str:
        """Identity within one lock: "name==version"."""
        return f"{self.name}=={self.version}" if self.version else self.name


_PURL_TYPE = {
    "PyPI": "pypi",
    "npm": "npm",
    "Go": "golang",
    "crates.io": "cargo",
    "RubyGems": "gem",
    "Packagist": "composer",
    "NuGet": "nuget",
    "Maven": "maven",
}


@lru_cache(maxsize=65536)
def purl(ecosystem: str, name: str, version: str | None) -> str:
    """The package URL of a package, percent-encoded as ECMA-427 asks.

    An npm scope and a Go module path keep their slashes as namespace separators; Maven's group
    ("group:artifact") is one.
    """
    kind = _PURL_TYPE.get(ecosystem, ecosystem.lower().replace(" ", "-"))
    parts = name.split(":" if ecosystem == "Maven" else "/")
    path = "/".join(quote(part, safe=".-_~", errors="replace") for part in parts)
    return f"pkg:{kind}/{path}" + (
        f"@{quote(version, safe='.-_~:', errors='replace')}" if version else ""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A part of an input that was not understood: it counts as not evaluated.

    `why` never repeats the text itself, which may hold a secret.
    """

    location: Location
    why: str
    gap: Gap = Gap.PARSE_ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One lockfile as read. `files` are all files it was read from, nested ones included."""

    path: str
    format: str
    ecosystem: str
    digest: str
    packages: tuple[Package, ...] = ()
    unread: tuple[Unread, ...] = ()
    files: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """What git says of the working tree. `remote` carries no credentials."""

    commit: str | None
    branch: str | None
    dirty: bool | None
    remote: str | None
    shallow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One package that a manifest asks for.

    `name` is normalised as in `Package`. `specifier` is in the words of the ecosystem (PEP 440,
    npm's ranges, Cargo's), "" for any version and wherever something but a registry serves it.
    `group` is "default" for what is needed at run time. `conditional`: only for some platforms,
    interpreters or users.
    """

    name: str
    specifier: str = ""
    group: str = "default"
    conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A file in which people write what a project needs.

    `declared` counts the dependencies it asks for; `None` where that cannot be told without
    running it (`setup.py`, dynamic metadata) or where no reader knows the format. `requires`
    names those whose names could be read. `name` is the project's own, where it is told.
    """

    path: str
    declared: int | None = None
    name: str = ""
    requires: tuple[Dependency, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder with manifests of one ecosystem and the locks that belong to it.

    `path` is "." at the root. `locks` are paths, in the folder itself or in the workspace root
    above it; one that no reader knows has no `Lock` in the target.
    """

    path: str
    ecosystem: str
    manifests: tuple[Manifest, ...] = ()
    locks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStep:
    """A step of a CI file that audits dependencies. `fatal`: its failure fails the job."""

    location: Location
    command: str
    fatal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CiFile:
    """One CI configuration file, as far as controls ask about it."""

    path: str
    system: str
    triggers: tuple[str, ...] = ()
    audits: tuple[AuditStep, ...] = ()
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallerSettings:
    """A file that tells an installer where packages come from, and whether their scripts run.

    `registries` are the places it names, without credentials: "scope=URL" where one holds for a
    scope only. `risks` are settings that let a package be changed on its way, or be taken from
    another place. `scripts` is `False` where install scripts are switched off.
    """

    path: str
    installer: str
    registries: tuple[str, ...] = ()
    risks: tuple[tuple[str, int], ...] = ()
    scripts: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateBot:
    """The settings of a bot that proposes updates. `ecosystems` are OSV's names.

    `everything`: it looks for manifests itself. `cools_down`: it waits before it takes a release.
    """

    path: str
    bot: str
    ecosystems: tuple[str, ...] = ()
    everything: bool = False
    cools_down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A path that was left out on purpose, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of an image: `digest` of the blob as it is stored, `diff_id` of its plain tar.

    `digest` is "" where the image is kept without blobs of its own. `made_by` is the line of the
    image's history that made it, without values that look like secrets.
    """

    diff_id: str
    digest: str = ""
    made_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """A value in an image's configuration that looks like a secret: where, and by what."""

    where: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A built image of one platform, as it was named and as it was found.

    `name` is what people wrote, `transport` one of "registry", "layout", "archive" (Docker's) and
    "oci-archive". `place` is where it is: an absolute path, or a reference that ends in a digest.
    `config` is the digest of its configuration, which stands for the whole image and is the same
    wherever it is kept; `manifest` and `index` are "" where it is kept without one. `base` is the
    image that it says it was built on. `unread` says why nothing else is known.
    """

    name: str
    transport: str
    place: str = ""
    platform: str = ""
    index: str = ""
    manifest: str = ""
    config: str = ""
    tags: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    user: str = ""
    ports: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    exposed: tuple[Exposed, ...] = ()
    health_check: bool = False
    base: str = ""
    base_digest: str = ""
    unread: Unread | None = None

    @property
    def title(self) -> str:
        """Its name, with the platform where that is known."""
        return f"{self.name} ({self.platform})" if self.platform else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The scanned repository as discovered. All tuples are sorted by path.

    `helm` holds every file of every chart. `automation` holds what CI runs or obeys beside `ci`:
    files that may define an action, and the configuration of Dependabot. `untracked` are locks
    that git does not track, `ignored` those that it is told not to see. `images` are built images
    that somebody named, in that order.
    """

    name: str
    git: Git | None
    files: int
    projects: tuple[Project, ...] = ()
    locks: tuple[Lock, ...] = ()
    dockerfiles: tuple[str, ...] = ()
    compose: tuple[str, ...] = ()
    kubernetes: tuple[str, ...] = ()
    terraform: tuple[str, ...] = ()
    helm: tuple[str, ...] = ()
    cloudformation: tuple[str, ...] = ()
    ci: tuple[CiFile, ...] = ()
    automation: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    installers: tuple[InstallerSettings, ...] = ()
    bots: tuple[UpdateBot, ...] = ()
    images: tuple[Image, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    unread: tuple[Unread, ...] = ()

    def is_in_image(self, path: str) -> bool:
        """Whether a location's path leads into a built image, and not into the repository.

        Such a path is the image's name, or "name!/path" for a file in it.
        """
        return any(path.partition("!/")[0] == image.name for image in self.images)


# ------------------------------------------------------------------------------------ evidence


class Kind(StrEnum):
    """What sort of problem a finding is."""

    VULNERABILITY = "vulnerability"
    MALWARE = "malware"
    RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploited:
    """An entry of CISA's catalogue of known exploited vulnerabilities (KEV)."""

    added: date
    due: date
    ransomware: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit that brought something in. `day` is the author's, `None` where it is not known."""

    id: str
    day: date | None
    path: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem, whoever saw it.

    `rule` is an advisory id, or a rule id such as "lockfiles/missing-hash". `subject` is what the
    problem is in: a purl, or a path. `paths` are chains of package keys from a direct dependency
    down to the subject. `seen_by` and `missed_by` name scanners that could have seen it.
    `cvss` is the vector that `score` (0.0-10.0) was computed from. `epss` is a probability.
    `commits` are where the history holds the problem, oldest first, and at most a few of them.
    `removed`: only the history holds it, and `locations` are where it used to stand.
    """

    check: str
    rule: str
    kind: Kind
    severity: Severity
    title: str
    subject: str
    locations: tuple[Location, ...]
    detail: str = ""
    fix: str = ""
    url: str = ""
    aliases: tuple[str, ...] = ()
    fixed_versions: tuple[str, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()
    cvss: str = ""
    score: float | None = None
    epss: float | None = None
    exploited: Exploited | None = None
    seen_by: tuple[str, ...] = ()
    missed_by: tuple[str, ...] = ()
    commits: tuple[Commit, ...] = ()
    removed: bool = False

    @property
    def ids(self) -> frozenset[str]:
        """Every id by which the problem is known; one waiver for any of them covers it."""
        return frozenset((self.rule, *self.aliases))

    @property
    def fingerprint(self) -> str:
        """Stable under line moves and re-runs: what, in what. 32 hexadecimal digits."""
        text = f"{self.check}\0{self.rule}\0{self.subject}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One input that was not evaluated, by name and reason."""

    subject: str
    gap: Gap
    why: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Inputs known beforehand against inputs that a tool's output accounts for.

    `expected` and `evaluated` count `unit`s ("packages"); every difference is named in `missing`.
    `scope` is the file or artefact that was looked at. `required` is false for what a check
    looks at beside its question, such as facts that only a network has: a gap there is told and
    shown, but does not make the check partial.
    """

    scope: str
    unit: str
    expected: int
    evaluated: int
    missing: tuple[Missing, ...] = ()
    required: bool = True

    @property
    def complete(self) -> bool:
        """Whether everything that was expected was evaluated."""
        return self.evaluated == self.expected and not self.missing


def tally(coverage: Iterable[Coverage]) -> str:
    """What was evaluated of what was required, by kind: "9 of 9 files, 4 of 5 commits"."""
    counts: dict[str, list[int]] = {}
    for part in coverage:
        if part.required:
            count = counts.setdefault(part.unit, [0, 0])
            count[0] += part.evaluated
            count[1] += part.expected
    return ", ".join(f"{done:,} of {all_:,} {unit}" for unit, (done, all_) in counts.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRecord:
    """A program that took part. `digest` is of its installed file list or binary.

    `obtained` is where it came from, `verified` what was held against what before it ran.
    """

    name: str
    version: str
    digest: str = ""
    obtained: str = ""
    verified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRecord:
    """Facts that a check relied on: which, from where, how old.

    `as_of` is the snapshot's own date, never a file time; `fresh` is judged on the report's day.
    """

    name: str
    origin: str
    digest: str = ""
    as_of: date | None = None
    entries: int | None = None
    fresh: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A file the check left in the output folder, relative to it."""

    path: str
    digest: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Content that a check wants kept; `path` is relative to the check's own output folder."""

    path: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Facts that are best read as a table: as many cells in each row as there are columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a check made of its tool's output, before faults and freshness are weighed.

    The collector writes `files` and records them as artefacts. `tools` are those that took part
    beside the check's own.
    """

    findings: tuple[Finding, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    data: tuple[DataRecord, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    files: tuple[File, ...] = ()
    tables: tuple[Table, ...] = ()
    tools: tuple[ToolRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one check can vouch for. `reason` is one sentence, empty for clean and found."""

    check: str
    status: Status
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    tools: tuple[ToolRecord, ...] = ()
    data: tuple[DataRecord, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def expected(self) -> int:
        """Inputs known beforehand, over all required scopes."""
        return sum(part.expected for part in self.coverage if part.required)

    @property
    def evaluated(self) -> int:
        """Inputs accounted for, over all required scopes."""
        return sum(part.evaluated for part in self.coverage if part.required)


# ------------------------------------------------------------------------------------- policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A risk accepted by somebody until a day. `expires` is the last day on which it holds."""

    id: str
    reason: str
    owner: str
    expires: date
    package: str = ""
    path: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is acceptable. `required` empty means: every registered check.

    `fail_on` is the lowest severity that violates the policy; `None` means that no rated
    severity does. Known exploited and malicious packages always do. `registries` are the only
    hosts that packages may come from; empty means that the policy does not say. A release younger
    than `cool_down_days` is too new. `denied_licences` are SPDX identifiers. `second_opinion`:
    another scanner has to look at the locks as well.
    """

    fail_on: Severity | None = Severity.HIGH
    fail_on_unknown: bool = True
    required: tuple[str, ...] = ()
    required_controls: tuple[str, ...] = ()
    advisories_max_age_days: int = 7
    kev_max_age_days: int = 30
    registries: tuple[str, ...] = ()
    cool_down_days: int = 7
    denied_licences: tuple[str, ...] = ()
    second_opinion: bool = False
    waivers: tuple[Waiver, ...] = ()
    origin: str = "built-in defaults"
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSettings:
    """How secrets are looked for. `allow_markers`: a comment in the code may excuse a line.

    `history`: not only today's files, but every commit. `staged`: only what is about to be
    committed; for the hook, and never from a file.
    """

    allow_markers: bool = False
    history: bool = True
    staged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrivySettings:
    """Where Trivy and its data come from, where the policy says so; "" means the usual place.

    `path` is a program to use, `sha256` are digests of programs that may run beside the pinned
    one. `database` is a folder with a ready cache of Trivy's, which is used as it is. The
    repositories are OCI references of mirrors.
    """

    path: str = ""
    sha256: tuple[str, ...] = ()
    database: str = ""
    database_repository: str = ""
    java_database_repository: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPublisher:
    """Whose build a package has to be: `repository` is an address, `package` a package URL.

    The package URL has no version; for what no repository published, `repository` is the
    identity that signs.
    """

    package: str
    repository: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceSettings:
    """What is asked of attestations of locked packages.

    `required`: every release needs one. `folder` holds provenance files that were fetched before,
    seen from the root of the repository unless it is absolute; "" for none.
    """

    required: bool = False
    folder: str = ""
    publishers: tuple[ExpectedPublisher, ...] = ()


class Disposition(StrEnum):
    """What policy made of a finding."""

    VIOLATION = "violation"
    EXISTING = "existing"
    """It would violate the policy, but the change that is judged did not bring it in."""
    BELOW_THRESHOLD = "below_threshold"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A finding and what policy made of it. `waiver` is set only when the finding is waived."""

    finding: Finding
    disposition: Disposition
    why: str
    waiver: Waiver | None = None


# ------------------------------------------------------------------------------------ controls


class Gate(StrEnum):
    """What a control's failure does: block the verdict, warn, or only inform."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement of a framework that a control's result is evidence for.

    `counted` is false where the id could not be verified or fits only indirectly.
    """

    framework: str
    id: str
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One question an auditor asks, as data. `how` says how it is evaluated."""

    id: str
    title: str
    rationale: str
    how: str
    fix: str
    severity: Severity
    gate: Gate
    checks: tuple[str, ...]
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A control's outcome with the reason and the evidence it rests on (file names or checks).

    `gap` says why there is no answer, for `not_evaluated` and `error`. `existing`: it fails for
    what the base of a change held already, and for nothing else.
    """

    outcome: Outcome
    reason: str
    evidence: tuple[str, ...] = ()
    gap: Gap | None = None
    existing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """A control and its answer."""

    control: Control
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkCount:
    """How many of a framework's requirements have evidence here: never a claim to comply.

    `evidenced` counts requirements whose controls were answered; `mapped` those that any control
    of the catalogue maps to. `total` is the framework's own number, `None` where it has none.
    """

    framework: str
    version: str
    evidenced: int
    mapped: int
    total: int | None = None


# -------------------------------------------------------------------------------------- report


@dataclass(frozen=True, slots=True, kw_only=True)
class Unevaluated:
    """A line of the report's second section: what nobody looked at, why, and how to mend it."""

    what: str
    gap: Gap
    why: str
    fix: str = ""
    location: Location | None = None
    blocking: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, its exit code, and the reasons for it, worst first."""

    decision: Decision
    exit_code: int
    headline: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The commit that a change was to be judged against, as it was `asked` for.

    `commit` is its id, `None` where it cannot be used. `checks` are those whose findings were
    held against it; all others, and all of them without it, are judged in full. `why` says what
    kept it, or a part of it, from being used.
    """

    asked: str
    commit: str | None = None
    checks: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What differs between two equal runs. Absent under `SOURCE_DATE_EPOCH`."""

    started: datetime
    seconds: float
    python: str
    platform: str
    checks: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the renderers need; the same evidence gives the same report.

    `unevaluated`, `findings` (worst first) and `controls` are in reading order. Findings appear
    once, in `findings`; the copies inside `evidence` are dropped before a report is made.
    """

    version: str
    target: Target
    as_of: date
    policy: Policy
    verdict: Verdict
    unevaluated: tuple[Unevaluated, ...]
    findings: tuple[Judged, ...]
    evidence: tuple[Evidence, ...]
    controls: tuple[ControlResult, ...]
    frameworks: tuple[FrameworkCount, ...]
    notices: tuple[str, ...] = ()
    base: Base | None = None
    run: RunFacts | None = None
