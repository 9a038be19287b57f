"""Images made of nothing: byte-reproducible OCI layouts and docker archives, in Python alone.

    app = Built.of(debian(Deb("openssl", "3.0.11-1~deb12u1")), python("jinja2", "2.4.1"))
    layout(folder, {"1.0": app, "all": Index(app, other)})
    archive(file, app, tags=("app:1.0",))

A root filesystem is a mapping of paths to contents; `debian`, `alpine`, `python`, `node`, `jar`
and `go_binary` make the parts that scanners look at. `None` as content removes a path of an
earlier layer (a whiteout).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

if sys.version_info >= (3, 14):
    from compression import zstd as library
else:
    from backports import zstd as library

Files = Mapping[str, "bytes | None"]

OCI = "application/vnd.oci.image."
MANIFEST, INDEX, CONFIG = f"{OCI}manifest.v1+json", f"{OCI}index.v1+json", f"{OCI}config.v1+json"
LAYER = f"{OCI}layer.v1.tar"


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def encode(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def zstd(content: bytes) -> bytes:
    """Packed with zstd, as BuildKit does on demand."""
    return bytes(library.compress(content))


def tar(files: Files) -> bytes:
    """A USTAR archive: sorted, without owners and times. Executables are what lies in a bin/."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        folders = {
            "/".join(parts[:number])
            for parts in (path.split("/") for path in files)
            for number in range(1, len(parts))
        }
        for path in sorted({*files, *folders}):
            info = tarfile.TarInfo(path)
            content = files.get(path, b"")
            if path not in files:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif content is None:
                head, _, name = path.rpartition("/")
                info.name = f"{head}/.wh.{name}".lstrip("/")
            else:
                info.size, info.mode = len(content), 0o755 if "bin/" in path else 0o644
            archive.addfile(info, io.BytesIO(content or b""))
    return made.getvalue()


@dataclass(frozen=True)
class Built:
    """An image: the plain tars of its layers, and its configuration as a document."""

    layers: tuple[bytes, ...]
    config: Mapping[str, Any]
    annotations: Mapping[str, str] = field(default_factory=dict)
    packing: str = "gzip"

    @classmethod
    def of(
        cls,
        *layers: Files,
        user: str = "1000",
        env: Sequence[str] = (),
        ports: Sequence[str] = (),
        labels: Mapping[str, str] | None = None,
        health: Sequence[str] = (),
        history: Sequence[tuple[str, bool]] | None = None,
        platform: str = "linux/amd64",
        annotations: Mapping[str, str] | None = None,
        packing: str = "gzip",
    ) -> Built:
        """A layer per mapping; `history` holds commands, and whether each made no layer."""
        tars = tuple(tar(files) for files in layers)
        steps = history or [(f"COPY layer-{number} /", False) for number in range(len(tars))]
        inner: dict[str, Any] = {"User": user, "Env": list(env), "Labels": dict(labels or {})}
        if ports:
            inner["ExposedPorts"] = {port: {} for port in ports}
        if health:
            inner["Healthcheck"] = {"Test": list(health)}
        names = ("os", "architecture", "variant")
        config = {
            **dict(zip(names, platform.split("/"), strict=False)),
            "config": inner,
            "created": "1970-01-01T00:00:00Z",
            "history": [
                {"created_by": line, **({"empty_layer": True} if empty else {})}
                for line, empty in steps
            ],
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in tars]},
        }
        return cls(tars, config, annotations or {}, packing)

    @property
    def config_bytes(self) -> bytes:
        return encode(self.config)

    @property
    def id(self) -> str:
        """The digest of the configuration, by which the image goes."""
        return digest(self.config_bytes)

    @property
    def platform(self) -> dict[str, str]:
        names = ("os", "architecture", "variant")
        return {name: self.config[name] for name in names if name in self.config}

    def stored(self) -> list[bytes]:
        """The layers as they are stored."""
        if not self.packing:
            return list(self.layers)
        if self.packing == "zstd":
            return [zstd(layer) for layer in self.layers]
        return [gzip.compress(layer, mtime=0) for layer in self.layers]

    def manifest(self) -> bytes:
        suffix = f"+{self.packing}" if self.packing else ""
        return encode(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": descriptor(CONFIG, self.config_bytes),
                "layers": [descriptor(LAYER + suffix, layer) for layer in self.stored()],
                **({"annotations": dict(self.annotations)} if self.annotations else {}),
            }
        )


class Index:
    """Images for several platforms under one name."""

    def __init__(self, *images: Built, statements: Sequence[Built] = ()) -> None:
        self.images = images
        self.statements = statements

    def document(self) -> bytes:
        entries = [
            descriptor(MANIFEST, image.manifest(), platform=image.platform) for image in self.images
        ]
        entries += [
            descriptor(
                MANIFEST,
                image.manifest(),
                platform={"os": "unknown", "architecture": "unknown"},
                annotations={"vnd.docker.reference.type": "attestation-manifest"},
            )
            for image in self.statements
        ]
        return encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})


def descriptor(kind: str, content: bytes, **more: Any) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest(content), "size": len(content), **more}


def blobs(image: Built | Index) -> dict[str, bytes]:
    """Everything that an image consists of, by digest."""
    if isinstance(image, Index):
        parts = [blobs(one) for one in (*image.images, *image.statements)]
        held = {key: value for part in parts for key, value in part.items()}
        return held | {digest(image.document()): image.document()}
    return {digest(one): one for one in (image.manifest(), image.config_bytes, *image.stored())}


def layout(folder: Path, images: Mapping[str, Built | Index]) -> Path:
    """An OCI layout with these tags; an empty tag is left out."""
    store = folder / "blobs" / "sha256"
    store.mkdir(parents=True)
    (folder / "oci-layout").write_bytes(encode({"imageLayoutVersion": "1.0.0"}))
    entries = []
    for tag, image in images.items():
        for name, content in blobs(image).items():
            (store / name.removeprefix("sha256:")).write_bytes(content)
        is_index = isinstance(image, Index)
        content = image.document() if isinstance(image, Index) else image.manifest()
        notes = {"annotations": {"org.opencontainers.image.ref.name": tag}} if tag else {}
        entries.append(descriptor(INDEX if is_index else MANIFEST, content, **notes))
    (folder / "index.json").write_bytes(encode({"schemaVersion": 2, "manifests": entries}))
    return folder


def packed(file: Path, images: Mapping[str, Built | Index]) -> Path:
    """An OCI layout in an archive, as buildx and skopeo write it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = layout(Path(scratch, "layout"), images)
        files = [path for path in folder.rglob("*") if path.is_file()]
        members = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(tar(members))
    return file


def archive(file: Path, *images: Built, tags: Sequence[str] = ("app:1.0",)) -> Path:
    """A docker archive, as `docker save` writes it."""
    members: dict[str, bytes] = {}
    entries = []
    for image in images:
        names = [f"{digest(layer)[7:]}/layer.tar" for layer in image.layers]
        config = f"{image.id[7:]}.json"
        members |= dict(zip(names, image.layers, strict=True)) | {config: image.config_bytes}
        entries.append({"Config": config, "RepoTags": list(tags), "Layers": names})
    members["manifest.json"] = encode(entries)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(tar(members))
    return file


# ------------------------------------------------------------------------------ root filesystems


class Deb(NamedTuple):
    """A Debian package; `source` is its source package where that has another name."""

    name: str
    version: str
    source: str = ""
    maintainer: str = "Debian <packages@debian.org>"


def debian(*packages: Deb, release: str = "12", codename: str = "bookworm") -> Files:
    """Debian with these packages installed."""
    entries = []
    for package in packages:
        lines = [
            f"Package: {package.name}",
            "Status: install ok installed",
            "Priority: optional",
            "Section: libs",
            f"Maintainer: {package.maintainer}",
            "Architecture: amd64",
            *([f"Source: {package.source}"] if package.source else []),
            f"Version: {package.version}",
            f"Description: {package.name}",
        ]
        entries.append("\n".join(lines) + "\n")
    return {
        "etc/os-release": (
            f'PRETTY_NAME="Debian GNU/Linux {release} ({codename})"\nNAME="Debian GNU/Linux"\n'
            f'VERSION_ID="{release}"\nVERSION_CODENAME={codename}\nID=debian\n'
        ).encode(),
        "etc/debian_version": f"{release}.5\n".encode(),
        "var/lib/dpkg/status": "\n".join(entries).encode(),
    }


def alpine(packages: Mapping[str, str], release: str = "3.19.1") -> Files:
    """Alpine with these packages installed."""
    installed = "\n".join(
        f"C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:{name}\nV:{version}\nA:x86_64\nS:1\nI:1\n"
        f"T:{name}\nU:https://example.org\nL:MIT\no:{name}\n"
        for name, version in packages.items()
    )
    return {
        "etc/alpine-release": f"{release}\n".encode(),
        "etc/os-release": f'NAME="Alpine Linux"\nID=alpine\nVERSION_ID={release}\n'.encode(),
        "lib/apk/db/installed": f"{installed}\n".encode(),
        "etc/apk/repositories": (
            f"https://dl-cdn.alpinelinux.org/alpine/v{release.rpartition('.')[0]}/main\n"
        ).encode(),
    }


def python(name: str, version: str, folder: str = "usr/local/lib/python3.11") -> Files:
    """An installed Python distribution."""
    base = f"{folder}/site-packages/{name}-{version}.dist-info"
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: BSD-3-Clause\n\n"
    return {f"{base}/METADATA": text.encode(), f"{base}/RECORD": b""}


def node(name: str, version: str, folder: str = "app") -> Files:
    """An installed Node package."""
    text = {"name": name, "version": version, "license": "MIT"}
    return {f"{folder}/node_modules/{name}/package.json": encode(text)}


def jar(group: str, name: str, version: str, folder: str = "app") -> Files:
    """A Java archive that says what it is."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as found:
        text = f"groupId={group}\nartifactId={name}\nversion={version}\n"
        path = f"META-INF/maven/{group}/{name}/pom.properties"
        found.writestr(zipfile.ZipInfo(path), text)
    return {f"{folder}/{name}-{version}.jar": made.getvalue()}


def go_binary(
    modules: Mapping[str, str], *, go: str = "go1.22.0", path: str = "usr/bin/server"
) -> Files:
    """An ELF file with nothing but the build information of a Go program.

    The layout is that of Go's debug/buildinfo since 1.18: strings stand in the section itself.
    """
    lines = ["path\texample.org/server", "mod\texample.org/server\t(devel)\t"]
    lines += [f"dep\t{name}\t{version}\th1:x=" for name, version in modules.items()]
    text = b"\x30" * 16 + "\n".join([*lines, ""]).encode() + b"\xf9" * 16
    info = b"\xff Go buildinf:\x08\x02" + bytes(16)
    for part in (go.encode(), text):
        size = len(part)
        while size >= 0x80:
            info += bytes([size & 0x7F | 0x80])
            size >>= 7
        info += bytes([size]) + part
    names = b"\0.go.buildinfo\0.shstrtab\0"
    start, base = 128, 0x400000  # both headers, and on to the next multiple of 16
    names_at = start + len(info)
    table = (names_at + len(names) + 7) // 8 * 8
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01" + bytes(9),
        *(2, 62, 1, base + start, 64, table, 0, 64, 56, 1, 64, 3, 2),
    )
    size = start + len(info)
    segment = struct.pack("<IIQQQQQQ", 1, 6, 0, base, base, size, size, 0x1000)
    sections = bytes(64)
    sections += struct.pack("<IIQQQQIIQQ", 1, 1, 3, base + start, start, len(info), 0, 0, 16, 0)
    sections += struct.pack("<IIQQQQIIQQ", 15, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)
    body = (header + segment).ljust(start, b"\0") + info + names
    return {path: body.ljust(table, b"\0") + sections}
