"""Discovery: what is in a repository, found without running any of it.

listing         which files count: git's answer (`git`), or a walk; what is left out and why
projects        manifests and locks, grouped into projects
manifests       what is a manifest; `declared` and `requires` read what one asks for
others          package managers whose locks no reader knows
inside          what a YAML or JSON file describes
infrastructure  Dockerfiles, compose files, Kubernetes objects, Helm, Terraform, CloudFormation
ci              CI files: triggers, and audits (`audits`) in their scripts (`shell`)
strays          locks that git does not track, or is told to ignore
unlocked        what manifests ask for and no lock that was read holds
installers      settings of installers: registries, and whether scripts run
bots            bots that propose updates
describe        the result as text for people
commits         the files of a commit, in a folder of their own
past            all of the history; `messages` and `single` answer questions about it
versions        every version of every file, from what each commit changed (`changes`)
standin         how git is asked: through a `.git` of ours
top             which working tree a folder lies in
names           names of files: which can be printed, which a pattern covers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.model import Target
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.discover.listing import Listing
    from pipeline.tree import Tree


def discover(tree: Tree, *, exclude: Sequence[str] = (), name: str | None = None) -> Target:
    """The repository in `tree`, without what the trusted patterns `exclude` cover.

    `name` defaults to the last part of the remote's address, else of the folder's path. Never
    raises for what the repository contains: that becomes `unread`.
    """
    from pipeline.discover.bots import find_bots  # noqa: PLC0415  # YAML, git: this stage only
    from pipeline.discover.ci import find_automation, find_ci  # noqa: PLC0415
    from pipeline.discover.infrastructure import find_infrastructure  # noqa: PLC0415
    from pipeline.discover.installers import find_installers  # noqa: PLC0415
    from pipeline.discover.listing import list_files  # noqa: PLC0415
    from pipeline.discover.projects import find_projects  # noqa: PLC0415
    from pipeline.discover.strays import Strays, find_strays  # noqa: PLC0415

    listing = list_files(tree.root, exclude)
    found = find_projects(tree, listing.files)
    infrastructure = find_infrastructure(tree, listing.files)
    installers = find_installers(tree, listing.files)
    bots = find_bots(tree, listing.files)
    strays = (
        find_strays(
            tree,
            found.projects,
            files=listing.files,
            untracked=listing.untracked,
            excluded=listing.excluded,
        )
        if listing.git
        else Strays((), ())
    )
    unread = (
        *listing.unread,
        *found.unread,
        *infrastructure.unread,
        *installers.unread,
        *bots.unread,
    )
    return Target(
        name=name or _name(tree, listing),
        git=listing.git,
        files=listing.total,
        projects=found.projects,
        locks=found.locks,
        dockerfiles=tuple(infrastructure.dockerfiles),
        compose=tuple(infrastructure.compose),
        kubernetes=tuple(infrastructure.kubernetes),
        terraform=tuple(infrastructure.terraform),
        helm=tuple(infrastructure.helm),
        cloudformation=tuple(infrastructure.cloudformation),
        ci=tuple(find_ci(tree, listing.files)),
        automation=tuple(find_automation(listing.files)),
        untracked=strays.untracked,
        ignored=strays.ignored,
        installers=installers.installers,
        bots=bots.bots,
        excluded=listing.excluded,
        unread=tuple(sorted(unread, key=lambda part: (part.location.path, part.why))),
    )


def _name(tree: Tree, listing: Listing) -> str:
    remote = listing.git.remote if listing.git else None
    last = (remote or "").rstrip("/").replace(":", "/").rpartition("/")[2].removesuffix(".git")
    return plain(last or tree.root.name) or "repository"
