"""`python -m pipeline.actions VERB`, inside a job."""

from __future__ import annotations

import sys

from pipeline.actions.entry import main

if __name__ == "__main__":
    sys.exit(main())
