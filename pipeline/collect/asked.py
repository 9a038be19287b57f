"""What advisory sources and registries are asked before a check plans.

Only names leave the machine, and nothing does when the run is offline.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.job import Network
from pipeline.collect import ranks

if TYPE_CHECKING:
    from contextlib import ExitStack

    from pipeline.checks import Check
    from pipeline.checks.job import Options
    from pipeline.registries.heard import Heard
    from pipeline.registries.release import Pin
    from pipeline.store import Plan


def ask(
    check: Check, plan: Plan, options: Options, heard: Heard | None, stack: ExitStack
) -> Options:
    """The options with what those say whom the check relies on, while `stack` is open."""
    if check.NETWORK is Network.ADVISORIES:
        return _advised(check, plan, options, stack)
    if check.NETWORK in {Network.REGISTRY, Network.LICENCES}:
        return _released(check, plan, options, heard)
    if check.NETWORK is Network.ATTESTATIONS:
        return _attested(plan, options)
    return options


def _advised(check: Check, plan: Plan, options: Options, stack: ExitStack) -> Options:
    """Ask the advisory source everything at once, and offer its answers to tools on loopback.

    The relay lives until `stack` is closed.
    """
    from pipeline.advisories.choose import choose  # noqa: PLC0415 - only a run asks
    from pipeline.advisories.relay import serve  # noqa: PLC0415

    questions = check.questions(plan.target)
    if not questions:
        return options
    days = plan.policy.advisories_max_age_days
    given = Path(plan.advisories) if plan.advisories else None
    source = choose(
        today=plan.as_of,
        max_age_days=days,
        advisories=given,
        offline=plan.offline,
        ecosystems=sorted({question.ecosystem for question in questions}),
        **{key: url for key in ("osv_url", "pypi_url") if (url := getattr(plan, key))},
    )
    stack.enter_context(source)
    answers = source.ask(questions)
    relay = stack.enter_context(serve(answers))
    return replace(
        options,
        relay_url=relay.query_url,
        answers=answers,
        answered_by=source.name,
        data=(*source.records, *ranks.records(plan)),
    )


def _released(check: Check, plan: Plan, options: Options, heard: Heard | None) -> Options:
    """Ask the registries about every release at once; what they do not tell is a gap of its own."""
    from pipeline.registries.ask import ask  # noqa: PLC0415 - only a run asks
    from pipeline.registries.release import Pin  # noqa: PLC0415

    pins = [Pin(*question) for question in check.questions(plan.target)]
    if plan.offline or not pins:
        return options
    told = ask(
        pins,
        urls={"PyPI": plan.pypi_url, "npm": plan.npm_url},
        licences=check.NETWORK is Network.LICENCES or bool(plan.policy.denied_licences),
        heard=heard,
    )
    return replace(options, releases=told.releases, data=told.data)


def _attested(plan: Plan, options: Options) -> Options:
    """Ask the registries what proves each locked release, and read the files that are given."""
    from pipeline.registries.attested import ASKING, provenance_files  # noqa: PLC0415 - as above
    from pipeline.registries.attesters import ask_attested  # noqa: PLC0415
    from pipeline.registries.release import pins  # noqa: PLC0415

    wanted: dict[Pin, frozenset[str]] = {}
    for lock in plan.target.locks:
        for pin, packages in pins(lock).items():
            if pin.ecosystem in ASKING:
                hashes = (one for package in packages for one in package.hashes)
                wanted[pin] = wanted.get(pin, frozenset()).union(hashes)
    if folder := plan.provenance.folder:
        given = provenance_files(Path(plan.root, folder))
        options = replace(options, provenance_files=given)
    if plan.offline or not wanted:
        return options
    told = ask_attested(wanted, urls={"PyPI": plan.pypi_url, "npm": plan.npm_url})
    return replace(options, attested=told.attested, data=told.data)
