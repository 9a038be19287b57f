"""The arguments of each verb; `pipeline/commands/` holds what it does with them."""

from __future__ import annotations

import argparse

from pipeline.cli.examples import EXAMPLES
from pipeline.cli.shared import (
    add_asking,
    add_images,
    add_output,
    add_planning,
    add_quiet,
    add_target,
    day,
    path,
    seconds,
)

TYPE_CHECKING = False  # as in the room itself
if TYPE_CHECKING:
    from collections.abc import Callable


def fill(parser: argparse.ArgumentParser, verb: str) -> None:
    """Add the arguments of a verb to its parser, and examples of them."""
    add_quiet(parser)
    _ARGUMENTS[verb](parser)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES[verb]


def _run(parser: argparse.ArgumentParser) -> None:
    _plan(parser)
    parser.add_argument("--json", action="store_true", help="print report.json")


def _plan(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    add_planning(parser)


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="default: every planned one")
    add_output(parser)


def _gate(parser: argparse.ArgumentParser) -> None:
    add_output(parser)
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def _diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "range",
        metavar="BASE[..HEAD]",
        help="two commits, or one to compare the folder with; BASE...HEAD starts where they parted",
    )
    add_target(parser)
    add_asking(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print a pull request comment")


def _discover(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", nargs="?", type=path, default=".", metavar="PATH", help="default: here"
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


def _demo(parser: argparse.ArgumentParser) -> None:
    add_output(parser, default=".supply-chain/demo, here")


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", metavar="ID", help="default: list everything there is")


def _tools(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    status = actions.add_parser("status", help="which program would run, and how it is verified")
    install = actions.add_parser("install", help="fetch or build a program, and verify it")
    install.add_argument(
        "--route",
        choices=("release", "go-module"),
        help="only this way; default: the release, else the Go module",
    )
    install.add_argument(
        "--planned",
        type=path,
        metavar="FOLDER",
        help="what the run that was planned in this output folder cannot do without, and no more",
    )
    for action in (status, install):
        action.add_argument("names", nargs="*", metavar="NAME", help="default: every one")
    update = actions.add_parser("update", help="fetch today's vulnerability database of Trivy")
    update.add_argument("--java", action="store_true", help="and the index of Java archives")
    for action in actions.choices.values():
        action.add_argument(
            "--config", type=path, metavar="FILE", help="a policy with paths, digests and mirrors"
        )
        add_quiet(action)
        action.add_argument("--json", action="store_true", help="print JSON")


def _sbom(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument(
        "--format",
        choices=("json", "xml", "spdx-2.3", "spdx-3.0"),
        default="json",
        help="json and xml are CycloneDX; default: json",
    )
    parser.add_argument("--spec-version", choices=("1.6", "1.7"), help="of CycloneDX; default: 1.7")
    parser.add_argument(
        "--against", type=path, metavar="FILE", help="make none: hold this SBOM against the locks"
    )
    parser.add_argument(
        "--convert",
        type=path,
        metavar="FILE",
        help="make none: write this one, as a run left it, in the format asked for",
    )
    parser.add_argument(
        "-o", "--output", type=path, metavar="FILE", help="default: standard output"
    )
    parser.add_argument(
        "--as-of", type=day, metavar="YYYY-MM-DD", help="the document's day; default: today (UTC)"
    )


def _advisories(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    load = actions.add_parser("import", help="make the store from OSV data and feeds on disk")
    load.add_argument("sources", nargs="*", type=path, help="OSV export zips or folders")
    load.add_argument("--kev", type=path, metavar="FILE", help="CISA's known exploited catalogue")
    load.add_argument("--epss", type=path, metavar="FILE", help="EPSS scores (csv or csv.gz)")
    load.add_argument(
        "--as-of", type=day, metavar="YYYY-MM-DD", help="the snapshot's date, if known better"
    )
    update = actions.add_parser("update", help="download OSV's exports, KEV and EPSS")
    update.add_argument(
        "--ecosystem", action="append", default=[], metavar="NAME", help="default: PyPI"
    )
    actions.add_parser("status", help="what the store holds, and how old it is")
    serve = actions.add_parser("serve", help="answer OSV's protocol from the store, on loopback")
    serve.add_argument("--port", type=int, default=0, help="default: any free one")
    for action in actions.choices.values():
        action.add_argument("--store", type=path, metavar="FILE", help="default: in your cache")
        add_quiet(action)
        action.add_argument("--json", action="store_true", help="print JSON")


def _secrets(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    scan = actions.add_parser("scan", help="look and tell; writes nothing")
    scan.add_argument("--staged", action="store_true", help="only what is about to be committed")
    baseline = actions.add_parser("baseline", help="today's findings as waivers, in YAML")
    baseline.add_argument("--reason", required=True, help="why each of them is acceptable")
    baseline.add_argument("--owner", required=True, help="who answers for it")
    baseline.add_argument(
        "--expires", type=day, required=True, metavar="YYYY-MM-DD", help="until when"
    )
    baseline.add_argument(
        "-o", "--output", type=path, metavar="FILE", help="a new file; default: standard output"
    )
    for action in actions.choices.values():
        add_target(action)
        add_images(action)
        add_quiet(action)


def _sign(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "artefacts", nargs="*", metavar="ARTEFACT", help="a built file, or name@sha256:digest"
    )
    add_output(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--key", metavar="KEY", help="a PEM file, or a key elsewhere (awskms:, gcpkms:, hsm: ...)"
    )
    how.add_argument(
        "--identity-token-file", type=path, metavar="FILE", help="an identity token, for other CI"
    )
    how.add_argument("--unsigned", action="store_true", help="write statements without signatures")
    parser.add_argument(
        "--public-key", type=path, metavar="FILE", help="the public half of a key elsewhere"
    )
    parser.add_argument(
        "--trust-config", type=path, metavar="FILE", help="sign with a private Sigstore"
    )
    parser.add_argument(
        "--deadline", type=seconds, default=300.0, metavar="SECONDS", help="default: 300"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="*",
        metavar="PATH",
        help="a report's folder, a report.json, a file, or name@sha256:digest; default: here",
    )
    parser.add_argument(
        "--bundle", type=path, metavar="FILE", help="default: FILE.sigstore.json beside each file"
    )
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument("--trusted-root", type=path, metavar="FILE", help="trust these authorities")
    trust.add_argument(
        "--trust-config", type=path, metavar="FILE", help="trust this private Sigstore"
    )
    trust.add_argument("--key", type=path, metavar="FILE", help="trust this public key alone (PEM)")
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
        "--policy", type=path, metavar="FILE", help="the verdict was reached by this very file"
    )
    parser.add_argument(
        "--allow-unsigned", action="store_true", help="accept a report that says it is unsigned"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


_ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "run": _run,
    "plan": _plan,
    "check": _check,
    "report": add_output,
    "gate": _gate,
    "diff": _diff,
    "discover": _discover,
    "advisories": _advisories,
    "demo": _demo,
    "sbom": _sbom,
    "secrets": _secrets,
    "init": _init,
    "sign": _sign,
    "verify": _verify,
    "tools": _tools,
    "explain": _explain,
}
