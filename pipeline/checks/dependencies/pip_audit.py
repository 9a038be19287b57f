"""pip-audit's dialect: pins in, its JSON out, and neither is believed without a count.

pip-audit is asked about Python packages in its only safe form: exact pins written by us, no
resolution, no build, an empty folder to stand in. Each run carries a canary that must be
reported; the packages in the output must be the packages put in; and every advisory that the
source holds for one of them must be in the output.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pipeline.advisories.source import CANARY, Question
from pipeline.checks.dependencies.asking import question_of
from pipeline.checks.job import Job
from pipeline.errors import UnreadableOutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline.checks.job import Options, Ran
    from pipeline.model import Lock

ECOSYSTEM = "PyPI"
WITNESS = "pip-audit"
LARGE = 400
"""Pins from which on halving saves more than starting pip-audit twice costs."""
TIMEOUT = 60.0
"""Seconds that pip-audit may take to start; each pin adds half a second."""


def batches(lock: Lock, options: Options) -> Iterator[tuple[Question, ...]]:
    """The Python questions of a lock that were answered, each name once per batch.

    A large batch is halved: pip-audit asks one question after another, so two of them side by
    side take little more than half the time.
    """
    versions: dict[str, set[Question]] = defaultdict(set)
    for package in lock.packages:
        question = question_of(package)
        if isinstance(question, Question) and question.ecosystem == ECOSYSTEM:
            answer = options.answers.get(question)
            if answer is not None and answer.gap is None:
                versions[question.name].add(question)
    rows = [sorted(versions[name]) for name in sorted(versions)]
    for depth in range(max(map(len, rows), default=0)):
        batch = tuple(row[depth] for row in rows if depth < len(row))
        middle = len(batch) // 2 if len(batch) > LARGE else 0
        yield from filter(None, (batch[:middle], batch[middle:]))


def job_of(pins: Iterable[Question], options: Options) -> Job:
    """The run that asks about the pins and the canary. Equal pins give an equal job."""
    pins = (CANARY, *pins)
    text = "".join(f"{pin.name}=={pin.version}\n" for pin in pins)
    return Job(
        name="pins-" + hashlib.sha256(text.encode()).hexdigest()[:16],
        arguments=(
            *("--requirement", "pins.txt", "--no-deps", "--disable-pip"),
            *("--vulnerability-service", "osv", "--osv-url", options.relay_url),
            *("--cache-dir", "cache", "--progress-spinner", "off"),
            *("--format", "json", "--aliases", "on", "--desc", "off", "--output", "audit.json"),
        ),
        inputs={"pins.txt": text.encode()},
        outputs=("audit.json",),
        # 1 means findings, and the canary is always one. 0 would mean that it went unnoticed.
        accept=frozenset({1}),
        timeout=TIMEOUT + len(pins) * 0.5,
    )


# ----------------------------------------------------------------------------- what came back


def audited(run: Ran, options: Options) -> dict[Question, str]:
    """Each pin of a run with "" when it was answered in full, else with what is wrong.

    Raises `UnreadableOutputError` when the output is no answer to what was asked.
    """
    rows = _rows(run)
    reported = {
        (row.get("name"), row.get("version")): row for row in rows if "skip_reason" not in row
    }
    skipped = {row.get("name"): row["skip_reason"] for row in rows if "skip_reason" in row}
    asked = [
        Question(ECOSYSTEM, *line.split("==", 1))
        for line in run.job.inputs["pins.txt"].decode().splitlines()
    ]
    surplus = reported.keys() - {(pin.name, pin.version) for pin in asked}
    if surplus or len(rows) != len(reported) + len(skipped):
        raise UnreadableOutputError("pip-audit answers for packages that it was not asked about")
    canary, *pins = asked
    row = reported.get((canary.name, canary.version))
    if row is None or not _ids(row):
        raise UnreadableOutputError(
            "pip-audit did not report the canary, so its silence about others means nothing"
        )
    problems = {}
    for pin in pins:
        row = reported.get((pin.name, pin.version))
        if row is None:
            reason = skipped.get(pin.name, "it is not in the output")
            problems[pin] = f"pip-audit gave no answer: {reason}"
            continue
        ids = _ids(row)
        known = [_known(record) for record in options.answers[pin].records]
        unseen = [min(group) for group in known if not group & ids]
        if ids - frozenset().union(*known):
            raise UnreadableOutputError("pip-audit reports an advisory that it was not given")
        problems[pin] = f"pip-audit left out {', '.join(unseen)}" if unseen else ""
    return problems


def _rows(run: Ran) -> list[dict[str, Any]]:
    """The dependency entries of pip-audit's JSON, checked for shape."""
    content = run.outputs.get("audit.json")
    if content is None:
        raise UnreadableOutputError("pip-audit wrote no output")
    try:
        rows = json.loads(content)["dependencies"]
        shaped = all(
            isinstance(row["name"], str)
            and (
                isinstance(row["skip_reason"], str)
                if "skip_reason" in row
                else isinstance(row["version"], str)
                and all(isinstance(vuln["id"], str) for vuln in row["vulns"])
            )
            for row in rows
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableOutputError("pip-audit's output is not the JSON it promises") from error
    if not shaped:
        raise UnreadableOutputError("pip-audit's output is not the JSON it promises")
    return list(rows)


def _ids(row: Mapping[str, Any]) -> frozenset[str]:
    """Every id under which a package's advisories were reported."""
    return frozenset(id_ for vuln in row["vulns"] for id_ in (vuln["id"], *vuln.get("aliases", ())))


def _known(record: Mapping[str, Any]) -> frozenset[str]:
    """The ids of an OSV record: its own and its aliases."""
    return frozenset((record["id"], *record.get("aliases", ())))
