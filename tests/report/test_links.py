from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Kind
from pipeline.report.links import advisory_link, web_link
from tests.report.findings import finding


@pytest.mark.parametrize(
    "url",
    [
        "https://osv.dev/vulnerability/GHSA-1",
        "http://example.org/?a=b&c=[d]#e",
        "HTTPS://EXAMPLE.org",
        "https://[::1]/",
    ],
)
def test_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://example.org",
        "data:text/html,x",
        "//example.org",
        "https://",
        "https:///path",
        "https://user:secret@example.org/",
        "https://example.org@evil.example/",
        "https://example.org/\u202e",
        "https://example.org/\n",
        'https://example.org/"x',
        "https://example.org/<x>",
        "https://example.org/\\x",
        "https://example.org/`x",
        "https://[::1/",
        "https://exämple.org/",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_nothing_else_becomes_a_link(url: str) -> None:
    assert web_link(url) == ""


@given(st.text())
@settings(deadline=None)
def test_a_link_never_holds_what_could_end_it(tail: str) -> None:
    for url in (tail, "https://example.org/" + tail, "javascript:" + tail):
        found = web_link(url)
        assert found in ("", url)
        if found:
            assert found.lower().startswith(("http://", "https://"))
            assert found.isascii()
            assert not set(found) & set("\"'`<>\\ \t\r\n") - {"'"}


@pytest.mark.parametrize(
    ("changes", "link"),
    [
        ({"url": "https://example.org/a"}, "https://example.org/a"),
        ({}, "https://osv.dev/vulnerability/GHSA-1"),
        ({"rule": "CVE-2026-1", "url": "javascript:x"}, "https://osv.dev/vulnerability/CVE-2026-1"),
        ({"rule": "GHSA-1/../../x"}, ""),
        ({"rule": "lockfiles/missing-hash", "kind": Kind.RULE}, ""),
        ({"rule": "X-1", "kind": Kind.RULE, "url": "https://a.example/"}, "https://a.example/"),
    ],
)
def test_an_advisory_without_a_link_gets_one(changes: dict[str, Any], link: str) -> None:
    assert advisory_link(finding(**changes)) == link
