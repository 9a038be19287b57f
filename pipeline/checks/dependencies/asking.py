"""Which packages the advisory source can be asked about, and why not about the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.advisories.ecosystems import ordering_of
from pipeline.advisories.source import Question
from pipeline.model import Gap, Missing, Origin

if TYPE_CHECKING:
    from pipeline.model import Package

_ELSEWHERE = {
    Origin.INDEX: "it comes from another registry, where the name may mean another project",
    Origin.VCS: "it comes from a version control system",
    Origin.URL: "it comes from a URL",
    Origin.PATH: "it comes from a local path",
}


def question_of(package: Package) -> Question | Missing | None:
    """The question for a package; why there is none; or nothing for the repository's own code.

    The version is spelt as advisories spell it.
    """
    origin = package.source.origin
    if origin is Origin.WORKSPACE:
        return None
    if origin is not Origin.REGISTRY:
        why = f"{_ELSEWHERE[origin]}: advisories do not speak of it"
        return missing(package, Gap.NOT_FROM_REGISTRY, why)
    if package.version is None:
        return missing(package, Gap.NO_VERSION, "it is not pinned to one version")
    ordering = ordering_of(package.ecosystem)
    try:
        version = ordering.spell(package.version) if ordering else package.version
    except ValueError:
        why = f"its version is not valid for {package.ecosystem}"
        return missing(package, Gap.UNPARSABLE_VERSION, why)
    return Question(package.ecosystem, package.name, version)


def missing(package: Package, gap: Gap, why: str) -> Missing:
    """A package that was not evaluated."""
    return Missing(subject=package.key, gap=gap, why=why, location=package.location)
