"""Images and output folders that are asked for, and those that are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import stages
from pipeline.errors import UsageError
from pipeline.stages import output_of, prepare
from tests.kit.git import git
from tests.kit.images import Built, Index, archive, layout

from .conftest import request


def test_images_of_the_settings_and_of_the_request(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Index(Built.of({"a": b"1"}), Built.of({"a": b"2"}, platform="linux/arm64"))
    layout(repository / "build" / "app", {"1.0": both})
    archive(tmp_path / "other.tar", Built.of({"b": b"3"}))
    config = tmp_path / "policy.yml"
    config.write_text("images: [{reference: './build/app:1.0', platform: linux/arm64}]\n")
    monkeypatch.chdir(tmp_path)
    plan, output = prepare(request(repository, config=config, images=("./other.tar",)))
    named = [(image.name, image.platform) for image in plan.target.images]
    assert named == [("./build/app:1.0", "linux/arm64"), ("./other.tar", "linux/amd64")]
    assert output.plan().target.images == plan.target.images
    with pytest.raises(UsageError, match="not an image"):
        prepare(request(repository, images=("NO",)))
    plan, _ = prepare(request(repository, images=("./other.tar",), platform="linux/s390x"))
    (image,) = plan.target.images
    assert image.unread is not None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"images": ("./a.tar",), "checks": ("lockfiles",)}, "none of the chosen checks looks at"),
        ({"platform": "linux/amd64"}, "a platform without an image"),
    ],
)
def test_an_image_that_nobody_would_look_at_is_refused(
    repository: Path, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        prepare(request(repository, **options))
    prepare(request(repository, images=("./a.tar",), checks=("lockfiles", "sbom")))


@pytest.mark.parametrize("where", [".", ".."])
def test_the_repository_is_never_written_over(repository: Path, where: str) -> None:
    (repository / "report").mkdir()
    (repository / "report" / "mine").touch()
    with pytest.raises(UsageError, match="the repository itself lies there"):
        prepare(request(repository, output=repository / where))
    assert (repository / "report" / "mine").exists()
    assert not (repository / ".gitignore").exists()


def test_a_cache_in_the_repository_is_refused_by_whatever_would_use_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, output = prepare(request(repository))
    (tmp_path / "link").symlink_to(repository)
    for place in (repository / ".cache", tmp_path / "link" / "cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        for use in (
            lambda: prepare(request(repository)),
            lambda: stages.sketch(request(repository), "sbom", built=False),
            lambda: stages.compare(request(repository), "HEAD", None),
            lambda: stages.check(["lockfiles"], output),
        ):
            with pytest.raises(UsageError, match="the cache stands in the scanned") as caught:
                use()
            assert "XDG_CACHE_HOME" in caught.value.fix
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert prepare(request(repository))


def test_a_cache_anywhere_in_the_checkout_is_refused_but_a_home_is_no_checkout(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = repository / "services"
    part.mkdir()
    (part / "requirements.txt").write_text("idna==3.10\n")
    git(repository, "init", "-q")
    monkeypatch.setenv("XDG_CACHE_HOME", str(repository / ".cache"))
    with pytest.raises(UsageError, match="the cache stands in the scanned"):
        prepare(request(part))
    monkeypatch.setenv("HOME", str(repository))
    assert prepare(request(part))


def test_files_of_others_are_never_dropped(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    (folder / "report").mkdir(parents=True)
    (folder / "plan.json").write_text('{"format_version": "1.2"}')  # Terraform's
    with pytest.raises(UsageError, match="no run of ours left"):
        prepare(request(repository, output=folder))
    assert (folder / "report").is_dir()


def test_a_folder_of_an_earlier_run_is_used_again(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new", tmp_path / "new", tmp_path / "empty"):
        _, output = prepare(request(repository, output=folder))
        assert output.folder == folder


def test_the_output_stands_in_the_target_or_where_it_is_wanted(tmp_path: Path) -> None:
    assert output_of(tmp_path, None).folder == tmp_path / ".supply-chain"
    assert output_of(tmp_path, tmp_path / "x").folder == tmp_path / "x"
