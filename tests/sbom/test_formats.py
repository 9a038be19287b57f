from __future__ import annotations

import sys

import pytest

from pipeline.errors import IncompleteError
from pipeline.sbom.formats import convert
from tests.sbom.polyglot import lock, package, target, whole


@pytest.mark.parametrize(
    ("name", "blocked", "distribution"),
    [
        ("xml", "cyclonedx.model.bom", "cyclonedx-bom"),
        ("spdx-2.3", "spdx_tools.spdx.model.actor", "spdx-tools"),
        ("spdx-3.0", "spdx_python_model", "spdx-python-model"),
    ],
)
def test_a_missing_library_is_named(
    name: str, blocked: str, distribution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("cyclonedx_xml", "spdx2", "spdx3"):
        monkeypatch.delitem(sys.modules, f"pipeline.sbom.{module}", raising=False)
    monkeypatch.setitem(sys.modules, blocked, None)
    with pytest.raises(IncompleteError, match=f"needs {distribution}") as caught:
        convert({}, name)
    assert caught.value.fix.endswith(f"pip install {distribution}")


def test_every_format_is_made_and_equal_documents_give_equal_bytes() -> None:
    of = target(lock(package("a", direct=True, requires=("b",)), package("b", direct=False)))
    made = {name: convert(whole(of), name) for name in ("xml", "spdx-2.3", "spdx-3.0")}
    assert made == {name: convert(whole(of), name) for name in made}
