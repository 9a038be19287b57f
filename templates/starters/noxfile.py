"""The sessions of this project: its supply chain's, and its own beside them.

    python3 -m pip install 'supply-chain-pipeline[nox]'
    nox                  the whole pipeline on this repository
    nox -l               what else there is
"""

from pipeline import sessions

sessions.register()
