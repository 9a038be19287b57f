"""Requirements: names, URLs, local projects and files."""

from __future__ import annotations

import pytest

from pipeline.model import Gap, Origin, Source

from .conftest import NAME, PROJECT, Reading, gaps, one


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("a==1.0", "1.0"),
        ("a == 1.0", "1.0"),
        ("a (==1.0)", "1.0"),
        ("a==1.0.0RC1", "1.0.0RC1"),
        ("a==2.1.0+cu118", "2.1.0+cu118"),
        ("a===1.0", "1.0"),
        ("a===not-a-version", "not-a-version"),
        ("a==1.0,>=0.5", "1.0"),
        ("a==1.*,==1.2", "1.2"),
        ("a", None),
        ("a>=1", None),
        ("a~=1.0", None),
        ("a==1.*", None),
        ("a==1,==2", None),
        ("a==1,===2", None),
    ],
)
def test_only_one_exact_version_is_a_pin(lock_of: Reading, text: str, version: str | None) -> None:
    package = one(lock_of(NAME, text))
    assert (package.name, package.version, package.direct) == ("a", version, None)
    assert "token" not in repr(package)


@pytest.mark.parametrize(
    ("text", "key", "source", "rest"),
    [
        (
            "a @ git+https://user:secret@h.example/a.git@v1",
            "a",
            Source(origin=Origin.VCS, url="git+https://h.example/a.git@v1"),
            {},
        ),
        (
            "a[x] @ https://h.example/a-1.0-py3-none-any.whl#sha256=aa ; python_version > '3'",
            "a==1.0",
            Source(origin=Origin.URL, url="https://h.example/a-1.0-py3-none-any.whl"),
            {"extras": ("x",), "hashes": ("sha256:aa",), "markers": "python_version > '3'"},
        ),
        (
            "a @ https://h.example/other-1.0.tar.gz",
            "a",
            Source(origin=Origin.URL, url="https://h.example/other-1.0.tar.gz"),
            {},
        ),
        (
            "git+ssh://git@h.example/x.git#egg=A_b[c,D]&subdirectory=s ; os_name == 'nt'",
            "a-b",
            Source(origin=Origin.VCS, url="git+ssh://h.example/x.git"),
            {"extras": ("D", "c"), "markers": "os_name == 'nt'"},
        ),
        (
            "-e git+https://${TOKEN}@h.example/x#egg=a",
            "a",
            Source(origin=Origin.VCS, url="git+https://h.example/x"),
            {},
        ),
        (
            "https://h.example/a-b-1.0.tar.gz --hash=sha256:bb",
            "a-b==1.0",
            Source(origin=Origin.URL, url="https://h.example/a-b-1.0.tar.gz"),
            {"hashes": ("sha256:bb",)},
        ),
        (
            "file:///srv/a-1.0-1-py3-none-any.whl",
            "a==1.0",
            Source(origin=Origin.PATH, url="file:///srv/a-1.0-1-py3-none-any.whl"),
            {},
        ),
    ],
)
def test_urls(
    lock_of: Reading, text: str, key: str, source: Source, rest: dict[str, object]
) -> None:
    package = one(lock_of(NAME, text))
    assert (package.key, package.source) == (key, source)
    for field, value in rest.items():
        assert getattr(package, field) == value
    assert "secret" not in repr(package)
    assert "TOKEN" not in repr(package)


@pytest.mark.parametrize(
    "text",
    ["https://u:secret@h.example/main.zip", "git+https://h.example/x", "https://[h/a.whl"],
)
def test_a_url_without_a_name_is_unread(lock_of: Reading, text: str) -> None:
    lock = lock_of(NAME, text)
    assert lock.packages == ()
    assert gaps(lock) == [(1, Gap.NOT_FROM_REGISTRY)]
    assert "secret" not in repr(lock)


@pytest.mark.parametrize("line", ["-e .", ".", "-e ./", "--editable=."])
@pytest.mark.parametrize("path", [NAME, "requirements/dev.txt"])
def test_the_project_itself(lock_of: Reading, path: str, line: str) -> None:
    lock = lock_of(path, f"{line}\nb-x==1\n", {"pyproject.toml": PROJECT})
    assert lock.unread == ()
    app, dependency = lock.packages
    assert (app.name, app.source, app.direct) == (
        "my-app",
        Source(origin=Origin.WORKSPACE, url="."),
        None,
    )
    assert app.requires == ("b-x",)
    assert dependency.direct is True


def test_a_local_project_without_a_readable_name_is_unread(lock_of: Reading) -> None:
    lock = lock_of(NAME, "-e lib", {"lib/setup.py": "raise SystemExit"})
    assert lock.packages == ()
    assert gaps(lock) == [(1, Gap.NOT_FROM_REGISTRY)]


@pytest.mark.parametrize(
    "line", ["-e ../x", "./gone", "gone.whl", "x/y", "../a-1.0.tar.gz", "-e x"]
)
def test_a_local_path_that_does_not_exist_is_unread(lock_of: Reading, line: str) -> None:
    assert gaps(lock_of(NAME, line)) == [(1, Gap.INPUT_MISSING)]


def test_a_local_file_is_named_by_its_name(lock_of: Reading) -> None:
    lock = lock_of(
        "sub/requirements.txt",
        "wheels/a-1.0-py3-none-any.whl ; os_name == 'nt'",
        {"wheels/a-1.0-py3-none-any.whl": "x"},
    )
    package = one(lock)
    assert package.key == "a==1.0"
    assert package.source == Source(origin=Origin.PATH, url="wheels/a-1.0-py3-none-any.whl")
    assert package.markers == "os_name == 'nt'"


def test_too_many_local_projects_are_given_up(
    lock_of: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.locks.requirements.requirement.MAX_LOCAL", 2)
    lock = lock_of(NAME, "-e .\n" * 3 + "b-x==1", {"pyproject.toml": PROJECT})
    assert [package.name for package in lock.packages] == ["my-app", "my-app", "b-x"]
    assert gaps(lock) == [(3, Gap.TOO_LARGE)]
