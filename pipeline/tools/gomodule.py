"""A program from its released Go module: built here, and held against what it should be.

The module of ours in `pipeline/tools/go/<name>` asks for one version and carries the checksums of
everything that goes into it (`go.sum`), so that neither a proxy nor a moved tag can slip in other
code; Go refuses what does not fit. What was built then has to say of itself that it comes from
the pinned version with the pinned checksum. `go install <module>@<version>` would not do: it
takes the checksums from a service, and asks the proxy for a list that not every proxy has.

Go's own settings hold for where modules come from (`GOPROXY`) and are kept (`GOMODCACHE`,
`GOCACHE`); nothing else of the environment does.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.files import explained
from pipeline.tools import binaries
from pipeline.tools.pins import MODULES
from pipeline.tools.release import Obtained, UnavailableError
from pipeline.tools.run import Command, run
from pipeline.tools.surroundings import in_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.tools.pins import Pin
    from pipeline.tools.run import Run

_ASKED = ("GOPROXY", "GOMODCACHE", "GOCACHE", "GOTOOLCHAIN")
_BUILD_SECONDS = 3600.0


def build(wanted: Pin, scratch: Path, *, tell: Callable[[str], None] = lambda _: None) -> Obtained:
    """Build the pinned program in `scratch`, an empty folder. Takes minutes the first time.

    `tell` is given what is being done, for people. Raises `UnavailableError` where there is no Go
    or it cannot do it, and `pipeline.tools.binaries.RefusedError` when something else came out.
    """
    go = in_path("go")
    if go is None:
        raise UnavailableError(
            f"{wanted.name} can be built with Go {wanted.module.go} or newer, and there is no Go"
        )
    tell(f"building {wanted.name} {wanted.version} with Go, which takes some minutes")
    work, home, program = scratch / "module", scratch / "home", scratch / wanted.name
    with explained(scratch):
        shutil.copytree(MODULES / wanted.name, work)
        home.mkdir()
    module = wanted.module
    done = run(
        Command(
            argv=(
                *(go, "build", "-mod=readonly", "-trimpath", "-buildvcs=false"),
                *("-ldflags", module.ldflags, "-o", str(program), module.package),
            ),
            timeout=_BUILD_SECONDS,
            env={
                **_settings(go, home),
                "CGO_ENABLED": "0",
                "GOENV": "off",
                "GOEXPERIMENT": module.experiment,
                "GOFLAGS": "",
                "GOWORK": "off",
            },
            network=True,
            label=f"go build {wanted.name}",
        ),
        cwd=work,
        home=home,
    )
    if not done.ok and "checksum mismatch" in done.stderr:
        raise binaries.RefusedError(
            "Go was given other code than the checksums of go.sum stand for",
            where=f"{module.path}@v{wanted.version}",
            fix="look into the module proxy and into Go's module cache",
        )
    if not done.ok:
        raise UnavailableError(f"Go could not build {wanted.name}: {_reason(done)}")
    found = binaries.check(wanted, program, (), obtained="Go")
    return Obtained(
        path=program,
        obtained=f"the released Go module {module.path}@v{wanted.version}, built on this machine",
        verified=f"the checksums of all its modules (go.sum), and {found.record.verified}",
    )


def _settings(go: str, home: Path) -> Mapping[str, str]:
    """Where Go of this user takes modules from and keeps them; raises `IncompleteError`."""
    given = {name: os.environ[name] for name in (*_ASKED, "GOPATH") if name in os.environ}
    done = run(
        Command(
            argv=(go, "env", "-json", *_ASKED),
            env=given | {"HOME": str(Path.home()), "GOTOOLCHAIN": "local"},
            label="go env",
        ),
        cwd=home,
        home=home,
    )
    try:
        told = json.loads(done.stdout)
        found = {name: str(told[name]) for name in _ASKED}
    except (ValueError, KeyError, TypeError) as error:
        raise IncompleteError(f"Go does not tell its settings: {_reason(done)}") from error
    return found | {"GOTOOLCHAIN": given.get("GOTOOLCHAIN", "auto")}


def _reason(done: Run) -> str:
    said = [line for line in done.stderr.strip().splitlines() if line.strip()]
    return ": ".join((done.detail, *(said[-1:])))[:500]
