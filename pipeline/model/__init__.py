"""The words of the pipeline: frozen values, no input or output, standard library only.

Stages exchange these values through `.supply-chain/`; checks, policy, controls and renderers
meet here and nowhere else. Paths are POSIX, relative to the root of the scanned repository.
Every string may come from a hostile repository: whoever prints one neutralises it first.

Everybody outside imports them from here; which of the modules holds a word is this room's own.
"""

from __future__ import annotations

from pipeline.model.answers import Decision, Gap, Outcome, Severity, Status
from pipeline.model.controls import (
    Answer,
    Control,
    ControlResult,
    FrameworkCount,
    Gate,
    Requirement,
)
from pipeline.model.evidence import (
    Artefact,
    Coverage,
    DataRecord,
    Evidence,
    File,
    Missing,
    Reading,
    Table,
    ToolRecord,
    tally,
)
from pipeline.model.findings import Commit, Exploited, Finding, Kind
from pipeline.model.images import Exposed, Image, Layer
from pipeline.model.packages import (
    Dependency,
    Lock,
    Manifest,
    Origin,
    Package,
    Project,
    Source,
    purl,
)
from pipeline.model.places import Excluded, Location, Unread
from pipeline.model.policy import (
    Disposition,
    ExpectedPublisher,
    Judged,
    Policy,
    ProvenanceSettings,
    SecretSettings,
    TrivySettings,
    Waiver,
)
from pipeline.model.report import Base, Report, RunFacts, Unevaluated, Verdict
from pipeline.model.target import AuditStep, CiFile, Git, InstallerSettings, Target, UpdateBot

__all__ = [
    "Answer",
    "Artefact",
    "AuditStep",
    "Base",
    "CiFile",
    "Commit",
    "Control",
    "ControlResult",
    "Coverage",
    "DataRecord",
    "Decision",
    "Dependency",
    "Disposition",
    "Evidence",
    "Excluded",
    "ExpectedPublisher",
    "Exploited",
    "Exposed",
    "File",
    "Finding",
    "FrameworkCount",
    "Gap",
    "Gate",
    "Git",
    "Image",
    "InstallerSettings",
    "Judged",
    "Kind",
    "Layer",
    "Location",
    "Lock",
    "Manifest",
    "Missing",
    "Origin",
    "Outcome",
    "Package",
    "Policy",
    "Project",
    "ProvenanceSettings",
    "Reading",
    "Report",
    "Requirement",
    "RunFacts",
    "SecretSettings",
    "Severity",
    "Source",
    "Status",
    "Table",
    "Target",
    "ToolRecord",
    "TrivySettings",
    "Unevaluated",
    "Unread",
    "UpdateBot",
    "Verdict",
    "Waiver",
    "purl",
    "tally",
]
