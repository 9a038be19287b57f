"""The rules of the lockfiles check, each with its reason, and the findings they become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.job import Rule
from pipeline.model import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.model import Location, Severity

CHECK = "lockfiles"

NAMED = 20
"""Names in a detail where no package stands in the finding's place: by it, a change is held
against its base, and one that is not named could be another."""

RULES: Mapping[str, Rule] = {
    "lockfiles/missing-lock": Rule(
        title="A manifest with dependencies has no lockfile",
        why=(
            "Every installation may take other versions, so that what was tested, audited and"
            " shipped need not be the same software."
        ),
        fix=(
            "Lock with the ecosystem's own tool (`uv lock`, `npm install"
            " --package-lock-only`, …) and commit the file."
        ),
    ),
    "lockfiles/untracked-lock": Rule(
        title="A lockfile is not in the repository",
        why="It fixes versions on one machine only: CI and everybody else resolve anew.",
        fix="Commit it, and take it out of `.gitignore`.",
    ),
    "lockfiles/out-of-step": Rule(
        title="A lockfile does not hold what its manifest asks for",
        why=(
            "An installer resolves the difference anew, with versions that nobody reviewed,"
            " or installs what the project no longer wants."
        ),
        fix=(
            "Lock again and commit the result; let CI refuse a stale lock (`uv lock --check`,"
            " `npm ci`, `cargo --locked`)."
        ),
    ),
    "lockfiles/unneeded": Rule(
        title="A lockfile holds packages that nothing needs",
        why=(
            "They are installed and trusted although no manifest leads to them: left-overs,"
            " or something that was slipped in."
        ),
        fix="Lock again; if they stay, find out who put them there.",
    ),
    "lockfiles/missing-hash": Rule(
        title="Locked packages have no hash",
        why=("Without one, an installer takes whatever file is served under the name and version."),
        fix=(
            "Lock with hashes: `pip-compile --generate-hashes`, `uv export`, or a lock format"
            " that always has them."
        ),
    ),
    "lockfiles/weak-hash": Rule(
        title="Locked packages are proven by a broken hash only",
        why="Two files with the same MD5 or SHA-1 can be made to order.",
        fix="Lock again with a current tool, which records SHA-256 or better.",
    ),
    "lockfiles/unpinned": Rule(
        title="A lockfile leaves versions open",
        why=("What is not pinned is chosen on the day of installation, by whoever published last."),
        fix="Pin every requirement to one exact version; let a tool write the file.",
    ),
    "lockfiles/git-source": Rule(
        title="A package comes straight from a repository",
        why="No registry keeps it, no advisory speaks of it, and it vanishes with its host.",
        fix="Use a published release, or mirror the repository under your control.",
    ),
    "lockfiles/mutable-ref": Rule(
        title="A package from a repository is not fixed to a commit",
        why="A branch or a tag can be moved to other code at any time.",
        fix="Fix the full commit id.",
    ),
    "lockfiles/url-source": Rule(
        title="A package comes from a bare URL",
        why="What stands behind a URL can change, and no registry or advisory speaks of it.",
        fix="Use a published release; where that is impossible, lock its SHA-256.",
    ),
    "lockfiles/path-source": Rule(
        title="A package lies outside the repository",
        why="What is installed depends on the machine, and nobody can review it here.",
        fix="Move it into the repository, or publish it.",
    ),
    "lockfiles/plain-http": Rule(
        title="Packages are fetched without encryption",
        why="Everybody on the way can replace them, or see what is installed.",
        fix="Use https:// everywhere, and lock again.",
    ),
    "lockfiles/several-indexes": Rule(
        title="Names are looked up in several indexes at once",
        why=(
            "The highest version wins, wherever it comes from: whoever registers a private"
            " name in the public index gets to run code (dependency confusion)."
        ),
        fix="Use one index that serves everything, or bind each package to its own.",
    ),
    "lockfiles/confusable-name": Rule(
        title="A private package's name is free for others to take",
        why=(
            "The same lock takes packages from the public registry, where anybody may publish"
            " a package of that name."
        ),
        fix="Publish it under a scope you own, reserve the name, or bind it to its index.",
    ),
    "lockfiles/foreign-host": Rule(
        title="A package is fetched from a host that its neighbours do not use",
        why=(
            "The installer follows the lock, not the registry: this is how a lockfile is poisoned."
        ),
        fix=(
            "Lock again from a clean state; if the host is right, name it in the policy's"
            " `registries`."
        ),
    ),
    "lockfiles/name-mismatch": Rule(
        title="A locked file belongs to another package or version",
        why=("The entry says one thing and the file is another: the mark of a poisoned lockfile."),
        fix="Find out who changed the lock, throw the entry away, and lock again.",
    ),
    "lockfiles/registry-not-allowed": Rule(
        title="Packages come from a registry that the policy does not allow",
        why="The policy names the only hosts that packages may come from.",
        fix=("Take them from an allowed registry, or add the host to the policy's `registries`."),
    ),
    "lockfiles/install-script": Rule(
        title="Installing a package runs its code",
        why=(
            "Install scripts run with the rights of whoever installs, before anybody has"
            " looked; most malicious packages work that way."
        ),
        fix="Switch scripts off (`ignore-scripts=true`) and allow the few that need them.",
    ),
    "lockfiles/disagreeing-locks": Rule(
        title="Two lockfiles of one project lock different versions",
        why=("Which one is used depends on the tool, so that what was tested may not be shipped."),
        fix="Keep one of the locks, or write one from the other.",
    ),
    "lockfiles/yanked": Rule(
        title="A locked release was withdrawn",
        why="Its publisher took it back, most often for a fault that makes it unfit for use.",
        fix="Move to a release that is not withdrawn.",
    ),
    "lockfiles/deprecated": Rule(
        title="A locked package is deprecated",
        why=("Its maintainers tell everybody to stop using it: nobody mends what is found in it."),
        fix="Move to what its maintainers recommend instead.",
    ),
    "lockfiles/too-new": Rule(
        title="A locked release is younger than the cool-down",
        why=("Most malicious releases are found and removed within days: whoever waits is spared."),
        fix="Stay with the release before, and come back when the cool-down is over.",
    ),
    "lockfiles/licence-denied": Rule(
        title="A locked release has a licence that the policy denies",
        why="The policy names licences under which the project must not take in code.",
        fix="Replace the package, or obtain another licence and waive the finding.",
    ),
}
"""Every rule by its id."""


def found(
    name: str, severity: Severity, subject: str, locations: Iterable[Location], detail: str
) -> Finding:
    """A finding of the rule `name` in `subject` (a purl, or a path)."""
    rule = f"{CHECK}/{name}"
    return Finding(
        check=CHECK,
        rule=rule,
        kind=Kind.RULE,
        severity=severity,
        title=RULES[rule].title,
        subject=subject,
        locations=tuple(sorted(set(locations), key=lambda one: (one.path, one.line or 0))),
        detail=detail,
        fix=RULES[rule].fix,
    )
