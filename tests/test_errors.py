from __future__ import annotations

from pipeline import errors
from pipeline.errors import ExitCode, PipelineError


def test_every_kind_of_fault_has_an_exit_code_that_is_no_success() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, PipelineError) and kind is not PipelineError
    ]
    assert kinds
    for kind in kinds:
        assert kind.exit_code in set(ExitCode) - {ExitCode.COMPLIANT, ExitCode.VIOLATED}


def test_an_error_says_what_where_and_how_to_mend() -> None:
    error = errors.UsageError("unknown key 'x'", where="a.yml:3", fix="remove it")
    assert str(error) == "a.yml:3: unknown key 'x'\nTo mend it: remove it"
    assert str(errors.UsageError("no")) == "no"
