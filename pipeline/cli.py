"""The command line: what can be asked for, and faults into exit codes.

Imports nothing that a verb does not need: `--help` answers as fast as the interpreter starts.
"""

from __future__ import annotations

import argparse
import sys

from pipeline import __version__
from pipeline.errors import ExitCode, PipelineError

TYPE_CHECKING = False  # importing it from `typing` takes a tenth of the whole time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

_EPILOG = """\
examples:
  supply-chain run                          everything, on the folder you stand in
  supply-chain run ../service --offline     another repository, from the local advisories
  supply-chain run --image ./build/app:1.0  a built image, too: a layout, archive or registry's
  supply-chain diff main...HEAD             what this branch does to the dependencies
  supply-chain run --base origin/main       judge only what it brings in
  supply-chain advisories update            fetch today's advisories, for offline runs
  supply-chain demo                         a report to look at, from a bundled example
  supply-chain sbom -o bom.json             its software bill of materials
  supply-chain sign dist/*                  the report and what was built
  supply-chain verify --help                how to check such signatures
  supply-chain explain DEP-03               what a rule, control, status or exit code means

exit codes:
  0 compliant   1 policy violated   2 usage or configuration
  3 evidence incomplete   4 signature not made or not verified   130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer with its exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    chosen = next((word for word in words if not word.startswith("-")), "")
    arguments = make_parser(chosen).parse_args(words)

    import gc  # noqa: PLC0415 - not for `--help`
    import signal  # noqa: PLC0415 - as above
    from importlib import import_module  # noqa: PLC0415

    # Runs are short and keep what they make: looking through it again and again frees nothing.
    gc.set_threshold(100_000, 50, 100)
    # A cancelled CI job sends SIGTERM: end the tools we started, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        command = import_module(f"pipeline.commands.{arguments.verb}")
        return int(command.execute(arguments))
    except PipelineError as error:
        _complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away; nothing more can be said to it.
        sys.stderr.close()
        return ExitCode.INCOMPLETE
    # Python's own exit code for a crash is 1, which would read as "policy violated".
    except Exception:  # noqa: BLE001
        import traceback  # noqa: PLC0415 - on a crash only

        traceback.print_exc()
        sys.stderr.write("error: a fault in the pipeline itself; please report it\n")
        return ExitCode.INCOMPLETE


def _complain(error: PipelineError) -> None:
    from pipeline.text import plain  # noqa: PLC0415 - on an error only

    first, *rest = str(error).splitlines()
    sys.stderr.write(f"error: {plain(first)}\n")
    for line in rest:
        sys.stderr.write(f"  {plain(line)}\n")


def make_parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The command line: all of it, or with the arguments of the `chosen` verb only.

    The arguments of verbs that nobody asked for would cost a third of the time of `--help`.
    """
    parser = argparse.ArgumentParser(
        prog="supply-chain",
        description="Is this supply chain acceptable, and how do you know?",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"supply-chain {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND", required=True)
    for name, (text, fill) in _VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text + ".", allow_abbrev=False)
        if chosen in {None, name}:
            verb.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
            fill(verb)
    return parser


def _run(parser: argparse.ArgumentParser) -> None:
    _plan(parser)
    parser.add_argument("--json", action="store_true", help="print report.json")


def _plan(parser: argparse.ArgumentParser) -> None:
    _target(parser)
    _planning(parser)


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="default: every planned one")
    _output(parser)


def _gate(parser: argparse.ArgumentParser) -> None:
    _output(parser)
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def _diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "range",
        metavar="BASE[..HEAD]",
        help="two commits, or one to compare the folder with; BASE...HEAD starts where they parted",
    )
    _target(parser)
    _asking(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print a pull request comment")


def _discover(parser: argparse.ArgumentParser) -> None:
    _target(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


_INIT_EPILOG = """\
examples:
  supply-chain init                         policy, workflow, updates, hook and sessions, here
  supply-chain init --dry-run ../service    what it would write there
  supply-chain init --with dockerfile,nginx --without pre-commit
"""


def _init(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _INIT_EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "path", nargs="?", type=_path, default=".", metavar="PATH", help="default: here"
    )
    parser.add_argument(
        "--with",
        dest="with_",
        action="append",
        default=[],
        metavar="NAMES",
        help="more starters, by commas: dockerfile, compose, kubernetes, nginx, gitlab, azure,"
        " publish, comment",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="NAMES",
        help="none of these: settings, workflow, updates, pre-commit, nox",
    )
    parser.add_argument("--renovate", action="store_true", help="Renovate instead of Dependabot")
    parser.add_argument(
        "--tool-ref",
        metavar="COMMIT",
        help="the full id of the commit to call; default: the one this release was made of",
    )
    parser.add_argument("--tool-repository", metavar="OWNER/NAME", help="where that commit is")
    parser.add_argument(
        "--tool-version", metavar="VERSION", help="which version that commit is: v1.2.3"
    )
    parser.add_argument(
        "-y", "--yes", "--force", action="store_true", help="change existing files without asking"
    )
    parser.add_argument("--dry-run", action="store_true", help="show every change; write nothing")


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", help="default: list everything there is")


def _target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", nargs="?", type=_path, default=".", metavar="PATH", help="default: here"
    )
    parser.add_argument(
        "--config",
        type=_path,
        metavar="FILE",
        help="the policy; default: supply-chain.yml of the folder you stand in, if that is PATH",
    )


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", type=_path, metavar="DIR", help="default: .supply-chain in PATH"
    )


def _planning(parser: argparse.ArgumentParser) -> None:
    _output(parser)
    parser.add_argument(
        "--only", action="append", default=[], metavar="CHECK", help="only this check (repeatable)"
    )
    parser.add_argument(
        "--trivy-db",
        type=_path,
        metavar="DIR",
        help="a folder with Trivy's cache, used as it is; default: fetched once a day",
    )
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="REF",
        help="also look at this built image (repeatable): registry/name:tag, ./layout[:tag],"
        " ./archive.tar",
    )
    parser.add_argument(
        "--platform", metavar="OS/ARCH", help="of the images of --image; default: every one"
    )
    parser.add_argument(
        "--base",
        metavar="COMMIT",
        help="judge only what the change since COMMIT brings into the dependencies; without a"
        " usable one everything is judged, and the report says why",
    )
    _asking(parser)


def _tools(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _TOOLS
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    status = actions.add_parser("status", help="which program would run, and how it is verified")
    install = actions.add_parser("install", help="fetch or build a program, and verify it")
    install.add_argument(
        "--route",
        choices=("release", "go-module"),
        help="only this way; default: the release, else the Go module",
    )
    for action in (status, install):
        action.add_argument("names", nargs="*", metavar="NAME", help="default: every one")
    update = actions.add_parser("update", help="fetch today's vulnerability database of Trivy")
    update.add_argument("--java", action="store_true", help="and the index of Java archives")
    for action in actions.choices.values():
        action.add_argument(
            "--config", type=_path, metavar="FILE", help="a policy with paths, digests and mirrors"
        )
        action.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
        action.add_argument("--json", action="store_true", help="print JSON")


_TOOLS = """\
examples:
  supply-chain tools status                     what is here, and whether it may run
  supply-chain tools install trivy              the pinned release: digest and signature checked
  supply-chain tools install trivy --route go-module
                                                the same version, built from its Go module
  supply-chain tools update                     today's database, before checks or going offline

A program that does not match its pin never runs, wherever it stands. SUPPLY_CHAIN_TRIVY names
one of your own; `tools.trivy` in a policy outside the scanned repository may accept another.
"""


def _asking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="no network at all")
    parser.add_argument(
        "--advisories",
        type=_path,
        metavar="FILE",
        help="a store, an OSV export (zip) or a folder of OSV records to rely on",
    )
    parser.add_argument(
        "--as-of",
        type=_day,
        metavar="YYYY-MM-DD",
        help="the day by which ages and expiries are judged; default: today (UTC)",
    )


def _sbom(parser: argparse.ArgumentParser) -> None:
    _target(parser)
    parser.add_argument(
        "--format",
        choices=("json", "xml", "spdx-2.3", "spdx-3.0"),
        default="json",
        help="json and xml are CycloneDX; default: json",
    )
    parser.add_argument("--spec-version", choices=("1.6", "1.7"), help="of CycloneDX; default: 1.7")
    parser.add_argument(
        "--against", type=_path, metavar="FILE", help="make none: hold this SBOM against the locks"
    )
    parser.add_argument(
        "-o", "--output", type=_path, metavar="FILE", help="default: standard output"
    )
    parser.add_argument(
        "--as-of", type=_day, metavar="YYYY-MM-DD", help="the document's day; default: today (UTC)"
    )


def _advisories(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    load = actions.add_parser("import", help="make the store from OSV data and feeds on disk")
    load.add_argument("sources", nargs="*", type=_path, help="OSV export zips or folders")
    load.add_argument("--kev", type=_path, metavar="FILE", help="CISA's known exploited catalogue")
    load.add_argument("--epss", type=_path, metavar="FILE", help="EPSS scores (csv or csv.gz)")
    load.add_argument(
        "--as-of", type=_day, metavar="YYYY-MM-DD", help="the snapshot's date, if known better"
    )
    update = actions.add_parser("update", help="download OSV's exports, KEV and EPSS")
    update.add_argument(
        "--ecosystem", action="append", default=[], metavar="NAME", help="default: PyPI"
    )
    actions.add_parser("status", help="what the store holds, and how old it is")
    serve = actions.add_parser("serve", help="answer OSV's protocol from the store, on loopback")
    serve.add_argument("--port", type=int, default=0, help="default: any free one")
    for action in actions.choices.values():
        action.add_argument("--store", type=_path, metavar="FILE", help="default: in your cache")
        action.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
        action.add_argument("--json", action="store_true", help="print JSON")


def _path(text: str) -> Path:
    from pathlib import Path  # noqa: PLC0415 - not for `--help`

    return Path(text)


def _secrets(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    scan = actions.add_parser("scan", help="look and tell; writes nothing")
    scan.add_argument("--staged", action="store_true", help="only what is about to be committed")
    baseline = actions.add_parser("baseline", help="today's findings as waivers, in YAML")
    baseline.add_argument("--reason", required=True, help="why each of them is acceptable")
    baseline.add_argument("--owner", required=True, help="who answers for it")
    baseline.add_argument(
        "--expires", type=_day, required=True, metavar="YYYY-MM-DD", help="until when"
    )
    baseline.add_argument(
        "-o", "--output", type=_path, metavar="FILE", help="a new file; default: standard output"
    )
    for action in actions.choices.values():
        _target(action)
        action.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")


def _sign(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _SIGN
    parser.add_argument(
        "artefacts", nargs="*", metavar="ARTEFACT", help="a built file, or name@sha256:digest"
    )
    _output(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--key", metavar="KEY", help="a PEM file, or a key elsewhere (awskms:, gcpkms:, hsm: ...)"
    )
    how.add_argument(
        "--identity-token-file", type=_path, metavar="FILE", help="an identity token, for other CI"
    )
    how.add_argument("--unsigned", action="store_true", help="write statements without signatures")
    parser.add_argument(
        "--public-key", type=_path, metavar="FILE", help="the public half of a key elsewhere"
    )
    parser.add_argument(
        "--trust-config", type=_path, metavar="FILE", help="sign with a private Sigstore"
    )
    parser.add_argument(
        "--deadline", type=_seconds, default=300.0, metavar="SECONDS", help="default: 300"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _VERIFY
    parser.add_argument(
        "what",
        nargs="*",
        metavar="PATH",
        help="a report's folder, a report.json, a file, or name@sha256:digest; default: here",
    )
    parser.add_argument(
        "--bundle", type=_path, metavar="FILE", help="default: FILE.sigstore.json beside each file"
    )
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument("--trusted-root", type=_path, metavar="FILE", help="trust these authorities")
    trust.add_argument("--trust-config", type=_path, metavar="FILE", help="those of this instance")
    trust.add_argument("--key", type=_path, metavar="FILE", help="a public key in PEM signed")
    trust.add_argument(
        "--refresh-trust", action="store_true", help="fetch today's public good root first"
    )
    for name, text in (
        ("identity", "who signed: an address or e-mail, exactly"),
        ("issuer", "who vouches for the identity: an address, exactly"),
        ("repository", "the source repository: OWNER/NAME or its address"),
        ("workflow", "the workflow that ran: its path or address"),
        ("ref", "the ref it ran on, such as refs/tags/v1"),
        ("runner-environment", "github-hosted or self-hosted"),
        ("commit", "the commit it ran on"),
    ):
        parser.add_argument(f"--{name}", default="", metavar="TEXT", help=text)
    parser.add_argument(
        "--policy", type=_path, metavar="FILE", help="the verdict was reached by this very file"
    )
    parser.add_argument(
        "--allow-unsigned", action="store_true", help="accept a report that says it is unsigned"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds up to {_LONGEST}")
    return seconds


_LONGEST = 3600
_SIGN = """\
examples:
  supply-chain sign                          in CI, with the identity of the job
  supply-chain sign dist/*                   and what was built
  supply-chain sign shop@sha256:9f86d0...    and an image, by its digest
  supply-chain sign --key signing.pem        with a key; its passphrase is in
                                             SUPPLY_CHAIN_KEY_PASSPHRASE
Nothing is ever signed by way of a browser. Without an identity or a key, the statements are
written unsigned and the exit code is 4.
"""
_VERIFY = """\
examples:
  supply-chain verify --issuer https://token.actions.githubusercontent.com --identity \\
    https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main
  supply-chain verify dist/shop-1.0.tar.gz --bundle attestation.jsonl --identity ... --issuer ...
  supply-chain verify --key signing.pub
Needs no network, but with --refresh-trust.
"""


def _day(text: str) -> date:
    from datetime import date  # noqa: PLC0415 - only where a day is given

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2026-01-31") from None


_VERBS = {
    "run": ("the whole pipeline: plan, every check, report, gate", _run),
    "plan": ("start a run: discover the target, settle the policy", _plan),
    "check": ("run checks of the planned run and record their evidence", _check),
    "report": ("judge the evidence and write the report", _output),
    "gate": ("turn the report's verdict into the exit code", _gate),
    "diff": ("what a change does to the dependencies; judges nothing", _diff),
    "discover": ("show what is in a repository; writes nothing", _discover),
    "advisories": ("the local store of advisories", _advisories),
    "demo": ("the whole job on a bundled example; needs no network", _output),
    "sbom": ("the software bill of materials, as one document", _sbom),
    "secrets": ("search for secrets, or record accepted ones", _secrets),
    "init": ("files for a repository: policy, workflow, updates, hook, sessions", _init),
    "sign": ("sign the report, its files and build artefacts, and attest the verdict", _sign),
    "verify": ("check signatures of a report or an artefact, and what they sign", _verify),
    "tools": ("programs from outside the package index: look at them, install them", _tools),
    "explain": ("what a rule, control, status, reason or exit code means", _explain),
}
