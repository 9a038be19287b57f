"""What `trivy config` is given: copies of the files, under names of ours.

No comment in them can silence Trivy. It reports what is wrong and nothing about files that it
passed over, so each copy has to prove that it was read: Dockerfiles, manifests and templates by an
entry of their own, which Trivy writes for each file that it evaluated; Terraform files by a fault
of ours beside their text, which has to be reported. Manifests are handed over document by
document: behind `--- # a comment` Trivy reads no further.

Source: measured with Trivy 0.74.0.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipeline.checks.job import Job
from pipeline.errors import IncompleteError
from pipeline.tools import trivy
from pipeline.yamltree import Table, compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

DOCKERFILE, KUBERNETES, CLOUDFORMATION = "dockerfile", "kubernetes", "cloudformation"
HELM, TERRAFORM = "helm", "terraform"
CANARY = "AWS-0065"
"""The check that a Terraform canary breaks: a key that is never replaced."""

ALONE = "files"
_STANDING_ALONE = frozenset({DOCKERFILE, KUBERNETES, CLOUDFORMATION})

_FOLDER = "files"
TREE = "tree"
_SAFE = re.compile(r"(?:[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*/)*[A-Za-z0-9_.@+-]+")
_MARK = re.compile(rb"^---(?:[ \t\r].*)?$", re.MULTILINE)
_MADE_NAME = re.compile(rb"\bgenerateName([\"']?[ \t]*:)")
_OBJECT = tuple(
    re.compile(rb"^[\"']?%b[\"']?[ \t]*:" % key, re.MULTILINE)
    for key in (b"kind", b"(?:metadata|items)")
)


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


def run_of(kind: str) -> str:
    """The run in which a kind is evaluated.

    Files that stand on their own share the run `ALONE`, as half of each run is Trivy's start.
    Charts and modules are loaded as a whole, and have a run for each kind: one that cannot be
    loaded hides no other.
    """
    return ALONE if kind in _STANDING_ALONE else kind


def jobs(kinds: Iterable[tuple[str, Copies]]) -> list[Job]:
    """The runs over all copies; none where there is nothing to prove."""
    runs: dict[str, Copies] = {}
    for kind, made in kinds:
        if made.given:
            run = runs.setdefault(run_of(kind), Copies())
            run.contents |= made.contents
            run.given |= made.given
    return [job(name, run) for name, run in runs.items()]


def job(name: str, copies: Copies) -> Job:
    """One run of Trivy over copies, whose names all differ."""
    call = trivy.config(_FOLDER)
    fields = call.job()
    files = {f"{_FOLDER}/{name}": content for name, content in copies.contents.items()}
    return Job(
        **fields | {"inputs": {**call.inputs, **files}},
        name=name,
        private=True,  # it repeats lines of what it cannot read
        optional=True,
        notes=copies.given,
    )


def dockerfiles(files: Mapping[str, bytes]) -> Copies:
    """A folder per Dockerfile, in which it has the name that Trivy knows."""
    copies = Copies()
    for number, (path, content) in enumerate(sorted(files.items())):
        copies.add(f"{number}/Dockerfile", content, Given(path=path, kind=DOCKERFILE))
    return copies


def manifests(files: Mapping[str, bytes]) -> Copies:
    """A file per object of each manifest, every line where it was.

    What has no `metadata` is read by a tool on the developer's machine, and by no cluster. An
    object whose name the cluster makes is given one, for without a name most checks stay silent.
    """
    copies = Copies()
    for number, (path, content) in enumerate(sorted(files.items())):
        for part, document in enumerate(documents(_plain(content))):
            if all(mark.search(document) for mark in _OBJECT):
                given = Given(path=path, kind=KUBERNETES)
                copies.add(f"{number}-{part}.yaml", _named(document), given)
    return copies


def _named(document: bytes) -> bytes:
    """An object with a name: what stands in a cluster has both, and no key may be given twice."""
    if not _MADE_NAME.search(document):
        return document
    try:
        root = compose(document.decode(errors="replace"), "", aliases=True)
    except IncompleteError:
        root = None
    if isinstance(root, Table) and "name" in root.below("metadata").entries:
        return document
    return _MADE_NAME.sub(rb"name\1        ", document)


def _plain(content: bytes) -> bytes:
    """The same lines without a mark of their encoding, ended as everywhere."""
    content = content.removeprefix(codecs.BOM_UTF8)
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


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
        copies.add(f"{TREE}/{path}", made, given)
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
