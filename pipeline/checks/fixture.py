"""Does a secret look like made for a test? Reasons by its path and by its content.

A reason lowers the severity and stands in the report. It never hides the finding: real keys are
found in test folders every day.
"""

from __future__ import annotations

import re

_FOLDERS = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|test[-_]data|specs?|__tests__|fixtures?|mocks?|__mocks__"
    r"|examples?|samples?|demos?|golden|snapshots?|cassettes|e2e)(?:/|$)",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?:^|/)(?:test_[^/]*|conftest\.py|[^/]*[._-](?:test|tests|spec|mock|example|sample)s?\.[^/]*"
    r"|[^/]*\.(?:example|sample|template|dist|snap))$",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"(?:^|/)[^/]+\.(?:dist|egg)-info/(?:METADATA|PKG-INFO)$|(?:^|/)usr/share/doc/")
WORDS = re.compile(
    r"example|sample|dummy|placeholder|change.?me|your[-_]|not.?(?:a.?)?(?:real|secret)"
    r"|(?<![a-z])(?:my|some|strong|super|top)[-_.]?(?:secret|token|pass(?:word)?|api[-_]?key)(?![a-z])"
    r"|(?-i:fake|Fake|FAKE|xxxx|XXXX)|testing|insecure|(?<![a-z])test(?![a-z])"
    r"|0123456789|1234567890|abcdefgh|deadbeef",
    re.IGNORECASE,
)
"""What made-up values hold; whoever remembers an answer of `by_content` has to look again once
these are others. Four letters in any case stand in one of 15,000 real tokens by chance."""
_RUN = re.compile(r"(.)\1{7,}")


def by_path(path: str) -> str:
    """Why the file seems to be a test's, an example, or documentation; "" if it does not."""
    if found := _FOLDERS.search(path):
        return f"it lies in {found.group().strip('/')!r}"
    if _NAMES.search(path):
        return "its file is named like a test or an example"
    if _ABOUT.search(path):
        return "its file describes a package"
    return ""


def by_content(value: str) -> str:
    """Why the value itself seems made up; never repeats any of it."""
    if WORDS.search(value):
        return "it holds a word or a sequence that made-up values hold"
    if _RUN.search(value):
        return "it repeats one character"
    return ""
