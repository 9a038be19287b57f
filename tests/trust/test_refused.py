"""How a refusal is told, and a missing library."""

from __future__ import annotations

import pytest

from pipeline.errors import SignatureError
from pipeline.trust.refused import RefusedError, library


def test_a_refusal_is_harmless_to_print() -> None:
    error = RefusedError("subject", "evil\x1b[2J\nname", where="a")
    assert (error.step, error.exit_code) == ("subject", 4)
    assert str(error) == "a: subject: evil\ufffd[2J name"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("sigstore.models", "sigstore"),
        ("pypi_attestations", "pypi-attestations"),
        (None, "sigstore"),
    ],
)
def test_a_missing_library_is_told_with_the_cure(module: str | None, name: str) -> None:
    with pytest.raises(SignatureError, match=rf"'{name}' is not installed") as error, library():
        raise ImportError(name=module)
    assert "supply-chain-pipeline[tools]" in error.value.fix
