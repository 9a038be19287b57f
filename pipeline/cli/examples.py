"""Examples of each verb, as `supply-chain VERB --help` ends with them."""

from __future__ import annotations

EXAMPLES = {
    "run": """\
examples:
  supply-chain run                                  the folder you stand in
  supply-chain run ../service --config policy.yml   another one, by a policy of yours
  supply-chain run --offline --advisories all.zip   no network, from an export of OSV's
  supply-chain run --only dependencies --only secrets
  supply-chain run --image registry.example.org/shop:1.0 --platform linux/amd64
  supply-chain run --base origin/main               only what a change brings in
""",
    "plan": """\
examples:
  supply-chain plan                               a run of every check, here
  supply-chain plan ../service -o out             of another repository, kept elsewhere
  supply-chain plan --only lockfiles --offline    of one check, without a network

`check`, `report` and `gate` follow, each with the same -o.
""",
    "check": """\
examples:
  supply-chain check                              every planned check, side by side
  supply-chain check secrets -o out               one of them, of the run planned in out
""",
    "report": """\
examples:
  supply-chain report                             of the checks that ran here
  supply-chain report -o out                      of the run planned in out
""",
    "gate": """\
examples:
  supply-chain gate                               exit code 0 only where it is compliant
  supply-chain gate --json -o out                 the verdict of the run in out, for machines
""",
    "diff": """\
examples:
  supply-chain diff main...HEAD                   what this branch does, since it left main
  supply-chain diff v1.0..v1.1 --markdown         between two releases, as a comment
  supply-chain diff HEAD --offline                what is not committed yet
""",
    "discover": """\
examples:
  supply-chain discover                           projects, locks, images, CI: here
  supply-chain discover ../service --json         of another repository, for machines
""",
    "advisories": """\
examples:
  supply-chain advisories update                  OSV's export for PyPI, KEV and EPSS
  supply-chain advisories update --ecosystem PyPI --ecosystem npm
  supply-chain advisories import all.zip --as-of 2026-11-01
                                                  from files on disk, of a known day
  supply-chain advisories status                  how old it is
  supply-chain advisories serve --port 8080       for other tools that ask OSV

`supply-chain advisories ACTION --help` tells the options of each.
""",
    "demo": """\
examples:
  supply-chain demo                               then open .supply-chain/demo/report/report.html
""",
    "sbom": """\
examples:
  supply-chain sbom -o bom.json                   CycloneDX 1.7
  supply-chain sbom --format spdx-2.3 -o bom.spdx.json
  supply-chain sbom --against bom.json            what this SBOM lacks, or has too much
  supply-chain sbom --convert .supply-chain/sbom/1.7/repository.cdx.json --format xml
                                                  a run's own, images included
""",
    "secrets": """\
examples:
  supply-chain secrets scan                       today's files and all of the history
  supply-chain secrets scan --staged              before a commit
  supply-chain secrets baseline --reason "revoked in May" --owner "platform team" \\
    --expires 2027-01-31 -o waivers.yml           accept what is there today, until then

`supply-chain secrets ACTION --help` tells the options of each.
""",
    "init": """\
examples:
  supply-chain init                         policy, workflow, updates, hook and sessions, here
  supply-chain init --dry-run ../service    what it would write there
  supply-chain init --with dockerfile,nginx --without pre-commit
""",
    "sign": """\
examples:
  supply-chain sign                          in CI, with the identity of the job
  supply-chain sign dist/*                   and what was built
  supply-chain sign shop@sha256:9f86d0...    and an image, by its digest
  supply-chain sign --key signing.pem        with a key; its passphrase is in
                                             SUPPLY_CHAIN_KEY_PASSPHRASE
Nothing is ever signed by way of a browser. Without an identity or a key, the statements are
written unsigned and the exit code is 4.
""",
    "verify": """\
examples:
  supply-chain verify --issuer https://token.actions.githubusercontent.com --identity \\
    https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main
  supply-chain verify dist/shop-1.0.tar.gz --bundle attestation.jsonl --identity ... --issuer ...
  supply-chain verify --key signing.pub
Needs no network, but with --refresh-trust.
""",
    "tools": """\
examples:
  supply-chain tools status                     what is here, and whether it may run
  supply-chain tools install trivy              the pinned release: digest and signature checked
  supply-chain tools install trivy --route go-module
                                                the same version, built from its Go module
  supply-chain tools install --planned .supply-chain
                                                what the run planned there needs, if anything
  supply-chain tools update                     today's database, before checks or going offline

A program that does not match its pin never runs, wherever it stands. SUPPLY_CHAIN_TRIVY names
one of your own; `tools.trivy` in a policy outside the scanned repository may accept another.
""",
    "explain": """\
examples:
  supply-chain explain                            everything there is
  supply-chain explain lockfiles/missing-hash     a rule
  supply-chain explain DEP-03                     a control
  supply-chain explain partial                    a status
  supply-chain explain 3                          an exit code
""",
}
