"""The comment on pull requests, by the very script of the starter: artifacts are data, and lie."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "templates" / "starters" / "github" / "comment.yml"
HEAD = "a" * 40
BOT = "github-actions[bot]"
MARK = "<!-- supply-chain -->"
HARNESS = """\
const told = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const calls = [];
const note = (name) => async (given) => { calls.push([name, given]); return {}; };
const context = {
  payload: { workflow_run: told.run }, repo: { owner: 'acme', repo: 'shop' },
};
const core = { info: (text) => calls.push(['info', text]) };
const github = {
  rest: {
    pulls: { list: async (given) => { calls.push(['list', given]); return { data: told.pulls }; } },
    issues: {
      listComments: 'listComments',
      createComment: note('create'), updateComment: note('update'),
    },
  },
  paginate: async () => told.comments,
};
(async () => {
  await new (Object.getPrototypeOf(async () => {}).constructor)(
    'github', 'context', 'core', 'require', 'process', told.script,
  )(github, context, core, require, { env: { RUNNER_TEMP: told.temp } });
  console.log(JSON.stringify(calls));
})();
"""


class Said(NamedTuple):
    """What the script asked of GitHub: the name of each call, and what it gave."""

    calls: list[tuple[str, Any]]

    def of(self, name: str) -> list[Any]:
        return [given for called, given in self.calls if called == name]

    @property
    def body(self) -> str:
        """The one comment that was made."""
        (given,) = self.of("create")
        return str(given["body"])


@pytest.fixture
def comment(tmp_path: Path) -> Callable[..., Said]:
    """Run the script for an artifact's verdict.json, as text or as a value."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("the script is JavaScript, and Node.js is not installed")
    (steps,) = [job["steps"] for job in yaml.safe_load(STARTER.read_text())["jobs"].values()]
    script = steps[-1]["with"]["script"]

    def run(content: Any = None, **more: Any) -> Said:
        folder = tmp_path / "supply-chain"
        folder.mkdir(exist_ok=True)
        if content is not None:
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / "verdict.json").write_text(text)
        told = {
            "script": script,
            "temp": str(tmp_path),
            "run": {
                "conclusion": "success",
                "head_sha": HEAD,
                "head_branch": "feature",
                "head_repository": {"owner": {"login": "stranger"}},
                "html_url": "https://github.com/acme/shop/actions/runs/1",
                **more.pop("run", {}),
            },
            "pulls": [{"number": 7, "head": {"sha": HEAD}}],
            "comments": [],
            **more,
        }
        done = subprocess.run(
            [node, "-e", HARNESS],
            input=json.dumps(told),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return Said([(name, given) for name, given in json.loads(done.stdout)])

    return run


def verdict(name: str, **counts: Any) -> dict[str, Any]:
    return {"verdict": name, "counts": counts}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("compliant", "✅ **Compliant**"),
        ("violated", "❌ **The policy is violated**"),
        ("incomplete", "❔ **Incomplete**: something was not evaluated"),
    ],
)
def test_the_verdict_and_its_numbers(
    comment: Callable[..., Said], name: str, expected: str
) -> None:
    said = comment(verdict(name, violations=2, not_evaluated=0))
    assert said.body == (
        f"{MARK}\n{expected} at {HEAD[:12]}\n\n2 violations · 0 not evaluated\n\n"
        "[What was found, what was not evaluated, and what to mend first]"
        "(https://github.com/acme/shop/actions/runs/1)"
    )
    assert said.of("list") == [
        {"owner": "acme", "repo": "shop", "state": "open", "head": "stranger:feature"}
    ]
    assert said.of("create")[0]["issue_number"] == 7


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "{",
        "[]",
        "null",
        {"verdict": "green"},
        {"verdict": "constructor"},
        {"verdict": "__proto__"},
        {"verdict": ["compliant"]},
        {"verdict": "compliant ", "counts": {}},
        "x" * 2_000_000,
    ],
    ids=lambda content: str(content)[:40],
)
def test_what_is_no_verdict_is_not_known(comment: Callable[..., Said], content: Any) -> None:
    assert "❔ **Incomplete**" in comment(content).body


def test_a_green_artifact_of_a_red_run_is_not_believed(comment: Callable[..., Said]) -> None:
    said = comment(verdict("compliant"), run={"conclusion": "failure"})
    assert "❔ **Incomplete**" in said.body


@pytest.mark.parametrize(
    "evil", ["@everyone", "<img src=x>", "[a](https://evil.example)", -1, 1.5, 2**60, [1], {"a": 1}]
)
def test_no_text_of_the_artifact_is_repeated(comment: Callable[..., Said], evil: Any) -> None:
    counts = {"violations": evil, "waived": 1, "more": 5, "toString": 6}
    found = {**verdict("violated", **counts), "headline": "@everyone <img src=x>"}
    body = comment(found).body
    assert "1 waived" in body
    assert str(evil) not in body.replace("[What was", "")
    assert "everyone" not in body
    assert "6 " not in body


@pytest.mark.parametrize("counts", [None, 5, "x", [], {"violations": None}])
def test_numbers_that_are_none_are_left_out(comment: Callable[..., Said], counts: Any) -> None:
    assert "❌" in comment({"verdict": "violated", "counts": counts}).body


def test_a_link_is_not_followed(comment: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text(json.dumps(verdict("compliant")))
    (tmp_path / "supply-chain").mkdir()
    (tmp_path / "supply-chain" / "verdict.json").symlink_to(tmp_path / "elsewhere.json")
    assert "❔" in comment().body


def test_one_comment_is_kept_up_to_date_and_it_is_our_own(comment: Callable[..., Said]) -> None:
    others = {"id": 1, "user": {"login": "stranger"}, "body": f"{MARK} forged"}
    ours = {"id": 2, "user": {"login": BOT}, "body": f"{MARK}\nolder"}
    ghost = {"id": 3, "user": None, "body": None}
    said = comment(verdict("violated"), comments=[ghost, others, ours])
    assert said.of("create") == []
    (changed,) = said.of("update")
    assert changed["comment_id"] == 2


@pytest.mark.parametrize(
    "more",
    [
        {"pulls": []},
        {"pulls": [{"number": 7, "head": {"sha": "b" * 40}}]},
        {"pulls": [], "run": {"head_repository": None}},
    ],
)
def test_without_an_open_pull_request_of_that_commit_nothing_is_said(
    comment: Callable[..., Said], more: dict[str, Any]
) -> None:
    said = comment(verdict("violated"), **more)
    assert said.of("create") == said.of("update") == []


def test_the_workflow_follows_the_one_that_the_other_starter_names() -> None:
    caller = yaml.safe_load((STARTER.parent / "supply-chain.yml").read_text())
    (followed,) = yaml.safe_load(STARTER.read_text())[True]["workflow_run"]["workflows"]
    assert followed == caller["name"]
