"""Reasons to take a secret for a test's."""

from __future__ import annotations

import pytest

from pipeline.checks.fixture import by_content, by_path


@pytest.mark.parametrize(
    "path",
    ["tests/a.py", "pkg/testdata/k.pem", "src/__tests__/x.js", "test_a.py", "a.test.ts",
     ".env.example", "examples/a.yml", "conftest.py", "lib/x-1.0.dist-info/METADATA",
     "usr/share/doc/x/README.gz", "x.egg-info/PKG-INFO"],
)  # fmt: skip
def test_paths_of_tests(path: str) -> None:
    assert by_path(path)


@pytest.mark.parametrize(
    "path", ["src/a.py", "contest/a.py", "latest.py", "deploy/prod.yml", "METADATA", "doc/a.py"]
)
def test_paths_of_code(path: str) -> None:
    assert not by_path(path)


@pytest.mark.parametrize(
    "value",
    [
        "AKIA" + "EXAMPLE",
        "changeme-please",
        "0123456789abc",
        "k" * 9,
        "my-test-token",
        "my-token",
        "strong-password",
        "mypassword",
        "Super" + "Secret",
        "my_api_key1",
        "aFakeKey",
        "fakekey",
        "sk_XXXXXX",
    ],
)
def test_values_that_are_made_up(value: str) -> None:
    reason = by_content(value)
    assert reason
    assert value not in reason


@pytest.mark.parametrize(
    "value",
    ["Kx7vQ2mLr9", "attestation9", "q8#L", "tommytoken", "my-tokenizer", "5gqRVfaKetiq", "9XxxX2"],
)
def test_values_that_may_be_real(value: str) -> None:
    assert not by_content(value)
