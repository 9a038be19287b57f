"""What looks like a secret: by what it is named, by its form, by how it is made.

The one table of such names and forms, for all who meet values in configuration, in images and in
workflows. What a check makes of one, and how bad it is, it says itself. The search for secrets in
files and their history has a table of its own, with far more in it: `pipeline/checks/secrets/`.
"""

from __future__ import annotations

import re
from enum import Enum

BY_FORM = "its value has the form of"

_WORDS = "PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?"
_KEYS = "API|ACCESS|SECRET|PRIVATE"
_ENDS_LIKE = re.compile(
    rf"(?:^|[_.-])(?:{_WORDS}|PWD|(?:{_KEYS})[_-]?KEY)$",
    re.IGNORECASE,
)
"""Names that say it with their last word: few of them hold anything else."""
_SPEAKS_OF = re.compile(
    r"(?:^|_|[a-z](?=[A-Z]))"
    rf"(?:{_WORDS}|PGPASSWORD|(?:{_KEYS}|ENCRYPTION|SIGNING)_?KEY)(?:_|$|S$|[0-9]+$)",
    re.IGNORECASE,
)
"""Names that say it anywhere, for where a value that is missed is there for everybody to pull."""
_ABOUT = re.compile(
    r"_(?:FILE|PATH|DIR|URL|URI|ENDPOINT|HOST|NAME|ID|TTL|EXPIRY|EXPIRES(?:_IN)?|LENGTH|SIZE|TYPE"
    r"|ALGORITHM|ISSUER|AUDIENCE|ENABLED|REQUIRED|VERSION|HEADER|POLICY)$",
    re.IGNORECASE,
)
"""Ends of names that speak about a secret, and hold none."""
_HARMLESS = re.compile(
    r"(?:|true|false|yes|no|on|off|none|null|[0-9]{1,5}|[*x.…<>-]+|\$.*|%.*%|<.*>|\{\{.*\}\}"
    r"|/(?:run|var|etc|tmp|mnt)/.*|redacted|changeit_in_env)",
    re.IGNORECASE | re.DOTALL,
)
_NO_VALUE = re.compile(
    r"|true|false|yes|no|null|none|~|\d{1,3}|(?:\.{0,2}/|[A-Z]:\\).*", re.IGNORECASE
)
"""What a name may hold that ends like a secret's: nothing, a switch, a number, a path."""
_FORMS = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})\b")),
    ("a GitLab token", re.compile(r"\bglpat-[\w-]{20,}")),
    ("an npm token", re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("a PyPI token", re.compile(r"\bpypi-AgEI[\w-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[\w-]{10,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}\b")),
    ("a Google key", re.compile(r"\bAIza[\w-]{35}")),
    ("a web token", re.compile(r"\beyJ[\w-]{10,1000}\.eyJ[\w-]{10,1000}\.[\w-]{10}")),
    ("a password in an address", re.compile(r"://[^/\s:@]{1,100}:[^/\s:@$]{3,200}@")),
)
_STRONG = 12
"""Characters from which on a value of several kinds of them is taken for a real secret."""
_KINDS = ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]")
_LONGEST = 64 * 1024
"""Characters of a value that are looked at: it is a stranger's."""


class Secret(Enum):
    """How much a value looks like a secret that is in use."""

    STRONG = "strong"
    THROWAWAY = "throwaway"


def why_secret(name: str, value: str) -> str:
    """By what a named value looks like a secret; "" where it does not."""
    value = value[:_LONGEST]
    for what, form in _FORMS:
        if form.search(value):
            return f"{BY_FORM} {what}"
    if (
        _SPEAKS_OF.search(name)
        and not _ABOUT.search(name)
        and not _HARMLESS.fullmatch(value.strip())
    ):
        return "its name says so"
    return ""


def without_forms(text: str, instead: str) -> str:
    """A text in which `instead` stands for everything that has the form of a secret."""
    for _, form in _FORMS:
        text = form.sub(instead, text)
    return text


def is_secret_name(name: str) -> bool:
    """Whether a variable is named like a secret."""
    return bool(_ENDS_LIKE.search(name))


def secret_in(name: str, value: str) -> Secret | None:
    """What a variable that is named like a secret holds, where it is written out at all.

    A value that a variable stands in has to be told apart before: only its language knows how.
    """
    value = value.strip()
    if not is_secret_name(name) or _NO_VALUE.fullmatch(value):
        return None
    return Secret.STRONG if is_strong(value) else Secret.THROWAWAY


def is_strong(value: str) -> bool:
    """Whether a value is made like a secret that is in use, and not like a throwaway one."""
    kinds = sum(bool(re.search(kind, value)) for kind in _KINDS)
    return len(value) >= _STRONG and kinds > 1 and not re.search(r"\s", value)
