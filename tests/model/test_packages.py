from __future__ import annotations

import pytest

from pipeline.model import Location, Package, purl


@pytest.mark.parametrize(
    ("ecosystem", "name", "version", "wanted"),
    [
        ("PyPI", "jinja2", "2.10", "pkg:pypi/jinja2@2.10"),
        ("PyPI", "torch", "2.1.0+cu118", "pkg:pypi/torch@2.1.0%2Bcu118"),
        ("npm", "@angular/core", "1.0.0", "pkg:npm/%40angular/core@1.0.0"),
        ("Go", "golang.org/x/text", "v0.3.0", "pkg:golang/golang.org/x/text@v0.3.0"),
        ("crates.io", "serde", None, "pkg:cargo/serde"),
        ("RubyGems", "rack", "3.0.0.rc1", "pkg:gem/rack@3.0.0.rc1"),
        ("Packagist", "symfony/console", "v7.0.1", "pkg:composer/symfony/console@v7.0.1"),
        ("NuGet", "newtonsoft.json", "13.0.3", "pkg:nuget/newtonsoft.json@13.0.3"),
        ("Maven", "org.a/x:b", "1.0", "pkg:maven/org.a%2Fx/b@1.0"),
        ("Red Hat", "x", "1:2", "pkg:red-hat/x@1:2"),
    ],
)
def test_purl(ecosystem: str, name: str, version: str | None, wanted: str) -> None:
    assert purl(ecosystem, name, version) == wanted


def test_a_package_knows_its_key_and_purl() -> None:
    package = Package(
        ecosystem="PyPI", name="flask", version=None, location=Location(path="r.txt", line=1)
    )
    assert (package.key, package.purl) == ("flask", "pkg:pypi/flask")
