"""What is acceptable, and what that makes of a finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.model.answers import Severity
from pipeline.model.findings import Finding
from pipeline.model.places import Location


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
    hosts that packages may come from; empty means that the policy does not say. The same holds for
    `image_registries`, which are registries of images, or parts of such. A release younger
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
    image_registries: tuple[str, ...] = ()
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
