"""A real registry on loopback, and pushing to it.

The server is Google's `registry` from go-containerregistry, built from its Go module; what is
pushed are images of `tests.kit.images`.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import requests

from tests.kit import images
from tests.kit.golang import Program, UnavailableError, built
from tests.kit.images import Built, Index

PROGRAM = Program("registry", "github.com/google/go-containerregistry/cmd/registry", "v0.21.9")

_PORT = re.compile(r"serving on port (\d+)")


@contextmanager
def serving() -> Iterator[str]:
    """A registry's "127.0.0.1:port", ended at the end; raises `UnavailableError`."""
    program = built(PROGRAM)
    process = subprocess.Popen(
        [str(program), "-port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    # What it goes on to say is read, so that it never waits for a reader.
    rest = Thread(target=process.stderr.read)
    try:
        for line in process.stderr:
            if found := _PORT.search(line):
                rest.start()
                yield f"127.0.0.1:{found[1]}"
                return
        raise UnavailableError("the registry did not start")
    finally:
        process.kill()
        process.wait()
        if rest.is_alive():
            rest.join()
        process.stderr.close()


def push(host: str, name: str, image: Built | Index, tag: str = "1.0") -> str:
    """Push an image and answer with its reference in full."""
    manifests = {images.digest(one.manifest()): one for one in _images(image)}
    with requests.Session() as session:
        session.trust_env = False
        for digest, content in images.blobs(image).items():
            if digest in manifests or (isinstance(image, Index) and content == image.document()):
                continue
            start = session.post(f"http://{host}/v2/{name}/blobs/uploads/", timeout=10)
            where = start.headers["Location"]
            where = where if where.startswith("http") else f"http://{host}{where}"
            done = session.put(where, params={"digest": digest}, data=content, timeout=10)
            done.raise_for_status()
        for digest, one in manifests.items():
            _put(session, f"{host}/v2/{name}/manifests/{digest}", images.MANIFEST, one.manifest())
        is_index = isinstance(image, Index)
        content = image.document() if isinstance(image, Index) else image.manifest()
        kind = images.INDEX if is_index else images.MANIFEST
        _put(session, f"{host}/v2/{name}/manifests/{tag}", kind, content)
    return f"{host}/{name}:{tag}"


def _images(image: Built | Index) -> tuple[Built, ...]:
    return (*image.images, *image.statements) if isinstance(image, Index) else (image,)


def _put(session: requests.Session, where: str, kind: str, content: bytes) -> None:
    done = session.put(f"http://{where}", data=content, headers={"Content-Type": kind}, timeout=10)
    done.raise_for_status()
