"""The identity of the job around: found, missing, or not allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SignatureError, UsageError
from pipeline.signing import ambient
from tests.fake import Fake, Response
from tests.kit.sigstore.parts import Sigstore


def as_job(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_outside_of_ci_there_is_none() -> None:
    assert ambient.find() is None


def test_a_job_has_one(monkeypatch: pytest.MonkeyPatch, sigstore_stack: Sigstore) -> None:
    as_job(monkeypatch, **sigstore_stack.ambient())
    found = ambient.find()
    assert found is not None
    assert found.issuer == sigstore_stack.issuer.url


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"},
        {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:1/?a=b"},
    ],
)
def test_a_job_without_the_permission_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str]
) -> None:
    as_job(monkeypatch, GITHUB_ACTIONS="true", **values)
    with pytest.raises(SignatureError, match="may not ask") as error:
        ambient.find()
    assert "permissions: id-token: write" in error.value.fix


@pytest.mark.parametrize(
    "response",
    [
        Response(status=500, body={"message": "broken"}),
        Response(body={"value": 1}),
        Response(body=b"garbage"),
        Response(body={"value": "a.b.c"}),
    ],
)
def test_a_service_that_gives_none(
    monkeypatch: pytest.MonkeyPatch, fake: Fake, pauses: list[float], response: Response
) -> None:
    fake.handle = lambda _: response
    as_job(
        monkeypatch,
        GITHUB_ACTIONS="true",
        ACTIONS_ID_TOKEN_REQUEST_TOKEN="secret-token",
        ACTIONS_ID_TOKEN_REQUEST_URL=f"{fake.url}/?a=b",
    )
    with pytest.raises(SignatureError) as error:
        ambient.find(sleep=pauses.append)
    assert "secret-token" not in str(error.value)


def test_a_service_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, sigstore_stack: Sigstore, fake: Fake, pauses: list[float]
) -> None:
    answers = [Response(status=503), Response(body={"value": sigstore_stack.token()})]
    fake.handle = lambda _: answers.pop(0)
    as_job(
        monkeypatch,
        GITHUB_ACTIONS="true",
        ACTIONS_ID_TOKEN_REQUEST_TOKEN="x",
        ACTIONS_ID_TOKEN_REQUEST_URL=f"{fake.url}/?a=b",
    )
    assert ambient.find(sleep=pauses.append) is not None
    assert pauses == [0.5]


def test_a_token_in_a_file(tmp_path: Path, sigstore_stack: Sigstore) -> None:
    path = tmp_path / "token"
    path.write_text(sigstore_stack.token() + "\n")
    assert ambient.read(path).issuer == sigstore_stack.issuer.url


def test_a_file_without_a_token(tmp_path: Path, sigstore_stack: Sigstore) -> None:
    path = tmp_path / "token"
    with pytest.raises(UsageError, match="no file with a token"):
        ambient.read(path)
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError):
        ambient.read(path)
    for text in (
        "nonsense",
        sigstore_stack.token(audience="other"),
        sigstore_stack.token(lifetime=-60),
    ):
        path.write_text(text)
        with pytest.raises(SignatureError) as error:
            ambient.read(path)
        assert text not in str(error.value)
