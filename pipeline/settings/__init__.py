"""`supply-chain.yml` as typed settings, or one message that lists every mistake in it.

`supply-chain.schema.json` says what may stand there: editors use it, and so does the reader.
Values get the type that the schema wants, so that a date stays a date's text and 4.10 stays
4.10. Nothing is ignored: a key that is not known is an error, with the nearest one that is.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import PipelineError, UsageError
from pipeline.model import (
    ExpectedPublisher,
    Location,
    Policy,
    ProvenanceSettings,
    SecretSettings,
    Severity,
    TrivySettings,
    Waiver,
)
from pipeline.settings.mistakes import find_mistakes, line_of, refusal
from pipeline.text import plain
from pipeline.tree import Tree
from pipeline.yamltree import MAX_CHARACTERS, Items, Table, UnreadableYamlError, compose

if TYPE_CHECKING:
    from pipeline.yamltree import Node, Scalar

NAME = "supply-chain.yml"
SCHEMA_FILE = Path(__file__).parents[1] / "supply-chain.schema.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisorySettings:
    """Services to ask instead of the public ones; `None` where the public one is right."""

    osv_url: str | None = None
    pypi_url: str | None = None
    npm_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedImage:
    """A built image to look at; `platform` is "" for every one that it is built for.

    `dockerfile` is the path of the one that it is built from, seen from the root, if that is said.
    """

    reference: str
    platform: str = ""
    dockerfile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `supply-chain.yml` says. `exclude` holds patterns, see `pipeline.discover.names`."""

    policy: Policy = field(default_factory=Policy)
    exclude: tuple[str, ...] = ()
    images: tuple[NamedImage, ...] = ()
    name: str | None = None
    advisories: AdvisorySettings = field(default_factory=AdvisorySettings)
    secrets: SecretSettings = field(default_factory=SecretSettings)
    provenance: ProvenanceSettings = field(default_factory=ProvenanceSettings)
    trivy: TrivySettings = field(default_factory=TrivySettings)


DEFAULTS = Settings()


def load(
    path: Path,
    *,
    origin: str = "",
    checks: frozenset[str] = frozenset(),
    controls: frozenset[str] = frozenset(),
) -> Settings:
    """The settings in the file at `path`, see `parse`; its name is the default `origin`."""
    resolved = path.resolve()
    try:
        content = Tree.at(resolved.parent).read(resolved.name, limit=MAX_CHARACTERS)
    except PipelineError as error:
        raise UsageError(
            f"the settings cannot be read: {error.what}", where=str(path), fix="name another file"
        ) from error
    return _parse(content, origin or path.name, checks, controls)


def parse(
    text: str,
    origin: str,
    *,
    checks: frozenset[str] = frozenset(),
    controls: frozenset[str] = frozenset(),
) -> Settings:
    """The settings in `text`.

    `origin` is the file's name in messages and in the report. `checks` and `controls` are the
    names that `require` and `require-controls` may hold; when empty, they are not looked at.
    Raises `UsageError`, and nothing else, with every mistake and its line.
    """
    return _parse(text.encode(errors="surrogatepass"), origin, checks, controls)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `supply-chain.yml`."""
    import json  # noqa: PLC0415  # only for reading settings

    found: dict[str, Any] = json.loads(SCHEMA_FILE.read_bytes())
    return found


def _parse(
    content: bytes, origin: str, checks: frozenset[str], controls: frozenset[str]
) -> Settings:
    try:
        root = compose(content.decode("utf-8-sig"), origin, aliases=False)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"not UTF-8 at byte {error.start}", where=origin, fix="save it as UTF-8"
        ) from error
    except UnreadableYamlError as error:
        raise UsageError(plain(error.what), where=error.where, fix="correct the file") from error
    known = schema()
    values = {} if root is None else _value(root, known)
    mistakes = find_mistakes(values, known, root, checks, controls)
    if mistakes:
        raise refusal(mistakes, origin)
    return _settings(values, root, origin, "sha256:" + hashlib.sha256(content).hexdigest())


# ------------------------------------------------------------------------------------ values


def _value(node: Node, wanted: dict[str, Any]) -> Any:
    """The node as data, each text converted to the type that the schema wants at its place.

    A text that does not convert is left as it is, for the schema to refuse.
    """
    if isinstance(node, Table):
        properties = wanted.get("properties", {})
        return {
            key: _value(value, properties.get(key, {})) for key, (_, value) in node.entries.items()
        }
    if isinstance(node, Items):
        return [_value(item, wanted.get("items", {})) for item in node.items]
    return _scalar(node, wanted.get("type", "string"))


def _scalar(node: Scalar, kind: str) -> Any:
    if node.is_null:
        # A heading with nothing under it, as when all its entries are comments.
        return {"object": {}, "array": []}.get(kind)
    if kind == "integer" and not node.style and re.fullmatch(r"[+-]?[0-9]{1,9}", node.text):
        return int(node.text)
    if kind == "boolean" and not node.style and node.text.lower() in {"true", "false"}:
        return node.text.lower() == "true"
    return node.text


def _settings(values: dict[str, Any], root: Node | None, origin: str, digest: str) -> Settings:
    policy = values.get("policy", {})
    default = DEFAULTS.policy
    fail_on = policy.get("fail-on", default.fail_on)
    advisories = values.get("advisories", {})
    secrets = values.get("secrets", {})
    provenance = values.get("provenance", {})
    trivy = values.get("tools", {}).get("trivy", {})
    return Settings(
        name=values.get("name"),
        exclude=tuple(values.get("exclude", ())),
        images=tuple(NamedImage(**image) for image in values.get("images", ())),
        advisories=AdvisorySettings(
            osv_url=advisories.get("osv-url"),
            pypi_url=advisories.get("pypi-url"),
            npm_url=advisories.get("npm-url"),
        ),
        secrets=SecretSettings(
            allow_markers=secrets.get("allow-markers", DEFAULTS.secrets.allow_markers),
            history=secrets.get("history", DEFAULTS.secrets.history),
        ),
        provenance=ProvenanceSettings(
            required=provenance.get("require", DEFAULTS.provenance.required),
            folder=provenance.get("folder", DEFAULTS.provenance.folder),
            publishers=tuple(ExpectedPublisher(**one) for one in provenance.get("publishers", ())),
        ),
        trivy=TrivySettings(
            path=trivy.get("path", ""),
            sha256=tuple(trivy.get("sha256", ())),
            database=trivy.get("database", ""),
            database_repository=trivy.get("database-repository", ""),
            java_database_repository=trivy.get("java-database-repository", ""),
        ),
        policy=Policy(
            fail_on=None if fail_on == "never" else Severity(fail_on),
            fail_on_unknown=policy.get("fail-on-unknown-severity", default.fail_on_unknown),
            required=tuple(policy.get("require", default.required)),
            required_controls=tuple(policy.get("require-controls", default.required_controls)),
            advisories_max_age_days=policy.get(
                "advisories-max-age-days", default.advisories_max_age_days
            ),
            kev_max_age_days=policy.get("kev-max-age-days", default.kev_max_age_days),
            registries=tuple(host.lower() for host in policy.get("registries", ())),
            image_registries=tuple(one.lower() for one in policy.get("image-registries", ())),
            cool_down_days=policy.get("cool-down-days", default.cool_down_days),
            denied_licences=tuple(policy.get("licences", {}).get("deny", ())),
            second_opinion=policy.get("second-opinion", default.second_opinion),
            waivers=tuple(
                Waiver(
                    **{**waiver, "expires": date.fromisoformat(waiver["expires"])},
                    location=Location(path=origin, line=line_of(root, ("waivers", number))),
                )
                for number, waiver in enumerate(values.get("waivers", ()))
            ),
            origin=origin,
            digest=digest,
        ),
    )
