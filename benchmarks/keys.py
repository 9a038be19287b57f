"""Private keys, really made, but from a seed and of sizes that nobody should use."""

from __future__ import annotations

import base64
import random
import struct
import textwrap
from dataclasses import dataclass

Chance = random.Random
EXPONENT = 65537


@dataclass(frozen=True)
class Rsa:
    """The numbers of an RSA key (RFC 8017, 3.2)."""

    n: int
    d: int
    p: int
    q: int

    @property
    def pkcs1(self) -> bytes:
        """RSAPrivateKey (RFC 8017, A.1.2)."""
        numbers = [0, self.n, EXPONENT, self.d, self.p, self.q]
        numbers += [self.d % (self.p - 1), self.d % (self.q - 1), pow(self.q, -1, self.p)]
        return sequence(*map(integer, numbers))

    @property
    def pkcs8(self) -> bytes:
        """PrivateKeyInfo (RFC 5208, 5)."""
        algorithm = sequence(bytes.fromhex("06092a864886f70d010101"), b"\x05\x00")
        return sequence(integer(0), algorithm, tagged(4, self.pkcs1))


def rsa_key(chance: Chance) -> Rsa:
    """A key of 1,024 bits."""
    while True:
        p, q = prime(chance, 512), prime(chance, 512)
        if p != q and (p - 1) % EXPONENT and (q - 1) % EXPONENT:
            return Rsa(p * q, pow(EXPONENT, -1, (p - 1) * (q - 1)), p, q)


def ec_key(chance: Chance) -> bytes:
    """ECPrivateKey on P-256, without the public half, which is optional (RFC 5915, 3)."""
    curve = tagged(0xA0, bytes.fromhex("06082a8648ce3d030107"))
    return sequence(integer(1), tagged(4, chance.randbytes(32)), curve)


def ed25519_key(chance: Chance) -> bytes:
    """OneAsymmetricKey (RFC 8410, 7)."""
    algorithm = sequence(bytes.fromhex("06032b6570"))
    return sequence(integer(0), algorithm, tagged(4, tagged(4, chance.randbytes(32))))


def openssh_key(key: Rsa) -> bytes:
    """OpenSSH's own format, without a passphrase (its PROTOCOL.key)."""
    public = text(b"ssh-rsa") + mpint(EXPONENT) + mpint(key.n)
    private = struct.pack(">II", 7, 7) + text(b"ssh-rsa")
    for number in (key.n, EXPONENT, key.d, pow(key.q, -1, key.p), key.p, key.q):
        private += mpint(number)
    private += text(b"deploy")
    private += bytes(range(1, 1 + -len(private) % 8))
    head = b"openssh-key-v1\0" + text(b"none") + text(b"none") + text(b"") + struct.pack(">I", 1)
    return head + text(public) + text(private)


def pgp_key(key: Rsa) -> bytes:
    """A secret-key packet of version 4, without a passphrase (RFC 4880, 5.5.3)."""
    public = b"\x04" + struct.pack(">I", 1_700_000_000) + b"\x01"
    public += pgp_number(key.n) + pgp_number(EXPONENT)
    numbers = (key.d, key.p, key.q, pow(key.p, -1, key.q))
    secret = b"".join(map(pgp_number, numbers))
    body = public + b"\0" + secret + struct.pack(">H", sum(secret) & 0xFFFF)
    return b"\x95" + struct.pack(">H", len(body)) + body


def pem(label: str, data: bytes) -> str:
    """Textual encoding (RFC 7468)."""
    lines = textwrap.fill(base64.b64encode(data).decode(), 64)
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def armoured(data: bytes) -> str:
    """ASCII armour with its CRC-24 (RFC 4880, 6)."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    lines = textwrap.fill(base64.b64encode(data).decode(), 64)
    check = base64.b64encode((crc & 0xFFFFFF).to_bytes(3, "big")).decode()
    label = "PGP PRIVATE KEY BLOCK"
    return f"-----BEGIN {label}-----\n\n{lines}\n={check}\n-----END {label}-----\n"


def prime(chance: Chance, bits: int) -> int:
    """A number that is prime as far as twenty rounds of Miller and Rabin can tell."""
    while True:
        number = chance.getrandbits(bits) | 1 | 3 << (bits - 2)
        if all(number % small for small in (3, 5, 7, 11, 13, 17, 19, 23)) and all(
            passes(number, chance.randrange(2, number - 1)) for _ in range(20)
        ):
            return number


def passes(number: int, base: int) -> bool:
    """One round of Miller and Rabin."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    power = pow(base, odd, number)
    if power in {1, number - 1}:
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


def tagged(tag: int, data: bytes) -> bytes:
    """An element of DER."""
    size = len(data)
    if size < 128:
        return bytes([tag, size]) + data
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(length)]) + length + data


def integer(number: int) -> bytes:
    """INTEGER in DER."""
    return tagged(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE in DER."""
    return tagged(0x30, b"".join(parts))


def text(data: bytes) -> bytes:
    """A string of the SSH protocol (RFC 4251, 5)."""
    return struct.pack(">I", len(data)) + data


def mpint(number: int) -> bytes:
    """A number of the SSH protocol."""
    return text(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def pgp_number(number: int) -> bytes:
    """A number of OpenPGP: its length in bits, then its bytes."""
    bits = number.bit_length()
    return struct.pack(">H", bits) + number.to_bytes((bits + 7) // 8, "big")
