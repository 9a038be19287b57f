"""What the stand-ins for actions do; each behaves as its original where a workflow can tell.

Run by `stubs/*/action.yml` as `stand_in.py ACTION`, with the inputs as JSON in `STUB_INPUTS`.
Sources: the documentation and source of the pinned versions. Standard library only.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

BAD_NAME = re.compile(r'[":<>|*?\r\n\\/]')
"""Characters that upload-artifact refuses in a name."""


def checkout(inputs: dict[str, str]) -> None:
    """Fetch a commit of the caller's repository. Credentials must not be left behind."""
    wanted = inputs["repository"] or os.environ["STUB_REPOSITORY"]
    if wanted != os.environ["STUB_REPOSITORY"]:
        raise SystemExit(f"only {os.environ['STUB_REPOSITORY']} is here, not {wanted!r}")
    if inputs["persist-credentials"] != "false":
        raise SystemExit("credentials would persist")
    folder = Path(os.environ["GITHUB_WORKSPACE"], inputs["path"])
    source = f"file://{os.environ['STUB_SOURCE']}"
    ref = inputs["ref"]
    _git(folder, "init", "--quiet")
    _git(folder, "remote", "add", "origin", source)
    everything = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
    if re.fullmatch("[0-9a-f]{40}", ref):
        depth = () if inputs["fetch-depth"] == "0" else ("--depth=1",)
        refs = everything if not depth else ()
        _git(folder, "fetch", "--quiet", "--no-tags", *depth, source, ref, *refs)
        _git(folder, "checkout", "--quiet", "--force", "--detach", ref)
    else:
        _git(folder, "fetch", "--quiet", source, *everything)
        _git(folder, "checkout", "--quiet", "--force", "--detach", f"refs/remotes/origin/{ref}")


def upload_artifact(inputs: dict[str, str]) -> None:
    """Keep a folder's files, without the hidden ones, under a name that must be a new one.

    The artifact called `STUB_LOSES` never arrives, and at `STUB_DIES_AT` the job dies.
    """
    name, source = inputs["name"], Path(inputs["path"])
    if not name or BAD_NAME.search(name):
        raise SystemExit(f"the artifact name is not valid: {name!r}")
    files = [
        path
        for path in sorted(source.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(source).parts)
    ]
    if not files:
        if inputs["if-no-files-found"] == "error":
            raise SystemExit(f"no files were found with the provided path: {source}")
        return
    if name == os.environ.get("STUB_DIES_AT"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name == os.environ.get("STUB_LOSES"):
        return
    goal = Path(os.environ["STUB_ARTIFACTS"], name)
    if goal.exists():
        if inputs["overwrite"] != "true":
            raise SystemExit(
                f"an artifact with this name already exists on the workflow run: {name}"
            )
        shutil.rmtree(goal)
    total = hashlib.sha256()
    for path in files:
        place = goal / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
        total.update(path.read_bytes())
    _output("artifact-id", "1")
    _output("artifact-digest", total.hexdigest())


def download_artifact(inputs: dict[str, str]) -> None:
    """Unpack one artifact, or all that fit a pattern: none is no fault, one is unpacked flat."""
    kept = Path(os.environ["STUB_ARTIFACTS"])
    goal = Path(inputs["path"] or os.environ["GITHUB_WORKSPACE"])
    goal.mkdir(parents=True, exist_ok=True)
    if inputs["name"]:
        if not (kept / inputs["name"]).is_dir():
            raise SystemExit(f"artifact not found for name: {inputs['name']!r}")
        shutil.copytree(kept / inputs["name"], goal, dirs_exist_ok=True)
    else:
        found = [path for path in sorted(kept.iterdir()) if _fits(path.name, inputs["pattern"])]
        flat = inputs["merge-multiple"] == "true" or len(found) == 1
        for path in found:
            shutil.copytree(path, goal if flat else goal / path.name, dirs_exist_ok=True)
    _output("download-path", str(goal))


def setup_uv(inputs: dict[str, str]) -> None:
    """Look whether uv is there. What other runs left must not be used."""
    if inputs["enable-cache"] != "false":
        raise SystemExit("the cache is on")
    if shutil.which("uv") is None:
        raise SystemExit("uv is not installed")


def upload_sarif(inputs: dict[str, str]) -> None:
    """Take SARIF files, if no two of them speak of the same category."""
    source = Path(inputs["sarif_file"])
    documents = [json.loads(path.read_bytes()) for path in sorted(source.glob("*.sarif"))]
    named = [run["automationDetails"]["id"] for one in documents for run in one["runs"]]
    if not named or len(set(named)) != len(named):
        raise SystemExit(f"one category each: {named}")
    _sent("sarif.json", documents)


def attest(inputs: dict[str, str]) -> None:
    """Take the digests of what would be attested."""
    path = Path(inputs["subject-path"])
    _sent("attested.json", {path.name: hashlib.sha256(path.read_bytes()).hexdigest()})
    _output("attestation-url", "https://github.com/acme/shop/attestations/1")


def _sent(name: str, value: object) -> None:
    folder = Path(os.environ["STUB_SENT"])
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(value))


def _fits(name: str, pattern: str) -> bool:
    return not pattern or fnmatch.fnmatchcase(name, pattern)


def _git(folder: Path, *arguments: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["git", *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        # On one line, as the originals escape it: the runner reads what is said here.
        raise SystemExit(repr(done.stderr.decode(errors="replace")))


def _output(name: str, value: str) -> None:
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as file:
        file.write(f"{name}={value}\n")


ACTIONS = {
    "checkout": checkout,
    "upload-artifact": upload_artifact,
    "download-artifact": download_artifact,
    "setup-uv": setup_uv,
    "upload-sarif": upload_sarif,
    "attest": attest,
}

if __name__ == "__main__":
    ACTIONS[sys.argv[1]](json.loads(os.environ["STUB_INPUTS"]))
