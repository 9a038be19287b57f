"""What statements claim, held against the report, its files and the signer's certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline.signing import statements
from pipeline.signing.statements import cyclonedx, provenance, report, svr, vsa, vulns
from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.signing.facts import Facts
    from pipeline.trust.certificate import Holder
    from pipeline.trust.statement import Statement

_RUNNER = "https://github.com/actions/runner/"
"""How some generators name the builder: by the kind of machine, not by the workflow."""


def check(name: str, statement: Statement, facts: Facts) -> None:
    """Raise `RefusedError` unless a statement of a report agrees with everything else.

    `name` is that of its file: a statement under another's name would hide that one.
    """
    where = statement.where
    kind = statement.predicate_type
    if kind not in statements.SCHEMAS or statements.REQUIRED.get(name, kind) != kind:
        raise RefusedError("predicate type", f"{kind} does not belong here", where=where)
    if wrong := statements.fault(kind, statement.predicate):
        raise RefusedError("predicate", f"it is not valid: {wrong}", where=where)
    if kind == cyclonedx.TYPE:
        _check_sbom(statement, facts)
        return
    wanted = {(subject.name, subject.sha256) for subject in facts.subjects}
    if {*statement.subjects} != wanted:
        raise RefusedError("subject", "it is not about this report and its artefacts", where=where)
    _CHECKS[kind](statement, facts)


def check_foreign(statement: Statement, holder: Holder | None) -> None:
    """The same for somebody else's statement: only provenance can be held against anything."""
    if statement.predicate_type == provenance.TYPE:
        check_provenance(statement, holder)


def check_provenance(statement: Statement, holder: Holder | None) -> None:
    """Raise `RefusedError` where provenance says what the certificate contradicts."""
    if holder is None:
        return
    where = statement.where
    details = _at(statement.predicate, "runDetails")
    builder = _at(details, "builder", "id")
    runner = f"{_RUNNER}{holder.runner_environment}"
    if builder not in {holder.build_signer, runner if holder.runner_environment else None}:
        raise RefusedError(
            "predicate", f"the builder {builder} is not {holder.build_signer}", where=where
        )
    invocation = _at(details, "metadata", "invocationId")
    if invocation and holder.run and invocation != holder.run:
        raise RefusedError("predicate", f"the run {invocation} is not {holder.run}", where=where)
    definition = _at(statement.predicate, "buildDefinition")
    sources = _at(definition, "resolvedDependencies") or []
    for source in sources if isinstance(sources, list) else []:
        commit = _at(source, "digest", "gitCommit")
        if commit and _is_own(_at(source, "uri"), holder) and commit != holder.commit:
            raise RefusedError(
                "predicate", f"the commit {commit} is not {holder.commit}", where=where
            )
    repository = _at(definition, "externalParameters", "workflow", "repository")
    if repository and not _is_own(f"git+{repository}", holder):
        raise RefusedError(
            "predicate", f"the repository {repository} is not {holder.repository}", where=where
        )


def _is_own(uri: Any, holder: Holder) -> bool:
    """Whether an address of a source is that of the certificate's repository, at whatever ref."""
    text = str(uri or "").removeprefix("git+")
    return bool(text) and text.partition("@")[0] == holder.repository and bool(urlsplit(text).path)


def _check_own_provenance(statement: Statement, facts: Facts) -> None:
    if facts.holder is None:
        raise RefusedError("predicate", "no certificate bears it out", where=statement.where)
    check_provenance(statement, facts.holder)


def _check_report(statement: Statement, facts: Facts) -> None:
    if statement.predicate != facts.report:
        raise RefusedError("predicate", "it is not the report that is here", where=statement.where)


def _check_sbom(statement: Statement, facts: Facts) -> None:
    same = [path for path, document in facts.sboms.items() if document == statement.predicate]
    if not same:
        raise RefusedError("predicate", "no SBOM here is this one", where=statement.where)
    known = {item.sha256 for item in facts.manifest.artefacts}
    known |= {facts.manifest.files[path] for path in same}
    known |= {image.sha256 for image in cyclonedx.images(statement.predicate, facts)}
    if not {digest for _, digest in statement.subjects} <= known:
        raise RefusedError("subject", "it is about files that are not here", where=statement.where)


def _check_summary(statement: Statement, facts: Facts) -> None:
    (wanted,) = vsa.build(facts)
    found = statement.predicate
    for field, step in (
        *(("verifier", "predicate"), ("policy", "policy"), ("inputAttestations", "inputs")),
        *(("verificationResult", "predicate"), ("verifiedLevels", "predicate")),
        *(("resourceUri", "predicate"), ("timeVerified", "predicate")),
    ):
        if found[field] != wanted.predicate[field]:
            raise RefusedError(step, f"{field} is not that of the report", where=statement.where)


def _check_result(statement: Statement, facts: Facts) -> None:
    (wanted,) = svr.build(facts)
    if statement.predicate["verifier"]["policies"] != wanted.predicate["verifier"]["policies"]:
        raise RefusedError("policy", "it is not that of the report", where=statement.where)
    if statement.predicate != wanted.predicate:
        raise RefusedError("predicate", "it is not what the report says", where=statement.where)


def _check_vulnerabilities(statement: Statement, facts: Facts) -> None:
    wanted = [item for item in vulns.build(facts) if isinstance(item, statements.Statement)]
    if not wanted or statement.predicate != wanted[0].predicate:
        raise RefusedError("predicate", "it is not what the report found", where=statement.where)


_CHECKS: dict[str, Callable[[Statement, Facts], None]] = {
    provenance.TYPE: _check_own_provenance,
    vsa.TYPE: _check_summary,
    svr.TYPE: _check_result,
    vulns.TYPE: _check_vulnerabilities,
    report.TYPE: _check_report,
}


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
