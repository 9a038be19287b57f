"""Files made to hold secrets: real ones, and templates of them."""

from __future__ import annotations

import base64
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.secrets.credentials import assignments, first_secret, is_real, sort_of

VALUE = secrets.token_hex(12)
BODY = base64.b64encode(secrets.token_bytes(48)).decode()
KEY = "-----BEGIN " + "PRIVATE KEY-----\n" + BODY + "\n"

REAL = [
    (".env", f"DEBUG=1\nDB_PASSWORD={VALUE}\n", "env-file", 2),
    ("app/.env.production", f"export API_KEY='{VALUE}' # the key\n", "env-file", 1),
    ("prod.env", f"DATABASE_URL=postgres://u:{VALUE}@db/x\n", "env-file", 1),
    ("deploy/server.key", KEY, "private-key-file", 1),
    ("home/id_rsa", KEY, "private-key-file", 1),
    ("store.p12", "\0\1", "keystore", 1),
    (".pypirc", f"[pypi]\nusername = a\npassword = {VALUE}\n", "credential-file", 3),
    (".npmrc", f"//r.example.org/:_authToken={VALUE}\n", "credential-file", 1),
    (".git-credentials", f"https://me:{VALUE}@example.org\n", "credential-file", 1),
    (".netrc", f"machine a login b password {VALUE}\n", "credential-file", 1),
    ("kubeconfig", f"users:\n- user:\n    token: {VALUE}\n", "credential-file", 3),
    (".aws/credentials", f"[default]\naws_secret_access_key = {VALUE}\n", "credential-file", 2),
    (".docker/config.json", f'{{"auths": {{"r": {{"auth": "{VALUE}"}}}}}}', "credential-file", 1),
    ("prod.tfstate", '{"version": 4, "resources": [{"type": "x"}]}', "terraform-state", 1),
]
HARMLESS = [
    (".env", "DEBUG=1\nPORT=8080\nNAME=shop\n"),
    (".env", "API_KEY=\nDB_PASSWORD=changeme\nTOKEN=${TOKEN}\nSECRET=<your secret>\n"),
    (".env", f"# DB_PASSWORD={VALUE}\nAUTHOR={VALUE}\n"),
    ("server.pem", "-----BEGIN CERTIFICATE-----\n" + BODY + "\n"),
    ("server.key", "-----BEGIN " + "PRIVATE KEY-----\n...\n"),
    (".npmrc", "registry=https://r.example.org/\n//r/:_authToken=${NPM_TOKEN}\n"),
    (".pypirc", "[pypi]\nusername = a\n"),
    ("kubeconfig", "users: []\n"),
    ("empty.tfstate", '{"version": 4, "resources": []}'),
    ("credentials.json", '{"installed": {"client_id": "x"}}'),
]


# The values differ from run to run, so the names of the tests must not hold them.
@pytest.mark.parametrize(("path", "content", "rule", "line"), REAL, ids=[one[0] for one in REAL])
def test_a_real_one_is_found_with_its_line(path: str, content: str, rule: str, line: int) -> None:
    sort = sort_of(path)
    assert sort is not None
    assert sort.rule == f"secrets/{rule}"
    assert first_secret(sort, content.encode()) == line


@pytest.mark.parametrize(("path", "content"), HARMLESS, ids=map(str, range(len(HARMLESS))))
def test_a_placeholder_is_none(path: str, content: str) -> None:
    sort = sort_of(path)
    assert sort is not None
    assert first_secret(sort, content.encode()) is None


@pytest.mark.parametrize(
    "path", [".env.example", "sample.env", ".env.dist", "a.py", "environment.yml", "keys.md"]
)
def test_templates_and_other_files_are_of_no_sort(path: str) -> None:
    assert sort_of(path) is None


def test_assignments_of_all_styles() -> None:
    text = "a=1\nexport B='x # y'\n; c=2\nd: z # said\nno assignment\n"
    assert list(assignments(text)) == [(1, "a", "1"), (2, "B", "x # y"), (4, "d", "z")]


def test_short_values_are_not_real() -> None:
    assert not is_real("abc")
    assert is_real(VALUE)


@given(st.sampled_from([path for path, *_ in REAL]), st.binary(max_size=300))
def test_no_content_makes_it_fail(path: str, content: bytes) -> None:
    sort = sort_of(path)
    assert sort is not None
    line = first_secret(sort, content)
    assert line is None or line >= 1
