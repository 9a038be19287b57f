"""The frameworks that controls map to: what each is called, which edition, how well we know it.

A mapping means that a control's result is evidence for a requirement; what a framework as a
whole asks is for people to judge. An edition stands here alone, so moving to a new one starts
here.
"""

from __future__ import annotations

from dataclasses import dataclass

_SOURCE = "from the framework's own text"
_SECONDARY = "from libraries that quote it; the text itself is not free or was not at hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """One edition of one framework.

    `basis` says where its requirement ids were checked. `total` is how many requirements the
    edition has, and is `None` unless its own text says so.
    """

    id: str
    title: str
    version: str
    basis: str = _SOURCE
    note: str = ""
    total: int | None = None


OSPS = Framework(
    id="OSPS-2026.02.19",
    title="OpenSSF Open Source Project Security Baseline",
    version="2026.02.19",
    note="three maturity levels, each including the ones below",
    total=64,
)
SLSA = Framework(
    id="SLSA-1.2",
    title="Supply-chain Levels for Software Artifacts",
    version="1.2",
    note="requirements have anchors, not numbers; prefixed by track: build, source",
)
SCORECARD = Framework(
    id="Scorecard-5.5.0",
    title="OpenSSF Scorecard",
    version="5.5.0",
    note="requirements are check names; two of them are experimental",
    total=20,
)
SSDF = Framework(
    id="SSDF-1.1",
    title="NIST SP 800-218, Secure Software Development Framework",
    version="1.1",
    note="1.2 is a draft",
)
SCVS = Framework(
    id="SCVS-1.0",
    title="OWASP Software Component Verification Standard",
    version="1.0",
)
ASVS = Framework(
    id="ASVS-5.0.0",
    title="OWASP Application Security Verification Standard",
    version="5.0.0",
    note="numbered anew since 4.x",
)
OWASP_TOP10 = Framework(
    id="OWASP-Top10-2025",
    title="OWASP Top 10",
    version="2025",
    note="requirements are categories",
    total=10,
)
S2C2F = Framework(
    id="S2C2F-1.1",
    title="Secure Supply Chain Consumption Framework",
    version="1.1",
)
CIS_SSC = Framework(
    id="CIS-SSC-1.0",
    title="CIS Software Supply Chain Security Guide",
    version="1.0",
    note="ids only: its text is not free",
)
CIS_DOCKER = Framework(
    id="CIS-Docker-1.6.0",
    title="CIS Docker Benchmark",
    version="1.6.0",
    basis=_SECONDARY,
    note="section 4",
)
PCI_DSS = Framework(
    id="PCI-DSS-4.0.1",
    title="Payment Card Industry Data Security Standard",
    version="4.0.1",
    basis=_SECONDARY,
    note="ids only",
)
SOC2 = Framework(
    id="SOC2-TSC",
    title="SOC 2 Trust Services Criteria",
    version="2017, revised 2022",
    basis=_SECONDARY,
    note="ids only",
)
ISO27001 = Framework(
    id="ISO27001-2022",
    title="ISO/IEC 27001, Annex A",
    version="2022",
    basis=_SECONDARY,
    note="ids only",
)
CRA = Framework(
    id="CRA-2024/2847",
    title="EU Cyber Resilience Act",
    version="2024/2847",
    basis=_SECONDARY,
    note="points of Annex I and II",
)
NIST_800_53 = Framework(
    id="NIST-800-53r5",
    title="NIST SP 800-53, Security and Privacy Controls",
    version="revision 5",
)
NIST_800_190 = Framework(
    id="NIST-800-190",
    title="NIST SP 800-190, Application Container Security Guide",
    version="2017",
    basis=_SECONDARY,
    note="countermeasures, section 4",
)
FEDRAMP_20X = Framework(
    id="FedRAMP-20x-KSI",
    title="FedRAMP 20x Key Security Indicators",
    version="0.9.43-beta",
    note="a beta: ids still move",
)
CISA_SBOM = Framework(
    id="CISA-SBOM-2026",
    title="CISA Minimum Elements for a Software Bill of Materials",
    version="2026 v2.1",
    basis=_SECONDARY,
    note="requirements are element names",
)
CWE = Framework(
    id="CWE",
    title="Common Weakness Enumeration",
    version="as listed by the OWASP Top 10 of 2025",
    basis=_SECONDARY,
)

FRAMEWORKS: dict[str, Framework] = {
    framework.id: framework
    for framework in (
        *(OSPS, SLSA, SCORECARD, SSDF, SCVS, ASVS, OWASP_TOP10, S2C2F, CIS_SSC, CIS_DOCKER),
        *(PCI_DSS, SOC2, ISO27001, CRA, NIST_800_53, NIST_800_190, FEDRAMP_20X, CISA_SBOM, CWE),
    )
}
"""Every framework by its id, which is what `model.Requirement.framework` holds."""
