"""What a container may do where it runs: the same questions in compose and in Kubernetes.

Each format's module reads its files into `Container`s; the rules are here, once. A setting that
is not there is as telling as one that is: without it, the platform's defaults hold.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration.gathered import Gathered
from pipeline.checks.hardening.configuration.images import reference
from pipeline.model import Severity
from pipeline.suspicious import is_secret_name, is_strong, why_secret
from pipeline.yamltree import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pipeline.checks.hardening.problem import Read
    from pipeline.yamltree import Node

_TRUE = frozenset({"true", "yes", "on", "y"})
_FALSE = frozenset({"false", "no", "off", "n"})

_DEFAULT = frozenset(
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
        "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    }
)  # fmt: skip
"""Capabilities that the baseline of Kubernetes' Pod Security Standards allows.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""
_LIKE_ROOT = frozenset(
    {"ALL", "BPF", "DAC_READ_SEARCH", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"}
)
_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "podman.sock")
_HARMLESS = (
    "etc/localtime", "etc/timezone", "etc/ssl/certs", "usr/share/zoneinfo",
    "usr/share/ca-certificates", "usr/local/share/ca-certificates",
)  # fmt: skip
"""What everybody may read of a host: its time, and whom it trusts."""
_SYSTEM = frozenset({"boot", "dev", "etc", "lib", "proc", "root", "sys", "usr"})


@dataclass(frozen=True, slots=True)
class Setting:
    """A switch as it is written; `on` is `None` where only the deployment decides."""

    line: int
    on: bool | None


@dataclass(frozen=True, slots=True)
class Text:
    """A word as it is written, and its line. `text` is `None` where only the deployment decides."""

    line: int
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container as its file describes it. `None` stands for what is not written.

    `is_whole` is false for a part that something else completes: what is not there is then no
    answer. `host` names what it shares with the host, `mounts` the paths of the host that it
    sees, `unconfined` the protections that are switched off. `runs_as` is its user.
    """

    name: str
    line: int
    is_whole: bool
    image: Text | None = None
    privileged: Setting | None = None
    read_only: Setting | None = None
    may_escalate: Setting | None = None
    non_root: Setting | None = None
    runs_as: Text | None = None
    asks_for_user: bool = False
    dropped: tuple[Text, ...] = ()
    added: tuple[Text, ...] = ()
    host: tuple[Text, ...] = ()
    mounts: tuple[Text, ...] = ()
    unconfined: tuple[Text, ...] = ()
    limited: frozenset[str] = frozenset()
    environment: tuple[tuple[str, Text], ...] = ()


def setting(node: Node | None) -> Setting | None:
    """A node as a switch."""
    if not isinstance(node, Scalar) or node.is_null:
        return None
    word = node.text.lower()
    return Setting(node.line, True if word in _TRUE else False if word in _FALSE else None)


def read(containers: Iterable[Container], path: str, today: date) -> Read:
    """Every container of a file under all rules."""
    rules = _Rules(path, today)
    for one in containers:
        rules.hold(one)
    return rules.told()


def is_root(user: str) -> bool:
    """Whether a user, as a name or number with an optional group, is root."""
    name = user.partition(":")[0]
    return name == "root" or (name.isdigit() and not int(name))


class _Rules(Gathered):
    def leave(self, line: int, why: str) -> None:
        """`why` is what the file does not say."""
        super().leave(line, f"{why} is decided when it is deployed")

    def hold(self, one: Container) -> None:
        """One container under every rule."""
        self._image(one)
        self._rights(one)
        self._capabilities(one)
        self._user(one)
        self._surroundings(one)
        if one.is_whole and (missing := {"memory", "processor time"} - one.limited):
            detail = f"{one.name} may take all {' and '.join(sorted(missing))} of its machine"
            self.find("no-limits", Severity.LOW, one.line, detail)

    def _image(self, one: Container) -> None:
        if one.image is None:
            return
        named = reference(one.image.text) if one.image.text else None
        if one.image.text is None or named is None:
            self.leave(one.image.line, f"the image of {one.name}")
            return
        self.name(one.image.text, one.image.line)
        self.date(named, one.image.line)

    def _rights(self, one: Container) -> None:
        if self._is_on(one.privileged, f"whether {one.name} is privileged"):
            assert one.privileged is not None
            detail = f"{one.name} may do on its machine whatever root may"
            self.find("privileged", Severity.HIGH, one.privileged.line, detail)
        if one.is_whole and not self._is_on(one.read_only, f"what {one.name} may write"):
            line = one.read_only.line if one.read_only else one.line
            if one.read_only is None or one.read_only.on is False:
                detail = f"{one.name} may change its own programs"
                self.find("writable-root", Severity.MEDIUM, line, detail)
        escalates = one.may_escalate
        if escalates and escalates.on is None:
            self.leave(escalates.line, f"whether {one.name} may gain rights")
        elif (escalates and escalates.on) or (one.is_whole and escalates is None):
            line = escalates.line if escalates else one.line
            detail = f"a program in {one.name} may gain rights that it was not started with"
            self.find("privilege-escalation", Severity.MEDIUM, line, detail)

    def _capabilities(self, one: Container) -> None:
        if one.is_whole and "ALL" not in {_capability(word) for word in one.dropped}:
            detail = f"{one.name} keeps capabilities that it may not need"
            self.find("capabilities-kept", Severity.MEDIUM, one.line, detail)
        for word in one.added:
            name = _capability(word)
            if name is None:
                self.leave(word.line, f"a capability of {one.name}")
            elif name not in _DEFAULT:
                severity = Severity.HIGH if name in _LIKE_ROOT else Severity.MEDIUM
                self.find("capabilities-added", severity, word.line, f"{one.name} is given {name}")

    def _user(self, one: Container) -> None:
        user = one.runs_as
        if user and user.text is None:
            self.leave(user.line, f"the user of {one.name}")
        elif user and user.text is not None and is_root(user.text):
            self.find("root-workload", Severity.HIGH, user.line, f"{one.name} runs as root")
        elif one.is_whole and one.asks_for_user and not user:
            if one.non_root is None or one.non_root.on is False:
                line = one.non_root.line if one.non_root else one.line
                detail = f"nothing keeps {one.name} from running as root"
                self.find("root-workload", Severity.MEDIUM, line, detail)
            elif one.non_root.on is None:
                self.leave(one.non_root.line, f"whether {one.name} runs as root")

    def _surroundings(self, one: Container) -> None:
        for shared in one.host:
            detail = f"{one.name} shares the host's {shared.text}"
            self.find("host-namespace", Severity.HIGH, shared.line, detail)
        for off in one.unconfined:
            detail = f"{one.name} runs without {off.text}"
            self.find("unconfined", Severity.MEDIUM, off.line, detail)
        for mount in one.mounts:
            self._mount(one, mount)
        for name, value in one.environment:
            if value.text and (why := why_secret(name, value.text)):
                detail = f"{name} of {one.name} holds a value in plain text: {why}"
                is_real = is_strong(value.text) or not is_secret_name(name)
                if not is_real:
                    detail += ", and it looks like a throwaway one"
                severity = Severity.HIGH if is_real else Severity.LOW
                self.find("plain-secret", severity, value.line, detail)

    def _mount(self, one: Container, mount: Text) -> None:
        path = posixpath.normpath(f"/{mount.text or ''}").lstrip("/")
        top, _, below = path.partition("/")
        if posixpath.basename(path) in _SOCKETS:
            detail = f"{one.name} is given the socket of its container engine"
            self.find("host-mount", Severity.HIGH, mount.line, detail)
        elif (not path or top in _SYSTEM) and not path.startswith(_HARMLESS):
            detail = f"{one.name} sees {'a part of ' if below else ''}a system folder of its host"
            severity = Severity.MEDIUM if below else Severity.HIGH
            self.find("host-mount", severity, mount.line, detail)

    def _is_on(self, switch: Setting | None, what: str) -> bool:
        if switch and switch.on is None:
            self.leave(switch.line, what)
        return bool(switch and switch.on)


def _capability(word: Text) -> str | None:
    return None if word.text is None else word.text.upper().removeprefix("CAP_")
