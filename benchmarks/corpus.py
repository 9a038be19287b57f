"""A corpus of planted secrets and of look-alikes, grown from a seed.

No secret stands in this file: tokens are drawn from published formats, written as patterns, and
keys are really made. The same seed gives the same files.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import re
import string
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.keys import armoured, ec_key, ed25519_key, openssh_key, pem, pgp_key, rsa_key

if TYPE_CHECKING:
    from pathlib import Path

Chance = random.Random
Maker = Callable[[Chance], str]
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


@dataclass(frozen=True)
class Plant:
    """One secret or look-alike: its file, its lines (counted from 1), and what it is."""

    path: str
    first: int
    last: int
    kind: str
    group: str  # provider, structured, generic; empty for a look-alike


@dataclass(frozen=True)
class File:
    """A file's name, its text, and the part of the text that counts."""

    name: str
    text: str
    value: str


def grow(folder: Path, seed: int, *, each: int = 6, alike: int = 12) -> list[Plant]:
    """Write the corpus: `each` secrets of each kind, `alike` look-alikes of each kind."""
    chance = random.Random(seed)
    plants = []
    kinds = [("provider", kind, provider(names, form)) for kind, (names, form) in PROVIDERS.items()]
    kinds += [("structured", kind, make) for kind, make in STRUCTURED.items()]
    kinds += [("generic", kind, generic(names, make)) for kind, (names, make) in GENERIC.items()]
    kinds += [("", kind, make) for kind, make in ALIKE.items()]
    for group, kind, make in kinds:
        for number in range(each if group else alike):
            file = make(chance)
            place = f"{group or 'alike'}/{kind.lower().replace(' ', '-')}/{number:02}/{file.name}"
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
            start = file.text.index(file.value)
            first = file.text.count("\n", 0, start) + 1
            last = first + file.value.rstrip("\n").count("\n")
            plants.append(Plant(place, first, last, kind, group))
    return plants


# ------------------------------------------------------------------------------------- values


def draw(chance: Chance, form: str) -> str:
    """A text of this form: literal characters, and classes with a count, as in `x[a-f0-9]{8}`."""

    def drawn(match: re.Match[str]) -> str:
        letters = re.sub(
            r"(.)-(.)",
            lambda ends: "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1))),
            match[1],
        )
        return "".join(chance.choices(letters, k=int(match[2])))

    return re.sub(r"\[([^]]+)]\{(\d+)}", drawn, form)


def base62(number: int, width: int) -> str:
    """A number in base 62, as in GitHub's and npm's checksums."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits.rjust(width, "0")


def checked(prefix: str) -> Maker:
    """A token of 30 characters and the CRC-32 of them in base 62 (GitHub's published format)."""

    def make(chance: Chance) -> str:
        body = draw(chance, "[A-Za-z0-9]{30}")
        return prefix + body + base62(zlib.crc32(body.encode()), 6)

    return make


def encoded(size: int) -> Maker:
    """Random bytes in base 64."""
    return lambda chance: base64.b64encode(chance.randbytes(size)).decode()


def jwt(chance: Chance) -> str:
    """A JSON web token, signed."""

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    head = part(b'{"alg":"HS256","typ":"JWT"}')
    claims = {"sub": draw(chance, "[0-9]{10}"), "name": chance.choice(WORDS), "iat": 1730000000}
    body = head + b"." + part(json.dumps(claims).encode())
    return (body + b"." + part(hmac.digest(chance.randbytes(32), body, "sha256"))).decode()


def human(chance: Chance) -> str:
    """A password as people make them: a word or two, digits, a sign."""
    one, other = (chance.choice(WORDS) for _ in range(2))
    digits = draw(chance, "[0-9]{2}") if chance.random() < 0.5 else str(chance.randint(1970, 2029))
    sign = chance.choice("!@#$%&*?+")
    return chance.choice(
        [
            f"{one.title()}{digits}{sign}",
            f"{one.title()}{other.title()}{digits}",
            f"{one}{sign}{other}{digits}",
            f"{one.title()}-{other}-{digits}",
            f"{one.replace('e', '3').replace('a', '4').title()}{other}{digits}{sign}",
        ]
    )


def strong(chance: Chance) -> str:
    """A password as generators make them, of signs that need no quoting."""
    return draw(chance, f"[A-Za-z0-9!@%^*_+.,~-]{{{chance.randint(12, 24)}}}") + draw(
        chance, "[0-9]{1}[A-Z]{1}[a-z]{1}"
    )


def plain(chance: Chance) -> str:
    """A password that a URL may hold as it is."""
    return draw(chance, f"[A-Za-z0-9._~-]{{{chance.randint(9, 20)}}}") + draw(
        chance, "[0-9]{2}[A-Za-z]{1}"
    )


def password(chance: Chance) -> str:
    """One of both sorts."""
    return chance.choice([human, strong])(chance)


WORDS = [
    "falcon",
    "river",
    "copper",
    "winter",
    "orbit",
    "garden",
    "marble",
    "thunder",
    "saffron",
    "glacier",
    "pepper",
    "harbour",
    "violet",
    "cactus",
    "meadow",
    "lantern",
    "walnut",
    "comet",
    "badger",
    "quartz",
    "ember",
    "willow",
    "raven",
    "canyon",
    "tulip",
    "anchor",
    "maple",
    "sparrow",
    "velvet",
    "granite",
]


# ------------------------------------------------------------------------------------- files

# How an assignment looks in each kind of file: {n} lower case, {N} upper case, {c} camel case,
# {d} with dots or dashes, {v} the value.
QUOTED = {
    "settings.py": [
        '{N} = "{v}"',
        "client = Client({n}='{v}')",
        'CONFIG = {{"{n}": "{v}"}}',
        'os.environ["{N}"] = "{v}"',
        '    self.{n} = "{v}"',
    ],
    "app.js": ["const {c} = '{v}';", 'module.exports = {{ {c}: "{v}" }};', "  {c}: '{v}',"],
    "client.ts": ['export const {c}: string = "{v}";', "  private readonly {c} = '{v}';"],
    "values.yaml": ['{n}: "{v}"', "  {c}: '{v}'", '    - name: {N}\n      value: "{v}"'],
    "config.json": ['  "{n}": "{v}",', '  "{c}": "{v}",'],
    "config.toml": ['{n} = "{v}"', "{d} = '{v}'"],
    "main.tf": ['  {n} = "{v}"', 'variable "{n}" {{\n  default = "{v}"\n}}'],
    "deploy.sh": ['export {N}="{v}"', "{N}='{v}' ./run.sh", 'curl -H "X-{d}: {v}" "$HOST/v1"'],
    "Config.java": ['    private static final String {N} = "{v}";', '  props.put("{d}", "{v}");'],
    "main.go": ['\t{c} := "{v}"', '\t\t{c}: "{v}",', 'const {c} = "{v}"'],
    "config.php": ["    '{n}' => '{v}',", "define('{N}', '{v}');", "${n} = '{v}';"],
    "Startup.cs": ['    var {c} = "{v}";', '    public const string {N} = "{v}";'],
    "setup.rb": ["  config.{n} = '{v}'", 'ENV["{N}"] = "{v}"'],
    "README.md": ['```python\n{n} = "{v}"\n```', '```\nexport {N}="{v}"\n```'],
}
BARE = {
    ".env": ["{N}={v}", "export {N}={v}"],
    "prod.env": ["{N}={v}"],
    "settings.ini": ["{n} = {v}", "{n}={v}"],
    "compose.yaml": ["      {N}: {v}", "      - {N}={v}", "  {n}: {v}"],
    "application.properties": ["service.{d}={v}", "{n} = {v}"],
    "Dockerfile": ["ENV {N}={v}", "ARG {N}={v}", "ENV {N} {v}"],
    "app.xml": [
        "  <{n}>{v}</{n}>",
        '  <add key="{c}" value="{v}" />',
        '  <property name="{c}" value="{v}"/>',
    ],
    "start.sh": ["export {N}={v}", "{N}={v} ./run.sh"],
    "NOTES.md": ["```\n{N}={v}\n```"],
}
# Lines that stand around the one that counts.
AROUND = {
    "py": ["import os", "", "DEBUG = False", 'HOST = "db.internal"', "RETRIES = 3"],
    "js": ["'use strict';", "const path = require('path');", "const retries = 3;"],
    "ts": ["import { Client } from './client';", "", "const retries = 3;"],
    "yaml": ["replicas: 2", "image: registry.internal/app", "port: 8080"],
    "json": ['  "host": "db.internal",', '  "port": 5432,', '  "debug": false,'],
    "toml": ['host = "db.internal"', "port = 5432", "debug = false"],
    "tf": ['  region = "eu-west-1"', "  count  = 2", '  engine = "postgres"'],
    "sh": ["set -euo pipefail", "cd /srv/app", 'echo "starting"'],
    "java": ["    private int retries = 3;", '    private String host = "db.internal";'],
    "go": ["\tretries := 3", '\thost := "db.internal"'],
    "php": ["    'host' => 'db.internal',", "    'port' => 5432,"],
    "cs": ["    var retries = 3;", '    var host = "db.internal";'],
    "rb": ["  config.retries = 3", "  config.host = 'db.internal'"],
    "md": ["# Deployment", "", "Set the variables, then start the service.", ""],
    "env": ["DEBUG=false", "DB_HOST=db.internal", "PORT=8080"],
    "ini": ["[service]", "host = db.internal", "port = 5432"],
    "properties": ["server.port=8080", "logging.level=INFO"],
    "Dockerfile": ["FROM debian:12", "WORKDIR /srv/app", "COPY . ."],
    "xml": ["  <host>db.internal</host>", "  <port>5432</port>"],
}


def around(chance: Chance, name: str, text: str, value: str) -> File:
    """A file with the text between a few lines of its kind."""
    lines = AROUND[name.rpartition(".")[2]]
    before = [chance.choice(lines) for _ in range(chance.randint(3, 9))]
    after = [chance.choice(lines) for _ in range(chance.randint(3, 9))]
    return File(name, "\n".join([*before, text, *after, ""]), value)


def assigned(chance: Chance, name: str, value: str) -> File:
    """The value given to this name, in one of the ways in which files do so."""
    ways = QUOTED | BARE if re.fullmatch(r"[\w.:/+=~@%-]+", value) else QUOTED
    file = chance.choice(sorted(ways))
    way = chance.choice(ways[file])
    words = name.lower().split("_")
    text = way.format(
        n="_".join(words),
        N=name.upper(),
        c=words[0] + "".join(word.title() for word in words[1:]),
        d=chance.choice(".-").join(words),
        v=value,
    )
    return around(chance, file, text, text)


def provider(names: str, form: str | Maker) -> Callable[[Chance], File]:
    """A provider's token, under one of its usual names."""
    make: Maker = form if callable(form) else lambda chance: draw(chance, form)
    return lambda chance: assigned(chance, chance.choice(names.split()), make(chance))


def generic(names: str, make: Maker) -> Callable[[Chance], File]:
    """A value without a format, under one of the names."""
    return provider(names, make)


def written(name: str, template: str, make: Maker = plain) -> Callable[[Chance], File]:
    """A file of its own format: {v} is the secret, {w} a word, other forms are drawn."""

    def make_file(chance: Chance) -> File:
        value = make(chance)
        text = template.replace("{w}", chance.choice(WORDS)).replace("{v}", value)
        return File(name, draw(chance, text), value)

    return make_file


def linked(template: str, make: Maker = plain) -> Callable[[Chance], File]:
    """A connection string in one of the places where they stand."""

    def make_file(chance: Chance) -> File:
        value = draw(
            chance,
            template.replace("{w}", chance.choice(WORDS)).replace("{v}", make(chance)),
        )
        where = {
            "settings.py": f'DATABASE = "{value}"',
            "config.json": f'  "url": "{value}",',
            "compose.yaml": f"      SERVICE_URL: {value}",
            ".env": f"SERVICE_URL={value}",
            "application.properties": f"service.url={value}",
            "app.js": f"connect('{value}');",
            "README.md": f"```\nconnect {value}\n```",
        }
        name = chance.choice(sorted(where))
        return around(chance, name, where[name], value)

    return make_file


# ------------------------------------------------------------------------------------- secrets

HEX32, UUID = "[a-f0-9]{32}", "[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-a[a-f0-9]{3}-[a-f0-9]{12}"

# Names under which it is kept, and the published form.
PROVIDERS: dict[str, tuple[str, str | Maker]] = {
    "AWS access key id": ("AWS_ACCESS_KEY_ID ACCESS_KEY", "AKIA[A-Z2-7]{16}"),
    "AWS secret access key": (
        "AWS_SECRET_ACCESS_KEY AWS_SECRET_KEY SECRET_ACCESS_KEY",
        "[A-Za-z0-9/+]{40}",
    ),
    "GitHub token": ("GITHUB_TOKEN GH_TOKEN", checked("ghp" + "_")),
    "GitHub fine-grained token": (
        "GITHUB_TOKEN GH_PAT",
        "github_" + "pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    ),
    "GitHub app token": ("GITHUB_TOKEN TOKEN", checked("ghs" + "_")),
    "GitLab token": ("GITLAB_TOKEN CI_TOKEN", "glpat-[A-Za-z0-9_-]{20}"),
    "GitLab runner token": ("RUNNER_TOKEN TOKEN", "glrt-[A-Za-z0-9_-]{20}"),
    "Slack bot token": ("SLACK_TOKEN SLACK_BOT_TOKEN", "xoxb-[1-9]{12}-[1-9]{12}-[A-Za-z0-9]{24}"),
    "Slack webhook": (
        "SLACK_WEBHOOK WEBHOOK_URL",
        "https://hooks.slack.com/services/T[A-Z0-9]{8}/B[A-Z0-9]{10}/[A-Za-z0-9]{24}",
    ),
    "Stripe key": ("STRIPE_KEY STRIPE_SECRET_KEY", "sk_" + "live_[A-Za-z0-9]{24}"),
    "Google API key": ("GOOGLE_API_KEY MAPS_KEY", "AIza[A-Za-z0-9_-]{35}"),
    "Google OAuth secret": ("GOOGLE_CLIENT_SECRET CLIENT_SECRET", "GOCSPX-[A-Za-z0-9_-]{28}"),
    "Azure storage key": (
        "AZURE_STORAGE_KEY STORAGE_ACCOUNT_KEY",
        lambda chance: base64.b64encode(chance.randbytes(64)).decode(),
    ),
    "Azure client secret": (
        "AZURE_CLIENT_SECRET CLIENT_SECRET",
        "[A-Za-z0-9]{3}8Q~[A-Za-z0-9_.-]{33}9",
    ),
    "Twilio auth token": ("TWILIO_AUTH_TOKEN TWILIO_TOKEN", HEX32),
    "Twilio API key": ("TWILIO_API_KEY TWILIO_KEY", "SK[a-f0-9]{32}"),
    "SendGrid key": ("SENDGRID_API_KEY MAIL_KEY", "SG.[A-Za-z0-9_-]{22}.[A-Za-z0-9_-]{43}"),
    "npm token": ("NPM_TOKEN NODE_AUTH_TOKEN", checked("npm" + "_")),
    "PyPI token": ("PYPI_TOKEN TWINE_PASSWORD", "pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{150}"),
    "Docker Hub token": ("DOCKER_TOKEN DOCKERHUB_PASSWORD", "dckr_pat_[A-Za-z0-9_-]{27}"),
    "DigitalOcean token": ("DIGITALOCEAN_TOKEN DO_TOKEN", "dop_v1_[a-f0-9]{64}"),
    "Shopify token": ("SHOPIFY_TOKEN ACCESS_TOKEN", "shpat_[a-f0-9]{32}"),
    "Square token": ("SQUARE_TOKEN SQUARE_ACCESS_TOKEN", "EAAA[A-Za-z0-9_-]{60}"),
    "Mailgun key": ("MAILGUN_API_KEY MAILGUN_KEY", "key-[a-f0-9]{32}"),
    "Mailchimp key": ("MAILCHIMP_API_KEY MAILCHIMP_KEY", "[a-f0-9]{32}-us1[0-9]{1}"),
    "Telegram bot token": ("TELEGRAM_BOT_TOKEN BOT_TOKEN", "[1-9]{10}:AA[A-Za-z0-9_-]{33}"),
    "Discord bot token": (
        "DISCORD_TOKEN BOT_TOKEN",
        lambda chance: ".".join(
            [
                base64.b64encode(draw(chance, "[1-9]{18}").encode()).decode(),
                draw(chance, "[A-Za-z0-9_-]{6}"),
                draw(chance, "[A-Za-z0-9_-]{38}"),
            ]
        ),
    ),
    "OpenAI key": (
        "OPENAI_API_KEY OPENAI_KEY",
        "sk-proj-[A-Za-z0-9_-]{74}T3BlbkFJ[A-Za-z0-9_-]{73}k",
    ),
    "Anthropic key": ("ANTHROPIC_API_KEY CLAUDE_KEY", "sk-ant-api03-[A-Za-z0-9_-]{93}AA"),
    "Hugging Face token": ("HF_TOKEN HUGGINGFACE_TOKEN", "hf_[A-Za-z]{34}"),
    "Databricks token": ("DATABRICKS_TOKEN DBX_TOKEN", "dapi[a-f0-9]{32}"),
    "Atlassian token": (
        "ATLASSIAN_API_TOKEN JIRA_TOKEN",
        "ATATT3xFfGF0[A-Za-z0-9_-]{170}=[A-F0-9]{8}",
    ),
    "Linear key": ("LINEAR_API_KEY LINEAR_KEY", "lin_api_[A-Za-z0-9]{40}"),
    "Notion token": ("NOTION_TOKEN NOTION_API_KEY", "ntn_[0-9]{11}[A-Za-z0-9]{35}"),
    "Heroku key": ("HEROKU_API_KEY HEROKU_KEY", UUID),
    "Cloudflare token": ("CLOUDFLARE_API_TOKEN CF_API_TOKEN", "[A-Za-z0-9_-]{40}"),
    "Fastly token": ("FASTLY_API_TOKEN FASTLY_API_KEY", "[A-Za-z0-9_-]{32}"),
    "New Relic key": ("NEW_RELIC_API_KEY NEWRELIC_KEY", "NRAK-[A-Z0-9]{27}"),
    "Datadog key": ("DATADOG_API_KEY DD_API_KEY", HEX32),
    "PagerDuty key": ("PAGERDUTY_API_KEY PAGERDUTY_TOKEN", "u+[A-Za-z0-9_+-]{18}"),
    "Okta token": ("OKTA_API_TOKEN OKTA_TOKEN", "00[A-Za-z0-9_-]{40}"),
    "Auth0 client secret": ("AUTH0_CLIENT_SECRET AUTH0_SECRET", "[A-Za-z0-9_-]{64}"),
    "Vault token": ("VAULT_TOKEN TOKEN", "hvs.[A-Za-z0-9_-]{95}"),
    "Terraform token": (
        "TFE_TOKEN TF_TOKEN",
        "[A-Za-z0-9]{14}.atlasv1.[A-Za-z0-9]{67}",
    ),
    "Doppler token": ("DOPPLER_TOKEN TOKEN", "dp.pt.[A-Za-z0-9]{43}"),
    "Postman key": ("POSTMAN_API_KEY POSTMAN_KEY", "PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    "Airtable token": ("AIRTABLE_TOKEN AIRTABLE_API_KEY", "pat[A-Za-z0-9]{14}.[a-f0-9]{64}"),
    "Asana token": ("ASANA_TOKEN ASANA_ACCESS_TOKEN", "2/[1-9]{16}/[1-9]{16}:[a-f0-9]{32}"),
    "Dropbox token": ("DROPBOX_TOKEN DROPBOX_ACCESS_TOKEN", "sl.[A-Za-z0-9_-]{135}"),
    "Facebook token": ("FACEBOOK_TOKEN FB_ACCESS_TOKEN", "EAAM[A-Za-z0-9]{160}"),
    "Figma token": ("FIGMA_TOKEN FIGMA_KEY", "figd_[A-Za-z0-9_-]{40}"),
    "Grafana token": ("GRAFANA_TOKEN GRAFANA_API_KEY", "glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}"),
    "Intercom token": ("INTERCOM_TOKEN INTERCOM_ACCESS_TOKEN", "[A-Za-z0-9=_-]{60}"),
    "Mapbox secret token": ("MAPBOX_TOKEN MAPBOX_SECRET", "sk.[a-z0-9]{60}.[A-Za-z0-9_-]{22}"),
    "Netlify token": ("NETLIFY_AUTH_TOKEN NETLIFY_TOKEN", "nfp_[A-Za-z0-9]{36}"),
    "Algolia key": ("ALGOLIA_API_KEY ALGOLIA_ADMIN_KEY", HEX32),
    "RubyGems key": ("RUBYGEMS_API_KEY GEM_KEY", "rubygems_[a-f0-9]{48}"),
    "crates.io token": ("CARGO_REGISTRY_TOKEN CRATES_IO_TOKEN", "cio[A-Za-z0-9]{32}"),
    "NuGet key": ("NUGET_API_KEY NUGET_KEY", "oy2[a-z0-9]{43}"),
    "Sentry token": ("SENTRY_AUTH_TOKEN SENTRY_TOKEN", "sntryu_[a-f0-9]{64}"),
    "Snyk token": ("SNYK_TOKEN SNYK_API_TOKEN", UUID),
    "Supabase token": ("SUPABASE_ACCESS_TOKEN TOKEN", "sbp_[a-f0-9]{40}"),
    "CircleCI token": ("CIRCLECI_TOKEN CIRCLE_TOKEN", "CCIPAT_[A-Za-z0-9]{22}_[a-f0-9]{40}"),
    "Pulumi token": ("PULUMI_ACCESS_TOKEN TOKEN", "pul-[a-f0-9]{40}"),
    "Groq key": ("GROQ_API_KEY GROQ_KEY", "gsk_[A-Za-z0-9]{52}"),
    "Replicate token": ("REPLICATE_API_TOKEN TOKEN", "r8_[A-Za-z0-9]{37}"),
}


def structured_key(make: Maker, name: str) -> Callable[[Chance], File]:
    """A private key in a file of its own, or inside one."""

    def make_file(chance: Chance) -> File:
        key = make(chance)
        if chance.random() < 0.5:
            return File(name, key, key)
        if chance.random() < 0.5:
            folded = key.strip().replace("\n", "\\n")
            return around(chance, "config.json", f'  "key": "{folded}",', folded)
        text = 'KEY = """' + key + '"""'
        return around(chance, "settings.py", text, key)

    return make_file


def service_account(chance: Chance) -> File:
    """Google's file for a service account."""
    key = pem("PRIVATE KEY", rsa_key(chance).pkcs8)
    text = json.dumps(
        {
            "type": "service_account",
            "project_id": "harbour",
            "private_key_id": draw(chance, "[a-f0-9]{40}"),
            "private_key": key,
            "client_email": "deploy@harbour.iam.gserviceaccount.com",
            "client_id": draw(chance, "[1-9]{21}"),
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        },
        indent=2,
    )
    return File("service-account.json", text, json.dumps(key)[1:-1])


def docker_auth(chance: Chance) -> str:
    """User and password, as docker keeps them."""
    return base64.b64encode(f"{chance.choice(WORDS)}:{strong(chance)}".encode()).decode()


def kubeconfig(chance: Chance) -> str:
    """A client's key, as kubeconfig keeps it."""
    return base64.b64encode(pem("EC PRIVATE KEY", ec_key(chance)).encode()).decode()


CONFIGURATION = "    client-certificate-data: Q0VSVA==\n    client-key-data: {v}\n"
STRUCTURED: dict[str, Callable[[Chance], File]] = {
    "RSA private key": structured_key(
        lambda chance: pem("RSA PRIVATE KEY", rsa_key(chance).pkcs1), "server.key"
    ),
    "EC private key": structured_key(
        lambda chance: pem("EC PRIVATE KEY", ec_key(chance)), "ec.pem"
    ),
    "Ed25519 private key": structured_key(
        lambda chance: pem("PRIVATE KEY", ed25519_key(chance)), "ed25519.pem"
    ),
    "OpenSSH private key": structured_key(
        lambda chance: pem("OPENSSH PRIVATE KEY", openssh_key(rsa_key(chance))), "id_rsa"
    ),
    "PGP private key": structured_key(
        lambda chance: armoured(pgp_key(rsa_key(chance))), "secret.asc"
    ),
    "Google service account": service_account,
    "JSON web token": provider("AUTH_TOKEN SESSION JWT", jwt),
    "Postgres URL": linked("postgresql://{w}:{v}@db.harbour.io:5432/{w}"),
    "MySQL URL": linked("mysql+pymysql://{w}:{v}@10.2.0.4/{w}"),
    "MongoDB URL": linked("mongodb+srv://{w}:{v}@cluster0.harbour.io/{w}"),
    "Redis URL": linked("redis://:{v}@cache.harbour.io:6379/0"),
    "AMQP URL": linked("amqps://{w}:{v}@mq.harbour.io:5671/{w}"),
    "JDBC URL": linked("jdbc:postgresql://db.harbour.io/{w}?user={w}&password={v}"),
    "ODBC string": linked("Server=tcp:db.harbour.io,1433;Database={w};Uid={w};Pwd={v};"),
    "ADO.NET string": linked("Data Source=db.harbour.io;User ID={w};Password={v};Encrypt=true"),
    "Azure storage string": linked(
        "DefaultEndpointsProtocol=https;AccountName={w};AccountKey={v};"
        "EndpointSuffix=core.windows.net",
        encoded(64),
    ),
    "URL with password": linked("https://{w}:{v}@artifacts.harbour.io/simple"),
    "git remote": written(
        ".git-credentials", "https://{w}:{v}@git.harbour.io\n", lambda c: draw(c, "[a-z0-9]{40}")
    ),
    "bearer header": written(
        "call.sh",
        '#!/bin/sh\ncurl -s \\\n  -H "Authorization: Bearer {v}" \\\n  https://api.harbour.io/v1\n',
        lambda chance: draw(chance, "[A-Za-z0-9_-]{43}"),
    ),
    "bearer in code": written(
        "api.ts",
        "const headers = {\n  'Authorization': 'Bearer {v}',\n  Accept: 'application/json',\n};\n",
        lambda chance: draw(chance, "[A-Za-z0-9]{40}"),
    ),
    "basic header": written(
        "request.http", "GET /v1 HTTP/1.1\nAuthorization: Basic {v}\nAccept: */*\n", docker_auth
    ),
    "curl user": written("sync.sh", "#!/bin/sh\ncurl -u {w}:{v} https://harbour.io/list\n"),
    "netrc": written(".netrc", "machine api.harbour.io\n  login {w}\n  password {v}\n"),
    "pypirc": written(".pypirc", "[private]\nrepository = x\nusername = {w}\npassword = {v}\n"),
    "npmrc token": written(
        ".npmrc", "//npm.harbour.io/:_authToken={v}\n", lambda chance: draw(chance, UUID)
    ),
    "npmrc auth": written(".npmrc", "registry=https://npm.harbour.io\n_auth={v}\n", docker_auth),
    "docker config": written(
        "config.json",
        '{\n  "auths": {\n    "hub.harbour.io": {\n      "auth": "{v}"\n    }\n  }\n}\n',
        docker_auth,
    ),
    "kubeconfig key": written("kubeconfig", f"users:\n- name: {{w}}\n{CONFIGURATION}", kubeconfig),
    "Kubernetes secret": written(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {w}\ndata:\n  password: {v}\n",
        lambda chance: base64.b64encode(strong(chance).encode()).decode(),
    ),
    "htpasswd": written(".htpasswd", "{w}:{v}\n", lambda c: "$apr1$" + draw(c, HTPASSWD)),
    "Maven server": written(
        "settings.xml",
        "<settings>\n <servers>\n  <server>\n   <id>releases</id>\n   <username>{w}</username>\n"
        "   <password>{v}</password>\n  </server>\n </servers>\n</settings>\n",
        strong,
    ),
    "NuGet source": written(
        "nuget.config",
        '<packageSourceCredentials>\n <add key="ClearTextPassword" value="{v}" />\n'
        "</packageSourceCredentials>\n",
        strong,
    ),
    "WireGuard key": written(
        "wg0.conf", "[Interface]\nAddress = 10.0.0.2/32\nPrivateKey = {v}\n", encoded(32)
    ),
    "psql command": written(
        "dump.sh", "#!/bin/sh\nPGPASSWORD={v} pg_dump -h db.harbour.io -U {w} {w}\n"
    ),
    "mysql command": written("load.sh", "#!/bin/sh\nmysql -h db -u {w} -p{v} shop < dump.sql\n"),
    "docker login": written(
        "push.sh", "#!/bin/sh\ndocker login -u {w} -p {v} hub.harbour.io\ndocker push app\n"
    ),
    "sshpass command": written("copy.sh", "#!/bin/sh\nsshpass -p '{v}' scp a b:/srv\n"),
    "Ansible variables": written(
        "hosts.ini", "[web]\nweb1 ansible_user={w} ansible_password={v}\n"
    ),
    "SQL user": written(
        "users.sql", "CREATE ROLE {w} LOGIN PASSWORD '{v}';\nGRANT ALL ON shop TO {w};\n"
    ),
}
HTPASSWD = "[A-Za-z0-9./]{8}$[A-Za-z0-9./]{22}"

GENERIC: dict[str, tuple[str, Maker]] = {
    "made-up password": ("DB_PASSWORD PASSWORD ADMIN_PASSWORD SMTP_PASS USER_PWD", human),
    "random password": ("DATABASE_PASSWORD PASSWORD MYSQL_ROOT_PASSWORD PASSWD", strong),
    "service password": ("REDIS_PASSWORD LDAP_BIND_PASSWORD KEYSTORE_PASSWORD MAIL_PWD", password),
    "passphrase": (
        "PASSPHRASE KEY_PASSPHRASE SIGNING_PASSPHRASE",
        lambda chance: "-".join([*chance.sample(WORDS, 3), draw(chance, "[0-9]{2}")]),
    ),
    "hex key": ("API_KEY SERVICE_API_KEY APP_KEY", lambda chance: draw(chance, HEX32)),
    "alphanumeric key": (
        "API_KEY ACCESS_KEY CLIENT_KEY PARTNER_API_KEY",
        lambda chance: draw(chance, "[A-Za-z0-9]{40}"),
    ),
    "short key": ("API_KEY LICENSE_KEY ACCESS_KEY", lambda chance: draw(chance, "[A-Z0-9]{20}")),
    "base 64 secret": ("SHARED_SECRET WEBHOOK_SECRET CLIENT_SECRET", encoded(32)),
    "URL-safe token": (
        "ACCESS_TOKEN REFRESH_TOKEN AUTH_TOKEN",
        lambda chance: draw(chance, "[A-Za-z0-9_-]{43}"),
    ),
    "UUID secret": ("CLIENT_SECRET API_SECRET API_KEY", lambda chance: draw(chance, UUID)),
    "encryption key": (
        "ENCRYPTION_KEY SIGNING_KEY MASTER_KEY",
        lambda chance: draw(chance, "[a-f0-9]{64}"),
    ),
    "signing secret": ("JWT_SECRET SESSION_SECRET COOKIE_SECRET", encoded(24)),
    "Django secret key": (
        "SECRET_KEY DJANGO_SECRET_KEY",
        lambda chance: draw(chance, "[a-z0-9!@#%^&*(_=+)-]{50}"),
    ),
    "Flask secret key": ("SECRET_KEY FLASK_SECRET_KEY", lambda c: draw(c, "[a-f0-9]{48}")),
    "Rails secret": ("SECRET_KEY_BASE", lambda chance: draw(chance, "[a-f0-9]{128}")),
    "Laravel key": ("APP_KEY", lambda chance: "base64:" + encoded(32)(chance)),
    "WordPress salt": (
        "AUTH_SALT LOGGED_IN_KEY NONCE_SALT",
        lambda chance: draw(chance, "[A-Za-z0-9!@#%^&*()_=+;:,.?|-]{64}"),
    ),
}


# ------------------------------------------------------------------------------------- look-alikes


def alike(*ways: str) -> Callable[[Chance], File]:
    """One of the ways, `name of file | text`; forms in it are drawn."""

    def make_file(chance: Chance) -> File:
        name, _, template = chance.choice(ways).partition("|")
        text = draw(chance, template.replace("{w}", chance.choice(WORDS)))
        return around(chance, name, text, text)

    return make_file


def digest(name: str, shape: str, algorithm: str, *, b64: bool = False) -> Callable[[Chance], File]:
    """A line with a digest in it."""

    def make_file(chance: Chance) -> File:
        found = hashlib.new(algorithm, chance.randbytes(16)).digest()
        value = base64.b64encode(found).decode() if b64 else found.hex()
        text = draw(chance, shape).replace("{v}", value)
        return File(name, text, text)

    return make_file


def blob(name: str, before: str, after: str) -> Callable[[Chance], File]:
    """A long text in base 64, such as a picture."""

    def make_file(chance: Chance) -> File:
        data = base64.b64encode(b"\x89PNG\r\n" + chance.randbytes(chance.randint(600, 3000)))
        text = before + data.decode() + after
        return File(name, text, text)

    return make_file


def minified(chance: Chance) -> File:
    """Code on one line, with the words that rules look for."""
    parts = []
    for _ in range(200):
        one, other = draw(chance, "[a-z]{1}"), draw(chance, "[a-z]{2}")
        word = chance.choice(["token", "password", "apiKey", "secret", "key"])
        parts.append(
            chance.choice(
                [
                    f"{one}.{word}={other}({one})",
                    f'{{type:"{word}",{word}:{other}}}',
                    f'"{word}"===typeof {one}.{word}',
                    f"function {other}({one}){{return {one}.{word}||null}}",
                ]
            )
        )
    text = ";".join(parts)
    return File("app.min.js", text, text)


def public_pem(label: str, name: str) -> Callable[[Chance], File]:
    """A certificate or public key: armour around bytes that nobody has to hide."""

    def make_file(chance: Chance) -> File:
        text = pem(label, b"\x30\x82\x03\x00" + chance.randbytes(600))
        return File(name, text, text)

    return make_file


def ssh_public(chance: Chance) -> File:
    """Keys that may log in."""
    key = struct.pack(">I", 7) + b"ssh-rsa" + chance.randbytes(260)
    text = f"ssh-rsa {base64.b64encode(key).decode()} {chance.choice(WORDS)}@harbour.io\n"
    return File("authorized_keys", text, text)


LOCKED = "[a-z]{6}==1.[0-9]{1}.0 \\\n    --hash=sha256:{v}\n"
ALIKE: dict[str, Callable[[Chance], File]] = {
    "placeholder": alike(
        ".env|API_KEY=your-api-key-here",
        ".env|DB_PASSWORD=changeme",
        ".env|SECRET_KEY=<your-secret-key>",
        "settings.py|PASSWORD = 'xxxxxxxxxxxx'",
        'config.json|  "password": "********",',
        "settings.ini|password = CHANGE_ME_PLEASE",
        "compose.yaml|  api_key: REPLACE_WITH_YOUR_KEY",
        'config.toml|token = "insert-token-here"',
        ".env|STRIPE_KEY=sk_" + "test_xxxxxxxxxxxxxxxxxxxxxxxx",
        ".env|GITHUB_TOKEN=ghp" + "_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "settings.py|SECRET_KEY = 'django-insecure-change-me-in-production'",
        ".env|OPENAI_API_KEY=sk-...",
        "app.js|const apiKey = 'YOUR_API_KEY_1234567890';",
        "README.md|```\nexport TOKEN=abcdefghijklmnopqrstuvwxyz123456\n```",
    ),
    "variable": alike(
        "compose.yaml|      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}",
        "compose.yaml|      POSTGRES_PASSWORD: ${DB_PASS:-postgres}",
        "values.yaml|  password: {{ .Values.database.password }}",
        "values.yaml|  token: \"{{ lookup('env', 'TOKEN_2') }}\"",
        'settings.py|PASSWORD = os.environ["DB_PASSWORD"]',
        "settings.py|SECRET_KEY = env('DJANGO_SECRET_KEY')",
        "app.js|const apiKey = process.env.API_KEY_V2;",
        'deploy.sh|export TOKEN="$(vault read -field=token secret/ci)"',
        'deploy.sh|curl -H "Authorization: Bearer $ACCESS_TOKEN" https://api.harbour.io',
        "compose.yaml|  token: ${{ secrets.GITHUB_TOKEN }}",
        "settings.ini|password = %(DB_PASSWORD_1)s",
        "application.properties|spring.datasource.password=${DB_PASSWORD:}",
        "Dockerfile|ENV API_KEY=$API_KEY_2",
        "app.xml|  <password>${env.NEXUS_PASSWORD}</password>",
    ),
    "expression": alike(
        "settings.py|password = get_password(user, salt=b'12')",
        'settings.py|token = request.headers.get("X-Auth-Token2")',
        "settings.py|    secret = self._secret_v2 or derive(key)",
        "app.js|const token = await getToken(user.id, 3600);",
        "client.ts|const password = form.controls['password1'].value;",
        'main.go|\tapiKey := cfg.Keys["stripe_v2"]',
        'Config.java|    String password = System.getenv("DB_PASSWORD");',
        "config.php|    'password' => env('DB_PASSWORD', ''),",
        "setup.rb|  config.secret_key = ENV.fetch('SECRET_KEY_BASE')",
        'Startup.cs|    var apiKey = Configuration["Service:ApiKey1"];',
        "settings.py|api_key = hashlib.sha256(seed).hexdigest()",
    ),
    "requirements hash": digest("requirements.txt", LOCKED, "sha256"),
    "checksum file": digest("SHA256SUMS", "{v}  app-1.0.tar.gz\n", "sha256"),
    "npm integrity": digest(
        "package-lock.json", '  "integrity": "sha512-{v}",\n', "sha512", b64=True
    ),
    "go.sum": digest("go.sum", "github.com/a/b v1.2.0 h1:{v}\n", "sha256", b64=True),
    "Cargo checksum": digest("Cargo.lock", '[[package]]\nchecksum = "{v}"\n', "sha256"),
    "image digest": digest("Dockerfile", "FROM debian@sha256:{v}\nENV KEY=1\n", "sha256"),
    "pinned action": digest("ci.yaml", "steps:\n  - uses: actions/checkout@{v} # v4\n", "sha1"),
    "checksum in code": digest(
        "download.py", 'URL = "https://harbour.io/a.tgz"\nSHA256 = "{v}"\n', "sha256"
    ),
    "content hash": digest("assets.json", '{"main.js": "main.{v}.js"}\n', "md5"),
    "page integrity": digest(
        "index.html", '<script src="a.js" integrity="sha384-{v}"></script>\n', "sha384", b64=True
    ),
    "UUID": alike(
        f'settings.py|TENANT_ID = "{UUID}"',
        f'config.json|  "id": "{UUID}",',
        f"values.yaml|clientId: {UUID}",
        f".env|AZURE_SUBSCRIPTION_ID={UUID}",
        f'main.tf|  tenant_id = "{UUID}"',
        f"app.js|const requestKey = '{UUID}';",
    ),
    "schema": alike(
        "settings.py|    password = models.CharField(max_length=128)",
        "client.ts|  password: string;",
        "client.ts|  accessToken?: string | undefined;",
        "settings.py|    token: str | None = None",
        'main.go|\tPassword string `json:"password,omitempty"`',
        'config.json|  "password": {"type": "string", "minLength": 12},',
        "Config.java|    private String secretKey;",
        'main.tf|variable "db_password" {\n  type = string\n  sensitive = true\n}',
        "values.yaml|  password:\n    type: string\n    format: password",
    ),
    "label": alike(
        'config.json|  "password": "Enter your password",',
        'config.json|  "passwordLabel": "Passwort",',
        "app.js|  password: 'Password must have 8 characters',",
        "values.yaml|password_hint: at least 12 characters",
        'settings.py|PASSWORD_ERROR = "Invalid_password_or_user"',
        "config.php|    'token' => 'This password reset token is invalid.',",
        'app.xml|  <string name="password">Kennwort1</string>',
        "client.ts|  secretPlaceholder = 'Client-Secret';",
    ),
    "field name": alike(
        'settings.py|PASSWORD_FIELD = "user_password_2"',
        'settings.py|TOKEN_HEADER = "X-CSRF-Token"',
        "app.js|const tokenKey = 'harbour.auth.token.v2';",
        "settings.py|API_KEY_HEADER = 'X-Api-Key-V1'",
        "settings.ini|token_url = https://login.harbour.io/oauth2/v2.0/token",
        "settings.ini|ssl_key = /etc/ssl/private/server1.key",
        "values.yaml|  passwordFile: /run/secrets/db_password_1",
        "values.yaml|  secretName: harbour-tls-2024",
        "compose.yaml|  existingSecret: postgres-auth-v2",
        'main.go|\tconst secretPath = "kv/data/app1/token"',
        'settings.py|cache_key = "user:profile:v2:{}"',
        "app.js|const sortKey = 'created_at_2';",
    ),
    "documented URL": alike(
        "README.md|```\npostgres://user:password@localhost:5432/db\n```",
        "README.md|```\nhttps://user:pass@example.com/repo.git\n```",
        "README.md|```\nmysql://root:root@127.0.0.1/test\n```",
        "README.md|```\nredis://:<password>@host:6379\n```",
        "compose.yaml|  url: postgres://$USER:$PASS@db/app",
        ".env|DATABASE_URL=postgres://postgres:postgres@db:5432/postgres",
        ".env|AMQP_URL=amqp://guest:guest@localhost:5672/",
        'settings.py|URL = "mongodb://{user}:{password}@{host}/".format(**values)',
        'settings.py|URL = f"https://{user}:{token}@git.harbour.io/app.git"',
    ),
    "picture": blob("logo.css", ".logo{background:url(data:image/png;base64,", ")}\n"),
    "notebook output": blob("plot.ipynb", '{"cells":[{"outputs":[{"image/png":"', '"}]}]}\n'),
    "minified code": minified,
    "certificate": public_pem("CERTIFICATE", "server.crt"),
    "public key": public_pem("PUBLIC KEY", "jwt.pub.pem"),
    "PGP public key": public_pem("PGP PUBLIC KEY BLOCK", "release.asc"),
    "SSH public key": ssh_public,
    "test constant": alike(
        "settings.py|    self.client.login(username='{w}', password='secret')",
        'settings.py|PASSWORD = "password123"',
        'settings.py|    user = create_user("{w}", password="test1234")',
        "app.js|  password: 'correct-password',",
        'Config.java|    String password = "testPassword1";',
        'main.go|\ttoken := "test-token-1"',
        "app.js|const secret = 'my-super-secret';",
        "settings.py|    token = 'dummy-token-123'",
        "setup.rb|  config.secret_key = 'fake_secret_for_tests_1'",
    ),
    "pattern": alike(
        'settings.py|PASSWORD_PATTERN = r"^(?=.*[A-Z])(?=.*[0-9]).{12,}$"',
        "app.js|const tokenRegex = /^ghp" + "_[A-Za-z0-9]{36}$/;".replace("{36}", "+"),
        "settings.py|SECRET = re.compile(r'AKIA[0-9A-Z]+')",
        'config.json|  "token": "^[a-f0-9]+$",',
    ),
    "known example": alike(
        "README.md|```\naws_access_key_id = AKIAIOSFODNN7" + "EXAMPLE\n```",
        'settings.py|AWS_SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY' + 'EXAMPLEKEY"',
        ".env|SLACK_TOKEN=xoxb-your-token-here",
        "README.md|```\nAuthorization: Bearer <token>\n```",
        "README.md|```\ncurl -u username:password https://api.harbour.io\n```",
    ),
    "encrypted value": alike(
        "values.yaml|  password: ENC[AES256_GCM,data:[A-Za-z0-9]{16},iv:[A-Za-z0-9]{24},type:str]",
        "values.yaml|  password: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    [0-9]{80}",
        "application.properties|db.password=ENC([A-Za-z0-9]{32}=)",
        'values.yaml|    secure: "[A-Za-z0-9+/]{120}="',
    ),
    "number": alike(
        "settings.py|TOKEN_LIFETIME = 3600",
        "settings.ini|password_min_length = 12",
        "values.yaml|api_key_rotation_days: 90",
        ".env|TOKEN_EXPIRY=2592000000",
        'config.json|  "passwordLength": 12,',
        "application.properties|security.token.validity=86400000",
    ),
    "publishable key": alike(
        "app.js|const stripeKey = 'pk_" + "live_[A-Za-z0-9]{24}';",
        ".env|PUBLIC_KEY=BN[A-Za-z0-9_-]{85}",
        'config.json|  "publicKey": "[A-Za-z0-9+/]{43}=",',
        "values.yaml|recaptcha_site_key: 6L[A-Za-z0-9_-]{38}",
    ),
    "reference": alike(
        "values.yaml|  valueFrom:\n    secretKeyRef:\n      name: {w}-db\n      key: password",
        "main.tf|  password = var.db_password_1",
        "main.tf|  secret_key = random_password.db.result",
        'main.tf|  token = data.vault_generic_secret.ci.data["token"]',
        "values.yaml|  password: !Ref DatabasePassword1",
        "values.yaml|  secretArn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:{w}-AbCdEf",
        ".env|DB_PASSWORD=op://harbour/database/password1",
        "settings.ini|password = vault:secret/data/app#password2",
    ),
    "hexadecimal data": alike(
        'settings.py|DATA = bytes.fromhex("[a-f0-9]{64}")',
        'main.go|\tcommit := "[a-f0-9]{40}"',
        'config.json|  "etag": "[a-f0-9]{32}",',
        "app.js|const color = '#[a-f0-9]{6}';",
        "README.md|```\ncommit [a-f0-9]{40}\n```",
    ),
}
