"""What Trivy says of one image, in words of ours and bound to the digests that we computed.

Of its report only what a finding or a count needs is taken. The values of the environment and the
history stand in it, too; none of them gets past this module.

Format: Trivy 0.74.0, pkg/types/report.go; https://trivy.dev/docs/latest/guide/configuration/reporting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.errors import UnreadableOutputError
from pipeline.model import Severity
from pipeline.sbom.identity import bare
from pipeline.text import plain
from pipeline.tools import trivy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.checks.job import Ran
    from pipeline.model import Image

OS = "os"
"""The kind of packages that belong to the operating system; all others go by Trivy's types."""

_HARMLESS = (
    # Each of these is told by the report itself, see `doubts`.
    "No OS package is detected",
    "e.g. files under",
    "This OS version is no longer supported by the distribution",
    "The vulnerability detection may be insufficient",
    "Unsupported os",
    # And these leave nothing out.
    "This OS version is not on the EOL list",
    "Using severities from other vendors",
    "Invalid UTF-8 sequences detected in file content",
    "The size of the scanned file is too large",
    "Unable to collect additional info",
)
_LINE = re.compile(r"\S+\t(WARN|ERROR|FATAL)\t(.*)")
_MAX_TEXT = 300
_COLLECTIONS = frozenset({"Conda", "Java", "Kubernetes", "Node.js", "Python", "Ruby"})
"""What Trivy calls results that gather packages from many files (pkg/scan/langpkg)."""
_IN_VERSION = ".-_~:"
_OS_PACKAGES, _OTHER_PACKAGES = "os-pkgs", "lang-pkgs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An installed package.

    `purl` is as Trivy writes it, with qualifiers. `layer` is a diff id, and `path` is "" for a
    package of the operating system.
    `is_product`: it is what the image was built for, not something that it was built from.
    `is_foreign`: it belongs to the operating system, but was packaged by somebody else.
    """

    name: str
    version: str
    kind: str
    purl: str
    layer: str = ""
    path: str = ""
    licences: tuple[str, ...] = ()
    is_product: bool = False
    is_foreign: bool = False

    @property
    def subject(self) -> str:
        """Its package URL without qualifiers, among which Trivy has a Debian version's epoch."""
        if not self.purl:
            return f"pkg:generic/{quote(self.name)}@{quote(self.version, safe=_IN_VERSION)}"
        plain_purl = bare(self.purl)
        if not re.match(r"[0-9]+:", self.version):
            return plain_purl
        return f"{plain_purl.rpartition('@')[0]}@{quote(self.version, safe=_IN_VERSION)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A vulnerability of an installed package. `source` rated it, `status` is its vendor's."""

    id: str
    package: Found
    severity: Severity
    title: str
    aliases: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    source: str = ""
    status: str = ""
    url: str = ""
    cvss: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """All that is kept of one scan. `family` is "" where no operating system was recognised.

    `warnings` are what Trivy said beside its report that may mean that something was left out.
    """

    config: str
    family: str
    release: str
    end_of_life: bool
    packages: tuple[Found, ...]
    flaws: tuple[Flaw, ...]
    warnings: tuple[str, ...]


def failure(run: Ran) -> str:
    """Why Trivy gave up on an image, in its own words; "" if it did not."""
    if not run.exit_code:
        return ""
    said = [text for level, text in _lines(run.stderr) if level == "FATAL"]
    last = said[-1].rpartition(": ")[2] if said else "it did not say why"
    return plain(last, limit=_MAX_TEXT)


def read(run: Ran, image: Image) -> Scan:
    """The scan of an image; raises `UnreadableOutputError` unless it is of that very image."""
    try:
        output = run.outputs[trivy.OUTPUT]
    except KeyError:
        raise UnreadableOutputError("Trivy left no report", where=image.title) from None
    report = trivy.read(output)
    try:
        return _scan(report, image, run.stderr)
    except (KeyError, TypeError, ValueError, AttributeError):
        # Not chained: the cause may quote what it stumbled over.
        raise UnreadableOutputError(
            "Trivy's report is not of the form it promises", where=image.title
        ) from None


def _scan(report: dict[str, Any], image: Image, stderr: str) -> Scan:
    about = report["Metadata"]
    _bind(about, image)
    system = about.get("OS") or {}
    results = report["Results"]
    if any(result.get("ExperimentalModifiedFindings") for result in results):
        raise UnreadableOutputError(
            "Trivy suppressed findings although nobody asked it to", where=image.title
        )
    layers = frozenset(layer.diff_id for layer in image.layers)
    return Scan(
        config=image.config,
        family=_text(system.get("Family", "")),
        release=_text(system.get("Name", "")),
        end_of_life=bool(system.get("EOSL")),
        packages=tuple(_packages(results, layers)),
        flaws=tuple(_flaws(results, layers)),
        warnings=tuple(_warnings(stderr)),
    )


def _bind(about: dict[str, Any], image: Image) -> None:
    """Raise unless the report is about the image's own digest and layers."""
    if about.get("ImageID") != image.config:
        raise UnreadableOutputError(
            f"Trivy looked at another image: {plain(str(about.get('ImageID')), limit=100)}"
            f" instead of {image.config}",
            where=image.title,
        )
    if about.get("DiffIDs") != [layer.diff_id for layer in image.layers]:
        raise UnreadableOutputError("Trivy looked at other layers", where=image.title)


def _packages(results: Iterable[dict[str, Any]], layers: frozenset[str]) -> Iterator[Found]:
    for result in results:
        if kind := _kind(result):
            for item in result.get("Packages") or ():
                yield _package(item, kind, _file(result, kind), layers)


def _kind(result: dict[str, Any]) -> str:
    """What packages a result lists; "" for none."""
    if result.get("Class") == _OS_PACKAGES:
        return OS
    return _text(result["Type"]) if result.get("Class") == _OTHER_PACKAGES else ""


def _file(result: dict[str, Any], kind: str) -> str:
    """The file that a result is about; "" where its packages say it one by one."""
    target = _text(result.get("Target", ""))
    return "" if kind == OS or target in _COLLECTIONS else target


def _package(item: dict[str, Any], kind: str, file: str, layers: frozenset[str]) -> Found:
    name, version = _text(item["Name"]), _version(item)
    purl = (item.get("Identifier") or {}).get("PURL")
    return Found(
        name=name,
        version=version,
        kind=kind,
        purl=_text(purl) if purl else "",
        layer=_layer(item, layers),
        path=_text(item.get("FilePath", "")) or file,
        is_product=item.get("Relationship") == "root",
        is_foreign=(item.get("Repository") or {}).get("Class") == "third-party",
        licences=tuple(
            sorted({plain(_text(one), limit=200) for one in item.get("Licenses") or ()})
        ),
    )


def _version(item: dict[str, Any]) -> str:
    """A version in full: epoch and release are fields of their own for operating systems."""
    version = _text(item.get("Version", ""))
    if release := item.get("Release"):
        version = f"{version}-{_text(release)}"
    epoch = item.get("Epoch")
    return f"{epoch}:{version}" if isinstance(epoch, int) and epoch else version


def _flaws(results: Iterable[dict[str, Any]], layers: frozenset[str]) -> Iterator[Flaw]:
    for result in results:
        found = result.get("Vulnerabilities") or ()
        kind = _kind(result)
        if found and not kind:
            raise ValueError("vulnerabilities of what is no package")
        for item in found:
            yield _flaw(item, kind, _file(result, kind), layers)


def _flaw(item: dict[str, Any], kind: str, file: str, layers: frozenset[str]) -> Flaw:
    purl = (item.get("PkgIdentifier") or {}).get("PURL")
    id_ = _text(item["VulnerabilityID"])
    cvss, score = _rating(item)
    package = Found(
        name=_text(item["PkgName"]),
        version=_text(item.get("InstalledVersion", "")),
        kind=kind,
        purl=_text(purl) if purl else "",
        layer=_layer(item, layers),
        path=_text(item.get("PkgPath", "")) or file,
    )
    fixed = _text(item.get("FixedVersion", ""))
    return Flaw(
        id=id_,
        package=package,
        severity=_severity(item.get("Severity")),
        title=plain(_text(item.get("Title", "")), limit=_MAX_TEXT),
        aliases=tuple(sorted({_text(one) for one in item.get("VendorIDs") or ()} - {id_})),
        fixed=tuple(part.strip() for part in fixed.split(",") if part.strip()),
        source=_text(item.get("SeveritySource", "")),
        status=_text(item.get("Status", "")),
        url=_text(item.get("PrimaryURL", "")),
        cvss=cvss,
        score=score,
    )


def _rating(item: dict[str, Any]) -> tuple[str, float | None]:
    """The CVSS vector and score of whom Trivy took the severity from, else of anybody."""
    found = item.get("CVSS") or {}
    source = item.get("SeveritySource")
    for name in (source, "nvd", "ghsa", *sorted(found)):
        rating = found.get(name)
        for key in ("V40", "V3"):
            if rating and rating.get(f"{key}Vector"):
                score = rating.get(f"{key}Score")
                return _text(rating[f"{key}Vector"]), float(score) if score else None
    return "", None


def _layer(item: dict[str, Any], layers: frozenset[str]) -> str:
    """The diff id of an item's layer; raises for one that the image does not have."""
    found = (item.get("Layer") or {}).get("DiffID", "")
    if found and found not in layers:
        raise ValueError("a layer of another image")
    return _text(found)


def _severity(text: object) -> Severity:
    try:
        return Severity(str(text).lower())
    except ValueError:
        return Severity.UNKNOWN


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _warnings(stderr: str) -> Iterator[str]:
    """What Trivy said on standard error that no other answer accounts for, each text once."""
    told = {
        plain(text, limit=_MAX_TEXT)
        for _, text in _lines(stderr)
        if not any(known in text for known in _HARMLESS)
    }
    yield from sorted(told)


def _lines(stderr: str) -> Iterator[tuple[str, str]]:
    for line in stderr.splitlines():
        if found := _LINE.match(line):
            yield found[1], found[2]
