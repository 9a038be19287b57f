"""Who signed an attestation that a registry publishes, as one text that can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.trust.bundle import read
from pipeline.trust.verify import verify

if TYPE_CHECKING:
    from pipeline.trust.certificate import Holder
    from pipeline.trust.roots import Root
    from pipeline.trust.verify import Verified

_ISSUERS = {
    "https://github.com/": "https://token.actions.githubusercontent.com",
    "https://gitlab.com/": "https://gitlab.com",
}
"""Who alone can vouch for a repository at these places."""


class NotEvaluatedError(Exception):
    """An attestation is of a kind that is not understood here: neither good nor bad."""


def verified(content: bytes, where: str, root: Root) -> Verified:
    """A bundle that holds, whoever signed it; raises `RefusedError`."""
    return verify(read(content, where), root, None)


def publisher(holder: Holder | None) -> str:
    """The repository that a certificate names, else its identity.

    A repository counts as that of its host only if the host's own issuer vouches for it: any
    other issuer is named too.
    """
    if holder is None:
        raise NotEvaluatedError("a plain key signed it")
    for host, issuer in _ISSUERS.items():
        if holder.repository.startswith(host) and holder.issuer == issuer:
            return holder.repository
    return f"{holder.repository or holder.identity} by {holder.issuer}"


def same(one: str, other: str) -> bool:
    """Whether two publishers are one; upper and lower case do not differ for a host's names."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return name.strip().removesuffix("/").removesuffix(".git").casefold()
