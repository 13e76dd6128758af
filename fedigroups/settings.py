"""This module knows every setting, and alone reads the environment.

A setting is a variable `FEDIGROUPS_*`, of the process or of a file `.env` (the process wins), with
a default that works. Secrets may come from a file that `FEDIGROUPS_*_FILE` names. Whatever is
wrong is said at once, in sentences that name the variable and an example of a right value.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from federation import crashpoints
from federation.config import FederationConfig, Network
from federation.errors import Misconfigured
from fedigroups import dotenv, secret_file, setting_conflicts
from fedigroups import setting_values as values
from fedigroups.setting_values import PREFIX, Knob

_SQLITE = "fedigroups.sqlite3"
_knob = values.knob
Kept = Callable[[Path, str], bytes]
"""What finds the secret that no setting says, by the data folder and the database's URL."""
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class SettingsError(Misconfigured):
    """The settings are wrong; `faults` holds a sentence for each fault."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("The settings are wrong:\n" + "\n".join(f"  - {one}" for one in faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decided, checked and complete; made by `load`."""

    origin: str = field(
        metadata=_knob(
            "The public origin, as other servers know it for ever: it cannot change once used. "
            "https, except on this machine.",
            "https://groups.example",
            values.origin,
            "http://localhost:8000",
        )
    )
    data_dir: Path = field(
        metadata=_knob(
            "The folder of what this instance keeps: its SQLite file, media, generated secrets.",
            "/var/lib/fedigroups",
            values.folder,
            "./data",
        )
    )
    database_url: str = field(
        metadata=_knob(
            "Where the rows are: a SQLite file, for one server process, or PostgreSQL, for any "
            "number. After `?`, a PostgreSQL URL may say `host` (a socket's folder), `sslmode`, "
            "`minsize` and `maxsize` (connections).",
            "postgres://fedigroups:password@db.example/fedigroups",
            values.database,
            said="`fedigroups.sqlite3` in the data folder",
            secret=True,
        ),
        repr=False,
    )
    nats_url: tuple[str, ...] = field(
        metadata=_knob(
            "NATS servers, separated by commas, that tell several processes of new work. "
            "Empty: none.",
            "nats://10.0.0.5:4222",
            values.urls("nats", "tls"),
            said="none",
            secret=True,
        ),
        repr=False,
    )
    smtp_url: str = field(
        metadata=_knob(
            "The mail server: `smtp://` (STARTTLS where offered) or `smtps://`. "
            "Empty: mail is written into files.",
            "smtps://fedigroups:password@mail.example:465",
            values.url("smtp", "smtps"),
            said="mail is written into the folder `mail` in the data folder",
            secret=True,
        ),
        repr=False,
    )
    secret: bytes = field(
        metadata=_knob(
            "64 hexadecimal digits, under which private keys are stored encrypted. Without it the "
            "keys are lost: keep a copy. Servers that share a database share it.",
            "`openssl rand -hex 32` prints one",
            values.secret,
            said="made once, in the file `secret` in the data folder",
            secret=True,
        ),
        repr=False,
    )
    instance_name: str = field(
        metadata=_knob(
            "The name of this instance, as people read it.",
            "Welders' Groups",
            values.name,
            said="the host of the origin",
        )
    )
    contact: str = field(
        metadata=_knob(
            "The e-mail address of whoever runs it, for people and for security.txt.",
            "admin@groups.example",
            values.mail,
            said="none",
        )
    )
    source_url: str = field(
        metadata=_knob(
            "Where the source of the running version is; shown on the about page. The licence "
            "wants it where you run a changed version for others.",
            "https://code.example/fedigroups",
            values.url("https", "http"),
            said="not shown",
        )
    )
    signup: str = field(
        metadata=_knob(
            "Who may make an account: anyone (`open`), anyone after a yes (`approval`), whoever "
            "was invited (`invite`), nobody (`closed`).",
            "approval",
            values.word("open", "approval", "invite", "closed"),
            "invite",
        )
    )
    federation: str = field(
        metadata=_knob(
            "Which servers are dealt with: all that are not blocked (`open`), or those alone that "
            "`fedigroups peer allow` names (`allowed`).",
            "allowed",
            values.word("open", "allowed"),
            "open",
        )
    )
    confirm_email: bool = field(
        metadata=_knob(
            "Whether an e-mail address must be confirmed. Off on loopback only.",
            "on",
            values.switch,
            "on",
        )
    )
    password_grant: bool = field(
        metadata=_knob(
            "Whether a client may send a password for a token (OAuth 2 password grant). "
            "On on loopback only.",
            "off",
            values.switch,
            "off",
        )
    )
    rate_limits: bool = field(
        metadata=_knob(
            "Whether servers and addresses that send too much are told to come back later (429). "
            "Off on loopback only.",
            "on",
            values.switch,
            "on",
        )
    )
    allow_networks: tuple[Network, ...] = field(
        metadata=_knob(
            "Networks that outgoing requests may reach though they are not public, separated by "
            "commas. With an http origin on loopback, loopback is among them.",
            "10.0.0.0/8, fd00::/8",
            values.networks,
            said="none",
        )
    )
    media_url: str = field(
        metadata=_knob(
            "Where visitors find the pictures that people here uploaded: an origin of their own, "
            "or the public address of the bucket. What is posted names it for ever.",
            "https://media.groups.example",
            values.url("https", "http"),
            said="`/media` below the origin",
        )
    )
    media_proxy: bool = field(
        metadata=_knob(
            "Whether pictures of other servers are shown as copies from here. Without, browsers "
            "load them from those servers, which then see who looks.",
            "off",
            values.switch,
            "on",
        )
    )
    media_cache_mb: int = field(
        metadata=_knob(
            "How many megabytes those copies may have; the oldest make room.",
            "10000",
            values.number(10, 10_000_000),
            "2000",
        )
    )
    media_cache_days: int = field(
        metadata=_knob(
            "After how many days such a copy is made anew, if somebody still looks.",
            "7",
            values.number(1, 3_650),
            "30",
        )
    )
    media_quota_mb: int = field(
        metadata=_knob(
            "How many megabytes the pictures of one person here, or of one group, may have.",
            "200",
            values.number(1, 1_000_000),
            "1000",
        )
    )
    s3_url: str = field(
        metadata=_knob(
            "An S3-compatible bucket for pictures: its URL, as a path or as a host of its own. "
            "Empty: they are in the folder `media` in the data folder. Several machines need one.",
            "https://s3.eu-central-1.amazonaws.com/groups-media",
            values.url("https", "http"),
            said="none",
        )
    )
    s3_region: str = field(
        metadata=_knob(
            "The region of the bucket, as its requests are signed.",
            "eu-central-1",
            values.line,
            "us-east-1",
        )
    )
    s3_key: str = field(
        metadata=_knob(
            "The id of the access key for the bucket.",
            "AKIAIOSFODNN7EXAMPLE",
            values.line,
            said="none",
        )
    )
    s3_secret: str = field(
        metadata=_knob(
            "The secret of that access key.",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            values.line,
            said="none",
            secret=True,
        ),
        repr=False,
    )
    metrics_token: str = field(
        metadata=_knob(
            "What a program shows to read `/metrics`, as `Authorization: Bearer ...`. Empty: only "
            "this machine may, past no proxy.",
            "`openssl rand -hex 16` prints one",
            values.line,
            said="none",
            secret=True,
        ),
        repr=False,
    )
    otlp_url: str = field(
        metadata=_knob(
            "Where spans are sent (OpenTelemetry, OTLP over HTTP): how long requests, incoming "
            "activities and deliveries take. Needs the extra `otel`. Empty: nowhere.",
            "http://127.0.0.1:4318",
            values.url("https", "http"),
            said="nowhere",
        )
    )
    log: str = field(
        metadata=_knob(
            "How the log is written: `console` for people, `json` for programs.",
            "json",
            values.word("console", "json", ""),
            said="`console` with an origin on loopback, else `json`",
        )
    )
    log_level: str = field(
        metadata=_knob(
            "The least level that is logged.",
            "debug",
            values.word("debug", "info", "warning", "error"),
            "info",
        )
    )
    crashpoint: str = field(
        metadata=_knob(
            "For tests of crashes, and taken on loopback only: the process kills itself at this "
            "point (with `:N`, when it comes by for the Nth time).",
            "after_send:3",
            crashpoints.checked,
            said="never",
        )
    )


KNOBS: dict[str, Knob] = {one.name: one.metadata["knob"] for one in fields(Settings)}


def load(
    environ: Mapping[str, str], file: Path | None = None, *, kept: Kept = secret_file.first
) -> Settings:
    """The settings that the environment and `file` (a `.env`, if it exists) say.

    Raises SettingsError with all faults. Makes the secret's file if there is no secret yet, or
    does with it what `kept` does.
    """
    faults: list[str] = []
    said = {**_ours(dotenv.read(file, faults)), **_ours(environ)}
    faults.extend(_unknown(said))
    found: dict[str, Any] = {}
    for name, knob in KNOBS.items():
        text = _text(name, knob, said, faults)
        try:
            found[name] = knob.read(text)
        except ValueError as error:
            faults.append(f"{PREFIX}{name.upper()} {error}; for example {knob.example}")
    if not faults:
        faults.extend(setting_conflicts.unprotected(found))
        faults.extend(setting_conflicts.incomplete(found, KNOBS))
    if faults:
        raise SettingsError(faults)
    return Settings(**_completed(found, kept))


def here(*, kept: Kept = secret_file.first) -> Settings:
    """The settings of this process: its environment, then `.env` in the working directory."""
    return load(os.environ, Path(".env"), kept=kept)


def federation_config(settings: Settings) -> FederationConfig:
    """What the protocol floor needs; an http origin may reach its own machine, by http."""
    plain = settings.origin.startswith("http://")
    return FederationConfig(
        origin=settings.origin,
        secret=settings.secret,
        allow_networks=settings.allow_networks + (LOOPBACK if plain else ()),
        allow_http=plain,
        allowed_only=settings.federation == "allowed",
    )


def _ours(pairs: Mapping[str, str]) -> dict[str, str]:
    return {name: text.strip() for name, text in pairs.items() if name.startswith(PREFIX)}


def _variables() -> list[str]:
    plain = [f"{PREFIX}{name.upper()}" for name in KNOBS]
    return plain + [f"{PREFIX}{name.upper()}_FILE" for name, knob in KNOBS.items() if knob.secret]


def _unknown(said: Mapping[str, str]) -> Iterator[str]:
    known = _variables()
    for name in sorted(set(said) - set(known)):
        near = get_close_matches(name.removeprefix(PREFIX), [k.removeprefix(PREFIX) for k in known])
        hint = f"did you mean {PREFIX}{near[0]}?" if near else "`fedigroups config docs` lists them"
        yield f"{name} is no setting; {hint}"


def _text(name: str, knob: Knob, said: Mapping[str, str], faults: list[str]) -> str:
    variable = f"{PREFIX}{name.upper()}"
    path = said.get(f"{variable}_FILE", "") if knob.secret else ""
    if path and said.get(variable):
        faults.append(f"{variable} and {variable}_FILE are both set: keep one")
    elif path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{variable}_FILE cannot be read: {error}; for example /run/secrets/it")
    return said.get(variable, "") or knob.default


def _completed(found: dict[str, Any], kept: Kept) -> dict[str, Any]:
    local = values.is_loopback(found["origin"])
    found["database_url"] = found["database_url"] or f"sqlite://{found['data_dir']}/{_SQLITE}"
    found["instance_name"] = found["instance_name"] or found["origin"].partition("://")[2]
    found["log"] = found["log"] or ("console" if local else "json")
    found["secret"] = found["secret"] or kept(found["data_dir"], found["database_url"])
    return found
