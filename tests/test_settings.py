"""supply-chain.yml: what it says, and one message for everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
import textwrap
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.model import Location, Policy, Severity, Waiver
from pipeline.settings import DEFAULTS, AdvisorySettings, Settings, load, parse, schema

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = frozenset({"dependencies", "lockfiles", "sbom"})
CONTROLS = frozenset({"DEP-01", "DEP-12"})


def read(text: str) -> Settings:
    return parse(textwrap.dedent(text), "supply-chain.yml", checks=CHECKS, controls=CONTROLS)


def mistake(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text)
    return str(caught.value)


def test_everything_that_can_be_said() -> None:
    text = """\
        # The whole language.
        version: 1
        name: 4.10
        exclude:
          - examples/**
          - tests/data
        policy:
          fail-on: medium
          fail-on-unknown-severity: no_such
          require: [dependencies, sbom]
          require-controls: [DEP-01]
          advisories-max-age-days: 3
          kev-max-age-days: 0
        waivers:
          - id: CVE-2024-1
            reason: yes
            owner: platform
            expires: 2026-12-31
          - {id: lockfiles/missing-hash, reason: "a: b", owner: x, expires: "2027-02-28",
             package: pkg:pypi/a, path: requirements.txt}
        advisories:
          osv-url: https://osv.example.org/api
          pypi-url: http://127.0.0.1:8080
        """.replace("no_such", "False")
    content = textwrap.dedent(text)
    assert read(text) == Settings(
        name="4.10",
        exclude=("examples/**", "tests/data"),
        policy=Policy(
            fail_on=Severity.MEDIUM,
            fail_on_unknown=False,
            required=("dependencies", "sbom"),
            required_controls=("DEP-01",),
            advisories_max_age_days=3,
            kev_max_age_days=0,
            waivers=(
                Waiver(
                    id="CVE-2024-1",
                    reason="yes",
                    owner="platform",
                    expires=date(2026, 12, 31),
                    location=Location(path="supply-chain.yml", line=15),
                ),
                Waiver(
                    id="lockfiles/missing-hash",
                    reason="a: b",
                    owner="x",
                    expires=date(2027, 2, 28),
                    package="pkg:pypi/a",
                    path="requirements.txt",
                    location=Location(path="supply-chain.yml", line=19),
                ),
            ),
            origin="supply-chain.yml",
            digest="sha256:" + hashlib.sha256(content.encode()).hexdigest(),
        ),
        advisories=AdvisorySettings(
            osv_url="https://osv.example.org/api", pypi_url="http://127.0.0.1:8080"
        ),
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}", "policy:\nwaivers:\n"])
def test_a_file_that_says_nothing_means_the_defaults(text: str) -> None:
    found = read(text)
    assert found.policy.origin == "supply-chain.yml"
    assert found.policy.digest == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert (found.policy.fail_on, found.policy.fail_on_unknown) == (Severity.HIGH, True)
    assert (found.name, found.exclude, found.policy.waivers) == (None, (), ())
    assert found.advisories == DEFAULTS.advisories == AdvisorySettings()
    assert DEFAULTS.policy == Policy()


def test_never_means_that_no_rated_severity_violates() -> None:
    assert read("policy: {fail-on: never}").policy.fail_on is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\n",
            (
                "supply-chain.yml:1: there is no key 'a'\nTo mend it: known are version, name,"
                " exclude, policy, waivers, secrets, advisories"
            ),
        ),
        (
            "\nname: x\nwaiver: []\n",
            (
                "supply-chain.yml:3: there is no key 'waiver'\nTo mend it: did you mean waivers?"
                " known are version, name, exclude, policy, waivers, secrets, advisories"
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


# ------------------------------------------------------------------------------------- files


def test_a_file_is_read_and_known_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "policy.yml"
    file.write_bytes(b"\xef\xbb\xbfname: x\n")
    found = load(file, checks=CHECKS)
    assert (found.name, found.policy.origin) == ("x", "policy.yml")
    assert found.policy.digest == "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
    assert load(file, origin="the policy").policy.origin == "the policy"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link.yml").symlink_to(file)
    assert load(tmp_path / "other" / "link.yml").name == "x"


def test_a_file_that_cannot_be_read_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "binary.yml").write_bytes(b"name: \xff")
    (tmp_path / "large.yml").write_bytes(b"#" * (1024 * 1024 + 1))
    for name, why in (
        ("gone.yml", "No such file"),
        ("gone/gone.yml", "not a folder"),
        (".", "Is a directory"),
        ("large.yml", "more than the limit"),
        ("binary.yml", "not UTF-8 at byte 6"),
    ):
        with pytest.raises(UsageError, match=why):
            load(tmp_path / name)


# ------------------------------------------------------------------------------------ schema


def _places(part: dict[str, Any]) -> list[dict[str, Any]]:
    below = [*part.get("properties", {}).values(), *([part["items"]] if "items" in part else [])]
    return [part, *(place for inner in below for place in _places(inner))]


def test_the_schema_is_valid_and_describes_every_key() -> None:
    found = schema()
    jsonschema_rs.meta.validate(found)
    for place in _places(found):
        for name, value in place.get("properties", {}).items():
            assert value.get("description"), name
        if place["type"] == "object":
            assert place["additionalProperties"] is False


def test_the_defaults_of_the_schema_are_those_of_the_model() -> None:
    policy = schema()["properties"]["policy"]["properties"]
    defaults = {key: value["default"] for key, value in policy.items() if "default" in value}
    found = read(json.dumps({"policy": defaults})).policy
    assert found == replace(read("").policy, digest=found.digest)


_NAMES = ["version", "name", "exclude", "policy", "waivers", "advisories", "id", "reason", "owner",
          "expires", "fail-on", "require", "osv-url", "kev-max-age-days"]  # fmt: skip
_LEAF = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates()
    | st.sampled_from(["high", "sbom", "2026-01-01", "2026-99-01", "https://a", "http://[", "1"])
)  # fmt: skip
_TREE = st.recursive(
    _LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_NAMES) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=12,
)


def assert_taken_or_refused(text: str) -> None:
    try:
        found: object = parse(text, "f.yml", checks=CHECKS)
    except UsageError as error:
        found = error.where
    assert isinstance(found, Settings) or str(found).startswith("f.yml")


@hypothesis_settings(deadline=None)
@given(st.dictionaries(st.sampled_from(_NAMES), _TREE, max_size=6) | _TREE)
def test_any_data_is_taken_or_refused(data: object) -> None:
    assert_taken_or_refused(yaml.safe_dump(data))


@hypothesis_settings(deadline=None)
@given(
    st.text(st.characters(), max_size=80)
    | st.binary(max_size=60).map(lambda b: b.decode("latin-1"))
)
def test_any_text_is_taken_or_refused(text: str) -> None:
    assert_taken_or_refused(text)
