// Builds the pinned Trivy from its released module: see pipeline/tools/gomodule.py.
module supply-chain.invalid/trivy

go 1.26.3

require github.com/aquasecurity/trivy v0.74.0
