"""The rules of the hardening check: our own, whoever else sees the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.job import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECK = "hardening"

_RULES = {
    # ------------------------------------------------------------------------------- Dockerfiles
    "unpinned-image": (
        "An image is not pinned by its digest",
        "A tag can be moved to another image; a digest cannot.",
        "name the image by its digest: `name:tag@sha256:…`",
    ),
    "latest-image": (
        "An image is named without any version",
        "Tomorrow it is another image, and nobody can tell what runs today.",
        "name a version and its digest: `name:tag@sha256:…`",
    ),
    "foreign-registry": (
        "An image comes from where the policy does not allow it",
        "Whoever keeps a registry decides what is handed out under a name.",
        "take it from an allowed registry, or add its place to `policy.image-registries`",
    ),
    "end-of-life-image": (
        "An image holds a release that gets no fixes any more",
        "What is found in it from now on stays open for ever.",
        "move to a release that its publisher supports",
    ),
    "root-user": (
        "An image runs as root",
        "Whoever breaks into the program is root in the container, one fault away from the host.",
        "end the last stage with `USER` and a number above 10000",
    ),
    "build-in-final-stage": (
        "An image carries the tools that built it",
        "Compilers and sources serve an attacker, and each tool brings faults of its own.",
        "build in a stage of its own, and copy only the result into the last one",
    ),
    "unlocked-install": (
        "An image installs what no lock names",
        "The same Dockerfile gives other versions tomorrow, and nobody has audited them.",
        "install from the lock, and let a difference fail: `npm ci`, `uv sync --locked`",
    ),
    "secret-in-image": (
        "An image keeps a secret of its build",
        "Arguments and environment stand in the image's configuration, for all who can pull it.",
        "replace the secret, and hand the new one over with `RUN --mount=type=secret`",
    ),
    "no-dockerignore": (
        "Nothing keeps files out of the build",
        "History, credentials and local settings are sent along and may end up in the image.",
        "write a `.dockerignore` that leaves out everything but what is needed",
    ),
    "no-healthcheck": (
        "Nobody can ask whether the container works",
        "A program that hangs looks like one that runs.",
        "add a `HEALTHCHECK`",
    ),
    "remote-add": (
        "A file from the network is added without a check",
        "The server, and whoever gets hold of it, decides what is in the image.",
        "give its digest: `ADD --checksum=sha256:… https://…`",
    ),
    "piped-script": (
        "A download is handed to a shell and never checked",
        "The server, and whoever gets hold of it, decides what is in the image.",
        "download a fixed version, check its digest, then run it",
    ),
    "shell-form": (
        "The container's program runs below a shell",
        "The shell keeps the signal to stop to itself, so the program is killed in mid-work.",
        'write the command as a list: `CMD ["program", "argument"]`',
    ),
    # --------------------------------------------------------------------- compose and Kubernetes
    "privileged": (
        "A container is privileged",
        "It has every right that root has on its machine.",
        "remove `privileged`, and add the one capability that is needed",
    ),
    "host-namespace": (
        "A container shares a namespace with its host",
        "It sees, and can reach, what belongs to the machine and to other containers.",
        "leave the container its own namespaces",
    ),
    "host-mount": (
        "A container reaches into its host",
        "The socket of the engine, or a system folder, is as good as root on the machine.",
        "mount a volume that holds only what is needed",
    ),
    "writable-root": (
        "A container may change its own programs",
        "Whoever breaks in can put tools there, and stay.",
        "make the root filesystem read-only, with a volume for what has to be written",
    ),
    "capabilities-kept": (
        "A container keeps capabilities that it may not need",
        "Each of them is a right of root's, there for whoever breaks in.",
        "drop `ALL`, and add back what is needed",
    ),
    "capabilities-added": (
        "A container is given more than the usual rights",
        "Some capabilities are as good as root on the machine.",
        "remove what is added, or find out the least that works",
    ),
    "privilege-escalation": (
        "A program may gain rights that it was not started with",
        "A single setuid program turns any user into root.",
        "set `no-new-privileges:true`, in Kubernetes `allowPrivilegeEscalation: false`",
    ),
    "root-workload": (
        "A container may run as root",
        "Whoever breaks into the program is root in the container, one fault away from the host.",
        "set a user other than root, in Kubernetes `runAsNonRoot: true` as well",
    ),
    "no-limits": (
        "A container has no limits",
        "One that runs wild takes its neighbours down.",
        "limit memory and processor time",
    ),
    "unconfined": (
        "A protection of the kernel is switched off",
        "System calls and files that no program needs are open to whoever breaks in.",
        "leave the default profile on, or write one",
    ),
    "plain-secret": (
        "A secret stands in a deployment's files",
        "Whoever reads the repository, or any copy of it, has the secret.",
        "replace the secret, and take the new one from a secret store",
    ),
}

RULES: Mapping[str, Rule] = {
    f"{CHECK}/{name}": Rule(title=title, why=why, fix=fix)
    for name, (title, why, fix) in _RULES.items()
}
"""Every rule of the check, by its full id. Trivy's own keep their ids and bring their texts."""
