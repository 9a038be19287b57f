"""Requirements files, as pip reads them.

https://pip.pypa.io/en/stable/reference/requirements-file-format/. Lines are joined, comments cut
and options parsed exactly as pip does it, because a line that pip sees and we do not is a package
that nobody audits. Two things differ on purpose: no variable of the environment is expanded, and
nothing is fetched.
"""

from __future__ import annotations

import codecs
import optparse
import re
import shlex
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from pipeline.locks import draft as drafts
from pipeline.locks.draft import Draft
from pipeline.locks.manifest import Manifest, beside
from pipeline.locks.pypi import (
    from_path,
    from_url,
    hashes_of,
    is_public,
    labels,
    marker_of,
    name_of,
    named_by_file,
    normalised,
    note_index,
    required_name,
    shown,
    version_of,
)
from pipeline.model import Gap, Location, Origin, Package, Source
from pipeline.text import without_credentials
from pipeline.tree import join

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.locks.draft import Edge
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "requirements.txt"
ECOSYSTEM = "PyPI"

MAX_REQUIREMENTS = 50_000
"""Files with more requirements are given up after these."""

MAX_LINE = 1024 * 1024
"""A longer joined line is not read: one with a thousand hashes has a tenth of it."""

MAX_REQUIREMENT = 64 * 1024
"""A longer requirement, without its options, is not read."""

MAX_QUOTED = 8 * 1024
"""Longer options with quotes or backslashes are not read: `shlex` needs quadratic time."""

MAX_LOCAL = 200
"""How many local projects one lock may name."""

MAX_FILES = 200
"""How many files one lock may include."""

MAX_DEPTH = 20
"""How deep includes may nest."""

_FILE_NAME = re.compile(r"(?:.*[-_.])?requirements.*\.txt", re.IGNORECASE | re.DOTALL)


def matches(path: str) -> bool:
    """`requirements*.txt`, `*-requirements.txt`, and every `.txt` in a folder `requirements`."""
    folder, _, name = path.rpartition("/")
    if folder.rpartition("/")[2].lower() == "requirements" and name.lower().endswith(".txt"):
        return True
    return _FILE_NAME.fullmatch(name) is not None


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path` with every file it includes.

    - Without an exact version ("==1.2" or "===text", exactly one of them) `version` is `None`.
    - A constraint (`-c`) adds no package, but its pin, source and hashes are what pip would use
      for an unpinned requirement, so the package takes them over. A constraint with a marker
      holds only sometimes and gives nothing.
    - `direct` and `requires` come from the "via" comments of pip-compile and uv.
    - A local project installs its own dependencies. Those that the file does not pin too are
      reported, and so is a project that does not declare them as plain data.
    - `${VARIABLE}` is `Unread` outside of URLs, where it stands for credentials.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    reading = _Reading(draft)
    content = draft.open(draft.path)
    try:
        reading.file(draft.path, content, constraint=False, chain=(draft.path,))
    finally:
        # What stands before the place where a file is given up is still evaluated.
        reading.finish()


# --------------------------------------------------------------------------------------- lines


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as pip sees it: joined, without its comment. `number` is the first one's."""

    number: int
    text: str
    comment: str


def _lines(text: str) -> Iterator[_Line]:
    """The joined lines of a file, blank ones and those with only a comment included."""
    start, parts = 0, list[str]()
    for number, piece in _physical(text):
        only_comment = piece.lstrip().startswith("#")
        if piece.endswith("\\") and not only_comment:
            start = start if parts else number
            parts.append(piece.strip("\\"))
            continue
        if parts:
            # A comment line ends a continuation, and is one only after white space.
            parts.append(f" {piece}" if only_comment else piece)
            yield _line(start, "".join(parts))
            parts = []
        else:
            yield _line(number, piece)
    if parts:
        yield _line(start, "".join(parts))


def _physical(text: str) -> Iterator[tuple[int, str]]:
    """Every line as pip splits it, numbered as editors do.

    pip also splits where Unicode says so (form feed, U+2028 …): a requirement can hide there.
    """
    number = 1
    for piece, full in zip(text.splitlines(), text.splitlines(keepends=True), strict=True):
        yield number, piece
        number += full.endswith(("\n", "\r"))


def _line(number: int, text: str) -> _Line:
    """A line cut at its comment: the first "#" at the start or after white space."""
    at = text.find("#")
    while at > 0 and not text[at - 1].isspace():
        at = text.find("#", at + 1)
    if at < 0:
        return _Line(number, text.strip(), "")
    return _Line(number, text[:at].strip(), text[at + 1 :].rstrip())


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COOKIE = re.compile(rb"coding[:=]\s*([-\w.]+)")
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "ascii": "ascii",
    "us-ascii": "ascii",
    "latin-1": "latin-1",
    "iso-8859-1": "latin-1",
    "cp1252": "cp1252",
}
"""What a coding comment may name. Others can make pip see another text than everybody else."""


def _decoded(content: bytes, path: str) -> str:
    """The text of a file by its byte order mark, coding comment (PEP 263), or as UTF-8."""
    encoding, body = "utf-8", content
    for mark, name in _BOMS:
        if content.startswith(mark):
            encoding, body = name, content[len(mark) :]
            break
    else:
        for number, line in enumerate(content.split(b"\n", 2)[:2], start=1):
            cookie = _COOKIE.search(line) if line.startswith(b"#") else None
            if cookie:
                named = cookie[1].decode("ascii").lower().replace("_", "-")
                if named not in _ENCODINGS:
                    why = "a coding comment with an encoding that is not read"
                    drafts.refuse(path, why, Gap.UNSUPPORTED_INPUT, line=number)
                encoding = _ENCODINGS[named]
                break
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1 if body is content else None
        drafts.refuse(path, f"not {encoding.upper()}", line=row)


# ------------------------------------------------------------------------------------- options


class _Options(optparse.OptionParser):
    """pip's options, with `optparse`'s abbreviations, that raises instead of leaving."""

    def error(self, msg: str) -> NoReturn:  # noqa: ARG002 - optparse's signature
        """Refuse the line. The message is dropped: it repeats the text."""
        raise ValueError


@cache
def _options() -> _Options:
    parser = _Options(add_help_option=False)
    for dest, *names in (
        ("index", "-i", "--index-url", "--pypi-url"),
        ("extra_index", "--extra-index-url"),
        ("find_links", "-f", "--find-links"),
        ("requirements", "-r", "--requirement"),
        ("constraints", "-c", "--constraint"),
        ("editables", "-e", "--editable"),
        ("hashes", "--hash"),
        ("trusted_host", "--trusted-host"),
        ("ignored", "--no-binary"),
        ("ignored", "--only-binary"),
        ("ignored", "--all-releases"),
        ("ignored", "--only-final"),
        ("ignored", "--use-feature"),
        ("ignored", "-C", "--config-setting", "--config-settings"),
        ("ignored", "--global-option"),
        ("ignored", "--install-option"),
    ):
        parser.add_option(*names, dest=dest, action="append", default=())
    for dest, name in (
        ("no_index", "--no-index"),
        ("flag", "--pre"),
        ("flag", "--prefer-binary"),
        ("flag", "--require-hashes"),
        ("flag", "--no-require-hashes"),
    ):
        parser.add_option(name, dest=dest, action="store_true", default=False)
    return parser


_SOURCES = ("index", "extra_index", "find_links")


@dataclass(frozen=True, slots=True)
class _Given:
    """The options of one line. `words` are left over: pip ignores them."""

    values: dict[str, list[str]]
    no_index: bool = False
    words: tuple[str, ...] = ()

    def __getitem__(self, dest: str) -> list[str]:
        return self.values.get(dest, [])


_NOTHING = _Given({})


def _parsed(text: str) -> _Given:
    """The options in `text`; raises `ValueError` for what pip does not know or is too long."""
    if not text:
        return _NOTHING
    plain = not any(char in text for char in "'\"\\")
    if not plain and len(text) > MAX_QUOTED:
        raise ValueError
    tokens = re.split(r"[ \t\r\n]+", text.strip(" \t\r\n")) if plain else shlex.split(text)
    if all(token.startswith("--hash=") for token in tokens):
        return _Given({"hashes": [token[7:] for token in tokens]})
    parser = _options()
    values = optparse.Values({dest: [] for dest in parser.defaults})
    values.no_index = False
    _, words = parser.parse_args(tokens, values)
    given = {dest: found for dest, found in vars(values).items() if isinstance(found, list)}
    return _Given(given, bool(values.no_index), tuple(words))


# -------------------------------------------------------------------------------- requirements

_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_URL_TEXT = re.compile(r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]*+://\S*")
_URL = re.compile(r"(?:(?:git|hg|svn|bzr)\+[a-z+]+|https?|ftp|file|ssh|git):", re.IGNORECASE)
_NETWORK = re.compile(r"(?:https?|file):", re.IGNORECASE)
_NAMED_URL = re.compile(r"\s*[\w.-]+\s*(?:\[[^\]]*\])?\s*@")
_ARCHIVE = re.compile(
    r".*\.(?:whl|zip|tar|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz)", re.IGNORECASE | re.DOTALL
)
_EXTRAS = re.compile(r"(.+)\[([^\[\]]*)\]", re.DOTALL)
_FRAGMENT = re.compile(r"[#&](egg|md5|sha1|sha224|sha256|sha384|sha512)=([^&#\s]+)")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(slots=True)
class _Entry:
    """A requirement, with what is needed to finish it when all files are read."""

    package: Package
    specifier: str = ""
    manifest: Manifest | None = None
    brings_in: bool = False
    via: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """One requirements file and everything it includes."""

    draft: Draft
    entries: list[_Entry] = field(default_factory=list)
    constraints: dict[str, list[_Entry]] = field(default_factory=dict)
    seen: set[tuple[str, bool]] = field(default_factory=set)
    index: str | None = None
    no_index: bool = False
    find_links: list[str] = field(default_factory=list)
    count: int = 0
    manifests: dict[str, Manifest | None] = field(default_factory=dict)
    local: int = 0

    def file(self, path: str, content: bytes, *, constraint: bool, chain: tuple[str, ...]) -> None:
        """Read one file and, depth first, what it includes."""
        self.seen.add((path, constraint))
        entry: _Entry | None = None
        listing = False
        for line in _lines(_decoded(content, path)):
            if line.text:
                entry = self._line(line, path, constraint=constraint, chain=chain)
                listing = False
            note = _VIA.fullmatch(line.comment)
            if note:
                listing = not note[1]
                items = (note[1] or "").split(",")
            elif listing and not line.text and line.comment.startswith("  "):
                items = [line.comment]
            else:
                listing = False
                items = []
            if entry:
                entry.via += (item.strip() for item in items if item.strip())

    def _line(
        self, line: _Line, path: str, *, constraint: bool, chain: tuple[str, ...]
    ) -> _Entry | None:
        where = Location(path=path, line=line.number)
        if len(line.text) > MAX_LINE:
            self._miss(where, f"a line of more than {MAX_LINE} characters", Gap.TOO_LARGE)
            return None
        if _VARIABLE.search(line.text) and _VARIABLE.search(_URL_TEXT.sub("", line.text)):
            self._miss(where, "it depends on a variable of the environment", Gap.UNSUPPORTED_INPUT)
            return None
        options = re.search(r"(?:^| )-", line.text)
        required = line.text[: options.start()].strip() if options else line.text
        try:
            given = _parsed(line.text[options.start() :].strip() if options else "")
        except ValueError:
            self._miss(where, "options that pip does not know, or not so")
            given = _NOTHING
        if required or given["editables"]:
            # The marker of an editable line is taken raw: `shlex` eats its quotes.
            after = "" if required else line.text.partition(" ;")[2].strip()
            return self._requirement(required, given, where, after, constraint=constraint)
        if given.words:
            self._miss(where, "words after an option, which pip ignores")
        includes = given["requirements"] or given["constraints"]
        if includes:
            if len(given["requirements"] + given["constraints"]) > 1 or _reaches(given):
                self._miss(where, "more than one include on a line: pip follows the first only")
            self._include(includes[0], where, constraint=not given["requirements"], chain=chain)
        self._use_indexes(given, where)
        return None

    def _requirement(
        self, required: str, given: _Given, where: Location, marker: str, *, constraint: bool
    ) -> _Entry | None:
        self.count += 1
        if self.count > MAX_REQUIREMENTS:
            why = f"given up: more than {MAX_REQUIREMENTS} requirements"
            drafts.refuse(where.path, why, Gap.TOO_LARGE, line=where.line)
        editable = not required
        if (given.words and not marker) or _reaches(given) or given["requirements"]:
            self._miss(where, "options or words that pip ignores on a requirement's line")
        if len(given["editables"]) > editable:
            self._miss(where, "more than one requirement on a line")
        entry = self._entry(required or given["editables"][0], where, editable=editable)
        if entry is None:
            return None
        hashes = hashes_of(given["hashes"])
        if len(hashes) < len(set(given["hashes"])):
            self._miss(where, "a hash that is not of the form algorithm:hex")
        package = entry.package
        entry.package = replace(
            package,
            hashes=tuple(dict.fromkeys(package.hashes + hashes)),
            markers=marker_of(marker) or package.markers,
        )
        if constraint:
            self.constraints.setdefault(package.name, []).append(entry)
        else:
            self.entries.append(entry)
        return entry

    def _entry(self, text: str, where: Location, *, editable: bool) -> _Entry | None:
        """The requirement in `text`; `None`, and a note, for what is none."""
        if len(text) > MAX_REQUIREMENT:
            why = f"a requirement of more than {MAX_REQUIREMENT} characters"
            self._miss(where, why, Gap.TOO_LARGE)
            return None
        if _URL.match(text):
            return self._url(text, where)
        plain = text.partition(";")[0].strip()
        if not _NAMED_URL.match(plain) and (
            editable or "/" in plain or plain.startswith(".") or _ARCHIVE.fullmatch(plain)
        ):
            return self._local(text, where, editable=editable)
        return self._named(text, where)

    def _named(self, text: str, where: Location) -> _Entry | None:
        """A requirement of PEP 508: "name[extra]==1.2; marker" or "name @ url ; marker"."""
        from packaging.markers import InvalidMarker, Marker  # noqa: PLC0415 - slow to import
        from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415

        # pip cuts at the first ";", even inside a URL.
        head, _, marker = text.partition(";")
        try:
            requirement = Requirement(head.strip())
            if marker.strip():
                Marker(marker.strip())
        except (InvalidMarker, InvalidRequirement, RecursionError):
            self._miss(where, "not a requirement")
            return None
        if requirement.url:
            named = named_by_file(requirement.url)
            version = named[1] if named and named[0] == normalised(requirement.name) else None
            source, hashes = from_url(requirement.url), _fragment_hashes(requirement.url)
        else:
            exact = [
                specifier.version
                for specifier in requirement.specifier
                if specifier.operator == "==="
                or (specifier.operator == "==" and not specifier.version.endswith(".*"))
            ]
            version = version_of(exact[0]) if len(exact) == 1 else None
            source, hashes = Source(), ()
        package = Package(
            ecosystem=ECOSYSTEM,
            name=normalised(requirement.name),
            version=version,
            location=where,
            source=source,
            hashes=hashes,
            markers=marker_of(marker.strip()),
            extras=tuple(sorted(requirement.extras)),
        )
        return _Entry(package, specifier=str(requirement.specifier))

    def _url(self, text: str, where: Location) -> _Entry | None:
        """A bare URL; its name is in "#egg=name" or in the name of the file."""
        url, _, markers = text.partition("; ")
        url = url.strip()
        fragments = dict(_FRAGMENT.findall(url))
        named = named_by_file(url)
        name = required_name(fragments.get("egg")) or (named[0] if named else None)
        if name is None:
            self._miss(where, "a URL that does not tell the package's name", Gap.NOT_FROM_REGISTRY)
            return None
        extras = _EXTRAS.fullmatch(fragments.get("egg", ""))
        return _Entry(
            Package(
                ecosystem=ECOSYSTEM,
                name=name,
                version=named[1] if named and named[0] == name else None,
                location=where,
                source=from_url(url),
                hashes=_fragment_hashes(url),
                markers=marker_of(markers.strip()),
                extras=_split_extras(extras[2]) if extras else (),
            )
        )

    def _local(self, text: str, where: Location, *, editable: bool) -> _Entry | None:
        """A folder or a file of the repository, as seen from where pip would be started."""
        self.local += 1
        if self.local > MAX_LOCAL:
            self._miss(where, f"more than {MAX_LOCAL} local projects", Gap.TOO_LARGE)
            return None
        plain, _, markers = text.partition(";")
        plain = plain.strip()
        extras = _EXTRAS.fullmatch(plain)
        path = extras[1].strip() if extras else plain
        archive = named_by_file(path)
        base, project = self._base(path, where.path, archive=bool(archive))
        if base is None:
            why = "a local path that does not exist in the repository"
            self._miss(where, why, Gap.INPUT_MISSING)
            return None
        manifest = None if archive else self._manifest(join(base, path))
        name = archive[0] if archive else manifest.name if manifest else None
        if name is None:
            why = "a local project whose name cannot be told without running its build"
            self._miss(where, why, Gap.NOT_FROM_REGISTRY)
            return None
        own = not archive and (editable or join(base, path) == join(base, "."))
        return _Entry(
            Package(
                ecosystem=ECOSYSTEM,
                name=name,
                version=archive[1] if archive else None,
                location=where,
                source=from_path(path, base, own=own),
                markers=marker_of(markers.strip()),
                extras=_split_extras(extras[2]) if extras else (),
            ),
            manifest=manifest,
            brings_in=project,
        )

    def _base(self, path: str, file: str, *, archive: bool) -> tuple[str | None, bool]:
        """The folder that a local path counts from, and whether it leads to a project.

        pip counts from the folder it was started in: the file's own, or one above it.
        """
        has = self.draft.tree.has
        folder = file.rpartition("/")[0]
        while True:
            place = join(folder, path)
            if has(place) if archive else any(has(join(place, one)) for one in _PROJECT_FILES):
                return folder, not archive
            if not folder:
                return None, False
            folder = folder.rpartition("/")[0]

    def _manifest(self, folder: str) -> Manifest | None:
        """The manifest in a folder, read once."""
        if folder not in self.manifests:
            self.manifests[folder] = beside(self.draft.tree, folder)
        return self.manifests[folder]

    def _include(
        self, name: str, where: Location, *, constraint: bool, chain: tuple[str, ...]
    ) -> None:
        path = join(where.path.rpartition("/")[0], name)
        if _NETWORK.match(name):
            why = "an included file outside the repository is not fetched"
            self._miss(where, why, Gap.INPUT_MISSING)
        elif path in chain:
            self._miss(where, "the file includes itself")
        elif (path, constraint) in self.seen:
            return
        elif len(chain) > MAX_DEPTH or len(self.seen) >= MAX_FILES:
            self._miss(where, "too many included files", Gap.TOO_LARGE)
        else:
            try:
                content = self.draft.open(path)
            except drafts.RefusedError as refused:
                why = f"the included file cannot be read: {refused.unread.why}"
                self._miss(where, why, refused.unread.gap)
                self.seen.add((path, constraint))
                return
            try:
                self.file(path, content, constraint=constraint, chain=(*chain, path))
            except drafts.RefusedError as refused:
                self._keep(refused)

    def _keep(self, refused: drafts.RefusedError) -> None:
        """Go on after an included file that was given up, unless too much was."""
        if len(self.draft.unread) >= drafts.MAX_UNREAD or self.count > MAX_REQUIREMENTS:
            raise refused
        self.draft.unread.append(refused.unread)

    def _use_indexes(self, given: _Given, where: Location) -> None:
        for dest in _SOURCES:
            for place in given[dest]:
                note_index(self.draft, place, where.line, where.path)
        self.no_index |= given.no_index
        self.find_links += given["find_links"]
        if given["index"]:
            self.index = given["index"][-1]

    def _miss(self, where: Location, why: str, gap: Gap = Gap.PARSE_ERROR) -> None:
        self.draft.miss(why, gap, line=where.line, path=where.path)

    # ------------------------------------------------------------------------------- the end

    def finish(self) -> None:
        """Give every package what only all files together tell."""
        source = self._default_source()
        for entry in self.entries:
            self._constrain(entry)
            if entry.package.source == Source():
                entry.package = replace(entry.package, source=source)
        names = {entry.package.name for entry in self.entries}
        edges = self._edges(names)
        forks = Counter[str]()
        for entry in self.entries:
            forks[entry.package.name] += 1
            few = forks[entry.package.name] <= drafts.MAX_FORKS
            children = edges.get(entry.package.name, []) if few else []
            self.draft.add(entry.package, children + _brought_in(entry))
        for entry in self.entries:
            if entry.brings_in:
                self._check_brought_in(entry, names)

    def _default_source(self) -> Source:
        """Where pip looks for a name: options count for all files, wherever they stand."""
        if self.no_index:
            url = shown(self.find_links[0]) if self.find_links else ""
            return Source(origin=Origin.INDEX, url=url)
        if self.index is None or is_public(self.index):
            return Source()
        return Source(origin=Origin.INDEX, url=without_credentials(self.index))

    def _constrain(self, entry: _Entry) -> None:
        """Take over what the constraints fix for an unpinned requirement."""
        package = entry.package
        limits = self.constraints.get(package.name, [])
        if package.version is not None or package.source != Source() or len(limits) != 1:
            return
        limit = limits[0].package
        if limit.markers or (limit.version is None and limit.source == Source()):
            return
        if limit.source == Source() and not _allowed(entry.specifier, limit.version):
            return
        entry.package = replace(
            package,
            version=limit.version,
            source=limit.source,
            hashes=package.hashes or limit.hashes,
        )

    def _edges(self, names: set[str]) -> dict[str, list[Edge]]:
        """Who asks for whom, by the "via" comments; sets `direct` on the way."""
        own = {
            entry.package.name
            for entry in self.entries
            if entry.package.source.origin is Origin.WORKSPACE
        }
        project = beside(self.draft.tree, self.draft.folder) if self._mentions(names) else None
        if project and project.name and project.name not in names:
            own.add(project.name)
        edges: dict[str, list[Edge]] = {}
        for entry in self.entries:
            package = entry.package
            parents = {name for item in entry.via if (name := name_of(_EXTRA_END.sub("", item)))}
            for parent in parents & names:
                edges.setdefault(parent, []).append((package.name, package.version))
            if package.name in own:
                continue
            if any(_asks(item) for item in entry.via) or parents & own:
                entry.package = replace(package, direct=True)
            elif parents and parents <= names:
                entry.package = replace(package, direct=False)
        return edges

    def _mentions(self, names: set[str]) -> bool:
        """Whether a "via" comment names something that is not in the files: the project itself."""
        items = (item for entry in self.entries for item in entry.via)
        return any(name not in names for item in items if (name := name_of(item)))

    def _check_brought_in(self, entry: _Entry, names: set[str]) -> None:
        where, manifest = entry.package.location, entry.manifest
        if manifest is None or not manifest.whole:
            why = "the dependencies of a local project cannot be told without running its build"
            self._miss(where, why, Gap.UNSUPPORTED_INPUT)
            return
        missing = {name for name, _ in _brought_in(entry)} - names
        if missing:
            why = f"a local project asks for packages that this file does not pin: {len(missing)}"
            self._miss(where, why, Gap.NO_VERSION)


_VIA = re.compile(r"\s*via(?:\s+(.*))?", re.DOTALL)
_EXTRA_END = re.compile(r"\[[^\]]*\]$")


def _asks(item: str) -> bool:
    """Whether a "via" item is an input file: "-r x.in", "name (pyproject.toml)"."""
    return item.startswith(("-r ", "-e ")) or item.endswith(")")


def _brought_in(entry: _Entry) -> list[Edge]:
    """What a local project installs, with the extras that are asked for."""
    if entry.manifest is None:
        return []
    names = set(entry.manifest.runtime)
    for extra, more in entry.manifest.extras.items():
        if normalised(extra) in {normalised(asked) for asked in entry.package.extras}:
            names |= more
    return [(name, None) for name in sorted(names)]


def _allowed(specifier: str, version: str | None) -> bool:
    """Whether a requirement's own specifiers allow a version."""
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - not every run needs it

    return SpecifierSet(specifier).contains(version or "", prereleases=True)


def _fragment_hashes(url: str) -> tuple[str, ...]:
    """The hashes that a URL carries in its fragment ("#sha256=…")."""
    pairs: Iterable[tuple[str, str]] = _FRAGMENT.findall(url)
    return hashes_of(f"{key}:{value}" for key, value in pairs if key != "egg")


def _split_extras(text: str) -> tuple[str, ...]:
    return labels([extra.strip() for extra in text.split(",")])


def _reaches(given: _Given) -> bool:
    """Whether a line names an index, which pip takes from lines of options only."""
    return any(given[dest] for dest in _SOURCES)
