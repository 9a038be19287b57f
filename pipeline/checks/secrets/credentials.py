"""Files whose very purpose is to hold a secret, recognised without any engine.

A name alone proves nothing: each file is looked into, so that a template with placeholders, a
certificate without its key, or an encrypted file is no finding. Only keystores are judged by
their name, as their content is closed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1024 * 1024
"""Such a file is small; of a larger one the beginning is looked at."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of such files. `rule` is what is reported, `names` what they are called.

    `holds` says on which line its first secret stands; `None` when there is none.
    """

    rule: str
    what: str
    names: re.Pattern[str]
    holds: Callable[[str], int | None]


@lru_cache(maxsize=1 << 16)  # in a history each path comes again and again
def sort_of(path: str) -> Sort | None:
    """What sort of file it is by its name, if it is one."""
    name = path.rpartition("/")[2]
    # Most files are of no sort: one look tells, instead of ten.
    if _ANY.fullmatch(path) is None or _TEMPLATE.search(name):
        return None
    return next((sort for sort in _SORTS if sort.names.fullmatch(path)), None)


def first_secret(sort: Sort, content: bytes) -> int | None:
    """The line of the first secret in a file of the sort; `None` when it holds none."""
    return sort.holds(content[:MAX_BYTES].decode(errors="replace"))


# --------------------------------------------------------------------------------- what is real


_TEMPLATE = re.compile(r"(?i)(?:^|[._-])(?:example|sample|template|tmpl|dist|defaults?)(?:[._-]|$)")
_UNREAL = re.compile(
    r"""(?ix)
    | \$\{?\w.* | \{\{.*\}\} | <.*> | %\w+% | \$\(.*\)          # filled in later
    | x{3,} | \*{3,} | \.{3,}
    | .*(?:change.?(?:me|this)|replace.?(?:me|this)|place.?holder|your[-_ ].*|example|dummy|todo
      |insert|fixme|redacted|not.?set|fill.?in).*
    | (?:none|null|nil|true|false|yes|no|on|off|secret|password|token|value|string|test|dev)
    | \d{1,5} | localhost
    """
)
_SECRET_NAME = re.compile(
    r"(?i)pass(?:word|wd|phrase)?(?:_|$)|pwd|secret|token|api_?key|private_?key|access_?key"
    r"|credential|auth(?!or)|dsn|conn(?:ection)?_?str|database_url|_key$|^key$|signature|salt"
)
_URL_PASSWORD = re.compile(r"^[a-zA-Z][\w+.-]*://[^/\s:@]*:([^/\s@]+)@")


def is_real(value: str) -> bool:
    """Whether a setting's value is more than a placeholder."""
    return len(value) > 3 and _UNREAL.fullmatch(value) is None  # noqa: PLR2004 - no secret is so short


_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*[=:]\s*(.*?)\s*")


def assignments(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, name and value of every `NAME=value` (dotenv, shell, ini), quotes taken off."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _ASSIGNMENT.fullmatch(line)
        if found and not line.lstrip().startswith(("#", ";", "//")):
            value = found[2]
            if value[:1] in {'"', "'"}:
                value = value[1:].partition(value[0])[0]
            else:
                value = value.partition(" #")[0].strip()
            yield number, found[1], value


def _in_environment(text: str) -> int | None:
    for number, name, value in assignments(text):
        password = _URL_PASSWORD.match(value)
        if is_real(password[1] if password else value) and (
            password is not None or _SECRET_NAME.search(name)
        ):
            return number
    return None


def _line(expression: str) -> Callable[[str], int | None]:
    """Where the first line matches whose group, if there is one, is real."""
    compiled = re.compile(expression)

    def holds(text: str) -> int | None:
        for number, line in enumerate(text.splitlines(), 1):
            found = compiled.search(line)
            if found and all(is_real(group) for group in found.groups() if group):
                return number
        return None

    return holds


def _always(_: str) -> int | None:
    return 1


def _private_key(text: str) -> int | None:
    """A block of a private key with a body; encrypted ones count, as a passphrase is guessable."""
    number = _line(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")(text)
    body = "".join(text.splitlines()[number : number + 3]) if number else ""
    return number if len(re.sub(r"[^A-Za-z0-9+/=]", "", body)) >= _KEY_BODY else None


_KEY_BODY = 40
"""Characters of base64 in the first lines of the shortest real key."""


def _state(text: str) -> int | None:
    """Terraform's state with at least one resource: it keeps every attribute in the clear."""
    try:
        found = json.loads(text)
        return 1 if found.get("resources") or found.get("modules") else None
    except (ValueError, AttributeError, RecursionError):
        return 1 if '"resources"' in text else None


def _sort(rule: str, what: str, names: str, holds: Callable[[str], int | None]) -> Sort:
    compiled = re.compile(f"(?:.*/)?(?:{names})", re.IGNORECASE | re.DOTALL)
    return Sort(f"secrets/{rule}", what, compiled, holds)


_SORTS = (
    _sort("env-file", "environment file with secrets", r"\.env|\.env\..+|.+\.env|\.envrc",
          _in_environment),
    _sort("private-key-file", "private key", r".+\.(?:pem|key|ppk|asc)|id_(?:rsa|dsa|ecdsa|ed25519)"
          r"|.+_(?:rsa|ed25519)", _private_key),
    _sort("keystore", "keystore", r".+\.(?:p12|pfx|jks|keystore|bks|kdbx)", _always),
    _sort("credential-file", "password for a package index", r"\.pypirc|\.?pip\.conf",
          _line(r"(?i)^\s*password\s*[=:]\s*(\S+)|://[^/\s:@]+:([^/\s@]+)@")),
    _sort("credential-file", "token for a package registry", r"\.npmrc|\.yarnrc(?:\.yml)?",
          _line(r"(?i)(?:_authToken|_auth|_password|npmAuthToken|npmAuthIdent)\"?\s*[=:]\s*[\"']?([^\s\"']+)")),
    _sort("credential-file", "git's stored passwords", r"\.git-credentials|\.netrc|_netrc",
          _line(r"://[^/\s:@]+:([^/\s@]+)@|(?i:\bpassword\s+(\S+))")),
    _sort("credential-file", "cluster credentials", r"kubeconfig|.+\.kubeconfig|kube\.config",
          _line(r"(?:client-key-data|token|password)\s*:\s*[\"']?([^\s\"']+)")),
    _sort("credential-file", "cloud credentials", r"credentials(?:\.json|\.csv)?|\.boto|\.s3cfg"
          r"|service[-_]?account.*\.json|application_default_credentials\.json",
          _line(r"(?i)(?:aws_secret_access_key|secret_key)\s*=\s*(\S+)"
                r"|\"(?:private_key|refresh_token|client_secret)\"\s*:\s*\"([^\"]+)\"")),
    _sort("credential-file", "registry or tool password", r"\.dockercfg|\.docker/config\.json"
          r"|\.htpasswd|\.pgpass|\.my\.cnf|\.vault[-_]?pass(?:word)?|secring\.gpg",
          _line(r"\"auth\"\s*:\s*\"([^\"]+)\"|^[^:#\s]+:(?:\$|\{SHA\})\S+|^(?:[^:#\s]+:){4}(\S+)"
                r"|(?i:^\s*password\s*=\s*(\S+))")),
    _sort("terraform-state", "Terraform state", r".+\.tfstate(?:\.backup)?", _state),
)  # fmt: skip

_ANY = re.compile("|".join(sort.names.pattern for sort in _SORTS), re.IGNORECASE | re.DOTALL)
