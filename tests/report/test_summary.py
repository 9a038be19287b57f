from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipeline.model import Base, Disposition, Gap, Unevaluated, Verdict
from pipeline.report.summary import TOP, Hosted, render
from tests.report.samples import compliant, violated

if TYPE_CHECKING:
    from pipeline.model import Report
    from tests.conftest import Golden

COMMIT = "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10"
SIGNER = "acme/supply-chain/.github/workflows/sign.yml"
HOSTED = Hosted(
    server="https://github.com",
    repository="acme/shop",
    commit=COMMIT,
    run="4711",
    artefact="supply-chain",
    signer=SIGNER,
)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def headings(text: str) -> list[str]:
    return re.findall(r"^### (.*)$", text, re.MULTILINE)


def test_the_summaries_are_as_recorded(golden: Golden, reports: dict[str, Report]) -> None:
    for name in ("compliant", "violated", "incomplete", "changed", "hostile", "leaked"):
        golden(f"{name}.summary.md", render(reports[name], HOSTED))


def test_equal_reports_give_equal_bytes(sample: Report) -> None:
    assert render(sample, HOSTED) == render(replace(sample), replace(HOSTED))


def test_the_verdict_comes_first_and_how_to_verify_it_last(sample: Report) -> None:
    text = render(sample, HOSTED).decode()
    assert text.startswith("## ")
    found = headings(text)
    assert found[0] == "Not evaluated"
    assert found[-2:] == ["Who looked", "Verify it"]


# ------------------------------------------------------------------------------ what it tells


def test_files_are_linked_where_the_workflow_says_that_they_are(
    reports: dict[str, Report],
) -> None:
    text = render(reports["violated"], replace(HOSTED, folder="services/a b")).decode()
    assert f"(https://github.com/acme/shop/blob/{COMMIT}/services/a%20b/uv.lock#L131)" in text
    assert "example/shop/blob" not in text  # the repository's own word for where it is


def test_without_a_word_from_the_workflow_nothing_is_made_up(reports: dict[str, Report]) -> None:
    text = render(reports["violated"]).decode()
    assert "Nobody told here which run's artefact this belongs to" in text
    assert "gh run" not in text
    assert "```" not in text


def test_a_change_is_told_apart_from_what_was_there(reports: dict[str, Report]) -> None:
    base = Base(asked="origin/main", commit="0b" * 20, checks=("dependencies",))
    text = render(replace(reports["violated"], base=base), HOSTED).decode()
    assert headings(text)[1:3] == ["What this change brings in", "Judged in full"]
    brought = text[text.index("### What this change") : text.index("### Judged in full")]
    in_full = text[text.index("### Judged in full") : text.index("### Who looked")]
    assert "MAL-2025-4242" in brought
    assert "missing-hash" not in brought
    assert "missing-hash" in in_full
    assert "MAL-2025-4242" not in in_full


def test_a_change_that_brings_nothing_says_what_was_there(reports: dict[str, Report]) -> None:
    text = render(reports["changed"], HOSTED).decode()
    assert "Nothing that violates the policy." in text
    assert "In the base already: 1 finding, not counted against this change." in text
    assert "Fix first" not in text


def test_nothing_brought_in_says_nothing_of_what_was_not_evaluated(
    reports: dict[str, Report],
) -> None:
    report = replace(reports["incomplete"], base=reports["changed"].base)
    text = render(report, HOSTED).decode()
    assert "Nothing that violates the policy. That says nothing about" in text


def test_a_base_that_could_not_be_used_is_told(reports: dict[str, Report]) -> None:
    base = Base(asked="origin/main", why="there is no such commit")
    text = render(replace(reports["violated"], base=base), HOSTED).decode()
    assert "> Judged in full, and not against a base: there is no such commit." in text
    assert "### Fix first" in text


def test_what_blocks_is_shown_and_the_rest_is_folded(reports: dict[str, Report]) -> None:
    text = render(reports["incomplete"], HOSTED).decode()
    shown, folded = text[: text.index("### Fix first")].split("<details>")
    assert "internal-auth" in shown
    assert "The clone is shallow" not in shown
    assert "1 more entry beside what the policy requires" in folded
    assert "The clone is shallow" in folded


def test_nothing_reads_as_evaluated_that_is_not(reports: dict[str, Report]) -> None:
    fine = "accounted for"
    assert fine in render(reports["compliant"], HOSTED).decode()
    bare = render(replace(reports["compliant"], evidence=()), HOSTED).decode()
    assert "every input that the checks knew" not in bare
    assert "❔ Not evaluated: the evidence does not account" in bare
    assert "Nobody: there is no evidence of any check." in bare


def test_it_shows_the_worst_and_counts_the_rest(many: Report) -> None:
    text = render(many, HOSTED).decode()
    assert len(set(re.findall(r"\[GHSA-(\d{4})-aaaa-bbbb\]", text))) == TOP
    assert "9,990 more findings left out here; all 10,000 are in report.json" in text
    assert "9,980 more entries left out here; all 10,000 are in report.json" in text


@pytest.mark.parametrize("limit", [1_000_000, 20_000, 4_000])
def test_it_keeps_within_its_limit(many: Report, limit: int) -> None:
    wide = "\U0001f600$" * 3000
    report = replace(
        many,
        unevaluated=tuple(
            Unevaluated(what=wide, gap=Gap.TOO_LARGE, why=wide, fix=wide, blocking=number % 2 == 0)
            for number in range(1000)
        ),
    )
    content = render(report, HOSTED, max_bytes=limit)
    assert len(content) <= limit
    assert "left out here" in content.decode()
    assert content.decode().startswith("## ❌ Policy violated")


# ------------------------------------------------------------------------------ where it ran


def test_the_commands_download_check_the_signature_and_then_the_digests() -> None:
    assert HOSTED.download == (
        "gh run download 4711 --repo acme/shop --name supply-chain --dir supply-chain"
    )
    signature = "gh attestation verify supply-chain/SHA256SUMS --repo acme/shop"
    assert HOSTED.checks == (
        f"{signature} --signer-workflow {SIGNER}",
        "(cd supply-chain && sha256sum --check --strict SHA256SUMS)",
    )


def test_an_unsigned_run_does_not_read_as_a_signed_one(reports: dict[str, Report]) -> None:
    text = render(reports["compliant"], replace(HOSTED, signer="")).decode()
    assert "gh attestation" not in text
    assert "Nothing here proves who made them" in text


def test_another_server_is_named_in_the_commands() -> None:
    hosted = replace(HOSTED, server="https://git.example.org/")
    assert "--repo git.example.org/acme/shop " in hosted.download
    assert hosted.browse == f"https://git.example.org/acme/shop/blob/{COMMIT}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": "javascript:alert(1)"},
        {"server": ""},
        {"repository": "acme"},
        {"repository": "acme/shop/x"},
        {"repository": "acme/shop; rm -rf ."},
        {"commit": "main"},
        {"commit": COMMIT[:12]},
    ],
)
def test_what_has_not_its_form_is_not_linked(wrong: dict[str, str]) -> None:
    assert replace(HOSTED, **wrong).browse == ""


@pytest.mark.parametrize(
    "wrong",
    [{"run": "1; x"}, {"run": ""}, {"artefact": "$(x)"}, {"artefact": ""}, {"repository": "a b"}],
)
def test_what_has_not_its_form_makes_no_command(wrong: dict[str, str]) -> None:
    hosted = replace(HOSTED, **wrong)
    assert hosted.download == ""
    assert hosted.checks == ()
    assert not hosted.is_signed


# ------------------------------------------------------------------------------ safe


@given(st.text(max_size=200))
@example("`a`|\n## x\n- y <b> @me #1 https://evil.example ![](x) </details>")
@example("::error::x\n```\nsh")
@settings(deadline=None, max_examples=60)
def test_no_text_from_outside_adds_to_the_page(text: str) -> None:
    calm, wild = (
        MARKDOWN.render(render(with_text(part), hosted_with(part)).decode()) for part in ("x", text)
    )
    for tag in ("h2", "h3", "ul", "li", "table", "tr", "td", "pre", "a", "img", "details"):
        assert calm.count(f"<{tag}>") == wild.count(f"<{tag}>"), tag
    assert wild.count("<a ") <= calm.count("<a ")


def with_text(text: str) -> Report:
    """A report that says `text` wherever a repository could make it say something."""
    report = violated()
    first = report.findings[0].finding
    finding = replace(
        first, title=text, subject=text, fix=text, rule=f"r{text}", url=text, aliases=(text,)
    )
    return replace(
        report,
        target=replace(report.target, name=text),
        verdict=Verdict(
            decision=report.verdict.decision, exit_code=1, headline=text, reasons=(text,)
        ),
        findings=(replace(report.findings[0], finding=finding),),
        unevaluated=(Unevaluated(what=text, gap=Gap.TOO_LARGE, why=text, fix=text),),
        evidence=(replace(compliant().evidence[0], reason=f"r{text}"),),
    )


def hosted_with(text: str) -> Hosted:
    return replace(HOSTED, folder=f"f{text}", artefact=f"-{text}", run=f"x{text}", signer=text)


def test_the_samples_hold_every_disposition_that_is_told_here(reports: dict[str, Report]) -> None:
    told = {item.disposition for report in reports.values() for item in report.findings}
    assert told == set(Disposition)
