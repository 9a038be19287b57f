from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pipeline.errors import IncompleteError
from pipeline.sbom import cyclonedx_xml
from pipeline.sbom.cyclonedx_xml import render
from tests.sbom.polyglot import lock, package, target, whole

OF = target(
    lock(
        package("a", direct=True, requires=("b",), hashes=("sha256:" + "0" * 64,)),
        package("b<&>", direct=False, ecosystem="npm"),
        format="Pipfile.lock",
    )
)


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_components_and_unknowns_survive(version: str) -> None:
    content = render(whole(OF, version))
    space = f"{{http://cyclonedx.org/schema/bom/{version}}}"
    root = ET.fromstring(content)
    names = [item.findtext(f"{space}name") for item in root.iter(f"{space}component")]
    assert sorted(str(name) for name in names) == ["a", "b<&>", "shop", "shop"]
    unknown = [
        item.text
        for item in root.iter(f"{space}property")
        if item.get("name") == "supply-chain:unknown"
    ]
    assert "dependencies" in unknown
    assert "author" in unknown
    assert root.findtext(f".//{space}hash") == "0" * 64


def test_what_does_not_pass_the_schema_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def output_as_string(self, **_: Any) -> str:
            return '<bom xmlns="http://cyclonedx.org/schema/bom/1.7"><no/></bom>'

    monkeypatch.setattr(cyclonedx_xml, "make_outputter", lambda *_: Broken())
    with pytest.raises(IncompleteError, match="not valid"):
        render(whole(OF))
