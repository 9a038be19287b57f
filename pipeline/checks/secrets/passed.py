"""Files that the engine's own rules pass over by their name: they get a second look.

Lock files, installed packages, pictures and fonts are left out by nearly every rule that came
with Kingfisher 2.14.0 (found by giving it one token under hundreds of names; a test does so
again). A token in a lock file is as good as anywhere else. Under a plain name, the same content
is looked at; rules of ours for passwords without a format stay out of it, as such files are full
of digests.
"""

from __future__ import annotations

import re

MAX_BYTES = 16 * 1024 * 1024
"""A larger file is not looked at again."""
MAX_TOTAL = 192 * 1024 * 1024
"""Bytes of today's files that are looked at again, at most."""
MAX_PAST = 500
"""Earlier versions of such files that are looked at again: the newest."""

_FOLDERS = (
    r"node_modules|bower_components|site-packages|dist-packages|[^/]+\.dist-info"
    r"|vendor/(?:github\.com|golang\.org|google\.golang\.org|gopkg\.in|k8s\.io|bundle|ruby|gems)"
    r"|lib(?:64)?/python\d(?:\.\d+)?|venv|\.venv"
)
_NAMES = (
    r"package-lock\.json|npm-shrinkwrap\.json|(?:yarn|poetry|deno|Pipfile)\.lock"
    r"|pnpm-lock\.yaml|(?:[^/]*\.)?go\.(?:mod|sum|work)|go\.work\.sum|gradle\.lockfile"
    r"|gradlew(?:\.bat)?|mvnw(?:\.cmd)?|verification-metadata\.xml"
    r"|\.?(?:gitleaks|betterleaks)\.toml"
)
_ENDINGS = r"bmp|gif|jpe?g|png|svg|tiff?|eot|[ot]tf|woff2?|css|html?"
_SCRIPTS = r"(?:angular|bootstrap|jquery|plotly|swagger-ui)[^/]*\.js(?:\.map)?"
_PASSED = re.compile(
    rf"(?:.*/)?(?:(?:{_FOLDERS})/.*|{_NAMES}|[^/]*\.(?:{_ENDINGS})|{_SCRIPTS})",
    re.DOTALL | re.IGNORECASE,
)


def is_passed_over(path: str) -> bool:
    """Whether the engine's rules leave a file out for its name."""
    return _PASSED.fullmatch(path) is not None
