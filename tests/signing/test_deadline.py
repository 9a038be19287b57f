"""How long signing may take altogether."""

from __future__ import annotations

import pytest

from pipeline.errors import SignatureError
from pipeline.signing.deadline import Deadline


def test_time_runs_out() -> None:
    now = [100.0]
    deadline = Deadline(30, clock=lambda: now[0])
    assert deadline.left() == 30
    now[0] = 129.0
    assert deadline.left() == 1
    now[0] = 130.0
    with pytest.raises(SignatureError, match="longer than 30 seconds") as error:
        deadline.left()
    assert "--deadline" in error.value.fix
