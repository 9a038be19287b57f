"""The scanned repository, as it was discovered."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.images import Image
from pipeline.model.packages import Lock, Project
from pipeline.model.places import Excluded, Location, Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """What git says of the working tree. `remote` carries no credentials."""

    commit: str | None
    branch: str | None
    dirty: bool | None
    remote: str | None
    shallow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStep:
    """A step of a CI file that audits dependencies. `fatal`: its failure fails the job."""

    location: Location
    command: str
    fatal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CiFile:
    """One CI configuration file, as far as controls ask about it."""

    path: str
    system: str
    triggers: tuple[str, ...] = ()
    audits: tuple[AuditStep, ...] = ()
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallerSettings:
    """A file that tells an installer where packages come from, and whether their scripts run.

    `registries` are the places it names, without credentials: "scope=URL" where one holds for a
    scope only. `risks` are settings that let a package be changed on its way, or be taken from
    another place. `scripts` is `False` where install scripts are switched off.
    """

    path: str
    installer: str
    registries: tuple[str, ...] = ()
    risks: tuple[tuple[str, int], ...] = ()
    scripts: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateBot:
    """The settings of a bot that proposes updates. `ecosystems` are OSV's names.

    `everything`: it looks for manifests itself. `cools_down`: it waits before it takes a release.
    """

    path: str
    bot: str
    ecosystems: tuple[str, ...] = ()
    everything: bool = False
    cools_down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The scanned repository as discovered. All tuples are sorted by path.

    `helm` holds every file of every chart. `automation` holds what CI runs or obeys beside `ci`:
    files that may define an action, and the configuration of Dependabot. `untracked` are locks
    that git does not track, `ignored` those that it is told not to see. `images` are built images
    that somebody named, in that order.
    """

    name: str
    git: Git | None
    files: int
    projects: tuple[Project, ...] = ()
    locks: tuple[Lock, ...] = ()
    dockerfiles: tuple[str, ...] = ()
    compose: tuple[str, ...] = ()
    kubernetes: tuple[str, ...] = ()
    terraform: tuple[str, ...] = ()
    helm: tuple[str, ...] = ()
    cloudformation: tuple[str, ...] = ()
    ci: tuple[CiFile, ...] = ()
    automation: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    installers: tuple[InstallerSettings, ...] = ()
    bots: tuple[UpdateBot, ...] = ()
    images: tuple[Image, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    unread: tuple[Unread, ...] = ()

    def is_in_image(self, path: str) -> bool:
        """Whether a location's path leads into a built image, and not into the repository.

        Such a path is the image's name, or "name!/path" for a file in it.
        """
        return any(path.partition("!/")[0] == image.name for image in self.images)
