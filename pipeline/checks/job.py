"""What passes between a check and the collector that runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.model import (
    DataRecord,
    Policy,
    ProvenanceSettings,
    SecretSettings,
    Status,
    ToolRecord,
    Unread,
)

if TYPE_CHECKING:
    # Nothing evaluates the annotations of what is never read from a file, and every command that
    # has to do with a check would wait for these modules.
    from pipeline.advisories.source import Answer, Question  # noqa: TC004 - see above
    from pipeline.registries.attested import Attested  # noqa: TC004
    from pipeline.registries.release import Pin, Release  # noqa: TC004
    from pipeline.tools.trivy import Database  # noqa: TC004

VERIFIER = "sigstore"
"""The dependency group that verifies what is fetched from elsewhere."""


class Network(StrEnum):
    """What a check needs from outside; the collector refuses all of it under `--offline`.

    `LICENCES` is the registry too, with the licence of every release, old ones included, and
    `ATTESTATIONS` what it publishes to prove the locked releases.
    """

    NONE = "none"
    ADVISORIES = "advisories"
    REGISTRY = "registry"
    LICENCES = "registry, licences"
    ATTESTATIONS = "registry, attestations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program that a check runs: installed from the package index, or a pinned binary.

    `distribution` is its name on the index and of its dependency group. It is run as the Python
    module `module`, or as the binary `program` that it put among the environment's scripts.
    `inside` is the program that such a module would only start, seen from the installed packages.
    `binary` is the name of a pinned program (`pipeline/tools/pins.toml`) instead of all these.
    `group` is a dependency group of what the check needs beside its tool.
    """

    distribution: str = ""
    module: str = ""
    program: str = ""
    inside: str = ""
    binary: str = ""
    group: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        """The dependency groups of an environment for the check; a binary's signature is verified.

        A program from outside the index is no dependency of the lock.
        """
        verifier = VERIFIER if self.binary else ""
        return tuple(filter(None, (self.distribution, verifier, self.group)))

    @property
    def name(self) -> str:
        """What people call it."""
        return self.distribution or self.binary


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule's explanation: what is wrong, why it matters, what to do."""

    title: str
    why: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """The check has nothing to run. Only `not_applicable` names a rule that the target met."""

    status: Status
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a check has to see before it can plan, and what costs too much to give unasked.

    The collector reads `files` of the repository and plans again with `Options.files`; what they
    name in turn may be asked for then. `tool`: the record of its pinned binary, as `Options.tool`.
    `database`: Trivy's vulnerability database, and `java_database` its index of Java archives
    with it, as `Options.database`. `optional`: the plan goes on without a program or database
    that cannot be had, and `Options.lacking` says why; only `fetch` lets one be downloaded then.
    """

    files: tuple[str, ...] = ()
    tool: bool = False
    database: bool = False
    java_database: bool = False
    optional: bool = False
    fetch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One process to run in an empty folder.

    `arguments` follow the tool's own command. `inputs` are written into the folder first, the
    files named in `outputs` are read from it afterwards. `accept` lists the exit codes with which
    the tool says that it did its work; `timeout` is in seconds. `env` is added to the filtered
    environment. `scratch` is the folder in which the job's own is made, and "" the usual one.
    `links` are names in the folder that lead to files or folders elsewhere. `fill`
    writes into the folder, which is gone after the job, what is too much to hold in memory.

    `network`: the job asks somebody on the network, and is handed what that takes (certificates,
    proxies). `program` is another program than the check's tool, by its name in `PATH`, and
    `binary` another pinned one. An `optional` job that fails leaves nothing to read and does not
    make the check fail: for what a tool can add to an answer that is complete without it.
    `private`: what the tool says may hold a secret, and is never repeated. `notes` is what the
    plan knew and the reading wants to know again; it never leaves the process.

    `late` are the folders of `inputs` that the tool does not look into before it was busy for
    `blind` seconds: all of them, in a job that may be started ahead (see `Options.ahead`). `met`
    says of a run that was whether it found them; one that did not is run again.
    """

    name: str
    arguments: tuple[str, ...]
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    fill: Callable[[Path], None] | None = None
    outputs: tuple[str, ...] = ()
    accept: frozenset[int] = frozenset({0})
    timeout: float = 600.0
    env: Mapping[str, str] = field(default_factory=dict)
    scratch: str = ""
    private: bool = False
    notes: Any = field(default=None, repr=False)
    program: str = ""
    binary: str = ""
    optional: bool = False
    network: bool = False
    late: tuple[str, ...] = ()
    blind: float = 0.0
    met: Callable[[Ran], bool] = field(default=lambda _: True, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A job that ended with an accepted exit code. An output that was not written is absent.

    `stderr` is its tail: for explanations, and never for an answer that nothing else confirms.
    """

    job: Job
    exit_code: int
    outputs: Mapping[str, bytes]
    stdout: bytes = field(default=b"", repr=False)
    stderr: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a check may know beside the target; the collector fills it in.

    `root` is the scanned repository's absolute path, for tools that read files themselves.
    `as_of` is the day of the run, and `tool` what is known of the check's installed tool; of a
    pinned binary it is known once it is wanted, and when jobs were run. `database` is Trivy's,
    once it is wanted; `lacking` says why what was wanted and optional is not there.
    `files` holds what was read of the files that the check wanted, each one of them.
    `answers` holds what the advisory source said of every package of the target that could be
    asked for, and `answered_by` is that source's name. `relay_url` is where a tool finds the same
    answers in OSV's protocol. `data` describes all of these. `secrets` is what the policy says of
    the search for secrets. `releases` holds what registries said of every release that they were
    asked about; nobody is when `offline`. `attested` holds what they publish to prove releases,
    `provenance_files` what the policy's folder has of that, by file name.

    `ahead` starts a job whose tool takes long to start, as soon as its arguments can be foreseen:
    its `inputs` follow when the plan names the same command line. Where it names another one,
    nothing is lost but the start. The last job counts.
    """

    root: str = ""
    as_of: date = date.min
    tool: ToolRecord | None = None
    database: Database | None = None
    lacking: str = ""
    files: Mapping[str, bytes | Unread] = field(default_factory=dict)
    relay_url: str = ""
    answers: Mapping[Question, Answer] = field(default_factory=dict)
    answered_by: str = ""
    data: tuple[DataRecord, ...] = ()
    policy: Policy = field(default_factory=Policy)
    secrets: SecretSettings = field(default_factory=SecretSettings)
    provenance: ProvenanceSettings = field(default_factory=ProvenanceSettings)
    offline: bool = False
    releases: Mapping[Pin, Release] = field(default_factory=dict)
    attested: Mapping[Pin, Attested] = field(default_factory=dict)
    provenance_files: Mapping[str, bytes] = field(default_factory=dict)
    ahead: Callable[[Job], None] = field(default=lambda _: None, repr=False)
