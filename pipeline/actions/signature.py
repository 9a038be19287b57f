"""The artifact's reports, signed with the identity of the job: all of them or none.

What comes out is what `supply-chain sign` makes of an output folder, so `supply-chain verify`,
cosign and Sigstore's libraries verify it, offline and wherever it is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.actions import publish, scan, verdict
from pipeline.errors import SignatureError
from pipeline.files import write
from pipeline.signing import ambient, manifest
from pipeline.signing.deadline import Deadline
from pipeline.signing.keyless import open_keyless
from pipeline.signing.sign import sign

if TYPE_CHECKING:
    from pipeline.actions.runner import Runner

_SECONDS = 300.0


def sign_all(runner: Runner) -> str:
    """Sign every report of the artifact and say who did.

    Raises `SignatureError` where there is no report, and where the job has no identity: nothing
    is left unsigned in silence.
    """
    folder = runner.artifact
    whole = verdict.read(folder)
    places = [folder / _place(one.folder) for one in whole.projects]
    if not places:
        raise SignatureError("there is no report to sign", fix="look at the job that reports")
    token = ambient.find()
    if token is None:
        raise SignatureError(
            "there is no identity to sign with", fix="run this in a job with `id-token: write`"
        )
    config = runner.environment.get("TRUST_CONFIG", "")
    deadline = Deadline(_SECONDS)
    signer = open_keyless(token, None, Path(config) if config else None, deadline)
    for place in places:
        # The one project of a run has what is of all projects in its folder.
        beside = publish.of_all(whole) if place == folder else ()
        sign(place, manifest.gather(place), signer, deadline, beside=beside)
    if folder not in places:
        (folder / manifest.SUMS).unlink()
        write(folder / manifest.SUMS, scan.sums(folder))
    return signer.told


def _place(folder: str) -> str:
    """A folder that the artifact's own verdict names; raises `SignatureError` for another."""
    key = folder.removeprefix("projects/")
    if folder != "." and (key == folder or not scan.is_key(key)):
        raise SignatureError("names no folder of the artifact", where=verdict.FILE)
    return folder
