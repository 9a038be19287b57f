from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.actions import entry, submission
from pipeline.errors import IncompleteError, UsageError
from pipeline.web import WebError
from tests.actions.conftest import Scanning, git
from tests.fake import Fake, Response

Make = Callable[..., Scanning]
UV = """\
version = 1
[[package]]
name = "shop"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "jinja2" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "jinja2"
version = "3.1.6"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "markupsafe" }]
[[package]]
name = "markupsafe"
version = "3.0.2"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "pytest"
version = "9.0.0"
source = { registry = "https://pypi.org/simple" }
"""
FILES = {
    "uv.lock": UV,
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1.0'\n",
    "api/requirements.txt": "idna==3.10\n",
}


def job(run: Scanning, url: str = "", **environment: str) -> Any:
    return run.job("submit", GITHUB_API_URL=url, TOKEN="secret", **environment)


def test_the_snapshot_says_what_the_locks_hold(scanning: Make) -> None:
    run = scanning(FILES)
    made = submission.make(job(run, GITHUB_REF="refs/heads/main", TOOL_REPOSITORY="o/tool"))
    assert made["sha"] == git(run.workspace, "rev-parse", "HEAD")
    assert (made["version"], made["ref"]) == (0, "refs/heads/main")
    assert made["detector"]["url"] == "https://github.com/o/tool"
    assert set(made["manifests"]) == {"uv.lock", "api/requirements.txt"}
    assert made["manifests"]["uv.lock"]["resolved"] == {
        "pkg:pypi/jinja2@3.1.6": {
            "package_url": "pkg:pypi/jinja2@3.1.6",
            "relationship": "direct",
            "scope": "runtime",
            "dependencies": ["pkg:pypi/markupsafe@3.0.2"],
        },
        "pkg:pypi/markupsafe@3.0.2": {
            "package_url": "pkg:pypi/markupsafe@3.0.2",
            "relationship": "indirect",
            "scope": "runtime",
            "dependencies": [],
        },
        "pkg:pypi/pytest@9.0.0": {
            "package_url": "pkg:pypi/pytest@9.0.0",
            "relationship": "direct",
            "scope": "development",
            "dependencies": [],
        },
    }


def test_paths_start_at_the_root_whatever_the_project(scanning: Make) -> None:
    made = submission.make(job(scanning(FILES, projects="api")))
    assert set(made["manifests"]) == {"api/requirements.txt"}
    (manifest,) = made["manifests"].values()
    assert manifest["file"] == {"source_location": "api/requirements.txt"}


def test_it_is_sent_with_the_jobs_rights(scanning: Make, fake: Fake) -> None:
    fake.script(Response(status=201, body={"result": "SUCCESS"}))
    assert submission.submit(job(scanning(FILES), fake.url)) == "2 locks with 4 packages"
    (request,) = fake.requests
    assert request.path == "/repos/acme/shop/dependency-graph/snapshots"
    assert {key.lower(): value for key, value in request.headers.items()}[
        "authorization"
    ] == "Bearer secret"
    assert request.json["manifests"]["uv.lock"]["resolved"]


@pytest.mark.parametrize("status", [200, 401, 403, 404, 422])
def test_a_refusal_is_a_failure(scanning: Make, fake: Fake, status: int) -> None:
    fake.script(Response(status=status, body={"message": "no"}))
    with pytest.raises(IncompleteError, match=f"GitHub answered {status}"):
        submission.submit(job(scanning(FILES), fake.url))


def test_half_a_snapshot_is_not_sent(scanning: Make, fake: Fake) -> None:
    run = scanning({**FILES, "web/package-lock.json": "{"})
    with pytest.raises(IncompleteError, match="JSON"):
        submission.submit(job(run, fake.url))
    assert fake.requests == []


@pytest.mark.parametrize("changes", [{"TOKEN": ""}, {"GITHUB_REPOSITORY": "a/b/../../c"}])
def test_without_rights_or_a_repository_nothing_is_sent(
    scanning: Make, changes: dict[str, str]
) -> None:
    runner = scanning(FILES).job("submit", **{"TOKEN": "x", **changes})
    with pytest.raises(UsageError, match="which repository"):
        submission.submit(runner)


def test_never_in_the_clear(scanning: Make) -> None:
    with pytest.raises((UsageError, WebError), match="http"):
        submission.submit(job(scanning(FILES), "http://api.example.org"))


def test_the_step_says_what_was_sent(
    scanning: Make,
    fake: Fake,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake.script(Response(status=201, body=json.loads("{}")))
    for name, value in job(scanning(FILES), fake.url).environment.items():
        monkeypatch.setenv(name, value)
    assert entry.main(["submit"]) == 0
    said = capsys.readouterr().out
    assert "submitted: 2 locks with 4 packages" in said
    assert "secret" not in said
