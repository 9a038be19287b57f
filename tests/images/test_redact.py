"""Lines of an image's history, and what is left of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.images.redact import assignments, redact
from pipeline.suspicious import why_secret


def test_a_line_of_history() -> None:
    line = "RUN |2 NPM_TOKEN='a b c' LEVEL=3 /bin/sh -c npm ci # AKIA" + "Q" * 16
    assert list(assignments(line)) == [("NPM_TOKEN", "a b c"), ("LEVEL", "3")]
    assert redact(line) == "RUN |2 NPM_TOKEN=… LEVEL=3 /bin/sh -c npm ci # …"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("RUN curl -u ann:s3cret https://example.org/x", "RUN curl -u … https://example.org/x"),
        ("RUN curl -H 'Authorization: Bearer abc.def' x", "RUN curl -H 'Authorization: Bearer … x"),
        ("RUN login --password hunter2 -p hunter3 me", "RUN login --password … -p … me"),
        ("RUN use abc123abc123abc123abc123", "RUN use …"),
        ("COPY file:5d673d25da3a14ce1f6cf66e4c7fd4f4 in /", "COPY file:… in /"),
        ("RUN apt-get install -y libfontconfig1-development-headers", None),
        ("RUN pip install -r requirements.txt", None),
    ],
)
def test_what_commands_are_handed(line: str, kept: str | None) -> None:
    assert redact(line) == (line if kept is None else kept)


@given(value=st.text(alphabet="abcXYZ019-_/+", min_size=8, max_size=40))
@settings(deadline=None)
def test_no_value_is_left_in_a_redacted_line(value: str) -> None:
    line = f"ENV API_TOKEN={value} OTHER=1"
    if why_secret("API_TOKEN", value):
        assert value not in redact(line)
