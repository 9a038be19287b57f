"""Layers of built images, searched by the real engine."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from pipeline import images
from pipeline.checks.secrets import layers, shelf
from pipeline.checks.secrets.engine import Canary
from pipeline.checks.secrets.layers import Unpacked
from pipeline.checks.secrets.remember import Baked
from pipeline.errors import IncompleteError
from pipeline.images.documents import UnreadableImageError
from pipeline.model import Finding, Gap, Reading, Severity
from tests.kit import images as kit
from tests.kit import registry, rootfs
from tests.kit.golang import UnavailableError
from tests.kit.images import Built, digest

from .conftest import Repository, make_token, only, search

SYSTEM = {"etc/os-release": b"ID=debian\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder as the repository; images lie beside it."""
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def line(token: str) -> bytes:
    return f"value = '{token}'\n".encode()


def places(finding: Finding) -> list[str]:
    return [place.path for place in finding.locations]


def of_images(reading: Reading) -> dict[str, tuple[int, int, list[Gap]]]:
    return {
        part.scope: (part.expected, part.evaluated, [one.gap for one in part.missing])
        for part in reading.coverage
        if part.unit == "layers"
    }


def test_deleted_shared_and_known_layers(
    folder: Path, started: list[str], cache: Path, token: str
) -> None:
    """One finding for a secret, wherever it lies; what is known is not looked at again."""
    inside = {"srv/settings.ini": line(token), "usr/lib/node_modules/x.lock": line(token)}
    app = Built.of(SYSTEM, inside, {"srv/settings.ini": None})
    other = Built.of(inside, SYSTEM)
    kit.layout(folder.parent / "app", {"1.0": app})
    kit.archive(folder.parent / "other.tar", other)
    reading = search(folder, "./app:1.0", "./other.tar")
    finding = only(reading)
    assert places(finding) == [
        "./app:1.0!/srv/settings.ini",
        "./app:1.0!/usr/lib/node_modules/x.lock",
        "./other.tar!/srv/settings.ini",
        "./other.tar!/usr/lib/node_modules/x.lock",
    ]
    assert {place.line for place in finding.locations} == {1}
    assert (finding.severity, finding.removed) == (Severity.HIGH, False)
    assert finding.aliases == (finding.subject,)
    assert (
        f"/srv/settings.ini in layer 2 of 3 ({digest(app.layers[1])}, made by `COPY layer-1 /`) of"
        f" ./app:1.0 (linux/amd64), image {app.id}."
    ) in finding.detail
    assert "in layer 1 of 2" in finding.detail
    assert "today's files" not in finding.detail
    assert "mount what the build needs" in finding.fix
    assert of_images(reading) == {
        "./app:1.0 (linux/amd64)": (3, 3, []),
        "./other.tar (linux/amd64)": (2, 2, []),
    }
    assert sorted(started) == ["image layers", "today's files"]
    started.clear()
    assert search(folder, "./app:1.0", "./other.tar") == reading
    assert started == ["today's files"]
    # A layer that is known stays known in an image that is new.
    started.clear()
    second = make_token()
    newer = Built.of(SYSTEM, inside, {"srv/settings.ini": None, "srv/.env": line(second)})
    kit.layout(folder.parent / "newer", {"1.0": newer})
    found = search(folder, "./newer:1.0")
    assert {finding.subject} < {one.subject for one in found.findings}
    assert sorted(started) == ["image layers", "today's files"]
    kept = b"".join(path.read_bytes() for path in cache.rglob("*.json"))
    assert all(one.encode() not in kept for one in (token, second))


def test_what_the_code_holds_too(repository: Repository, token: str) -> None:
    repository.commit(a=f"key = '{token}'\n")
    app = Built.of({"srv/a.py": f"key = '{token}'\n".encode()})
    kit.layout(repository.root.parent / "app", {"1.0": app})
    for _ in range(2):  # the second time, all is known
        finding = only(search(repository.root, "./app:1.0"))
        assert places(finding) == ["a.py", "./app:1.0!/srv/a.py"]
        assert "In the history: brought in by commit" in finding.detail
        assert "in 1 place of today's files. In an image: /srv/a.py in layer 1" in finding.detail
    before = finding.subject
    (repository.root / "a.py").unlink()
    repository.commit()
    finding = only(search(repository.root, "./app:1.0"))
    assert (finding.subject, finding.removed) == (before, False)
    assert places(finding) == ["./app:1.0!/srv/a.py"]


def test_files_made_to_hold_secrets(folder: Path) -> None:
    token = make_token()
    app = Built.of(
        {
            "root/.npmrc": f"//npm.internal/:_authToken={token}\n".encode(),
            "srv/.env.example": b"PASSWORD=changeme\n",
            "usr/share/x/tests/.env": f"API_TOKEN={token}\n".encode(),
        }
    )
    kit.layout(folder.parent / "app", {"1.0": app})
    found = {one.rule: one for one in search(folder, "./app").findings}
    credentials = found["secrets/credential-file"]
    assert credentials.subject == "./app!/root/.npmrc"
    assert credentials.title == "Token for a package registry in an image: ./app!/root/.npmrc"
    assert "in layer 1 of 1" in credentials.detail
    assert (credentials.severity, found["secrets/env-file"].severity) == (
        Severity.HIGH,
        Severity.MEDIUM,
    )


def test_wherever_the_image_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str, host: str
) -> None:
    app = Built.of(SYSTEM, {"srv/a.ini": line(token)})
    kit.layout(tmp_path / "app", {"1.0": app})
    kit.archive(tmp_path / "app.tar", app)
    kit.packed(tmp_path / "packed.tar", {"1.0": app})
    monkeypatch.setattr("pipeline.images.kept.folder", lambda: tmp_path / "kept")
    names = ["./app", "./app.tar", "./packed.tar", registry.push(host, "app", app)]
    reading = search(folder, *names)
    finding = only(reading)
    assert sorted(places(finding)) == sorted(f"{name}!/srv/a.ini" for name in names)
    assert {told[:2] for told in of_images(reading).values()} == {(2, 2)}


@pytest.fixture(scope="session")
def host() -> Iterator[str]:
    """A registry, whose program is in the cache that all tests share."""
    try:
        with registry.serving() as host:
            yield host
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def debian() -> Path:
    """A root filesystem, from the cache that all tests share."""
    try:
        return rootfs.debian()
    except UnavailableError as error:
        pytest.skip(str(error))


def test_a_real_system_holds_no_secret(folder: Path, tmp_path: Path, debian: Path) -> None:
    kit.layout(tmp_path / "debian", {"12": of_layers(debian.read_bytes(), packing="")})
    reading = search(folder, "./debian:12")
    assert of_images(reading) == {"./debian:12 (linux/amd64)": (1, 1, [])}
    assert [(one.rule, places(one)) for one in reading.findings] == []


# ------------------------------------------------------------------------------- hostile layers


def hostile(token: str) -> bytes:
    """A layer whose names lead elsewhere; each file holds the token."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for kind, name, target in (
            (tarfile.SYMTYPE, "srv/link", "/etc"),
            (tarfile.LNKTYPE, "srv/hard", "../../../etc/shadow"),
            (tarfile.CHRTYPE, "dev/zero", ""),
            (tarfile.FIFOTYPE, "dev/pipe", ""),
            (tarfile.DIRTYPE, "srv/folder", ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
        for name in NAMES:
            info = tarfile.TarInfo(name)
            info.size = len(line(token))
            archive.addfile(info, io.BytesIO(line(token)))
    return made.getvalue()


NAMES = (
    "../../../tmp/escaped",
    "/srv/absolute.ini",
    "srv/link/through",
    "srv/new\nline.ini",
    "srv/\x1b[31mred.ini",
    "srv/package-lock.json",
    "srv/node_modules/x/index.js",
    "usr/lib/python3/dist-packages/x.py",
    "srv/.git/HEAD",
    "srv/picture.png",
    "srv/.gitignore",
    "srv/-rf",
    "srv/a!b.txt",
    "srv/" + "x" * 10_000,
)


def of_layers(*tars: bytes, packing: str = "gzip") -> Built:
    app = Built.of(*({"x": b"1"} for _ in tars))
    config = {**app.config, "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in tars]}}
    return Built(tuple(tars), config, packing=packing)


def test_names_that_lead_elsewhere(folder: Path, token: str, tmp_path: Path) -> None:
    kit.layout(tmp_path / "app", {"1.0": of_layers(hostile(token))})
    reading = search(folder, "./app")
    finding = only(reading)
    assert of_images(reading) == {"./app (linux/amd64)": (1, 1, [])}
    assert "14 " not in finding.detail
    told = {path.removeprefix("./app!/") for path in places(finding)}
    assert told == {name.strip("/")[-layers.MAX_PATH :] for name in NAMES}
    assert not Path("/tmp/escaped").exists()


def test_damaged_layers(folder: Path, tmp_path: Path, token: str) -> None:
    good, bad = {"srv/good.ini": line(token)}, {"srv/bad.ini": line(make_token())}
    app = Built.of(good, bad, packing="")
    place = kit.layout(tmp_path / "app", {"1.0": app})
    stored = place / "blobs" / "sha256" / digest(app.layers[1])[7:]
    content = stored.read_bytes()
    for damage in (content[:-600], content.replace(b"srv/bad", b"srv/Bad"), b""):
        stored.write_bytes(damage)
        reading = search(folder, "./app")
        assert places(only(reading)) == ["./app!/srv/good.ini"]
        assert of_images(reading) == {"./app (linux/amd64)": (2, 1, [Gap.PARSE_ERROR])}
    stored.unlink()
    assert of_images(search(folder, "./app"))["./app (linux/amd64)"][1:] == (1, [Gap.INPUT_MISSING])
    stored.write_bytes(content)
    assert len(search(folder, "./app").findings) == 2
    # All of it is known by now, and damage is seen all the same.
    stored.write_bytes(content[:-600])
    reading = search(folder, "./app")
    assert of_images(reading) == {"./app (linux/amd64)": (2, 0, [Gap.PARSE_ERROR])}
    assert len(reading.findings) == 2


def test_what_cannot_be_unpacked(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    kit.layout(tmp_path / "app", {"1.0": Built.of({"srv/a.ini": line(token)})})
    kit.layout(tmp_path / "large", {"1.0": Built.of({"a": bytes(3_000_000)}, {"b": line(token)})})
    # Twenty kilobytes, as it is stored.
    kit.layout(tmp_path / "bomb", {"1.0": Built.of({"a": bytes(20 << 20)})})
    monkeypatch.setattr(shelf, "MAX_DISK", 1_000_000)
    reading = search(folder, "./app", "./large", "./bomb", "./none")
    assert of_images(reading) == {
        "./app (linux/amd64)": (1, 1, []),
        "./large (linux/amd64)": (2, 1, [Gap.TOO_LARGE]),
        "./bomb (linux/amd64)": (1, 0, [Gap.TOO_LARGE]),
        "./none": (1, 0, [Gap.INPUT_MISSING]),
    }
    assert places(only(reading)) == ["./app!/srv/a.ini", "./large!/b"]


def test_a_file_that_is_too_large(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    files = {"srv/large": bytes(3000), "srv/a.ini": line(token)}
    kit.layout(tmp_path / "app", {"1.0": Built.of(files)})
    monkeypatch.setattr(layers, "MAX_BYTES", 2000)
    for _ in range(2):
        reading = search(folder, "./app")
        assert of_images(reading) == {"./app (linux/amd64)": (1, 0, [Gap.TOO_LARGE])}
        assert only(reading).removed is False


def test_an_image_of_nothing(folder: Path, tmp_path: Path) -> None:
    kit.layout(tmp_path / "app", {"1.0": Built.of({"empty": b""})})
    reading = search(folder, "./app")
    assert (reading.findings, of_images(reading)) == ((), {"./app (linux/amd64)": (1, 1, [])})


# ---------------------------------------------------------------------------------- interruption


@pytest.fixture
def unpacked(tmp_path: Path, token: str) -> Callable[[], Unpacked]:
    kit.layout(tmp_path / "app", {"1.0": Built.of({"a": line(token)})})

    def make() -> Unpacked:
        found = images.look([("./app", "", tmp_path)])
        baked = Baked(images=found, known={}, wrong={}, key="")
        return Unpacked(baked=baked, canary=Canary.make())

    return make


def test_an_interruption_ends_it(
    unpacked: Callable[[], Unpacked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = unpacked()
    monkeypatch.setattr(layers, "is_interrupted", lambda: True)
    task.fill(tmp_path)
    assert (task.whole, [one.why for one in task.wrong[0]]) == ({}, ["it was interrupted"])


def test_a_layer_that_cannot_be_had(
    unpacked: Callable[[], Unpacked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, gap in (
        (UnreadableImageError("no", gap=Gap.NETWORK_OFF, fix="ask"), Gap.NETWORK_OFF),
        (IncompleteError("no", fix="ask"), Gap.INPUT_MISSING),
    ):
        task = unpacked()
        monkeypatch.setattr(images, "pull", Mock(side_effect=error))
        task.fill(tmp_path)
        (missing,) = task.wrong[0]
        assert (missing.why, missing.gap) == ("no (ask)", gap)


def test_the_engine_is_killed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    kit.layout(tmp_path / "app", {"1.0": Built.of({"srv/a.ini": line(token)})})
    monkeypatch.setattr(layers, "TIMEOUT", 0.01)
    with pytest.raises(IncompleteError):
        search(folder, "./app")
