"""`python -m pipeline` is the same as `supply-chain`."""

from __future__ import annotations

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main())
