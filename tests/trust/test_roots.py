"""The trusted root: pinned, private, refreshed, and only for the times at which it was valid."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SignatureError, UsageError
from pipeline.trust import roots
from pipeline.trust.roots import Root
from tests.fake import Fake, Request, Response
from tests.signing.conftest import Trusted

NOW = datetime(2026, 11, 1, tzinfo=UTC)
# These libraries do not say in their types what they offer.
tuf: Any = import_module("tuf.api.metadata")
keys: Any = import_module("securesystemslib.signer")

LATER = datetime(2099, 1, 1, tzinfo=UTC)
BEFORE = datetime(2019, 1, 1, tzinfo=UTC)


def count(found: Any) -> list[int]:
    inner = found._inner
    return [
        len(part)
        for part in (
            *(inner.certificate_authorities, inner.tlogs),
            *(inner.ctlogs, inner.timestamp_authorities),
        )
    ]


def test_the_pinned_root_is_the_one_of_the_public_good_instance() -> None:
    found = roots.pinned()
    assert found.as_of == roots.PINNED_ON
    assert found.digest == (
        "sha256:6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66"
    )
    urls = [item["baseUrl"] for item in json.loads(found.content)["tlogs"]]
    assert "https://rekor.sigstore.dev" in urls
    assert len(found.logs) >= len(urls)
    everything, today = count(found.at(())), count(found.at([NOW]))
    assert all(everything)
    assert all(today)
    assert everything != today, "the first authorities ended long ago"
    assert count(found.at([BEFORE])) == [0, 0, 0, 0]


def test_a_root_is_parsed_once_for_the_same_parts() -> None:
    found = roots.pinned()
    assert found.at([NOW]) is found.at([NOW.replace(hour=1), NOW])


def test_private_roots_and_configurations(trusted: Trusted) -> None:
    assert trusted.root.config is None
    both = roots.read_config(trusted.config)
    assert json.loads(both.content) == json.loads(trusted.root.content)
    assert roots.parse_config(both).signing_config.get_fulcio().url == trusted.stack.fulcio
    assert count(both.at([NOW])) == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"mediaType": "x"}',
        json.dumps({"mediaType": roots.ROOT_TYPE, "unknown": 1}).encode(),
        json.dumps({"mediaType": roots.ROOT_TYPE, "tlogs": 1}).encode(),
        json.dumps({"mediaType": roots.CONFIG_TYPE, "trustedRoot": 1}).encode(),
        json.dumps({"mediaType": roots.CONFIG_TYPE, "trustedRoot": {}}).encode(),
    ],
)
def test_anything_else_is_a_mistake_of_the_caller(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    path.write_bytes(content)
    for read in (roots.read_root, roots.read_config):
        with pytest.raises(UsageError) as error:
            read(path)
        assert error.value.where == str(path)
        assert error.value.fix


def test_a_root_that_is_not_there_or_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        roots.read_root(tmp_path / "a")
    monkeypatch.setattr(roots, "MAX_BYTES", 1)
    (tmp_path / "a").write_text("{}")
    with pytest.raises(UsageError, match="too large"):
        roots.read_root(tmp_path / "a")


def test_a_configuration_that_cannot_sign(trusted: Trusted) -> None:
    config = trusted.stack.trust_config()
    del config["signingConfig"]
    broken = Root("a", b"{}", config=json.dumps(config).encode())
    with pytest.raises(UsageError, match="no usable client trust configuration"):
        roots.parse_config(broken)


def test_a_refreshed_copy_is_used_once_it_is_newer(tmp_path: Path) -> None:
    assert roots.refreshed(tmp_path) is None
    kept = Root("a", b"{}", date(2027, 1, 1))
    (tmp_path / roots.KEPT).write_bytes(roots.kept_form(kept))
    found = roots.newest(tmp_path)
    assert (found.content, found.as_of) == (b"{}", date(2027, 1, 1))
    (tmp_path / roots.KEPT).write_bytes(roots.kept_form(Root("a", b"{}", roots.PINNED_ON)))
    assert roots.newest(tmp_path) == roots.pinned()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"content": 1, "as_of": "2027-01-01"}'])
def test_a_spoilt_copy_is_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / roots.KEPT).write_bytes(content)
    assert roots.newest(tmp_path) == roots.pinned()


def test_a_root_that_cannot_be_refreshed(
    tmp_path: Path, no_job: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SignatureError, match="cannot be refreshed") as error:
        roots.refresh(url="http://127.0.0.1:1", bootstrap=roots.PINNED_FILE)
    assert "pinned root" in error.value.fix


# --------------------------------------------------------------------------- the update framework


class Repository:
    """An update repository on loopback with a trusted root in it, signed as TUF wants it."""

    def __init__(self, folder: Path, trusted: Trusted) -> None:
        self.files: dict[str, bytes] = {}
        self.bootstrap = folder / "root.json"
        config = trusted.stack.trust_config()
        targets = {
            "trusted_root.json": trusted.root.content,
            "signing_config.v0.2.json": json.dumps(config["signingConfig"]).encode(),
        }
        signer = keys.CryptoSigner.generate_ed25519()
        root = tuf.Root(expires=LATER, consistent_snapshot=True)
        for role in ("root", "timestamp", "snapshot", "targets"):
            root.add_key(signer.public_key, role)
        roles = {
            "timestamp": tuf.Timestamp(expires=LATER),
            "1.snapshot": tuf.Snapshot(expires=LATER),
            "1.targets": tuf.Targets(expires=LATER),
        }
        for name, content in targets.items():
            info = tuf.TargetFile.from_data(name, content)
            roles["1.targets"].targets[name] = info
            self.files[f"/targets/{info.hashes['sha256']}.{name}"] = content
        for name, signed in {"1.root": root, **roles}.items():
            metadata = tuf.Metadata(signed)
            metadata.sign(signer)
            self.files[f"/{name}.json"] = metadata.to_bytes()
        self.bootstrap.write_bytes(self.files["/1.root.json"])

    def answer(self, request: Request) -> Response:
        content = self.files.get(request.path)
        return Response(status=404) if content is None else Response(body=content)


@pytest.fixture
def repository(tmp_path: Path, trusted: Trusted, fake: Fake, no_job: None) -> Repository:
    made = Repository(tmp_path, trusted)
    fake.handle = made.answer
    return made


def test_a_root_is_fetched_through_the_update_framework(
    repository: Repository, fake: Fake, trusted: Trusted
) -> None:
    found = roots.refresh(url=fake.url, bootstrap=repository.bootstrap)
    assert found.as_of == datetime.now(UTC).date()
    assert found.logs == trusted.root.logs
    assert count(found.at([NOW])) == [1, 1, 1, 1]


def test_a_root_that_was_changed_on_its_way_is_not_taken(
    repository: Repository, fake: Fake
) -> None:
    for path in repository.files:
        if path.endswith("trusted_root.json"):
            repository.files[path] += b" "
    with pytest.raises(SignatureError, match="cannot be refreshed"):
        roots.refresh(url=fake.url, bootstrap=repository.bootstrap)
