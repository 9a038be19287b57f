from __future__ import annotations

import base64
import hashlib
import itertools
import re
import unicodedata
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from pipeline.report.report_html import MAX_ROWS, render
from pipeline.report.words import SIGNS
from pipeline.resources import template_text

if TYPE_CHECKING:
    from pipeline.model import Report
    from tests.conftest import Golden

VOID = {"meta", "input", "br", "use", "path", "link", "img"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parents: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page as elements in order, each with all text inside it; strict about nesting."""

    elements: list[Element] = field(default_factory=list)
    stack: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {attrs}"
        element = Element(
            tag,
            {key: value or "" for key, value in attrs},
            tuple(parent.tag for parent in self.stack),
        )
        self.elements.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.stack:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    def section(self, name: str) -> str:
        (found,) = (e for e in self.all("section") if e.attributes.get("aria-labelledby") == name)
        return " ".join(found.text.split())


def parsed(content: bytes) -> Page:
    page = Page()
    page.feed(content.decode())
    page.close()
    assert page.stack == []
    return page


def test_the_pages_are_as_recorded(golden: Golden, reports: dict[str, Report]) -> None:
    for name in ("compliant", "violated", "incomplete", "waived", "changed", "leaked"):
        content = render(reports[name]).decode()
        # Style and script are files of their own; their digests stay in the record.
        for part in (template_text("report.css"), template_text("report.js")):
            assert content.count(part) == 1
            content = content.replace(part, "…")
        golden(f"{name}.html", content)


def test_equal_reports_give_equal_bytes(sample: Report) -> None:
    assert render(sample) == render(replace(sample))


# ------------------------------------------------------------------------------ what it says


def test_it_opens_with_the_verdict_then_what_nobody_evaluated(sample: Report) -> None:
    page = parsed(render(sample))
    names = [e.attributes["aria-labelledby"] for e in page.all("section")]
    assert [name for name in names if name != "notices"] == [
        "verdict",
        "not-evaluated",
        "fix-first",
        *(["existing"] if sample.base else []),
        "waived",
        "below",
        "controls",
        "frameworks",
        "evidence",
        "inventory",
        "left-out",
        "policy",
        "repeat",
    ]


def test_the_verdict_names_what_it_is_about(reports: dict[str, Report]) -> None:
    text = parsed(render(reports["incomplete"])).section("verdict")
    report = reports["incomplete"]
    assert report.target.git is not None
    assert report.target.git.commit is not None
    for part in (
        "Incomplete",
        report.verdict.headline,
        *report.verdict.reasons,
        report.target.git.commit[:12],
        "uncommitted changes",
        "2026-03-02",
        "Exit code3",
        "built-in defaults",
    ):
        assert part in text


def test_what_was_not_evaluated_says_what_why_and_how_to_mend(reports: dict[str, Report]) -> None:
    text = parsed(render(reports["incomplete"])).section("not-evaluated")
    for item in reports["incomplete"].unevaluated:
        assert item.what in text
        assert item.why in text
        assert item.fix.replace("`", "") in text
    assert "2 entries of 3 keep the verdict from being compliant" in text
    assert text.count("blocks the verdict") == 2
    assert "uv.lock:102" in text


def test_nothing_reads_as_evaluated_that_is_not(reports: dict[str, Report]) -> None:
    fine = "every input that the checks knew of beforehand is accounted for"
    assert fine in parsed(render(reports["compliant"])).section("not-evaluated")
    for report in (
        replace(reports["compliant"], evidence=()),
        replace(reports["compliant"], evidence=reports["incomplete"].evidence),
        reports["incomplete"],
    ):
        assert fine not in parsed(render(report)).section("not-evaluated")
    none = parsed(render(reports["incomplete"])).section("fix-first")
    assert none.endswith("That says nothing about what was not evaluated.")


def test_a_finding_shows_all_that_is_known(reports: dict[str, Report]) -> None:
    page = parsed(render(reports["violated"]))
    rows = [e.text for e in page.all("tr")]
    (row,) = (text for text in rows if "GHSA-v845-jxx5-vc9f" in text)
    for part in (
        "High",
        "Cookie request header isn't stripped",
        "CVE-2023-43804",
        "PYSEC-2023-192",
        "urllib3 1.26.14",
        "transitive",
        "uv.lock:214",
        "requests==2.31.0 → urllib3==1.26.14",
        "Update urllib3 to 1.26.17 or 2.0.6.",
        "8.1",
        "0.6%",
        "pip-audit",
        "trivy",
    ):
        assert part in " ".join(row.split())
    (row,) = (text for text in rows if "GHSA-j7hp-h8jx-5ppr" in text)
    assert "Known exploited" in row
    assert "due 2023-10-04" in row
    banner = page.section("verdict")
    assert "1 open finding is known to be exploited" in banner
    assert "earliest due date is 2023-10-04" in banner


def test_a_waiver_shows_owner_reason_and_end(reports: dict[str, Report]) -> None:
    text = parsed(render(reports["violated"])).section("waived")
    for part in ("The static file handler", "platform-team, until 2026-03-20", "ends in 18 days"):
        assert part in text


def test_an_expired_waiver_is_marked(reports: dict[str, Report]) -> None:
    report = reports["violated"]
    (waiver,) = report.policy.waivers
    old = replace(waiver, expires=report.as_of.replace(year=2025))
    policy = replace(report.policy, waivers=(old,))
    assert "expired" in parsed(render(replace(report, policy=policy))).section("policy")


def test_frameworks_are_counted_and_never_complied_with(sample: Report) -> None:
    text = parsed(render(sample)).section("frameworks")
    assert re.search(r"\d+ of \d+ mapped requirements? (has|have) evidence here", text)
    assert "no claim to comply" in text
    assert len(re.findall("compl(y|ies)", text)) == 1


def test_stale_data_is_no_good_news(reports: dict[str, Report]) -> None:
    text = parsed(render(reports["incomplete"])).section("evidence")
    assert text.count("not fresh") == 2
    assert "6 of 7 packages in uv.lock" in text
    assert "1 input of uv.lock not evaluated" in text


def test_the_inventory_names_what_was_not_understood(reports: dict[str, Report]) -> None:
    text = parsed(render(reports["incomplete"])).section("inventory")
    assert "2 parts not understood" in text
    assert "legacy/Pipfile.lock: not understood; not JSON at line 1" in text
    assert "uv.lock:102: format not supported; a source of a kind nobody knows" in text


def test_many_scopes_get_a_table(reports: dict[str, Report]) -> None:
    report = reports["compliant"]
    (scope,) = report.evidence[0].coverage
    scopes = tuple(replace(scope, scope=f"lock-{number}") for number in range(9))
    evidence = replace(report.evidence[0], coverage=scopes)
    page = parsed(render(replace(report, evidence=(evidence,))))
    assert "Coverage of 9 scopes: 63 of 63" in page.section("evidence")
    assert "lock-8" in page.section("evidence")


def test_the_page_says_how_to_repeat_the_run(reports: dict[str, Report]) -> None:
    text = parsed(render(reports["violated"])).section("repeat")
    assert "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10" in text
    assert "supply-chain run . --as-of 2026-03-02" in text
    assert "cannot be repeated" not in text
    text = parsed(render(reports["incomplete"])).section("repeat")
    assert "cannot be repeated exactly" in text
    assert "2026-03-02T09:30:12+00:00" in text


@pytest.mark.parametrize(
    ("dirty", "text"), [(False, "as committed"), (True, "uncommitted changes"), (None, "unknown")]
)
def test_the_working_tree_is_named(
    reports: dict[str, Report], dirty: bool | None, text: str
) -> None:
    report = reports["compliant"]
    assert report.target.git is not None
    target = replace(report.target, git=replace(report.target.git, dirty=dirty))
    page = parsed(render(replace(report, target=target)))
    assert f"Working tree{text}" in page.section("verdict")


def test_a_plain_folder_has_no_commit(reports: dict[str, Report]) -> None:
    report = reports["compliant"]
    page = parsed(render(replace(report, target=replace(report.target, git=None))))
    assert "not a git commit" in page.section("verdict")
    assert "a plain folder" in page.section("verdict")
    assert "Check out commit" not in page.section("repeat")


# ------------------------------------------------------------------------------ how much


def test_long_tables_end_and_say_what_is_left_out(many: Report) -> None:
    content = render(many)
    page = parsed(content)
    (table,) = (e for e in page.elements if e.attributes.get("data-filter") == "Filter violations:")
    assert table.text.count("package-") >= MAX_ROWS
    assert len(re.findall(r"GHSA-\d{4}-aaaa-bbbb", table.text)) == MAX_ROWS
    assert "9,500 more findings left out here; all 10,000 are in report.json" in page.section(
        "fix-first"
    )
    assert "9,500 more entries left out here; all 10,000" in page.section("not-evaluated")
    assert len(content) < 2_000_000


# ------------------------------------------------------------------------------ safe


def test_the_policy_allows_the_pages_own_style_and_script_alone(sample: Report) -> None:
    content = render(sample)
    page = parsed(content)
    (policy,) = (
        e.attributes["content"]
        for e in page.all("meta")
        if e.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules.keys() == {"default-src", "style-src", "script-src", "base-uri", "form-action"}
    assert {rules["default-src"], rules["base-uri"], rules["form-action"]} == {"'none'"}
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (element,) = page.all(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_the_page_asks_for_nothing_from_outside(sample: Report) -> None:
    page = parsed(render(sample))
    assert not page.all("img", "link", "iframe", "object", "embed", "base", "form", "audio")
    for element in page.elements:
        assert not element.attributes.keys() & {"src", "style", "srcset", "action", "background"}
        assert not [name for name in element.attributes if name.startswith("on")]
    style = template_text("report.css")
    assert "@import" not in style
    assert "url(" not in style
    assert "</" not in style + template_text("report.js")


def test_links_lead_to_the_web_or_into_the_page(sample: Report) -> None:
    page = parsed(render(sample))
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        target = element.attributes.get("href", "#verdict")
        if target.startswith("#"):
            assert target[1:] in ids
        else:
            assert target.startswith(("https://", "http://"))
            assert element.attributes["rel"] == "noreferrer noopener"
        if "aria-labelledby" in element.attributes:
            assert element.attributes["aria-labelledby"] in ids


def test_hostile_text_stays_text(reports: dict[str, Report]) -> None:
    content = render(reports["hostile"]).decode()
    page = parsed(content.encode())
    harmless = parsed(render(reports["violated"]))
    assert {e.tag for e in page.elements} <= {e.tag for e in harmless.elements}
    assert {name for e in page.elements for name in e.attributes} <= {
        name for e in harmless.elements for name in e.attributes
    } | {"tabindex"}
    assert "javascript:" not in content
    assert "evil.example" in content
    assert not [e for e in page.all("a") if "evil" in e.attributes["href"]]
    assert "{{ 7*7 }}" in content
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert {char for char in content if unicodedata.category(char) in hidden} == {"\n"}
    assert "<script>alert(1)</script></style>" in page.section("verdict")


# ------------------------------------------------------------------------------ readable


def test_headings_are_in_order(sample: Report) -> None:
    levels = [int(e.tag[1]) for e in parsed(render(sample)).all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_page_works_for_every_reader(sample: Report) -> None:
    page = parsed(render(sample))
    (root,) = page.all("html")
    assert root.attributes["lang"] == "en"
    assert page.all("title")[0].text.split(":")[0] in ("Compliant", "Policy violated", "Incomplete")
    skip = page.all("a")[0]
    assert skip.attributes == {"class": "skip", "href": "#not-evaluated"}
    for element in page.all("th"):
        assert element.attributes["scope"] in ("col", "row")
    for element in page.all("td"):
        assert element.attributes["data-label"]
    for element in page.all("svg"):
        assert element.attributes["aria-hidden"] == "true"
        assert {"width", "height"} <= element.attributes.keys()
    for table in page.all("table"):
        assert "thead" in {e.tag for e in page.elements if "table" in e.parents}
        assert table.text.strip()


def test_no_status_is_told_by_colour_alone(sample: Report) -> None:
    page = parsed(render(sample))
    tones = {"bad", "warn", "unknown", "good", "info", "quiet"}
    icons = {e.attributes["id"] for e in page.all("symbol")}
    assert icons == {f"i-{tone}" for tone in tones}
    coloured = 0
    for index, element in enumerate(page.elements):
        used = tones & set(element.attributes.get("class", "").split())
        if not used:
            continue
        coloured += 1
        inside = page.elements[index + 1 : index + 4]
        assert f"#i-{used.pop()}" in [e.attributes.get("href") for e in inside]
        if "dot" not in element.attributes["class"]:
            assert element.text.strip()
    assert coloured


def test_it_can_be_read_without_script_and_style(sample: Report) -> None:
    page = parsed(render(sample))
    assert not page.all("noscript", "template", "canvas")
    assert not [e for e in page.elements if "hidden" in e.attributes]


# ------------------------------------------------------------------------------ colours


def block(style: str, start: str) -> dict[str, str]:
    """The colours in the first `:root` block after `start`."""
    text = style[style.index(start) :]
    text = text[text.index(":root") :]
    body = text[text.index("{") + 1 : text.index("}")]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


STYLE = template_text("report.css")
THEMES = {
    "light": block(STYLE, ":root"),
    "dark": block(STYLE, "prefers-color-scheme: dark"),
    "print": block(STYLE, "@media print"),
}


@pytest.mark.parametrize("theme", THEMES)
def test_every_pair_of_colours_can_be_read(theme: str) -> None:
    """WCAG 2.2 AA, 1.4.3: at least 4.5 for text of any size, wherever it may stand."""
    colours = THEMES[theme]
    grounds = {name for name in colours if name.endswith("paper")} | {"ground", "sunken"}
    pairs = [(text, ground) for text in ("ink", "soft", "link") for ground in sorted(grounds)]
    pairs += [(f"{tone}-ink", f"{tone}-paper") for tone in sorted(SIGNS)]
    assert len(pairs) == 3 * 9 + 6
    for text, ground in pairs:
        ratio = contrast(colours[text], colours[ground])
        assert ratio >= 4.5, f"{theme}: {text} on {ground} is {ratio:.2f}"


def test_all_themes_have_all_colours_and_nothing_else_has_any() -> None:
    names = THEMES["light"].keys()
    assert THEMES["dark"].keys() == names
    assert THEMES["print"] == {**THEMES["light"], "ground": "#ffffff"}
    assert THEMES["dark"] != THEMES["light"]
    rules = re.sub(r":root \{[^}]*\}", "", STYLE)
    assert not re.findall(r"#[0-9a-f]{3,8}\b|\brgb|\bhsl", rules)
    assert set(re.findall(r"var\(--([\w-]+)\)", rules)) == set(names)


def test_a_tone_is_always_set_with_its_own_ground() -> None:
    for tone in SIGNS:
        assert f".{tone} {{ color: var(--{tone}-ink); background: var(--{tone}-paper); }}" in STYLE
    rest = re.sub(
        r"\.\w+ \{ color: var\(--\w+-ink\); background: var\(--\w+-paper\); \}", "", STYLE
    )
    assert "-ink)" not in rest.replace("var(--ink)", "")
    assert "-paper)" not in rest.replace("var(--paper)", "")


def test_printing_opens_what_is_folded() -> None:
    rules = STYLE[STYLE.index("@media print") :]
    assert "details::details-content { content-visibility: visible" in rules
    assert 'addEventListener("beforeprint"' in template_text("report.js")
