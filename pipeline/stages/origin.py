"""Where the settings of a run come from: a repository must not shape its own verdict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.checks import CHECKS
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.model import Policy, Severity, TrivySettings
    from pipeline.settings import Settings

SETTINGS_FILE = "supply-chain.yml"
"""At the root of a repository."""

_MISNAMED = ("supply-chain.yaml", ".supply-chain.yml", ".supply-chain.yaml")
"""What people call it as well, and what nothing would ever read."""


def settings_of(root: Path, config: Path | None) -> tuple[Settings, tuple[str, ...]]:
    """The settings to use, and what the report must say of where they come from.

    A repository must not shape its own verdict. Its `supply-chain.yml` is read only when the
    target is the folder one stands in, or when it is named; for another target it is ignored
    and the report says so. Raises `UsageError` where one stands for a file that is nearly called
    so: whoever wrote it believes that it holds.
    """
    from pipeline import settings  # noqa: PLC0415
    from pipeline.controls import CONTROLS  # noqa: PLC0415

    own = root / SETTINGS_FILE
    is_here = root == Path.cwd().resolve()
    if config is None and own.is_file() and not own.is_symlink() and is_here:
        config = own
    if config is None:
        ignored = [name for name in (SETTINGS_FILE, *_MISNAMED) if (root / name).exists()]
        if is_here and ignored and ignored[0] != SETTINGS_FILE:
            raise UsageError(
                f"is not read: a policy is called {SETTINGS_FILE}",
                where=ignored[0],
                fix="rename it, or name it with --config",
            )
        what = "in the scanned repository was not used: name it with --config"
        return settings.DEFAULTS, tuple(f"{name} {what}" for name in ignored)
    origin = SETTINGS_FILE if config.resolve() == own.resolve() else config.name
    loaded = settings.load(
        config, origin=origin, checks=frozenset(CHECKS), controls=frozenset(CONTROLS)
    )
    if config.resolve().is_relative_to(root):
        _refuse_programs(loaded.trivy, origin)
        return loaded, (f"the policy {origin} stands in the scanned repository itself",)
    return loaded, ()


def _refuse_programs(trivy: TrivySettings, origin: str) -> None:
    """A scanned repository must not say which program runs, even where its policy holds."""
    if trivy.path or trivy.sha256:
        raise UsageError(
            "tools.trivy.path and tools.trivy.sha256 choose a program, which the scanned"
            " repository must not do",
            where=origin,
            fix="set SUPPLY_CHAIN_TRIVY, or name a policy outside the repository with --config",
        )


def with_threshold(policy: Policy, asked: Severity | Literal["never"] | None) -> Policy:
    """A policy with the threshold that was asked for, and where both come from."""
    if asked is None:
        return policy
    origin = f"{policy.origin}, but fail-on: {asked} as asked for"
    return replace(policy, fail_on=None if asked == "never" else asked, origin=origin)


def with_database(trivy: TrivySettings, database: Path | None) -> TrivySettings:
    """Trivy's settings with the folder of its data that was asked for, if any was."""
    return replace(trivy, database=str(database.absolute())) if database else trivy
