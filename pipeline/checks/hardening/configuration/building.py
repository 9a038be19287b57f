"""Rules over a Dockerfile: what an image is built from, what ends up in it, who runs in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration import scripts
from pipeline.checks.hardening.configuration.dockerfile import expanded, parse
from pipeline.checks.hardening.configuration.gathered import Gathered
from pipeline.checks.hardening.configuration.images import reference
from pipeline.model import Severity
from pipeline.suspicious import why_secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from pipeline.checks.hardening.configuration.dockerfile import Dockerfile, Stage
    from pipeline.checks.hardening.configuration.instructions import Instruction
    from pipeline.checks.hardening.problem import Read

_ROOT = re.compile(r"(?:root|0+|containeradministrator)", re.IGNORECASE)
_WITHOUT_ROOT = "nonroot"
"""In a tag, what the images of distroless call their variant with a user of its own."""
_REMOTE = re.compile(r"(?:https?|ftp|git|ssh)://|git@", re.IGNORECASE)
_AT_A_COMMIT = re.compile(r"#[0-9a-f]{40}(?::.*)?$")
_HANDED_IN = "a value of the build"


def read(text: str, path: str, *, ignores: bool, today: date) -> Read:
    """What is wrong with a Dockerfile, and what only its build decides.

    `ignores`: a `.dockerignore` holds something back. Raises `UnreadableDockerfileError`.
    """
    return _Rules(parse(text, path), path, ignores=ignores, today=today).read()


class _Rules(Gathered):
    """One file under all rules."""

    def __init__(self, file: Dockerfile, path: str, *, ignores: bool, today: date) -> None:
        super().__init__(path, today)
        self.file = file
        self.ignores = ignores

    def read(self) -> Read:
        for stage in self.file.stages:
            self._base(stage)
            variables = self.file.variables(stage)
            for one in stage.instructions:
                self._copies(one, stage, variables)
                if one.name == "RUN":
                    self._runs(one)
        self._secrets()
        self._context()
        self._final(self.file.stages[-1])
        return self.told()

    # ----------------------------------------------------------------- what it is built from

    def _base(self, stage: Stage) -> None:
        if stage.base is not None or stage.image == "scratch":
            return
        named = reference(stage.image) if stage.image else None
        if stage.image is None or named is None:
            self.leave(stage.start.line, "what the image is built on, only the build decides")
            return
        self.name(stage.image, stage.start.line)
        self.date(named, stage.start.line)

    def _copies(self, one: Instruction, stage: Stage, variables: dict[str, str | None]) -> None:
        """Files from other images, and from the network."""
        for name in self._sources(one, stage):
            if "$" in name:
                self.leave(one.line, "from which image files come, only the build decides")
            else:
                self.name(name, one.line)
        if one.name != "ADD" or one.flag("checksum"):
            return
        for word in _operands(one)[:-1]:
            source = expanded(word, variables)
            if source is None and (word.startswith("$") or _REMOTE.match(word)):
                self.leave(one.line, "from where a file is added, only the build decides")
            elif _REMOTE.match(source or word) and not _AT_A_COMMIT.search(source or word):
                detail = "what the server sends is added, whatever it is"
                self.find("remote-add", Severity.MEDIUM, one.line, detail)

    def _sources(self, one: Instruction, stage: Stage) -> Iterator[str]:
        """The images of a registry that an instruction takes files from."""
        earlier = {other.name.lower() for other in self.file.stages if other.name} - {
            stage.name.lower()
        }
        if one.name == "COPY":
            named = [one.flag("from")]
        else:
            mounts = [value for flag, value in one.flags if flag == "mount"]
            options = [option.partition("=") for mount in mounts for option in mount.split(",")]
            named = [value for key, _, value in options if key == "from"]
        for name in named:
            if name and not name.isdigit() and name.lower() not in earlier | {"scratch"}:
                yield name

    def _runs(self, one: Instruction) -> None:
        for line in scripts.downloads(one):
            detail = "a download is handed to a shell and never checked"
            self.find("piped-script", Severity.MEDIUM, line, detail)
        for command in scripts.commands(one):
            if why := scripts.unlocked(command):
                self.find("unlocked-install", Severity.LOW, command.line, why)

    # ----------------------------------------------------------------- what ends up in it

    def _secrets(self) -> None:
        everything = [*self.file.before, *(one for s in self.file.stages for one in s.instructions)]
        for one in everything:
            for name, value, line in one.pairs() if one.name in {"ARG", "ENV"} else ():
                if value and "$" not in value and (why := why_secret(name, value)):
                    detail = f"{one.name} {name} holds a value in plain text: {why}"
                    self.find("secret-in-image", Severity.HIGH, line, detail)
                elif value != "" and why_secret(name, _HANDED_IN):
                    severity = Severity.HIGH if one.name == "ENV" else Severity.MEDIUM
                    detail = f"{one.name} {name} keeps a secret of the build, for all to read"
                    self.find("secret-in-image", severity, line, detail)

    def _context(self) -> None:
        if self.ignores:
            return
        for one in (one for stage in self.file.stages for one in stage.instructions):
            if one.name in {"ADD", "COPY"} and not one.flag("from"):
                local = [word for word in _operands(one)[:-1] if not _REMOTE.match(word)]
                if any(not word.startswith("<<") for word in local):
                    detail = "files are copied, and no .dockerignore holds anything back"
                    self.find("no-dockerignore", Severity.LOW, one.line, detail)
                    return

    # ----------------------------------------------------------------- the final image

    def _final(self, final: Stage) -> None:
        lineage = self.file.lineage(final)
        own = [one for stage in reversed(lineage) for one in stage.instructions if not one.nested]
        # What an image says that only the build names, nobody can tell: that much is told already.
        is_known = lineage[-1].image is not None
        users = [one for one in own if one.name == "USER"]
        if users or is_known:
            self._user(final, users, lineage[-1])
        for one in (one for one in own if one.name == "RUN"):
            for command, why in scripts.building(list(scripts.commands(one))):
                detail = f"{why}, in the stage that becomes the image"
                self.find("build-in-final-stage", Severity.LOW, command.line, detail)
        last = {one.name: one for one in own}
        check = last.get("HEALTHCHECK")
        if check is None and is_known:
            self.find("no-healthcheck", Severity.LOW, final.start.line, "there is none")
        elif check is not None and check.text.upper() == "NONE":
            self.find("no-healthcheck", Severity.LOW, check.line, "it is switched off")
        for name in ("CMD", "ENTRYPOINT"):
            if (start := last.get(name)) and start.array is None:
                detail = f"{name} starts a shell, and the program below it hears no signals"
                self.find("shell-form", Severity.LOW, start.line, detail)

    def _user(self, final: Stage, users: list[Instruction], first: Stage) -> None:
        if not users:
            if _WITHOUT_ROOT in (first.image or "").partition(":")[2]:
                return
            detail = "there is no USER: it runs as root unless its base image says otherwise"
            self.find("root-user", Severity.HIGH, final.start.line, detail)
            return
        user = expanded(users[-1].text.strip(), self.file.variables(final))
        if user is None:
            self.leave(users[-1].line, "which user it runs as, only the build decides")
        elif _ROOT.fullmatch(user.strip("\"'").partition(":")[0]):
            detail = "it runs as root"
            self.find("root-user", Severity.HIGH, users[-1].line, detail)


def _operands(one: Instruction) -> tuple[str, ...]:
    return one.array or one.words
