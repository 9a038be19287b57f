"""supply-chain.yml: what it says."""

from __future__ import annotations

import hashlib
import json
import textwrap
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.model import (
    ExpectedPublisher,
    Location,
    Policy,
    ProvenanceSettings,
    Severity,
    TrivySettings,
    Waiver,
)
from pipeline.settings import (
    DEFAULTS,
    AdvisorySettings,
    NamedImage,
    Settings,
    load,
    parse,
    schema,
)

from .conftest import CHECKS, read


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
    (tmp_path / "large.yml").write_bytes(b"#" * (4 * 1024 * 1024 + 1))
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


# ------------------------------------------------------------------------------------- tools


def test_what_is_asked_of_attestations() -> None:
    found = parse(
        """
        provenance:
          require: true
          folder: attested
          publishers:
            - package: pkg:pypi/requests
              repository: https://github.com/psf/requests
        """,
        "f.yml",
    )
    named = ExpectedPublisher(
        package="pkg:pypi/requests", repository="https://github.com/psf/requests"
    )
    assert found.provenance == ProvenanceSettings(
        required=True, folder="attested", publishers=(named,)
    )
    assert DEFAULTS.provenance == ProvenanceSettings()


@pytest.mark.parametrize(
    "package", ["requests", "pkg:pypi/requests@2.0", "pkg:gem/rails", "pkg:pypi/ x", "pkg:npm/"]
)
def test_a_publisher_is_named_for_a_package_url_without_version(package: str) -> None:
    with pytest.raises(UsageError):
        parse(f"provenance: {{publishers: [{{package: '{package}', repository: https://x}}]}}", "f")


def test_where_trivy_and_its_data_come_from() -> None:
    digest = "ab" * 32
    found = read(f"""\
        tools:
          trivy:
            path: /opt/trivy/trivy
            sha256: [{digest}]
            database: /mnt/trivy
            database-repository: registry.example.org/trivy-db:2
            java-database-repository: registry.example.org:5000/java-db@sha256:{digest}
        """)
    assert found.trivy == TrivySettings(
        path="/opt/trivy/trivy",
        sha256=(digest,),
        database="/mnt/trivy",
        database_repository="registry.example.org/trivy-db:2",
        java_database_repository=f"registry.example.org:5000/java-db@sha256:{digest}",
    )
    assert DEFAULTS.trivy == TrivySettings()


@pytest.mark.parametrize(
    "text",
    [
        "path: trivy",
        "database: ../cache",
        "sha256: [short]",
        "sha256: ABC",
        "database-repository: --insecure",
        "database-repository: 'one,two'",
        "java-database-repository: 'a b'",
        "version: 0.69.4",
    ],
)
def test_what_would_be_something_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read(f"tools: {{trivy: {{{text}}}}}")


def test_images_to_look_at() -> None:
    found = read(
        "images:\n- reference: ghcr.io/example/app:1.0\n"
        "- {reference: ./build/app, platform: linux/arm64}\n"
    )
    assert found.images == (
        NamedImage(reference="ghcr.io/example/app:1.0"),
        NamedImage(reference="./build/app", platform="linux/arm64"),
    )


@pytest.mark.parametrize(
    "text",
    [
        *("images: [app]", "images: [{}]", "images: [{reference: ''}]", "images: app"),
        *("images: [{reference: a, platform: arm64}]", "images: [{reference: a, tag: b}]"),
    ],
)
def test_images_that_make_no_sense(text: str) -> None:
    with pytest.raises(UsageError):
        read(text)


@pytest.mark.parametrize("name", ["GPLv3", "AGPL", "MIT OR GPL-3.0-only", "(MIT)", "MIT and"])
def test_a_licence_that_nothing_could_have_is_a_mistake(name: str) -> None:
    with pytest.raises(UsageError, match="is no SPDX identifier") as caught:
        read(f"policy:\n  licences:\n    deny: [MIT, '{name}']\n")
    assert caught.value.where.endswith(":3")


def test_denied_licences() -> None:
    found = read("policy: {licences: {deny: [agpl-3.0-only, GPL-3.0, LicenseRef-acme]}}")
    assert found.policy.denied_licences == ("agpl-3.0-only", "GPL-3.0", "LicenseRef-acme")


def test_images_and_where_they_may_come_from() -> None:
    found = read(
        "images: [{reference: ./app, dockerfile: app/Dockerfile}]\n"
        "policy: {image-registries: [GHCR.io/acme, 'localhost:5000']}\n"
    )
    assert found.policy.image_registries == ("ghcr.io/acme", "localhost:5000")
    (image,) = found.images
    assert (image.dockerfile, image.platform) == ("app/Dockerfile", "")
    with pytest.raises(UsageError, match="image-registries"):
        read("policy: {image-registries: ['https://ghcr.io']}")
