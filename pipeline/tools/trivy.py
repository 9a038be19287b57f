"""How Trivy is started: the one place that knows what could steer it, and shuts it out.

Trivy takes settings from its working folder (`trivy.yaml`, `.trivyignore`, `trivy-secret.yaml`),
from `TRIVY_*` variables and from its home, and calls home. Here it gets files of ours for each of
the three, an environment made from scratch (`pipeline.tools.run`), switches against every call
home, and, unless it has to ask a registry, neither a proxy that answers nor a program to call.

Each function is pure and returns a `Call`; a check makes a job of it:

    call = trivy.config("/repository", skip_dirs=(".git",))
    Job(name="configuration", **call.job())

What it writes is `OUTPUT`, JSON. Its exit code is 0 whatever it found, and says nothing of what
it could not look at: hold `Results[].Packages` against what was expected. Suppressed findings
stand in `ExperimentalModifiedFindings`. Comments inside a scanned file can suppress findings of
its configuration, too: scan a copy made with `without_directives`.

Sources: Trivy 0.74.0, docs/guide/references/configuration/cli and pkg/flag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.errors import UnreadableOutputError
from pipeline.model import DataRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTPUT = "trivy.json"
"""The file that a call leaves in its working folder."""

CACHE = "cache"
"""The cache folder of calls that need no database, inside their working folder."""

_SETTINGS, _IGNORED, _SECRETS = "own-settings.yaml", "own-ignore.yaml", "own-secrets.yaml"
_INPUTS = {_SETTINGS: b"{}\n", _IGNORED: b"{}\n", _SECRETS: b"{}\n"}

_ALWAYS = (
    *("--config", _SETTINGS, "--ignorefile", _IGNORED),
    *("--skip-version-check", "--disable-telemetry", "--skip-check-update"),
    *("--format", "json", "--output", OUTPUT, "--exit-code", "0"),
    *("--severity", "UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL"),
    # Ours is the limit that counts; Trivy's own would be five minutes.
    *("--timeout", "24h"),
)
_SCANNING = (
    *("--cache-backend", "memory"),
    *("--skip-db-update", "--skip-java-db-update", "--skip-vex-repo-update", "--offline-scan"),
    *("--secret-config", _SECRETS),
    *("--show-suppressed", "--list-all-pkgs", "--no-progress"),
)

_NOWHERE = "http://127.0.0.1:9"
"""A proxy where nobody listens (RFC 863's port, unused since long): what asks it, gets nothing."""

SEALED: Mapping[str, str] = {
    "PATH": "",
    **dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE
    ),
}
"""Environment of a call that must not reach out: Terraform modules, for one, would be fetched
from wherever the scanned files say, with git if there is one."""

_COLLECTED_LESS = {"GOGC": "400", "GOMEMLIMIT": "1GiB"}
"""For Go's garbage collector, which costs a third of a scan as it comes: it waits until the memory
has grown fivefold, and is as eager as ever beyond a gigabyte (https://go.dev/doc/gc-guide)."""

_DIRECTIVE = re.compile(rb"\b(trivy|tfsec):(?=(?:ignore|exp|ws):)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One run of Trivy: what a job wants to know. `network`: it asks a registry."""

    arguments: tuple[str, ...]
    inputs: Mapping[str, bytes] = field(default_factory=lambda: dict(_INPUTS))
    outputs: tuple[str, ...] = (OUTPUT,)
    env: Mapping[str, str] = field(default_factory=lambda: dict(SEALED))
    network: bool = False

    def job(self) -> dict[str, Any]:
        """The fields as keyword arguments of a job."""
        return {
            "arguments": self.arguments,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "env": {**_COLLECTED_LESS, **self.env},
            "network": self.network,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A usable database. `cache` is the folder for `--cache-dir`, absolute.

    `sources` are what advisories it holds: "debian 12", "pip::GitHub Security Advisory pip". A
    distribution's release that is not among them is one that Trivy says nothing about. `java`:
    the index of Java archives is there, too. `records` tell the age of both, for the report;
    equal records stand for equal databases.
    """

    cache: str
    sources: frozenset[str]
    records: tuple[DataRecord, ...]
    java: bool = False


def image_file(path: str, *, cache: str, scanners: Sequence[str]) -> Call:
    """Look into an image on disk, an OCI layout, for what `scanners` name ("vuln", "license").

    `path` is that of the layout, as "folder:tag" or "folder@sha256:…": without either, Trivy takes
    the first manifest. `cache` holds the database (`pipeline.tools.trivydb`).
    """
    return Call(
        arguments=(
            *("image", *_ALWAYS, *_SCANNING, "--cache-dir", cache),
            *("--scanners", ",".join(scanners), "--pkg-types", "os,library"),
            *("--input", path),
        )
    )


def filesystem(path: str, *, cache: str) -> Call:
    """Scan the locks below `path`, development dependencies included."""
    return Call(
        arguments=(
            *("filesystem", *_ALWAYS, *_SCANNING, "--cache-dir", cache, "--include-dev-deps"),
            *("--scanners", "vuln", "--pkg-types", "os,library"),
            *("--", path),
        )
    )


def config(path: str) -> Call:
    """Scan infrastructure configuration below `path` with the checks embedded in Trivy.

    Needs no database. `path` is absolute, or seen from the job's folder.
    """
    return Call(arguments=("config", *_ALWAYS, "--cache-dir", CACHE, "--", path))


def download_database(*, cache: str, repository: str = "", java: bool = False) -> Call:
    """Fetch the vulnerability database, or the index of Java archives, into the folder `cache`.

    `repository` is an OCI reference of a mirror ("registry.example.org/trivy-db:2").
    """
    kind = "java-db" if java else "db"
    return Call(
        arguments=(
            *("image", "--config", _SETTINGS, "--skip-version-check", "--disable-telemetry"),
            *("--cache-dir", cache, f"--download-{kind}-only", "--no-progress"),
            *((f"--{kind}-repository", repository) if repository else ()),
        ),
        outputs=(),
        env={},
        network=True,
    )


def read(output: bytes) -> dict[str, Any]:
    """The report that a call left.

    Raises `UnreadableOutputError` unless it is a report of the format that this room knows.
    """
    try:
        report = json.loads(output)
    except (ValueError, RecursionError) as error:
        raise UnreadableOutputError("Trivy's report is not JSON", where=OUTPUT) from error
    if not isinstance(report, dict) or report.get("SchemaVersion") != 2:  # noqa: PLR2004  its own
        raise UnreadableOutputError("not a report of Trivy's format 2", where=OUTPUT)
    results = report.get("Results") or []
    if not isinstance(results, list) or not all(isinstance(part, dict) for part in results):
        raise UnreadableOutputError("Trivy's report holds no list of results", where=OUTPUT)
    return report | {"Results": results}


def without_directives(content: bytes) -> bytes:
    """`content` with comments that would silence Trivy made inert; every byte keeps its place.

    "trivy:ignore:…" and "tfsec:ignore:…" (pkg/iac/ignore/parse.go) lose their colon.
    """
    return _DIRECTIVE.sub(rb"\1_", content)
