"""A noxfile of another project: its own sessions, and the supply chain's beside them.

    python3 -m pip install 'supply-chain-pipeline[nox]'
    nox                  the whole pipeline on this repository
    nox -s tests         the project's own
"""

import nox

from pipeline import sessions

sessions.register()


@nox.session
def tests(session: nox.Session) -> None:
    """Run the project's own tests."""
    session.run("python", "-c", "print('all of them pass')")
