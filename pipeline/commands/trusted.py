"""Whom a `verify` trusts, by its options: authorities and an identity, or a key."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import files
from pipeline.errors import UsageError
from pipeline.trust import keyed, roots
from pipeline.trust.expect import Expected
from pipeline.trust.verify import verify

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from pipeline.trust.bundle import Bundle
    from pipeline.trust.roots import Root
    from pipeline.trust.verify import Verified

_CLAIMS = ("repository", "workflow", "ref", "runner_environment", "commit")


def judge_of(arguments: argparse.Namespace) -> Callable[[Bundle, str], Verified]:
    """What decides on a bundle; raises `UsageError` for options that do not fit together."""
    if arguments.key:
        for name in ("identity", "issuer", *_CLAIMS):
            if getattr(arguments, name):
                raise UsageError(
                    f"a key has no {name.replace('_', ' ')}", fix="leave it out, or leave --key out"
                )
        key = keyed.load(arguments.key)
        return lambda bundle, digest: keyed.verify_keyed(bundle, key, digest=digest)
    if arguments.allow_unsigned and not (arguments.identity or arguments.issuer):
        expected = None
    elif not (arguments.identity and arguments.issuer):
        raise UsageError(
            "who is expected to have signed is not said",
            fix="give --identity and --issuer, or --key",
        )
    else:
        expected = Expected(
            identity=arguments.identity,
            issuer=arguments.issuer,
            **{name: getattr(arguments, name) for name in _CLAIMS},
        )
    root = root_of(arguments)

    def judge(bundle: Bundle, digest: str) -> Verified:
        if expected is None:
            raise UsageError(
                "it is signed, but who is expected to have signed is not said",
                fix="give --identity and --issuer, or --key",
            )
        return verify(bundle, root, expected, digest=digest)

    return judge


def root_of(arguments: argparse.Namespace) -> Root:
    """The trusted root that the options name: by default the newest of the public good instance."""
    if arguments.trusted_root:
        return roots.read_root(arguments.trusted_root)
    if arguments.trust_config:
        return roots.read_config(arguments.trust_config)
    if arguments.refresh_trust:
        return _refreshed(files.cache_folder() / "trust")
    # A checkout that one stands in must not bring along whom to trust.
    if files.is_cache_in(Path()):
        return roots.pinned()
    return roots.newest(files.cache_folder() / "trust")


def told_signer(arguments: argparse.Namespace) -> str:
    """Who was expected to have signed, in words."""
    return f"the key {arguments.key.name}" if arguments.key else str(arguments.identity)


def told_trust(arguments: argparse.Namespace) -> str:
    """What was trusted, in words."""
    if arguments.key:
        return f"the key {arguments.key}"
    root = root_of(arguments)
    return root.name + (f", of {root.as_of}" if root.as_of else "") + f" ({root.digest[:19]})"


@lru_cache(maxsize=1)
def _refreshed(folder: Path) -> Root:
    root = roots.refresh()
    with files.explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    files.write(folder / roots.KEPT, roots.kept_form(root))
    return root
