"""Commands and actions that audit dependencies, and whether they fail for a finding."""

from __future__ import annotations

import pytest

from pipeline.discover.audits import audit_of_action, audit_of_command


@pytest.mark.parametrize(
    ("command", "name", "fails"),
    [
        ("pip-audit", "pip-audit", True),
        ("pip-audit -r requirements.txt --index-url https://u:secret@x", "pip-audit", True),
        ("pip-audit --exit-zero", "pip-audit", False),
        ("python -m pip_audit", "pip-audit", True),
        ("python3.12 -W ignore -m pip_audit", None, False),
        ("FOO=1 BAR=2 .venv/bin/pip-audit", "pip-audit", True),
        ("uvx pip-audit@2.9.0 .", "pip-audit", True),
        ("uvx --from pip-audit==2 pip-audit", "pip-audit", True),
        ("uv tool run pip-audit", "pip-audit", True),
        ("uv run --with pip-audit --locked pip-audit", "pip-audit", True),
        ("uv run --with pip-audit pytest", None, False),
        ("poetry run pip-audit", "pip-audit", True),
        ("sudo -E env X=1 pip-audit.exe", "pip-audit", True),
        ("pip-audit --version", None, False),
        ("pip-audit --help", None, False),
        ("pip-audit --dry-run", None, False),
        ("pip install pip-audit", None, False),
        ("echo pip-audit", None, False),
        ("osv-scanner scan -r .", "osv-scanner", True),
        ("osv-scanner --version", None, False),
        ("npm audit --audit-level=high", "npm audit", True),
        ("npm audit fix", None, False),
        ("npm audit signatures", None, False),
        ("npm ci", None, False),
        ("pnpm audit", "pnpm audit", True),
        ("bun audit", "bun audit", True),
        ("yarn npm audit --all", "yarn npm audit", True),
        ("yarn audit", "yarn audit", True),
        ("uv audit", "uv audit", True),
        ("uv --preview audit", "uv audit", True),
        ("uv sync", None, False),
        ("cargo +nightly audit", "cargo audit", True),
        ("cargo audit fix", None, False),
        ("cargo-audit audit", "cargo-audit audit", True),
        ("cargo build", None, False),
        ("trivy fs --exit-code 1 .", "trivy fs", True),
        ("trivy fs --exit-code=2 .", "trivy fs", True),
        ("trivy fs --exit-code 0 .", "trivy fs", False),
        ("trivy fs .", "trivy fs", False),
        ("trivy --quiet repo --exit-code", "trivy repo", False),
        ("trivy fs --scanners secret,misconfig .", None, False),
        ("trivy fs --scanners vuln,secret --exit-code 1 .", "trivy fs", True),
        ("trivy image x", None, False),
        ("trivy", None, False),
        ("govulncheck ./...", "govulncheck", True),
        ("govulncheck -json ./...", "govulncheck", False),
        ("govulncheck -format sarif ./...", "govulncheck", False),
        ("govulncheck -format=text ./...", "govulncheck", True),
        ("supply-chain run", "supply-chain run", True),
        ("supply-chain run . --offline", "supply-chain run", True),
        ("python -m pipeline gate", "supply-chain gate", True),
        ("supply-chain check dependencies", "supply-chain check", False),
        ("supply-chain check", "supply-chain check", False),
        ("supply-chain check secrets", None, False),
        ("supply-chain report", None, False),
        ("supply-chain", None, False),
        ("supply-chain run --help", None, False),
        ("nox", "nox", True),
        ("nox -- --target x -s", "nox", True),
        ("python -m nox --error-on-missing-interpreters", "nox", True),
        ("nox -s dependencies", "nox -s dependencies", False),
        ("nox -s lint gate", "nox -s gate", True),
        ("nox --session=gate", "nox -s gate", True),
        ("nox -s lint", None, False),
        ("nox -l", None, False),
        ("nox -t security", None, False),
        ("nox -f other.py", None, False),
        ("FOO=1", None, False),
        ("env", None, False),
    ],
)
def test_which_commands_audit(command: str, name: str | None, fails: bool) -> None:
    found = audit_of_command(command.split(), nox_audits=True)
    assert found == ((name, fails) if name else None)


def test_nox_is_an_audit_only_with_sessions_that_audit() -> None:
    assert audit_of_command(["nox"], nox_audits=False) is None


@pytest.mark.parametrize(
    ("uses", "inputs", "fails"),
    [
        ("pypa/gh-action-pip-audit@v1", {}, True),
        ("PyPA/gh-action-pip-audit@1234", {}, True),
        ("google/osv-scanner-action/osv-scanner-action@v2", {}, True),
        ("google/osv-scanner-action/.github/workflows/osv-scanner-reusable.yml@v2", {}, True),
        ("google/osv-scanner-action@v1", {"fail-on-vuln": "false"}, False),
        ("aquasecurity/trivy-action@0.30", {}, False),
        ("aquasecurity/trivy-action@0.30", {"exit-code": "1"}, True),
        ("aquasecurity/trivy-action@0.30", {"exit-code": "0"}, False),
        ("aquasecurity/trivy-action@0.30", {"exit-code": "${{ x }}"}, False),
        ("actions/dependency-review-action@v4", {}, True),
        ("actions/dependency-review-action@v4", {"warn-only": "true"}, False),
        ("anchore/scan-action@v6", {}, True),
        ("anchore/scan-action@v6", {"fail-build": "false"}, False),
        ("anchore/scan-action@v6", {"fail-build": "${{ inputs.x }}"}, False),
        ("some/where/.github/workflows/scan.yml@main", {}, True),
        ("a/b/.github/workflows/full.yml@main", {"fail-on": "low", "checks": "auto"}, True),
        ("a/b/.github/workflows/scan.yml@main", {"fail-on": "never"}, False),
        ("a/b/.github/workflows/scan.yml@x", {"checks": "secrets\ndependencies"}, True),
        ("a/b/.github/workflows/scan.yml@x", {"checks": "secrets, workflows"}, None),
        ("a/b/.github/workflows/scan.yml@x", {"checks": "${{ inputs.checks }}"}, None),
        ("a/b/.github/workflows/scan.yml@x", {"fail-on": "${{ inputs.level }}"}, None),
        ("some/where/.github/workflows/full.yaml@main", {}, True),
        ("some/where/.github/workflows/build.yml@main", {}, None),
        ("pypa/gh-action-pip-auditor@v1", {}, None),
        ("actions/checkout@v5", {}, None),
        ("", {}, None),
    ],
)
def test_which_actions_audit(uses: str, inputs: dict[str, str], fails: bool | None) -> None:
    found = audit_of_action(uses, lambda name: inputs.get(name, ""))
    assert found == (None if fails is None else (uses, fails))
