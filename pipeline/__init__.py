"""Supply-chain checks that never say yes when they do not know.

See `docs/architecture.md` for the way a repository becomes a report.
"""

__version__ = "0.1.0"
