"""What is claimed of a report and its artefacts: in-toto statements, one builder per predicate.

A builder is a pure function from facts to statements. It claims only what the report or the
signer's certificate shows, and says why where it claims nothing. A new predicate is a module
here, a schema in `schemas/`, and a line in `BUILDERS`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import SignatureError
from pipeline.signing.statements import cyclonedx, provenance, report, svr, vsa, vulns
from pipeline.signing.statements.form import Omitted, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline.signing.facts import Facts

__all__ = ["BUILDERS", "REQUIRED", "SCHEMAS", "Omitted", "Statement", "build"]

BUILDERS: tuple[Callable[[Facts], Iterable[Statement | Omitted]], ...] = (
    provenance.build,
    cyclonedx.build,
    vulns.build,
    vsa.build,
    svr.build,
    report.build,
)

REQUIRED = {"vsa": vsa.TYPE, "svr": svr.TYPE, "report": report.TYPE}
"""The statements that every signed report has, by the name of their file."""

SCHEMAS: dict[str, Path] = {
    kind: Path(__file__).parents[1] / "schemas" / f"{name}.schema.json"
    for kind, name in (
        (provenance.TYPE, "provenance"),
        (cyclonedx.TYPE, "cyclonedx"),
        (vulns.TYPE, "vulns"),
        (vsa.TYPE, "vsa"),
        (svr.TYPE, "svr"),
        (report.TYPE, "report"),
    )
}
"""The JSON Schema of each predicate; other types of predicate are not part of a report."""


def build(facts: Facts) -> tuple[tuple[Statement, ...], tuple[Omitted, ...]]:
    """Every statement that the facts bear out, and what is not claimed.

    Raises `SignatureError` when one would not follow its schema.
    """
    made = [item for builder in BUILDERS for item in builder(facts)]
    statements = tuple(item for item in made if isinstance(item, Statement))
    for item in statements:
        if wrong := fault(item.predicate_type, item.predicate):
            raise SignatureError(f"the statement {item.name} would not be valid: {wrong}")
    return statements, tuple(item for item in made if isinstance(item, Omitted))


def fault(predicate_type: str, predicate: object) -> str:
    """Where a predicate first departs from its schema; "" for one that follows it."""
    import jsonschema_rs  # noqa: PLC0415 - heavy, and most commands sign nothing
    import msgspec  # noqa: PLC0415 - as above

    schema = msgspec.json.decode(SCHEMAS[predicate_type].read_bytes())
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    wrong = next(validator.iter_errors(predicate), None)
    if wrong is None:
        return ""
    place = "/".join(str(part) for part in wrong.instance_path)
    return f"/{place}: {wrong.message[:300]}"
