"""`supply-chain sign`: sign the report and what was built, and attest the verdict.

With `--key`, the key signs; else the identity of the CI job around, or of the token in a file.
Without either, the statements are written unsigned, and the exit code says so.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.errors import ExitCode, UsageError
from pipeline.signing import manifest as digests
from pipeline.signing.sign import drop_stale, sign, within, write_unsigned
from pipeline.text import plain

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pipeline.signing.deadline import Deadline
    from pipeline.signing.sign import Signed, Signer

_NOBODY = (
    "NOT SIGNED: no CI job around with an identity, and no --key\n"
    "  To mend it: run it in a CI job that may ask for one (`id-token: write`), or give --key;"
    " --unsigned says that this is meant\n"
)


def execute(arguments: argparse.Namespace) -> int:
    """Sign, tell what was signed and by whom."""
    if arguments.public_key and not arguments.key:
        raise UsageError("--public-key is for a key elsewhere", fix="give --key, too")
    if arguments.trust_config and (arguments.key or arguments.unsigned):
        raise UsageError("--trust-config is for signing with an identity", fix="leave one out")
    output = stages.resumed(arguments.output)
    output.unsign()
    manifest = digests.gather(output.folder, arguments.artefacts)
    drop_stale((item.path, item.sha256) for item in manifest.artefacts if item.path)
    signed, signer = _sign(output.folder, manifest, arguments)
    _show(signed, signer, arguments, output.folder)
    if signer or arguments.unsigned:
        return ExitCode.COMPLIANT
    sys.stderr.write(_NOBODY)
    return ExitCode.UNSIGNED


def _sign(
    folder: Path, manifest: digests.Manifest, arguments: argparse.Namespace
) -> tuple[Signed, Signer | None]:
    """What was written, and who signed it; `None` for nobody."""
    if arguments.unsigned:
        return write_unsigned(folder, manifest), None
    from pipeline.signing.deadline import Deadline  # noqa: PLC0415 - only where it is signed

    deadline = Deadline(arguments.deadline)
    signer = within(deadline, lambda: _signer(arguments, deadline))
    if signer is None:
        return write_unsigned(folder, manifest), None
    return sign(folder, manifest, signer, deadline), signer


def _signer(arguments: argparse.Namespace, deadline: Deadline) -> Signer | None:
    if arguments.key:
        from pipeline.signing.keys import open_key  # noqa: PLC0415 - only with a key

        return open_key(arguments.key, arguments.public_key)
    from pipeline.signing import ambient  # noqa: PLC0415 - only without a key

    token_file = arguments.identity_token_file
    token = ambient.read(token_file) if token_file else ambient.find()
    if token is None:
        return None
    from pipeline.signing.keyless import open_keyless  # noqa: PLC0415 - as above

    return open_keyless(token, token_file, arguments.trust_config, deadline)


def _show(
    signed: Signed, signer: Signer | None, arguments: argparse.Namespace, folder: Path
) -> None:
    if arguments.json:
        from pipeline.store import encode  # noqa: PLC0415 - for JSON only

        document = {
            "signed_by": signer.told if signer else None,
            "statements": [item.name for item in signed.statements],
            "not_claimed": {item.name: item.why for item in signed.omitted},
            "written": [str(path) for path in signed.written],
        }
        sys.stdout.write(encode(document).decode())
        return
    if arguments.quiet:
        return
    bundles = sum(path.name.endswith(digests.BUNDLE) for path in signed.written)
    lines = [f"signed by {plain(signer.told)}" if signer else "NOT SIGNED"]
    lines.append(f"{bundles} signatures, {len(signed.statements)} statements, in {folder}")
    lines += [f"not claimed: {item.name}: {plain(item.why)}" for item in signed.omitted]
    if signer:
        lines.append(f"to verify: supply-chain verify {_expectation(signer, arguments, folder)}")
    sys.stdout.write("\n".join(lines) + "\n")


def _expectation(signer: Signer, arguments: argparse.Namespace, folder: Path) -> str:
    """The arguments with which others accept what was signed here, and nothing else."""
    from shlex import join  # noqa: PLC0415 - only where something was signed

    words = [str(folder), *arguments.artefacts]
    if signer.holder is None:
        return plain(join([*words, "--key", "PUBLIC_KEY"]))
    if arguments.trust_config:
        words += ["--trust-config", str(arguments.trust_config)]
    words += ["--identity", signer.holder.identity, "--issuer", signer.holder.issuer]
    return plain(join(words), limit=1 << 20)
