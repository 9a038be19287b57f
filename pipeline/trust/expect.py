"""Who is expected to have signed: compared with what the certificate says, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    from pipeline.trust.certificate import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Who is expected to have signed. "" means that it does not matter, except for the first two.

    `repository` is an address or "owner/name". `workflow` is the workflow that was started: its
    path in the repository, or its address with or without "@" and the ref. `ref` is a full one,
    such as "refs/tags/v1". `runner_environment` is "github-hosted" or "self-hosted".
    """

    identity: str
    issuer: str
    repository: str = ""
    workflow: str = ""
    ref: str = ""
    runner_environment: str = ""
    commit: str = ""

    def check(self, holder: Holder, where: str = "") -> None:
        """Raise `RefusedError` with the first claim of the certificate that is another."""
        for step, wanted, found, same in (
            ("identity", self.identity, holder.identity, holder.identity == self.identity),
            ("issuer", self.issuer, holder.issuer, holder.issuer == self.issuer),
            ("repository", self.repository, holder.repository, self._repository(holder)),
            ("workflow", self.workflow, holder.build_config, self._workflow(holder)),
            ("ref", self.ref, holder.ref, holder.ref == self.ref),
            (
                *("runner environment", self.runner_environment, holder.runner_environment),
                holder.runner_environment == self.runner_environment,
            ),
            ("commit", self.commit, holder.commit, holder.commit == self.commit),
        ):
            needed = wanted or step in {"identity", "issuer"}
            if needed and not same:
                raise RefusedError(
                    step, f"signed by {found or 'nobody'}, expected was {wanted}", where=where
                )

    def _repository(self, holder: Holder) -> bool:
        if "://" in self.repository:
            return holder.repository == self.repository
        return urlsplit(holder.repository).path.strip("/") == self.repository

    def _workflow(self, holder: Holder) -> bool:
        place = holder.build_config.rpartition("@")[0]
        if "://" in self.workflow:
            return self.workflow in {place, holder.build_config}
        return bool(holder.repository) and place == f"{holder.repository}/{self.workflow}"
