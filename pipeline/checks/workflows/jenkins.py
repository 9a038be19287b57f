"""Jenkinsfiles, as text: they are programs in Groovy, and no program of others is run here.

Found are shared libraries, images, plain secrets and downloads where they are written out. What
a program puts together as it runs cannot be seen.
Source: https://www.jenkins.io/doc/book/pipeline/syntax/ and .../shared-libraries/.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from pipeline.checks.workflows.pins import (
    COMMIT,
    image_problems,
    piped_lines,
    piped_problem,
    secret_problem,
)
from pipeline.checks.workflows.problem import Problem
from pipeline.model import Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_CODE = re.compile(
    r"(?P<text>'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|'(?:\\[^\n]|[^'\\\n])*'?|\"(?:\\[^\n]|[^\"\\\n])*\"?)"
    r"|/\*.*?(?:\*/|\Z)|//[^\n]*",
    re.DOTALL,
)
"""Comments, and the texts in which comment marks mean nothing. One without an end reaches to the
end, so that no text is looked through twice."""
_LIBRARY = re.compile(
    r"@Library\s{0,9}\(\s{0,9}(?P<names>\[[^\]]{0,2000}\]|['\"][^'\"\n]{0,300}['\"])"
    r"|\blibrary\s{0,9}\(?\s{0,9}(?:identifier\s{0,9}:\s{0,9})?(?P<name>['\"][^'\"\n]{0,300}['\"])"
)
_TEXT = re.compile(r"['\"]([^'\"\n]*)['\"]")
_IMAGE = re.compile(
    r"\bdocker\s{0,9}\.\s{0,9}image\s{0,9}\(\s{0,9}['\"](?P<call>[^'\"\n]{1,500})"
    r"|\bdocker\s{1,9}['\"](?P<short>[^'\"\n]{1,500})"
    r"|(?<!\.)\bimage\s{0,9}[:(]?\s{0,9}['\"](?P<long>[^'\"\n]{1,500})"
)
_ASSIGNED = re.compile(
    r"\b(?P<name>[A-Za-z_]\w*)\s{0,9}=\s{0,9}(?P<quote>['\"])(?P<value>[^'\"\n]*)(?P=quote)"
)


def problems(text: str, path: str) -> Iterator[Problem]:
    """What is wrong with a Jenkinsfile."""
    file = _File(text, path)
    for match in file.find(_LIBRARY):
        group = "names" if match["names"] else "name"
        for name in _TEXT.finditer(match[group]):
            if not COMMIT.fullmatch(name[1].partition("@")[2]):
                yield Problem(
                    rule="unpinned-include",
                    severity=Severity.MEDIUM,
                    place=file.at(match.start(group) + name.start(1)),
                    detail="the version of a shared library is no full commit",
                )
    for match in file.find(_IMAGE):
        group = str(match.lastgroup)
        yield from image_problems(match[group], file.at(match.start(group)), tags=True)
    for match in file.find(_ASSIGNED):
        problem = secret_problem(match["name"], match["value"], file.at(match.start("name")))
        if problem:
            yield problem
    for line in piped_lines(file.code):
        yield piped_problem(Location(path=path, line=line + 1))


class _File:
    """A Jenkinsfile without its comments, in which texts are told from code."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.code = _NO_CODE.sub(_blank, text)
        spans = [match.span() for match in _NO_CODE.finditer(text) if match["text"]]
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]

    def find(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches that begin in code, and not inside of a text."""
        for match in pattern.finditer(self.code):
            number = bisect_right(self.starts, match.start())
            if not number or match.start() >= self.ends[number - 1]:
                yield match

    def at(self, offset: int) -> Location:
        start = self.code.rfind("\n", 0, offset) + 1
        line = self.code.count("\n", 0, offset) + 1
        return Location(path=self.path, line=line, column=offset - start + 1)


def _blank(match: re.Match[str]) -> str:
    """A text as it is; a comment as nothing but its line breaks, so that all lines stay."""
    return match[0] if match["text"] else re.sub(r"[^\n]", " ", match[0])
