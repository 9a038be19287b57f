"""A registry on loopback that serves Trivy's databases as OCI artefacts, or refuses to."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from tests.fake import Fake, Request, Response

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_LAYER = "application/vnd.aquasec.trivy.{}.layer.v1.tar+gzip"


class Registry:
    """Repositories "trivy-db" and "trivy-java-db" with what `serve` was given last."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self.host = fake.url.removeprefix("http://")
        self.answers: dict[str, Response] = {}
        self.limited = 0
        self.downloads = 0
        fake.handle = self._answer

    def reference(self, name: str = "trivy-db", tag: str = "2") -> str:
        return f"{self.host}/{name}:{tag}"

    def serve(self, folder: Path, name: str = "trivy-db", tag: str = "2") -> None:
        """Serve the files of `folder` as the database."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as tar:
            for path in sorted(folder.iterdir()):
                tar.add(path, path.name)
        layer, config = made.getvalue(), b"{}"
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _blob("application/vnd.aquasec.trivy.config.v1+json", config),
            "layers": [
                _blob(_LAYER.format("javadb" if "java" in name else "db"), layer)
                | {"annotations": {"org.opencontainers.image.title": "db.tar.gz"}}
            ],
        }
        content = json.dumps(manifest).encode()
        head = {"Content-Type": _MANIFEST, "Docker-Content-Digest": _digest(content)}
        base = f"/v2/{name}"
        self.answers |= {
            "/v2/": Response(body=b"{}"),
            f"{base}/manifests/{tag}": Response(body=content, headers=head),
            f"{base}/manifests/{_digest(content)}": Response(body=content, headers=head),
            f"{base}/blobs/{_digest(layer)}": Response(body=layer),
            f"{base}/blobs/{_digest(config)}": Response(body=config),
        }

    def _answer(self, request: Request) -> Response:
        if "/manifests/" in request.path and self.limited:
            self.limited -= 1
            return Response(
                status=429, body={"errors": [{"code": "TOOMANYREQUESTS", "message": "slower"}]}
            )
        if "/manifests/" in request.path:
            self.downloads += 1
        return self.answers.get(request.path, Response(status=404))


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _blob(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "size": len(content), "digest": _digest(content)}
