"""Judging only what a change brings in: real repositories, real data, the real pip-audit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.advisories.store import import_osv
from pipeline.cli import main
from tests.e2e.conftest import EXPORT, Ran
from tests.kit.git import git

OLD = "jinja2==2.4.1\n"
CLEAN = "packaging==24.1\n"
NEW = "flask==0.12\n"
DAY = "2024-10-11"


class Shop:
    """A repository whose commits are its requirements files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        git(root, "init", "-q", "-b", "main")

    def commit(self, text: str, *, name: str = "requirements.txt") -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        git(self.root, "add", "--", name)
        git(self.root, "commit", "-q", "--allow-empty", "-m", "more")
        return git(self.root, "rev-parse", "HEAD")

    def move(self, old: str, new: str) -> None:
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        git(self.root, "mv", old, new)
        git(self.root, "commit", "-qm", "moved")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real OSV export of PyPI, imported once."""
    if not EXPORT.is_file():
        pytest.skip("needs ../shared/data/osv beside the checkout")
    path = tmp_path_factory.mktemp("snapshot") / "advisories.sqlite"
    import_osv([EXPORT], path)
    return path


@pytest.fixture
def judge(run: Callable[..., Ran], snapshot: Path) -> Callable[..., Ran]:
    """A run against a base, of the dependencies alone."""

    def judge(root: Path, base: str | None, *more: str) -> Ran:
        against = () if base is None else ("--base", base)
        options = ("--only", "dependencies", "--offline", "--advisories", str(snapshot))
        return run(root, *options, "--as-of", DAY, *against, *more)

    return judge


def by_disposition(ran: Ran) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for item in ran.report["findings"]:
        name = item["subject"].removeprefix("pkg:pypi/").partition("@")[0]
        found.setdefault(item["disposition"], set()).add(name)
    return found


def test_what_was_there_before_is_shown_and_does_not_violate(
    shop: Shop, judge: Callable[..., Ran]
) -> None:
    base = shop.commit(OLD)
    shop.commit(CLEAN + OLD)
    assert judge(shop.root, None).code == 1
    ran = judge(shop.root, base)
    assert ran.code == 0
    assert by_disposition(ran) == {"existing": {"jinja2"}}
    assert ran.report["base"] == {
        "asked": base,
        "commit": base,
        "checks": ["dependencies"],
        "why": "",
    }
    assert ran.report["counts"]["findings"]["existing"] > 0
    (control,) = (one for one in ran.report["controls"] if one["id"] == "DEP-03")
    assert (control["outcome"], control["existing"]) == ("fail", True)
    summary = (ran.folder / "report.md").read_text(encoding="utf-8")
    assert f"Judged against base {base[:12]}" in summary
    assert f"Judged against base {base[:12]}" in (ran.folder / "report.html").read_text("utf-8")


def test_what_a_change_brings_in_violates(shop: Shop, judge: Callable[..., Ran]) -> None:
    shop.commit(OLD)
    shop.commit(OLD + NEW)
    ran = judge(shop.root, "HEAD~1")
    assert ran.code == 1
    assert by_disposition(ran) == {"existing": {"jinja2"}, "violation": {"flask"}}


def test_what_spreads_to_another_lock_violates(shop: Shop, judge: Callable[..., Ran]) -> None:
    shop.commit(OLD)
    shop.commit(OLD, name="worker/requirements.txt")
    ran = judge(shop.root, "HEAD~1")
    assert ran.code == 1
    assert by_disposition(ran) == {"violation": {"jinja2"}}


def test_a_lock_that_is_moved_brings_nothing_in(shop: Shop, judge: Callable[..., Ran]) -> None:
    shop.commit(OLD + CLEAN)
    shop.move("requirements.txt", "service/requirements.txt")
    ran = judge(shop.root, "HEAD~1")
    assert (ran.code, by_disposition(ran)) == (0, {"existing": {"jinja2"}})


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("", "the name of the commit is empty"),
        ("origin/main", "no commit of this repository"),
        ("0" * 40, "no commit of this repository"),
        ("--upload-pack=x", "cannot name a commit"),
        ("HEAD", "holds the scanned commit already"),
        ("main", "holds the scanned commit already"),
        ("later", "holds the scanned commit already"),
    ],
)
def test_without_a_usable_base_everything_is_judged(
    shop: Shop, judge: Callable[..., Ran], base: str, why: str
) -> None:
    shop.commit(CLEAN)
    shop.commit(OLD)
    git(shop.root, "checkout", "-qb", "later")
    shop.commit(CLEAN)
    git(shop.root, "checkout", "-q", "main")
    ran = (
        judge(shop.root, f"{base}")
        if not base.startswith("-")
        else judge(shop.root, None, f"--base={base}")
    )
    assert ran.code == 1
    assert by_disposition(ran) == {"violation": {"jinja2"}}
    assert ran.report["base"]["commit"] is None
    assert why in ran.report["base"]["why"]
    assert "Judged in full" in (ran.folder / "report.md").read_text(encoding="utf-8")


def test_a_shallow_clone_is_judged_in_full_and_says_how_to_fetch(
    shop: Shop, judge: Callable[..., Ran], tmp_path: Path
) -> None:
    base = shop.commit(OLD)
    shop.commit(OLD + CLEAN)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{shop.root}", "clone")
    ran = judge(tmp_path / "clone", base)
    assert (ran.code, by_disposition(ran)) == (1, {"violation": {"jinja2"}})
    assert "fetch-depth: 0" in ran.report["base"]["why"]


def test_no_repository_is_judged_in_full(
    repository: Callable[..., Path], judge: Callable[..., Ran]
) -> None:
    ran = judge(repository(**{"requirements.txt": OLD}), "main")
    assert ran.code == 1
    assert "no git repository" in ran.report["base"]["why"]


def stages(root: Path, snapshot: Path, base: str, between: Callable[[Path], None]) -> Any:
    """The stages one by one, with something happening between the checks and the report."""
    out = root / ".supply-chain"
    options = ["--only", "dependencies", "--offline", "--advisories", str(snapshot), "--as-of", DAY]
    assert main(["plan", str(root), "-q", *options, "--base", base]) == 0
    assert main(["check", "-q", "-o", str(out)]) == 0
    between(out / "base")
    assert main(["report", "-q", "-o", str(out)]) == 0
    document = json.loads((out / "report" / "report.json").read_bytes())
    return main(["gate", "-q", "-o", str(out)]), document


def errored(folder: Path) -> None:
    path = folder / "evidence" / "dependencies.json"
    recorded = json.loads(path.read_bytes())
    recorded["evidence"] |= {"status": "errored", "reason": "no tool"}
    path.write_text(json.dumps(recorded))


def gone(folder: Path) -> None:
    (folder / "evidence" / "dependencies.json").unlink()


def of_another_run(folder: Path) -> None:
    path = folder / "plan.json"
    plan = json.loads(path.read_bytes())
    path.write_text(json.dumps(plan | {"token": "0" * 32}))


def unreadable(folder: Path) -> None:
    (folder / "evidence" / "dependencies.json").write_text("{")


def nothing(folder: Path) -> None:
    assert (folder / "evidence" / "dependencies.json").is_file()


@pytest.mark.parametrize(
    ("between", "code"),
    [(nothing, 0), (errored, 1), (gone, 1), (of_another_run, 1), (unreadable, 1)],
)
def test_without_evidence_of_the_base_everything_is_judged(
    shop: Shop, snapshot: Path, between: Callable[[Path], None], code: int
) -> None:
    base = shop.commit(OLD)
    shop.commit(OLD + CLEAN)
    ended, document = stages(shop.root, snapshot, base, between)
    assert ended == code
    assert document["base"]["commit"] == base
    assert bool(document["base"]["why"]) == bool(code)
    assert document["base"]["checks"] == ([] if code else ["dependencies"])
    dispositions = {item["disposition"] for item in document["findings"]}
    assert dispositions == ({"violation"} if code else {"existing"})


def test_a_later_run_without_a_base_forgets_it(shop: Shop, judge: Callable[..., Ran]) -> None:
    base = shop.commit(OLD)
    shop.commit(OLD + CLEAN)
    assert judge(shop.root, base).code == 0
    assert judge(shop.root, None).code == 1
    assert not (shop.root / ".supply-chain" / "base").exists()


def test_a_base_that_cannot_be_written_out_any_more_is_judged_in_full(
    shop: Shop, snapshot: Path
) -> None:
    base = shop.commit(OLD)
    shop.commit(OLD + CLEAN)
    out = shop.root / ".supply-chain"
    options = ["--only", "dependencies", "--offline", "--advisories", str(snapshot), "--as-of", DAY]
    assert main(["plan", str(shop.root), "-q", *options, "--base", base]) == 0
    (shop.root / ".git").rename(shop.root.parent / "elsewhere")
    assert main(["check", "-q", "-o", str(out)]) == 0
    assert main(["report", "-q", "-o", str(out)]) == 0
    assert main(["gate", "-q", "-o", str(out)]) == 1
    document = json.loads((out / "report" / "report.json").read_bytes())
    assert "errored on the base" in document["base"]["why"]


VCS = "tool @ git+https://git.example.com/tool@{}\n"


def test_an_old_gap_does_not_block_and_a_new_one_does(
    shop: Shop, judge: Callable[..., Ran]
) -> None:
    shop.commit(CLEAN + VCS.format("v1"))
    shop.commit(CLEAN + "six==1.16.0\n" + VCS.format("v1"))
    ran = judge(shop.root, "HEAD~1")
    assert ran.code == 0
    (line,) = (one for one in ran.report["unevaluated"] if "tool" in one["what"])
    assert not line["blocking"]
    assert "the base has the same gap" in line["why"]
    shop.commit(CLEAN + VCS.format("v1") + VCS.format("v1").replace("tool", "evil"))
    assert judge(shop.root, "HEAD~1").code == 3
