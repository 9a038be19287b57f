"""One message for everything that is wrong in supply-chain.yml."""

from __future__ import annotations

import pytest

from pipeline.settings import parse

from .conftest import mistake, read


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\n",
            (
                "supply-chain.yml:1: there is no key 'a'\nTo mend it: known are version, name,"
                " exclude, images, policy, waivers, secrets, tools, provenance, advisories"
            ),
        ),
        (
            "\nname: x\nwaiver: []\n",
            (
                "supply-chain.yml:3: there is no key 'waiver'\nTo mend it: did you mean waivers?"
                " known are version, name, exclude, images, policy, waivers, secrets, tools,"
                " provenance, advisories"
            ),
        ),
        ("<<: {}", "supply-chain.yml:1: there is no key '<<'"),
        ("policy:\n  fail_on: low", "supply-chain.yml:2: there is no key 'fail_on' in policy"),
        (
            "waivers:\n- id: a\n  reason: b\n  owner: c\n  expires: 2026-01-01\n  pacakge: d",
            (
                "supply-chain.yml:6: there is no key 'pacakge' in waivers: entry 1\n"
                "To mend it: did you mean package?"
            ),
        ),
        (
            "policy: {fail-on: hihg}",
            (
                "supply-chain.yml:1: policy: fail-on cannot be 'hihg'\nTo mend it: did you"
                " mean high? known are critical, high, medium, low, never"
            ),
        ),
        ("policy:\n  fail-on: [high]", "supply-chain.yml:2: policy: fail-on is not a text"),
        ("policy: {fail-on: null}", "supply-chain.yml:1: policy: fail-on is not a text"),
        (
            "policy: {fail-on-unknown-severity: no}",
            "supply-chain.yml:1: policy: fail-on-unknown-severity is not true or false",
        ),
        (
            "policy: {fail-on-unknown-severity: 'true'}",
            (
                "supply-chain.yml:1: policy: fail-on-unknown-severity is not true or false\n"
                "To mend it: write true or false"
            ),
        ),
        (
            "policy: {advisories-max-age-days: 4.10}",
            (
                "supply-chain.yml:1: policy: advisories-max-age-days is not a whole number\n"
                "To mend it: write a whole number from 0 to 3650"
            ),
        ),
        ("policy: {kev-max-age-days: -1}", "supply-chain.yml:1: policy: kev-max-age-days is not"),
        ("policy: {kev-max-age-days: 3651}", "supply-chain.yml:1: policy: kev-max-age-days is"),
        ("policy: {kev-max-age-days: '7'}", "supply-chain.yml:1: policy: kev-max-age-days is not"),
        ("policy: {kev-max-age-days: \u0663}", "supply-chain.yml:1: policy: kev-max-age-days is"),
        ("policy: {require: []}", "supply-chain.yml:1: policy: require is not allowed"),
        (
            "policy:\n  require:\n  - sbom\n  - dependncies\n",
            (
                "supply-chain.yml:4: there is no check 'dependncies'\nTo mend it: did you mean"
                " dependencies? known are dependencies, lockfiles, sbom"
            ),
        ),
        ("policy: {require-controls: [DEP-02]}", "supply-chain.yml:1: there is no control"),
        ("policy: {require: [sbom, sbom]}", "supply-chain.yml:1: policy: require is not allowed"),
        ("policy: 3", "supply-chain.yml:1: policy is not a table of keys\nTo mend it: write keys"),
        ("version: 2", "supply-chain.yml:1: version is not allowed\nTo mend it: write 1"),
        ("version: '1'", "supply-chain.yml:1: version is not a whole number\nTo mend it: write 1"),
        ("name: ' '", "supply-chain.yml:1: name is empty\nTo mend it: write a text"),
        ("name:", "supply-chain.yml:1: name is not a text"),
        (f"name: {'x' * 201}", "supply-chain.yml:1: name is not allowed\nTo mend it: write a text"),
        ("exclude: [/etc]", "supply-chain.yml:1: exclude: entry 1 leaves the repository"),
        ("exclude:\n- a\n- b/../../c", "supply-chain.yml:3: exclude: entry 2 leaves the"),
        ("exclude: a", "supply-chain.yml:1: exclude is not a list\nTo mend it: write a list"),
        ("- name: x", "supply-chain.yml:1: the file is not a table of keys"),
        ("text", "supply-chain.yml:1: the file is not a table of keys"),
        (
            "waivers:\n- id: a\n  reason: b\n  owner: c\n",
            (
                "supply-chain.yml:2: waivers: entry 1 has no 'expires'\n"
                "To mend it: add expires: YYYY-MM-DD"
            ),
        ),
        (
            "waivers:\n- id: a\n  reason: ''\n  owner: c\n  expires: 2026-01-01",
            "supply-chain.yml:3: waivers: entry 1: reason is empty",
        ),
        (
            "waivers:\n- id: a\n  reason: b\n  owner: c\n  expires: 2026-02-29",
            "supply-chain.yml:5: waivers: entry 1: expires is no day of the calendar",
        ),
        (
            "waivers:\n- id: a\n  reason: b\n  owner: c\n  expires: 01.03.2026",
            "supply-chain.yml:5: waivers: entry 1: expires is not allowed\nTo mend it: write a day",
        ),
        ("waivers: [3]", "supply-chain.yml:1: waivers: entry 1 is not a table of keys"),
        ("waivers: {id: x}", "supply-chain.yml:1: waivers is not a list"),
        ("name: a\nname: b", "supply-chain.yml:2: the key 'name' was already given on line 1"),
        ("policy: &p {}\nadvisories: *p", "supply-chain.yml:2: an alias"),
        ("name: !!str x", "supply-chain.yml:1: a tag"),
        ("name: [", "supply-chain.yml:2: not valid YAML"),
        ("a: " + "[" * 100, "supply-chain.yml:1: nested deeper"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_a_remedy(text: str, message: str) -> None:
    found = mistake(text)
    assert found.startswith(message)
    assert "\nTo mend it: " in found


@pytest.mark.parametrize(
    "url",
    [
        "http://osv.example.org",
        "ftp://127.0.0.1",
        "http://localhost@evil.example",
        "http://localhost.evil.example",
        "https://user:password@osv.example.org",
        "https://osv.example.org/?token=1",
        "https://osv.example.org/#x",
        "https://",
        "https://osv.example.org:port",
        "https://[half",
        "https://with a space.example",
        "",
    ],
)
def test_only_safe_addresses_are_taken(url: str) -> None:
    message = mistake(f"advisories: {{osv-url: '{url}'}}")
    assert "supply-chain.yml:1: advisories: osv-url " in message
    assert "name a https:// address" in message


@pytest.mark.parametrize(
    "url",
    ["https://osv.example.org", "http://localhost:8080/v1", "http://[::1]:1", "http://127.0.0.1"],
)
def test_addresses_over_https_or_on_this_machine_are_taken(url: str) -> None:
    assert read(f"advisories: {{osv-url: '{url}'}}").advisories.osv_url == url


_WAIVER = "{id: a, reason: b, owner: c, expires: 2026-01-01%s}"


def test_a_waiver_given_twice_is_a_mistake() -> None:
    twice = f"waivers:\n- {_WAIVER % ''}\n- {_WAIVER % ''}\n"
    assert mistake(twice).startswith(
        "supply-chain.yml:3: waivers: entry 2 repeats the waiver of 'a' on line 2"
    )
    assert "repeats the waiver" in mistake(f"waivers: [{_WAIVER % ''}, {_WAIVER % ''}]")
    apart = f"waivers: [{_WAIVER % ''}, {_WAIVER % ', path: x'}, {_WAIVER % ', package: x'}]"
    assert len(read(apart).policy.waivers) == 3


def test_all_mistakes_are_listed_in_the_order_of_the_file() -> None:
    text = """\
        versoin: 1
        exclude: [/x]
        policy:
          require: [nothing]
          fail-on: worst
        waivers:
          - {id: a, reason: b}
          - {id: "", reason: b, owner: c, expires: 2026-13-01}
        advisories: {osv-url: 'https://a@b'}
        """
    lines = mistake(text).splitlines()
    assert lines[0] == "supply-chain.yml: 9 mistakes"
    assert [line.split(":")[1] for line in lines[1:-1]] == list("124577889")
    assert lines[-1] == "To mend it: correct them all"


def test_hostile_text_in_a_message_is_made_harmless() -> None:
    assert "\x1b" not in mistake('"\\e[31mred": 1')
    assert "\n" not in mistake('"a\\nb": 1').partition("\nTo mend it")[0]
    assert "\x1b" not in mistake('"\\e": 1\n"\\e": 2')


def test_without_known_names_any_is_taken() -> None:
    found = parse("policy: {require: [x], require-controls: [y]}", "f.yml")
    assert (found.policy.required, found.policy.required_controls) == (("x",), ("y",))
