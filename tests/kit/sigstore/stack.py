"""The real Sigstore on loopback: Fulcio, a CT log, Rekor on tiles, a timestamp authority.

Only the identity provider is ours (`identity.py`), as GitHub's runs on GitHub alone. Keys are made
anew for each start; everything a service writes stands in one folder, its log included.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from tests.fake import serving
from tests.kit.golang import UnavailableError, built, cache, locked
from tests.kit.sigstore import identity
from tests.kit.sigstore.certificates import Authority
from tests.kit.sigstore.identity import Issuer
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.programs import CT_LOG, FULCIO, REKOR, SERVICES, TIMESTAMPS
from tests.kit.sigstore.standin import StandIn

PATIENCE = 60.0
"""Seconds until a service has to be ready."""

_PASSWORD = "loopback"
_TSA_METRICS = 2112
"""The timestamp authority always serves its metrics there."""


@dataclass
class Service:
    """A process that is ready once `ready` answers 200."""

    name: str
    argv: Sequence[str]
    ready: str
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self, folder: Path) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait(self) -> None:
        """Until it is ready; raises `UnavailableError` with what it said last."""
        assert self.process
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            if _answers(self.ready):
                return
            time.sleep(0.05)
        said = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
        raise UnavailableError(f"{self.name} did not start: {' / '.join(said)} ({self.log})")

    def stop(self) -> None:
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running_sigstore(folder: Path) -> Iterator[Sigstore]:
    """All services, up and ready, in `folder`; raises `UnavailableError`.

    One at a time on a machine: whoever comes second waits.
    """
    for program in SERVICES:
        built(program)
    parts = StandIn()
    with ExitStack() as stack:
        stack.enter_context(locked(cache() / "sigstore.lock"))
        if _answers(f"http://127.0.0.1:{_TSA_METRICS}/"):
            raise UnavailableError(
                f"port {_TSA_METRICS} is taken, the timestamp authority needs it"
            )
        server = stack.enter_context(serving())
        identity.serve_tokens(parts.issuer, server)
        _write(parts, folder)
        found = Sigstore(
            real=True,
            issuer=parts.issuer,
            roots=parts.roots(),
            fulcio=f"http://127.0.0.1:{_free_port()}",
            rekor=f"http://localhost:{_free_port()}",
            tsa=f"http://127.0.0.1:{_free_port()}/api/v1/timestamp",
            ct=f"http://localhost:{_free_port()}",
            servers={"issuer": server},
        )
        services = _services(found, folder)
        for service in services:
            stack.callback(service.stop)
            service.start(folder)
        for service in services:
            service.wait()
        yield found


def _services(found: Sigstore, folder: Path) -> list[Service]:
    """How each is started. Requests to the CT log and to Rekor name the host `localhost`."""
    argv: dict[str, list[str]] = {
        "ctlog": [
            str(built(CT_LOG)),
            f"--address=127.0.0.1:{_port(found.ct)}",
            "--folder=ct",
            "--key=ct.pem",
            "--roots=root.pem",
        ],
        "fulcio": [
            str(built(FULCIO)),
            "serve",
            "--ca=fileca",
            "--fileca-cert=chain.pem",
            "--fileca-key=fulcio.pem",
            f"--fileca-key-passwd={_PASSWORD}",
            "--config-path=fulcio.yaml",
            f"--ct-log-url={found.ct}",
            "--host=127.0.0.1",
            f"--port={_port(found.fulcio)}",
            "--grpc-host=127.0.0.1",
            f"--grpc-port={_free_port()}",
            f"--metrics-port={_free_port()}",
            f"--legacy-unix-domain-socket={folder / 'fulcio.sock'}",
        ],
        "rekor": [
            str(built(REKOR)),
            "serve",
            "--hostname=localhost",
            "--storage-dir=rekor",
            "--signer-filepath=rekor.pem",
            "--checkpoint-interval=200ms",
            "--batch-max-age=50ms",
            f"--http-port={_port(found.rekor)}",
            f"--grpc-port={_free_port()}",
            f"--http-metrics-port={_free_port()}",
        ],
        "tsa": [
            str(built(TIMESTAMPS)),
            "serve",
            "--host=127.0.0.1",
            f"--port={_port(found.tsa)}",
            "--disable-ntp-monitoring",
            "--timestamp-signer=file",
            "--file-signer-key-path=tsa.pem",
            f"--file-signer-passwd={_PASSWORD}",
            "--certificate-chain-path=tsa-chain.pem",
        ],
    }
    ready = {
        "ctlog": f"{found.ct}/ct/v1/get-roots",
        "fulcio": f"{found.fulcio}/healthz",
        "rekor": f"{found.rekor}/healthz",
        "tsa": f"{found.tsa.removesuffix('/api/v1/timestamp')}/ping",
    }
    return [
        Service(name, arguments, ready[name], folder / f"{name}.log")
        for name, arguments in argv.items()
    ]


def _write(parts: StandIn, folder: Path) -> None:
    """The keys, chains and settings that the services read."""
    (folder / "ct").mkdir()
    (folder / "rekor").mkdir()
    _write_key(folder / "fulcio.pem", parts.authority.key, _PASSWORD)
    _write_key(folder / "tsa.pem", parts.clock.key, _PASSWORD)
    _write_key(folder / "rekor.pem", parts.log.key)
    sec1 = parts.ct.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    (folder / "ct.pem").write_bytes(sec1)
    (folder / "chain.pem").write_bytes(_pem(parts.authority))
    (folder / "root.pem").write_bytes(
        parts.authority.chain[-1].public_bytes(serialization.Encoding.PEM)
    )
    (folder / "tsa-chain.pem").write_bytes(_pem(parts.clock))
    # A comment makes it YAML: the keys that Fulcio knows in JSON are others.
    settings = f"# for a test\n{json.dumps(_fulcio_settings(parts.issuer))}\n"
    (folder / "fulcio.yaml").write_text(settings, encoding="utf-8")


def _fulcio_settings(issuer: Issuer) -> dict[str, object]:
    """The issuer that it believes, and what it makes of its claims."""
    provider = {
        "issuer-url": issuer.url,
        "client-id": identity.AUDIENCE,
        "type": "ci-provider",
        "ci-provider": "github",
    }
    return {
        "oidc-issuers": {issuer.url: provider},
        "ci-issuer-metadata": {
            "github": {
                "default-template-values": {"url": identity.URL},
                "subject-alternative-name-template": identity.SUBJECT,
                "extension-templates": dict(identity.TEMPLATES.values()),
            }
        },
    }


def _write_key(path: Path, key: PrivateKeyTypes, password: str = "") -> None:
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        how = serialization.BestAvailableEncryption(password.encode())
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    )


def _pem(authority: Authority) -> bytes:
    def one(certificate: x509.Certificate) -> bytes:
        return certificate.public_bytes(serialization.Encoding.PEM)

    return b"".join(map(one, authority.chain))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _port(url: str) -> str:
    return url.split("/")[2].rpartition(":")[2]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
