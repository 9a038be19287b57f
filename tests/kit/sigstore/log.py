"""A transparency log in memory: RFC 6962's tree and a signed checkpoint.

Checkpoint: https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md, a signed note.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "localhost"
_ED25519 = b"\x01"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class Log:
    """Appends entries and proves that they are in it."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    origin: str = ORIGIN
    _leaves: list[bytes] = field(default_factory=list)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    @property
    def id(self) -> bytes:
        """The key id of a signed note; its first four bytes stand in each signature."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        return hashlib.sha256(self.origin.encode() + b"\n" + _ED25519 + public).digest()

    def append(self, body: bytes) -> dict[str, Any]:
        """Where the entry is, and the proof, as a Rekor entry of the bundle tells it."""
        with self._mutex:
            self._leaves.append(hashlib.sha256(b"\0" + body).digest())
            leaves = list(self._leaves)
        index, root = len(leaves) - 1, _root(leaves)
        return {
            "logIndex": str(index),
            "logId": {"keyId": b64(self.id)},
            "integratedTime": "0",
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": b64(root),
                "treeSize": str(len(leaves)),
                "hashes": [b64(node) for node in _path(index, leaves)],
                "checkpoint": {"envelope": self.checkpoint(len(leaves), root)},
            },
            "canonicalizedBody": b64(body),
        }

    def checkpoint(self, size: int, root: bytes) -> str:
        text = f"{self.origin}\n{size}\n{b64(root)}\n"
        signature = b64(self.id[:4] + self.key.sign(text.encode()))
        return f"{text}\n\N{EM DASH} {self.origin} {signature}\n"


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    cut = _split(len(leaves))
    return hashlib.sha256(b"\x01" + _root(leaves[:cut]) + _root(leaves[cut:])).digest()


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    cut = _split(len(leaves))
    if index < cut:
        return [*_path(index, leaves[:cut]), _root(leaves[cut:])]
    return [*_path(index - cut, leaves[cut:]), _root(leaves[:cut])]
