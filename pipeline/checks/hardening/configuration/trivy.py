"""What `trivy config` is given, and what is made of its answer.

Trivy sees copies under names of ours, without the comments that would silence it. It reports what
is wrong and nothing about files that it passed over, so each copy has to prove that it was read:
Dockerfiles, manifests and templates by an entry of their own, which Trivy writes for each file
that it evaluated; Terraform files by a fault of ours at their end, which has to be reported.
Manifests are handed over document by document: behind `--- # a comment` Trivy reads no further.

Source: measured with Trivy 0.74.0; checks as in https://github.com/aquasecurity/trivy-checks.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline.checks.job import Job
from pipeline.errors import UnreadableOutputError
from pipeline.model import Severity
from pipeline.text import plain
from pipeline.tools import trivy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline.checks.job import Ran

DOCKERFILE, KUBERNETES, CLOUDFORMATION = "dockerfile", "kubernetes", "cloudformation"
HELM, TERRAFORM = "helm", "terraform"
CANARY = "AWS-0065"
"""The check that a Terraform canary breaks: a key that is never replaced."""

_FOLDER = "files"
_TREE = "tree"
_SAFE = re.compile(r"(?:[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*/)*[A-Za-z0-9_.@+-]+")
_MARK = re.compile(rb"^---(?:[ \t\r].*)?$", re.MULTILINE)
_OBJECT = tuple(
    re.compile(rb"^[\"']?%b[\"']?[ \t]*:" % key, re.MULTILINE)
    for key in (b"kind", b"(?:metadata|items)")
)
_ID = re.compile(r"(?:AVD-)?([A-Z]+)-?(\d+)")
_TELLING = frozenset({"DS-0031", "KSV-0109", "KSV-01010"})
"""Checks whose message may repeat a secret."""
_SEVERITY = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "UNKNOWN": Severity.UNKNOWN,
}

SAME: Mapping[str, str] = {
    "DS-0001": "latest-image",
    "DS-0002": "root-user",
    "DS-0026": "no-healthcheck",
    "KSV-0001": "privilege-escalation",
    "KSV-0003": "capabilities-kept",
    "KSV-0008": "host-namespace",
    "KSV-0009": "host-namespace",
    "KSV-0010": "host-namespace",
    "KSV-0011": "no-limits",
    "KSV-0012": "root-workload",
    "KSV-0013": "latest-image",
    "KSV-0014": "writable-root",
    "KSV-0017": "privileged",
    "KSV-0018": "no-limits",
}
"""Trivy's checks that ask the same as a rule of ours: who does not see it, has missed it."""

ALIKE: Mapping[str, str] = {
    "DS-0031": "secret-in-image",
    "KSV-0004": "capabilities-kept",
    "KSV-0005": "capabilities-added",
    "KSV-0006": "host-mount",
    "KSV-0022": "capabilities-added",
    "KSV-0023": "host-mount",
    "KSV-0104": "unconfined",
    "KSV-0105": "root-workload",
    "KSV-0106": "capabilities-kept",
}
"""Trivy's checks that ask more, or less: one problem where both see it, else Trivy's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One of Trivy's findings. `line` is `None` where its lines are not those of the file."""

    id: str
    path: str
    severity: Severity
    title: str
    message: str
    fix: str
    url: str
    line: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One copy: the file it is a copy of, what Trivy has to take it for.

    `canary` is the line on which a fault of ours has to be reported, 0 where there is none, and
    `shift` the lines that come before those of the file.
    """

    path: str
    kind: str
    canary: int = 0
    shift: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a run tells: sightings, and which of the copies were read, by their names."""

    sightings: tuple[Sighting, ...]
    read: frozenset[str]


@dataclass(slots=True)
class Copies:
    """What one run of Trivy is given: contents by name, and what each of them is."""

    contents: dict[str, bytes] = field(default_factory=dict)
    given: dict[str, Given] = field(default_factory=dict)

    def add(self, name: str, content: bytes, given: Given | None) -> None:
        """A copy, made inert; without `given` it is there for others to look at."""
        self.contents[name] = trivy.without_directives(content)
        if given:
            self.given[name] = given


def job(kind: str, copies: Copies) -> Job:
    """The run over all copies of a kind. One kind's trouble does not hide another's."""
    call = trivy.config(_FOLDER)
    fields = call.job()
    files = {f"{_FOLDER}/{name}": content for name, content in copies.contents.items()}
    return Job(
        **fields | {"inputs": {**call.inputs, **files}},
        name=kind,
        private=True,  # it repeats lines of what it cannot read
        optional=True,
        notes=copies.given,
    )


# ------------------------------------------------------------------------------------ copies


def dockerfiles(files: Mapping[str, bytes]) -> Copies:
    """A folder per Dockerfile, in which it has the name that Trivy knows."""
    copies = Copies()
    for number, (path, content) in enumerate(sorted(files.items())):
        copies.add(f"{number}/Dockerfile", content, Given(path=path, kind=DOCKERFILE))
    return copies


def manifests(files: Mapping[str, bytes]) -> Copies:
    """A file per object of each manifest, every line where it was.

    What has no `metadata` is read by a tool on the developer's machine, and by no cluster.
    """
    copies = Copies()
    for number, (path, content) in enumerate(sorted(files.items())):
        for part, document in enumerate(documents(content)):
            if all(mark.search(document) for mark in _OBJECT):
                given = Given(path=path, kind=KUBERNETES)
                copies.add(f"{number}-{part}.yaml", document, given)
    return copies


def templates(files: Mapping[str, bytes]) -> Copies:
    """A file per CloudFormation template."""
    copies = Copies()
    for number, (path, content) in enumerate(sorted(files.items())):
        ending = "json" if content.lstrip().startswith(b"{") else "yaml"
        copies.add(f"{number}.{ending}", content, Given(path=path, kind=CLOUDFORMATION))
    return copies


def terraform(files: Mapping[str, bytes]) -> Copies:
    """All files in their folders, for modules name each other by them; each with its canary.

    A file whose name is no plain one is left out, and so not read.
    """
    copies = Copies()
    for number, (path, content) in enumerate(sorted(files.items())):
        if not _SAFE.fullmatch(path):
            continue
        name = f"supply_chain_canary_{number}"
        if path.endswith(".json"):
            fault = json.dumps({"resource": {"aws_kms_key": {name: {}}}}).encode()
            made, line, shift = b"[%b,\n%b]" % (fault, content), 1, 1
        else:
            made = b'%b\nresource "aws_kms_key" "%b" {}\n' % (content, name.encode())
            line, shift = content.count(b"\n") + 2, 0
        given = Given(path=path, kind=TERRAFORM, canary=line, shift=shift)
        copies.add(f"{_TREE}/{path}", made, given)
    return copies


def charts(files: Mapping[str, bytes], roots: Sequence[str]) -> Copies:
    """A folder per chart, with all of its files that have plain names."""
    copies = Copies()
    for number, root in enumerate(roots):
        for path, content in files.items():
            inside = path.removeprefix(root) if path.startswith(root) else ""
            if not inside or not _SAFE.fullmatch(inside):
                continue
            given = Given(path=path, kind=HELM) if is_manifest(inside) else None
            if inside == "Chart.yaml":
                given = Given(path=path, kind="")  # stands for what cannot be told apart
            copies.add(f"{number}/{inside}", content, given)
    return copies


def is_manifest(inside: str) -> bool:
    """Whether a file of a chart, its subcharts included, may become a manifest."""
    path = PurePosixPath(inside)
    return (
        "templates" in path.parts[:-1]
        and path.suffix in {".yaml", ".yml"}
        and not path.name.startswith("_")
    )


def documents(content: bytes) -> Iterator[bytes]:
    """The documents of a YAML text, each with empty lines for those before it."""
    start = 0
    for mark in [*_MARK.finditer(content), None]:
        document = content[start : mark.start() if mark else len(content)]
        if document.strip():
            yield b"\n" * content.count(b"\n", 0, start) + document
        start = mark.end() if mark else start


# ------------------------------------------------------------------------------------ answers


def answer(run: Ran) -> Answer:
    """What a run says; raises `UnreadableOutputError` when it makes no sense."""
    given: Mapping[str, Given] = run.job.notes
    report = trivy.read(run.outputs.get(trivy.OUTPUT, b""))
    read: set[str] = set()
    found: list[Sighting] = []
    for result in report["Results"]:
        if result.get("Class") != "config":
            continue
        try:
            name, kind = str(result["Target"]), result["Type"]
            rows = [row for row in result.get("Misconfigurations") or [] if _failed(row)]
            summary = result["MisconfSummary"]
            evaluated = summary["Successes"] + summary["Failures"]
            one = given.get(name)
            if one and one.kind == kind and not one.canary and evaluated > 0:
                read.add(name)
            for row in rows:
                if one and one.canary and row["CauseMetadata"].get("StartLine") == one.canary:
                    if _id(row["ID"]) == CANARY:
                        read.add(name)
                else:
                    found.append(_sighting(row, _path(name, one, given), kind, one))
        except (KeyError, TypeError, AttributeError) as error:
            raise UnreadableOutputError("Trivy's report is not of the form it promises") from error
    return Answer(sightings=tuple(found), read=frozenset(read))


def aliases(name: str) -> tuple[str, ...]:
    """The other ids under which Trivy knew a check: "DS-0002" was "AVD-DS-0002" and "DS002"."""
    family, _, number = name.partition("-")
    short = (f"{family}{int(number):03}",) if family in {"DS", "KSV"} else ()
    return (f"AVD-{name}", *short)


def _id(text: Any) -> str:
    found = _ID.fullmatch(text)
    if not found:
        raise UnreadableOutputError("Trivy reports a check without an id that is known")
    return f"{found[1]}-{found[2]}" if "-" in text else f"{found[1]}-{int(found[2]):04}"


def _failed(row: Mapping[str, Any]) -> bool:
    return bool(row["Status"] == "FAIL")


def _path(name: str, one: Given | None, given: Mapping[str, Given]) -> str:
    """The file that Trivy speaks of: the folder for a whole module, the chart for its inside."""
    if one:
        return one.path
    top, _, rest = name.partition("/")
    if chart := given.get(f"{top}/Chart.yaml"):
        return chart.path
    if top == _TREE and any(other.startswith(f"{name}/") for other in given):
        return rest or "."
    raise UnreadableOutputError("Trivy reports a file that it was not given")


def _sighting(row: Mapping[str, Any], path: str, kind: str, one: Given | None) -> Sighting:
    cause = row["CauseMetadata"]
    ident = _id(row["ID"])
    # The lines of a chart are those of what it was rendered to.
    start, end = (
        (0, 0) if kind == HELM else (cause.get("StartLine") or 0, cause.get("EndLine") or 0)
    )
    shift = one.shift if one else 0
    return Sighting(
        id=ident,
        path=path,
        severity=_SEVERITY[row["Severity"]],
        title=plain(row["Title"], limit=200),
        message="" if ident in _TELLING else plain(row.get("Message") or "", limit=300),
        fix=plain(row.get("Resolution") or "see what Trivy says about this check", limit=300),
        url=plain(row.get("PrimaryURL") or "", limit=300),
        line=start - shift if start > shift else None,
        end=end - shift if end > shift else None,
    )


def by_rule(sightings: Iterable[Sighting]) -> dict[tuple[str, str], list[Sighting]]:
    """Sightings by check and file."""
    groups: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
    for one in sightings:
        groups[one.id, one.path].append(one)
    return dict(groups)
