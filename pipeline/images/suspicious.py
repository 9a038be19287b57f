"""Values in an image's configuration that look like secrets: by their name, or by their form.

Whoever can pull an image can read its environment and its history, build arguments included. What
looks like a secret there is told by its name; its value goes no further than this module.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BY_FORM = "its value has the form of"

_NAME = re.compile(
    r"(?:^|_|[a-z](?=[A-Z]))"
    r"(?:PASSWORD|PASSWD|PASSPHRASE|PGPASSWORD|SECRET|TOKEN|CREDENTIALS?"
    r"|(?:API|ACCESS|SECRET|PRIVATE|ENCRYPTION|SIGNING)_?KEY)(?:_|$|S$|[0-9]+$)",
    re.IGNORECASE,
)
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
_ASSIGNED = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)=(\"[^\"]*\"|'[^']*'|\S*)")
_HANDED = re.compile(
    r"((?:\bauthorization:(?:\s{0,9}(?:bearer|basic|token))?|\b(?:bearer|basic)|(?:^|\s)-[up]"
    r"|--?(?:password|passwd|passphrase|token|secret|api-?key|auth[a-z-]{0,20}))[=\s]+)\S{3,}",
    re.IGNORECASE,
)
"""What a command is handed as a secret: a header, a user with a password, an option."""
_RANDOM = re.compile(
    r"(?<![\w/.-])(?=[\w+=]{0,60}[0-9])(?=[\w+=]{0,60}[A-Za-z])[\w+=]{20,}(?![\w/.-])"
)
"""A long word of letters and digits: a token, or a digest that nobody needs to read."""
_MAX_LINE = 400
_LONGEST_LINE = 64 * 1024


def why_secret(name: str, value: str) -> str:
    """By what a named value looks like a secret; "" where it does not."""
    value = value[:_LONGEST_LINE]
    for what, form in _FORMS:
        if form.search(value):
            return f"{BY_FORM} {what}"
    if _NAME.search(name) and not _ABOUT.search(name) and not _HARMLESS.fullmatch(value.strip()):
        return "its name says so"
    return ""


def assignments(line: str) -> Iterator[tuple[str, str]]:
    """Names and values that a line of an image's history assigns."""
    for found in _ASSIGNED.finditer(line):
        yield found[1], found[2].strip("\"'")


def redact(line: str) -> str:
    """A line of an image's history without what may be a secret, and not too long.

    Nothing depends on the words that are lost, so it is better to lose too many.
    """
    line = line[:_LONGEST_LINE]
    for _, form in _FORMS:
        line = form.sub("…", line)
    line = _ASSIGNED.sub(_without_value, line)
    return _RANDOM.sub("…", _HANDED.sub(r"\1…", line))[:_MAX_LINE]


def _without_value(found: re.Match[str]) -> str:
    return f"{found[1]}=…" if why_secret(found[1], found[2].strip("\"'")) else found[0]
