"""What the rules of this check mean, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.job import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROTATE = (
    "Revoke it where it was issued, issue a new one, and read it from the environment or a secret"
    " store. What was committed once is in every clone: deleting the line is not enough."
)

RULES: Mapping[str, Rule] = {
    "secrets/*": Rule(
        title="A secret stands in the code or in its history",
        why=(
            "Whoever can read the repository, a fork, a build log or an old clone can use it. The"
            " part after the slash names the rule that recognised it, of the engine or of ours."
        ),
        fix=_ROTATE,
    ),
    "secrets/env-file": Rule(
        title="An environment file with secrets is committed",
        why="Such a file exists to keep secrets out of the code; committed, it does the opposite.",
        fix=f"{_ROTATE} Ignore the file, and commit one with placeholders beside it.",
    ),
    "secrets/private-key-file": Rule(
        title="A private key is committed",
        why="It lets anybody sign, decrypt or log in as its owner.",
        fix="Make a new pair, withdraw the old one everywhere, and keep the key outside.",
    ),
    "secrets/keystore": Rule(
        title="A keystore is committed",
        why="It holds private keys, and its password can be guessed without any limit.",
        fix="Make new keys, withdraw the old ones, and keep the store outside.",
    ),
    "secrets/credential-file": Rule(
        title="A tool's file of credentials is committed",
        why="It lets anybody act as its owner on a registry, a cluster, a cloud or a server.",
        fix=_ROTATE,
    ),
    "secrets/terraform-state": Rule(
        title="Terraform's state is committed",
        why="It keeps every attribute of every resource in the clear, passwords included.",
        fix="Move it to a remote back end with access control, and replace what it held.",
    ),
    "secrets/not-ignored": Rule(
        title="Nothing keeps environment files out",
        why="One `git add .`, or one `COPY . .`, is all it takes to publish them.",
        fix="Add `.env` and `.env.*` to the ignore file, and `!.env.example` after them.",
    ),
}
