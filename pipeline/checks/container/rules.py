"""What the rules of this check mean, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.job import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES: Mapping[str, Rule] = {
    "container/runs-as-root": Rule(
        title="The image runs as root",
        why=(
            "Whoever breaks into the process is root in the container, and one flaw of the kernel"
            " or one mounted socket away from being root outside it."
        ),
        fix="End the Dockerfile with `USER` and a number other than 0, and own the files by it.",
    ),
    "container/user-by-name": Rule(
        title="The image names its user instead of giving the number",
        why=(
            "Kubernetes cannot see that a name is not root, and refuses the image under"
            " `runAsNonRoot`; what the name stands for is up to a file in the image."
        ),
        fix="Give the number: `USER 10001`.",
    ),
    "container/secret-in-configuration": Rule(
        title="A secret stands in the image's environment or history",
        why=(
            "Whoever can pull the image reads both with one command; `ENV` and `ARG` are kept for"
            " ever, also where a later line unsets them."
        ),
        fix=(
            "Revoke it. At build time, mount it (`RUN --mount=type=secret`); at run time, let the"
            " platform hand it in."
        ),
    ),
    "container/remote-login": Rule(
        title="The image offers a remote login",
        why="A container is replaced, not logged into; sshd and telnet are one more way in.",
        fix="Take the server and its `EXPOSE` out; use the platform's own way to look inside.",
    ),
    "container/privileged-port": Rule(
        title="The image listens below port 1024",
        why="On many platforms only root may do that: it keeps the process from being less.",
        fix="Listen above 1023, and let the platform map the port.",
    ),
    "container/no-health-check": Rule(
        title="The image does not say how to tell that it is well",
        why="A process that hangs goes on being sent work. Kubernetes has probes of its own.",
        fix="Add a `HEALTHCHECK` that asks the service itself.",
    ),
    "container/build-tools": Rule(
        title="The image holds what it was built with",
        why=(
            "Compilers and build tools have flaws of their own, and hand an attacker what he would"
            " otherwise have to bring."
        ),
        fix="Build in a stage of its own, and copy only the result into the last one.",
    ),
    "container/end-of-life": Rule(
        title="The operating system is past its end of life",
        why=(
            "Nobody mends it any more, and nobody records what is wrong with it: a scan that finds"
            " little says little."
        ),
        fix="Build on a supported release, and rebuild on a schedule.",
    ),
    "container/foreign-registry": Rule(
        title="The image, or its base, comes from where the policy does not allow it",
        why="Whoever keeps a registry decides what is handed out under a name.",
        fix="Take it from an allowed registry, or add its place to `policy.image-registries`.",
    ),
    "container/denied-licence": Rule(
        title="A package in the image has a licence that the policy denies",
        why="Who ships the image ships the package, under the terms of its licence.",
        fix="Replace the package, or take the licence from `policy.licences.deny`.",
    ),
}
